// SPDX-License-Identifier: GPL-3.0-or-later
// Instants and sizes as people say them: "3 min ago", "in 2 h", "41.2 MB".
#pragma once

#include "base/compiler.h"

#define MOMENT_TEXT_BYTES 32

/// Unix seconds, now.
int64_t moment_now_s(void);

/// `then_s` (Unix seconds) as seen at `now_s`: "now", "12 s ago", "3 min ago", "5 days ago", "in 40 min"; ""
/// when `then_s` is 0, which stands for never. Returns `out`.
char *moment_print(int64_t then_s, int64_t now_s, char out[MOMENT_TEXT_BYTES]);

/// A length of time in one unit: "12 s", "3 min", "2 h", "5 days". Negative ones count as 0. Returns `out`.
char *moment_print_span(int64_t seconds, char out[MOMENT_TEXT_BYTES]);

/// The wall clock here: "17:07:58" on the day of `now_ms`, else "Nov 21 17:07". Both are Unix milliseconds.
/// Returns `out`.
char *moment_print_clock(int64_t then_ms, int64_t now_ms, char out[MOMENT_TEXT_BYTES]);

/// A size in decimal units: "0 B", "812 B", "41.2 MB", "6.0 GB". Returns `out`.
char *moment_print_size(uint64_t bytes, char out[MOMENT_TEXT_BYTES]);
