// SPDX-License-Identifier: GPL-3.0-or-later
// What makes an image one machine's own, on the command line: the options of profile add and edit for it, and
// how a profile shows it.
#pragma once

#include "cli/call.h"

#include <jansson.h>

/// Puts what the call's options say into `body`, members as in docs/protocols/control-api.md; asks for
/// passwords. False when something is wrong; that was told and `*result` is the exit status.
bool personal_take(const struct call *call, json_t *body, int *result);

/// Prints those fields of `profile` that it has.
void personal_show(const struct call *call, const json_t *profile);
