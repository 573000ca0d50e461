// SPDX-License-Identifier: GPL-3.0-or-later
// What makes an image one machine's own, in the control API: taken in, and told again without its secrets.
#pragma once

#include "service/control_request.h"

/// Takes the members of the request's body over into `profile` and checks them; what is not named stays. The
/// texts that `profile` points to are borrowed from the request. False when something is wrong; the answer is
/// given then.
bool control_personal_take(struct control_request *request, struct profile *profile);

/// Whether `source` can be read as a template; else the answer is given, with its place in `member`. Names
/// without value are no matter here. NULL is allowed.
bool control_personal_check_template(struct control_request *request, const char *member, const char *source);

/// Adds the members to `object`. Of passwords only that they are set, of keys their number, of the script its
/// length.
void control_personal_add(json_t *object, const struct profile *profile);
