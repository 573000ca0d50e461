// SPDX-License-Identifier: GPL-3.0-or-later
// What can be expected to go wrong. Our own mistakes are asserts; what a person must read is a struct
// problem.
#pragma once

#include "base/compiler.h"

enum status {
    STATUS_OK = 0,
    STATUS_MALFORMED,   // bytes or text that break their grammar
    STATUS_TOO_LONG,    // more than the room there is, or more than we are willing to take
    STATUS_NOT_FOUND,   // no such thing
    STATUS_EXISTS,      // there is one already
    STATUS_CONFLICT,    // evidence or state disagrees with the request
    STATUS_DENIED,      // not allowed to
    STATUS_UNSUPPORTED, // understood, but not something we do
    STATUS_BUSY,        // later perhaps
    STATUS_FULL,        // no more room: pool, table or disk
    STATUS_IO,          // the kernel or a library said no
    STATUS_WAITING,     // not known yet; whoever asked is told when it is
    STATUS_AWAY,        // another server, which is needed for it, does not do its part
    STATUS_COUNT
};

/// One lower-case English phrase for `status`, for logs; a static string, never NULL.
const char *status_text(enum status status);
