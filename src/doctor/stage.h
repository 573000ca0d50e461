// SPDX-License-Identifier: GPL-3.0-or-later
// How far a boot came: the stages that it went through, when, and who served them.
#pragma once

#include "doctor/story.h"

enum stage_kind {
    STAGE_ADDRESS, // asking for an address
    STAGE_OFFER,   // being told what to boot
    STAGE_LOADER,
    STAGE_SECOND, // what a loader brings along, and Windows' loaders
    STAGE_CONFIG, // the loader's configuration
    STAGE_KERNEL,
    STAGE_INITRD,
    STAGE_ROOT,
    STAGE_ANSWER,
    STAGE_PACKAGES,
    STAGE_WAITING, // a menu or a hold screen
    STAGE_FINISHED,
    STAGE_OWN_DISK,
    STAGE_COUNT
};

struct stage {
    enum stage_kind kind;
    int64_t from_us;
    int64_t until_us; // of the last thing that belongs to it
    struct ip server; // none = nobody, or not known
    bool is_done;     // false = it was begun, and what was asked did not come
};

/// Fills in the stages of `story` in the order in which they began, and returns how many.
size_t stage_list(const struct story *story, struct stage out[STAGE_COUNT]);

/// "address", "boot offer", "loader", "second stage" and so on.
const char *stage_text(enum stage_kind kind);
