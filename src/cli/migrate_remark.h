// SPDX-License-Identifier: GPL-3.0-or-later
// How a thing of another server's configuration fares.
#pragma once

enum migrate_remark_kind {
    MIGRATE_NEEDLESS, // imprint does this by itself, or does not need it: for --json only
    MIGRATE_CHANGED,  // carried over, but it is not quite the same
    MIGRATE_LEFT,     // not carried over
    MIGRATE_FAULT,    // the source itself is wrong there
    MIGRATE_REMARK_COUNT
};
