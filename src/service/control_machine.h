// SPDX-License-Identifier: GPL-3.0-or-later
// Machines in the control API.
#pragma once

#include "service/control_request.h"

/// The machine that `name` names: its name, MAC, UUID or id. NULL when there is none or several have that
/// UUID; the answer is given then.
const struct machine *control_machine_find(struct control_request *request, const char *name);
