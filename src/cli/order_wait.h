// SPDX-License-Identifier: GPL-3.0-or-later
// Waiting for orders: what deploy --wait does.
#pragma once

#include "cli/call.h"

#include <jansson.h>

/// Follows `orders` (an array of them) until all are over: says on standard error what each does, with a bar
/// for one that writes, and prints on standard output how they ended. The exit status: CLI_EXIT_OK only when
/// all are finished.
int order_wait(struct call *call, const json_t *orders);
