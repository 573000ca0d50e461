// SPDX-License-Identifier: GPL-3.0-or-later
// The pools of all configured networks: built from the configuration, filled from the stored leases, with
// reserved addresses kept back. Owned by the DHCP service.
#pragma once

#include "config/config.h"
#include "io/interface.h"
#include "model/pool.h"
#include "store/store.h"

struct dhcp_pools {
    struct network networks[CONFIG_SUBNETS_MOST];
    struct pool pools[CONFIG_SUBNETS_MOST];
    void *memory[CONFIG_SUBNETS_MOST];
    uint32_t count;
};

/// Pools for `config`'s networks with the store's leases and reservations. STATUS_FULL and `problem` when
/// memory is not to be had
/// (`*pools` is then untouched). dhcp_pools_clear gives the memory back.
MUST_USE enum status dhcp_pools_init(struct dhcp_pools *pools, const struct config *config,
                                     const struct store *store, struct problem *problem);

/// Frees all; an all-zero one is allowed.
void dhcp_pools_clear(struct dhcp_pools *pools);

/// Takes over the offers that stand in `old`: the store does not know them.
void dhcp_pools_put_offers(struct dhcp_pools *pools, const struct dhcp_pools *old);

/// Puts `lease` into the pool whose range holds its address; nothing when none does.
void dhcp_pools_put(struct dhcp_pools *pools, const struct lease *lease);

/// The pool of the network at `network`, which must point into `pools`.
struct pool *dhcp_pools_of(struct dhcp_pools *pools, const struct network *network);
