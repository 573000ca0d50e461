// SPDX-License-Identifier: GPL-3.0-or-later
// The pools of all configured networks, one for each wire (network, or networks that share one): built from
// the configuration, filled from the stored leases, with reserved addresses kept back. Owned by the DHCP
// service.
#pragma once

#include "config/config.h"
#include "io/heap.h"
#include "io/interface.h"
#include "model/pool.h"
#include "store/store.h"

#define DHCP_KEPT_MOST         64
#define DHCP_FULL_TOLD_EVERY_S 60

struct dhcp_kept { // an address inside a range that somebody has for good
    struct ip4 address;
    const char *whose; // "this server's own", ...; static
};

struct dhcp_full {    // a pool that had nothing to give
    int64_t told_s;   // when that was said last; 0 = never
    uint32_t refused; // requests since then
};

struct dhcp_pools {
    struct network networks[CONFIG_SUBNETS_MOST];
    uint32_t count;                         // of networks
    uint8_t wire[CONFIG_SUBNETS_MOST];      // of a network: its pool
    struct pool pools[CONFIG_SUBNETS_MOST]; // in order of each one's first network
    void *memory[CONFIG_SUBNETS_MOST];
    struct dhcp_full full[CONFIG_SUBNETS_MOST];
    uint32_t pool_count;
    struct dhcp_kept kept[DHCP_KEPT_MOST]; // left out of the ranges, since nobody excluded them
    uint32_t kept_count;
    struct heap_array held; // of struct ip4: kept back for machines
};

/// Pools for `config`'s networks with the store's leases and reservations. STATUS_FULL and `problem` when
/// memory is not to be had (`*pools` is then untouched). dhcp_pools_clear gives the memory back.
MUST_USE enum status dhcp_pools_init(struct dhcp_pools *pools, const struct config *config,
                                     const struct store *store, struct problem *problem);

/// Keeps back what machines have reserved now, and gives back what they had before; the rest stays as it is,
/// so that a million leases need not be read again. false, and nothing done, when the networks of `config`
/// are other ones: then new pools are needed.
bool dhcp_pools_refresh(struct dhcp_pools *pools, const struct config *config, const struct store *store);

/// Keeps `address` back until the next dhcp_pools_refresh, which must find a machine that has it reserved.
void dhcp_pools_hold(struct dhcp_pools *pools, struct ip4 address);

/// Frees all; an all-zero one is allowed.
void dhcp_pools_clear(struct dhcp_pools *pools);

/// Takes over the offers that stand in `old`: the store does not know them. And when a full pool was told of.
void dhcp_pools_put_offers(struct dhcp_pools *pools, const struct dhcp_pools *old);

/// Puts `lease` into the pool whose range holds its address; nothing when none does.
void dhcp_pools_put(struct dhcp_pools *pools, const struct lease *lease);

/// The pool of the wire of `network`, which must point into `pools`.
struct pool *dhcp_pools_of(struct dhcp_pools *pools, const struct network *network);

/// The pool of `network`'s wire had nothing to give at `now_s`. Whether that is to be told now: once in
/// DHCP_FULL_TOLD_EVERY_S; `*refused` is then how many requests went without since it was told last.
bool dhcp_pools_note_full(struct dhcp_pools *pools, const struct network *network, int64_t now_s,
                          uint32_t *refused);

/// Keeps `address`, which this server has got, out of the ranges. Whether it was in one, and free to be given
/// till now: that is to be told.
bool dhcp_pools_keep_own(struct dhcp_pools *pools, struct ip4 address);

/// Whether `address` was kept back already in `pools`.
bool dhcp_pools_has_kept(const struct dhcp_pools *pools, struct ip4 address);
