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

struct policy {
    enum policy_unknown unknown;
};

/// "hold", "local" or "refuse".
const char *policy_unknown_text(enum policy_unknown unknown);

/// The policy called `text`, or STATUS_NOT_FOUND.
MUST_USE enum status policy_unknown_parse(const char *text, enum policy_unknown *unknown);
