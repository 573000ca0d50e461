// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent found in a machine, for a person.
#pragma once

#include "cli/call.h"
#include "model/inventory.h"

#include <jansson.h>

/// Prints `inventory`: board, processor, memory, firmware, cards, disks and what is on them.
void inventory_show(const struct call *call, const struct inventory *inventory);

/// The same for the inventory in `machine` as the daemon tells it, and when it was found; nothing when there
/// is none, or none that can be understood.
void inventory_show_machine(const struct call *call, const json_t *machine);
