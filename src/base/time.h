// SPDX-License-Identifier: GPL-3.0-or-later
// Instants and durations as numbers. `_ms` values are milliseconds of a monotonic clock; `_s` values are Unix
// seconds. Nobody here asks what time it is: the time comes in with the event.
#pragma once

#include "base/status.h"

#define TIME_TEXT_BYTES     24
#define DURATION_TEXT_BYTES 24
#define DURATION_FOREVER_S  UINT32_MAX

/// Parses "90", "90s", "15m", "2h", "1h30m", "7d", "2w", or "forever" to seconds. STATUS_TOO_LONG above
/// 2^32-2.
MUST_USE enum status duration_parse(const char *text, uint32_t *seconds);

/// Prints "1h30m", "45s", "forever" into `out` and returns `out`. duration_parse reads it back.
char *duration_print(uint32_t seconds, char out[DURATION_TEXT_BYTES]);

/// Prints Unix seconds as UTC, "2026-11-22T17:07:58Z", into `out` and returns `out`. Range: years 1970 to
/// 9999.
char *time_print(int64_t unix_s, char out[TIME_TEXT_BYTES]);
