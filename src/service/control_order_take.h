// SPDX-License-Identifier: GPL-3.0-or-later
// Orders that nobody gives at the control socket.
#pragma once

#include "base/problem.h"
#include "base/status.h"

#include <stdint.h>

struct control;

#define CONTROL_ORDER_OWNER "menu" // whose they are

/// Takes an order to deploy `profile` to `machine` (their names) for `expires_s` seconds, chosen by somebody
/// at the machine; it is looked at as POST orders is, durable when this returns, and told in the timeline. On
/// failure `problem` says what is wrong.
MUST_USE enum status control_order_take(struct control *control, const char *machine, const char *profile,
                                        uint32_t expires_s, struct problem *problem);
