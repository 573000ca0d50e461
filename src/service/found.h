// SPDX-License-Identifier: GPL-3.0-or-later
// What the store knows of a machine beyond what it was told to be: what the agent found in it, and its lease.
// For templates.
#pragma once

#include "catalog/render.h"
#include "store/store.h"

/// Fills in `*found` for a machine at `address` (0 = not known).
void found_gather(const struct store *store, uint64_t machine_id, struct ip4 address,
                  struct render_found *found);
