// SPDX-License-Identifier: GPL-3.0-or-later
// The leases of DHCPv6, of all networks, found by address, by DUID and IAID, or by network card, each in
// O(1). Ranges are far too large for a slot per address, so there is one per lease; the oldest ended ones
// make room for new ones. Lives in memory that the caller provides.
#pragma once

#include "base/hash.h"
#include "base/status.h"
#include "model/lease6.h"
#include "model/network6.h"

#define POOL6_NONE         UINT32_MAX
#define POOL6_COUNT_MOST   (1u << 22)
#define POOL6_FOR_NOBODY   UINT64_MAX // kept: our own address, a router's
#define POOL6_DECLINED_S   86400      // how long an address that somebody declined is set aside
#define POOL6_OFFER_HOLD_S 60

struct pool6_slot {
    struct lease6 lease;   // address none = the slot is empty
    uint64_t kept_for;     // 0 = for everybody; a machine's id, or POOL6_FOR_NOBODY
    bool has_lease;        // else it is only kept
    uint32_t next_address; // in its hash chain; POOL6_NONE = end
    uint32_t next_client;
    uint32_t next_hw; // this chain can be long, since strangers choose it: it is linked both ways
    uint32_t previous_hw;
};

struct pool6 {
    uint32_t count; // slots
    uint32_t bucket_count;
    uint32_t hand;       // where the search for room goes on
    uint32_t unused;     // slots from here on were never used
    uint32_t live_count; // leases in state BOUND; one whose time ran out counts until its slot is used again
    struct pool6_slot *slots;
    uint32_t *by_address; // heads of the hash chains
    uint32_t *by_client;
    uint32_t *by_hw;
    struct hash_key hash;
};

struct pool6_wish { // who asks for an address
    const struct lease6_client *client;
    const struct network6 *network;
    struct ip6 wanted;          // the address it would like; none = any
    struct ip6 reserved;        // the one that belongs to its machine; none = none
    const struct lease6 *taken; // leases that were decided on in this moment but not put yet
    size_t taken_count;
    int64_t now_s;
};

/// How many bytes pool6_init needs for `count` leases (1 .. POOL6_COUNT_MOST); alignment as of malloc.
size_t pool6_bytes(uint32_t count);

/// An empty pool for `count` leases in `memory` of pool6_bytes(count) bytes, which must outlive it.
void pool6_init(struct pool6 *pool, uint32_t count, struct hash_key hash, void *memory);

/// The slot of `address`, or NULL when nothing is known about it.
const struct pool6_slot *pool6_find_address(const struct pool6 *pool, struct ip6 address);

/// The lease of `client`'s DUID and IAID in `network` (NULL = in any): of several the live one, then the
/// newest. NULL when there is none. A client may use one DUID and IAID in two networks (VLANs of one card).
const struct pool6_slot *pool6_find_client(const struct pool6 *pool, const struct lease6_client *client,
                                           const struct network6 *network, int64_t now_s);

/// The lease in `network` whose address `client` inherits (lease6_client_is_heir): of several the newest.
/// NULL when there is none.
const struct pool6_slot *pool6_find_heritage(const struct pool6 *pool, const struct lease6_client *client,
                                             const struct network6 *network);

/// Puts `lease` in its slot, in place of what was there, whoever had it. Used both for new leases and when
/// loading from the store. STATUS_FULL when every slot that was looked at is live or kept; looks on at the
/// next one, and never at more than a thousand at once.
MUST_USE enum status pool6_put(struct pool6 *pool, const struct lease6 *lease, int64_t now_s);

/// Keeps `address` for one machine or for POOL6_FOR_NOBODY; 0 gives it back. STATUS_FULL as pool6_put.
MUST_USE enum status pool6_keep(struct pool6 *pool, struct ip6 address, uint64_t kept_for, int64_t now_s);

/// Gives all kept addresses back, before they are kept anew.
void pool6_release(struct pool6 *pool);

/// Whether `address` may be given to `client` at `now_s`: not kept for others, not live for others, not set
/// aside. Says nothing about ranges.
bool pool6_is_free_for(const struct pool6 *pool, struct ip6 address, const struct lease6_client *client,
                       int64_t now_s);

/// Picks an address for `wish`: the one reserved for its machine (for the first of its IA_NAs), else the one
/// that the client or its machine has or had last, else the one it wants, else one computed from who it is,
/// so that it gets the same one even when everything was forgotten. Only dynamic ones of the network
/// (network6_is_dynamic), but for the reserved one. False when none is free; in ranges of more than 4,096
/// addresses also when as many tries met none. Changes nothing.
bool pool6_pick(const struct pool6 *pool, const struct pool6_wish *wish, struct ip6 *address);
