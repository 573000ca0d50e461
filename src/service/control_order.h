// SPDX-License-Identifier: GPL-3.0-or-later
// Orders in the control API: what its files share.
#pragma once

#include "service/control_request.h"

/// An order as the API tells it, with how far it is and what to do about it; yours.
json_t *control_order_json(struct control_request *request, const struct order *order);

/// Whether `key` names one disk of the machine, as the agent last found it; else the answer is given, with
/// the disks there are. A machine that was never looked into passes when `may_be_unknown`.
bool control_order_check_disk(struct control_request *request, uint64_t machine_id, const char *key,
                              bool may_be_unknown);
