// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent shows: on the screen and on the serial line at once, plain lines with a progress bar at the
// bottom, and the same lines kept for the log that goes home. ASCII; whatever came from outside is escaped.
#pragma once

#include "base/compiler.h"

/// Opens every console there is (/dev/tty0, /dev/ttyS0 ...) and makes the screen ours. As a command: standard
/// error.
void console_open(bool is_init);

/// One line, with the seconds since the start before it; also goes to the log.
void console_say(const char *format, ...) PRINTF_LIKE(1, 2);

/// Only for the log that goes home.
void console_note(const char *format, ...) PRINTF_LIKE(1, 2);

/// Draws or moves the progress bar under the last line: "writing debian-12  [=====>    ] 52%  231 of 437 MB
/// 38 MB/s  0:09 left". `all` 0 = not known. Draws at most a few times a second.
void console_progress(const char *what, uint64_t done, uint64_t all);

/// Takes the bar away.
void console_progress_end(void);

/// Fills the screen with `count` lines that stay there (a question, the end), framed, beginning with its
/// headline.
void console_show(const char *headline, const char *const lines[], unsigned count);

/// Waits up to `timeout_s` seconds for any key on any console, counting down; whether one was pressed.
bool console_wait_key(unsigned timeout_s);

/// Takes up to `bytes` bytes of log lines that have not gone home yet into `out`; how many. They count as
/// gone only with console_log_sent(count).
size_t console_log_peek(char *out, size_t bytes);
/// See console_log_peek.
void console_log_sent(size_t count);
