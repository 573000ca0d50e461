// SPDX-License-Identifier: GPL-3.0-or-later
// Finds out what machine this is: SMBIOS, processor, memory, firmware, network cards, disks and what is on
// them. It reads only; file systems are mounted read-only (and without replaying their journals) to see which
// system they hold.
#pragma once

#include "model/inventory.h"

/// Fills in `inventory` (large: heap). What cannot be read stays empty.
void probe(struct inventory *inventory);
