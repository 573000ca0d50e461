// SPDX-License-Identifier: GPL-3.0-or-later
// Finds out what machine this is: SMBIOS, processor, memory, firmware, network cards, disks and what is on
// them. It reads only; file systems are mounted read-only (and without replaying their journals) to see which
// system they hold.
#pragma once

#include "model/inventory.h"

/// Fills in `inventory` (large: heap). What cannot be read stays empty.
void probe(struct inventory *inventory);

/// Which disk it is that `fd` has open: name, serial, size; not what is on it. False: it is no disk that the
/// kernel (still) has.
MUST_USE bool probe_opened_disk(int fd, struct inventory_disk *disk);
