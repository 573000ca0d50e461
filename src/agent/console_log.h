// SPDX-License-Identifier: GPL-3.0-or-later
// The lines that wait to go home: a ring that forgets its oldest bytes when the server is away for long. Not
// safe for threads by itself; console.c locks.
#pragma once

#include "base/compiler.h"

#define CONSOLE_LOG_BYTES (256 * 1024)

struct console_log { // starts zeroed
    uint64_t added;  // bytes ever
    uint64_t gone;   // of them, gone home or forgotten
    uint64_t peeked; // where the last peek began
    char bytes[CONSOLE_LOG_BYTES];
};

/// Appends.
void console_log_add(struct console_log *log, const char *data, size_t bytes);

/// Copies up to `bytes` bytes that have not gone home into `out`; how many.
size_t console_log_copy(struct console_log *log, char *out, size_t bytes);

/// The first `count` bytes of the last copy have gone home.
void console_log_drop(struct console_log *log, size_t count);
