// SPDX-License-Identifier: GPL-3.0-or-later
// How an order looks: all of it, and in a line.
#pragma once

#include "cli/call.h"

#include <jansson.h>

/// The colour of a state: "finished" is good, "failed" bad, what waits for a person a warning.
enum screen_paint order_paint_state(const char *state);

/// Its state as a list has it: "armed", or "writing 43 %" when the agent told how far it is. Returns `out`.
char *order_print_state(const json_t *order, char *out, size_t out_bytes);

/// What the agent does now: "write, 43 %, 516 MB of 1.2 GB"; "" when nothing is known. Returns `out`.
char *order_print_progress(const json_t *order, char *out, size_t out_bytes);

/// Prints all of `order` for a person.
void order_show(struct call *call, const json_t *order);
