// SPDX-License-Identifier: GPL-3.0-or-later
// Disk rules, for the guard; guard.h has their grammar and the check that comes first.
#pragma once

#include "model/inventory.h"

/// Whether every word of the checked `rule` holds for `disk`; "smallest" and "largest", which speak of
/// several disks, always do.
bool guard_rule_holds(const char *rule, const struct inventory_disk *disk);

/// Whether a word of `rule` begins with `start`: "serial=", "smallest".
bool guard_rule_has(const char *rule, const char *start);
