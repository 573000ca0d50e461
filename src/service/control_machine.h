// SPDX-License-Identifier: GPL-3.0-or-later
// Machines in the control API.
#pragma once

#include "service/control_request.h"

/// The machine that `name` names: its name, MAC, UUID or id. NULL when there is none or several have that
/// UUID; the answer is given then.
const struct machine *control_machine_find(struct control_request *request, const char *name);

/// Takes the members "remove_dhcp_options" (names) and "dhcp_options" ("NAME=VALUE") over into `machine`,
/// when they are there. False when one is wrong; the answer is given then.
bool control_machine_take_options(struct control_request *request, struct machine *machine);

/// The machine's own DHCP options, a list of "NAME=VALUE"; yours.
json_t *control_machine_options_json(const struct machine *machine);
