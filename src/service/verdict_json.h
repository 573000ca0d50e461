// SPDX-License-Identifier: GPL-3.0-or-later
// A client's boot and what the rules say of it, as JSON: of a file, and of a boot that is under way. One
// shape for both (docs/protocols/control-api.md).
#pragma once

#include "base/time.h"
#include "doctor/doctor.h"

#define VERDICT_MOMENT_BYTES (TIME_TEXT_BYTES + 16)

struct json_t;

/// Prints Unix microseconds as "2026-01-31T12:00:00.000Z", or a time of the day alone, where a capture or log
/// knew no date, as "12:00:00.000"; into `out`, which is returned.
const char *verdict_print_moment(int64_t at_us, char out[VERDICT_MOMENT_BYTES]);

/// {mac, address, verdict, fine, in_order, findings, stages, timeline}. Yours.
struct json_t *verdict_json_client(const struct story *story, const struct verdict *verdict);
