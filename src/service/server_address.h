// SPDX-License-Identifier: GPL-3.0-or-later
// An address for a machine that has none yet, when an order needs to know it before the machine boots.
#pragma once

#include "config/config.h"
#include "store/store.h"

/// Picks the address that nobody has used for the longest from the range of the only network that we serve,
/// for the first card of `machine`. Changes nothing. STATUS_UNSUPPORTED and `problem` when other servers give
/// the addresses, or there are several networks and it is not known in which one the machine is; STATUS_FULL
/// when none is free.
MUST_USE enum status server_address_pick(const struct config *config, const struct store *store,
                                         const struct machine *machine, int64_t now_s, struct ip4 *address,
                                         struct problem *problem);
