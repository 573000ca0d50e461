// SPDX-License-Identifier: GPL-3.0-or-later
// The timeline, a line an event: fitted for people on a terminal, tab-separated with UTC times in a pipe, one
// JSON object with --json.
#pragma once

#include "cli/call.h"

#include <jansson.h>

/// Prints one event of the daemon's (docs/protocols/control-api.md), and at once when somebody follows.
void timeline_print(const struct call *call, const json_t *event);

/// Prints the last `count` events of the machine with this id, after an empty line; nothing when there are
/// none.
void timeline_show_last(struct call *call, int64_t machine_id, unsigned count);

/// The path of GET events for the call's argument MACHINE and its option --last, with `more` ("follow=1",
/// say; may be empty) added. Whether it fits `path` of `path_bytes`; else that was told.
bool timeline_path(struct call *call, const char *more, char *path, size_t path_bytes);
