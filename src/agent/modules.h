// SPDX-License-Identifier: GPL-3.0-or-later
// Drivers: what udev does on a whole system, done by asking sysfs what there is and modprobe what fits.
#pragma once

#include "base/compiler.h"

/// Loads what every machine needs, then drivers for all that is there, and again for what those found, until
/// nothing new appears or 15 seconds are over. Then disks and cards that answer at once are there.
void modules_load(void);

/// One quick look for hardware that was not there before.
void modules_look(void);

/// A number that changes when a disk comes, goes, or changes its size or medium.
uint64_t modules_mark_disks(void);
