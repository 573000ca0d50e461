// SPDX-License-Identifier: GPL-3.0-or-later
// The addresses of one subnet: a slot per address of its range, found by address or by client in O(1), and
// the order in which free ones are given away. Lives in memory that the caller provides; remembers nothing
// else.
#pragma once

#include "base/hash.h"
#include "base/status.h"
#include "model/lease.h"

struct pool_slot {
    struct lease lease;
    uint32_t next;  // next in its hash chain; POOL_NONE = end
    uint32_t older; // neighbours in the queue of reusable slots, oldest first
    uint32_t newer;
    bool reserved; // kept for a machine: never picked for others
};

#define POOL_NONE UINT32_MAX

struct pool {
    struct ip4 first;
    uint32_t count; // addresses in the range, >= 1
    struct pool_slot *slots;
    uint32_t *buckets; // heads of the hash chains
    uint32_t bucket_count;
    uint32_t oldest; // queue of slots that may be given away
    uint32_t newest;
    uint32_t bound_count;
    struct hash_key hash;
};

/// How many bytes pool_init needs for `count` addresses (1 .. 2^20); alignment as of malloc.
size_t pool_bytes(uint32_t count);

/// A pool of `count` addresses from `first`, all free, in `memory` of pool_bytes(count) bytes which must
/// outlive it.
void pool_init(struct pool *pool, struct ip4 first, uint32_t count, struct hash_key hash, void *memory);

/// The slot of `address`, or NULL when it is outside the range.
struct pool_slot *pool_find_address(struct pool *pool, struct ip4 address);

/// The slot last used by `key`, whatever its state, or NULL.
struct pool_slot *pool_find_key(struct pool *pool, const struct lease_key *key);

/// Picks an address for `key` at `now_s` (RFC 2131 section 4.3.1): the one it has or had last if still free
/// for it, else `wanted` (0 = none) if free, else the one unused for the longest. NULL when all are taken.
/// Changes nothing.
struct pool_slot *pool_pick(struct pool *pool, const struct lease_key *key, struct ip4 wanted, int64_t now_s);

/// Puts `lease` in its slot: gives the address to its key, takes the key's older address back, requeues.
/// STATUS_NOT_FOUND when outside the range. Used both for new leases and when loading from the store.
enum status pool_put(struct pool *pool, const struct lease *lease);

/// Whether the slot may be given to `key` at `now_s`.
bool pool_slot_is_free_for(const struct pool_slot *slot, const struct lease_key *key, int64_t now_s);

/// Keeps an address away from everyone (reservation, our own address, router), or gives it back.
void pool_reserve(struct pool *pool, struct ip4 address, bool reserved);
