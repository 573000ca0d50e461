// SPDX-License-Identifier: GPL-3.0-or-later
// Which of a kernel's modules the agent needs: network cards, disks, file systems, and all that those need.
#pragma once

#include "base/problem.h"
#include "base/status.h"

/// Moves them from `root`/lib/modules/`version` to `stage`/lib/modules/`version` (made here) and indexes them
/// there for modprobe. `*count` tells how many.
MUST_USE enum status agent_modules_pick(const char *root, const char *version, const char *stage,
                                        unsigned *count, struct problem *problem);
