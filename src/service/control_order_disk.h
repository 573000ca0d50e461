// SPDX-License-Identifier: GPL-3.0-or-later
// What the disks of a machine mean for its order: which there are, and what a person can do.
#pragma once

#include "base/text.h"
#include "store/store.h"

/// Says what is on the disk called `key` as the agent last found it, or only its name when that is not known.
void control_order_print_disk(const struct store *store, uint64_t machine_id, const char *key,
                              struct text *out);

/// Says what a person can do about `order` as it stands; nothing when there is nothing to do.
void control_order_print_remedy(const struct store *store, const struct order *order, struct text *out);
