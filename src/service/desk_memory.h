// SPDX-License-Identifier: GPL-3.0-or-later
// How much memory a machine has, as the agent found it.
#pragma once

#include "store/store.h"

/// Bytes of memory of the machine `machine_id`; 0 when no agent has looked yet.
uint64_t desk_memory_find(const struct store *store, uint64_t machine_id);
