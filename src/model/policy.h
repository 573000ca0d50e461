// SPDX-License-Identifier: GPL-3.0-or-later
// Policy: what the administrator decided once for all machines.
#pragma once

#include "base/status.h"

enum policy_unknown {
    POLICY_UNKNOWN_HOLD,   // it waits, says so on its screen, and polls
    POLICY_UNKNOWN_LOCAL,  // it boots its own disk
    POLICY_UNKNOWN_REFUSE, // it gets no boot information
    POLICY_UNKNOWN_COUNT
};

enum policy_choice {       // of a network or a class, in place of policy.unknown
    POLICY_CHOICE_DEFAULT, // none: what the more general says
    POLICY_CHOICE_HOLD,
    POLICY_CHOICE_LOCAL,
    POLICY_CHOICE_REFUSE,
    POLICY_CHOICE_COUNT
};

enum policy_prompt {
    POLICY_PROMPT_NONE, // an order is enough
    POLICY_PROMPT_KEY,  // somebody must press a key at the machine before a disk is written
    POLICY_PROMPT_COUNT
};

#define POLICY_TARGETS_DEFAULT  5
#define POLICY_PROMPT_S_DEFAULT 30

struct policy {
    enum policy_unknown unknown;
    uint32_t targets_most; // how many machines may be ordered at once without saying how many
    enum policy_prompt prompt;
    uint32_t prompt_timeout_s; // how long the machine waits for the key
};

/// "hold", "local" or "refuse".
const char *policy_unknown_text(enum policy_unknown unknown);

/// The policy called `text`, or STATUS_NOT_FOUND.
MUST_USE enum status policy_unknown_parse(const char *text, enum policy_unknown *unknown);

/// "default", "hold", "local" or "refuse".
const char *policy_choice_text(enum policy_choice choice);

/// The choice called `text`, or STATUS_NOT_FOUND.
MUST_USE enum status policy_choice_parse(const char *text, enum policy_choice *choice);

/// What `choice` says, or `general` when it says nothing.
enum policy_unknown policy_choose(enum policy_choice choice, enum policy_unknown general);

/// "none" or "key".
const char *policy_prompt_text(enum policy_prompt prompt);

/// The prompt called `text`, or STATUS_NOT_FOUND.
MUST_USE enum status policy_prompt_parse(const char *text, enum policy_prompt *prompt);
