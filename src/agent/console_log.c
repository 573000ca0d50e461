// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/console_log.h"

void console_log_add(struct console_log *log, const char *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        log->bytes[log->added % CONSOLE_LOG_BYTES] = data[i];
        log->added++;
    }
    if (log->added - log->gone > CONSOLE_LOG_BYTES) {
        log->gone = log->added - CONSOLE_LOG_BYTES;
    }
}

size_t console_log_copy(struct console_log *log, char *out, size_t bytes)
{
    uint64_t waiting = log->added - log->gone;
    size_t count = size_min(bytes, (size_t)waiting);
    log->peeked = log->gone;
    for (size_t i = 0; i < count; i++) {
        out[i] = log->bytes[(log->gone + i) % CONSOLE_LOG_BYTES];
    }
    return count;
}

void console_log_drop(struct console_log *log, size_t count)
{
    uint64_t until = log->peeked + count;
    if (until > log->added) {
        until = log->added;
    }
    if (until > log->gone) { // some of it may have been forgotten since
        log->gone = until;
    }
}
