// SPDX-License-Identifier: GPL-3.0-or-later
// The addresses of one wire: a slot per address of its ranges, found by address or by client in O(1), and
// the order in which free ones are given away. A wire is one subnet, or several that share it; a client has
// one address on it. Finding and picking take the same time however many are bound; putting takes the
// logarithm of the range. Lives in memory that the caller provides; remembers nothing else.
#pragma once

#include "base/hash.h"
#include "base/status.h"
#include "model/lease.h"

struct pool_slot {
    struct lease lease;
    uint32_t next;  // next in its hash chain; POOL_NONE = end
    uint32_t place; // in the queue; POOL_NONE = not in it, since reserved
    uint16_t range; // whose it is
    bool is_newest; // the slot that its key leads to
    bool reserved;  // kept for a machine: never picked
};

#define POOL_NONE        UINT32_MAX
#define POOL_COUNT_MOST  (1u << 24) // addresses in all ranges
#define POOL_RANGES_MOST UINT16_MAX

struct pool_range { // neighbouring addresses that the same clients may have
    struct ip4 first;
    uint32_t count;       // >= 1
    uint64_t classes;     // bit N = class N: for members of one of these only; 0 = for everybody
    bool has_bootp;       // for BOOTP clients too
    uint16_t network;     // the caller's: which network of the wire it belongs to
    uint32_t at;          // its first slot; pool_init_ranges fills this and the next one in
    uint32_t queue_count; // slots that are not reserved
};

struct pool {
    uint32_t count; // addresses in all ranges, >= 1
    uint32_t range_count;
    struct pool_range *ranges; // in order of address
    struct pool_slot *slots;
    uint32_t *buckets;     // heads of the hash chains
    uint32_t bucket_count; // a power of two
    uint32_t *queue;       // for each range a heap of its slots that are not reserved, by lease.ends_s
    uint32_t bound_count;  // slots in state BOUND; one whose time ran out counts until it is given away
    struct hash_key hash;
};

struct pool_wish { // who asks for what
    const struct lease_key *key;
    struct ip4 wanted; // 0 = none
    uint64_t classes;  // that the client belongs to
    bool is_bootp;
    uint16_t network; // where it asks from: ranges of this network come first
    int64_t now_s;
};

/// How many bytes pool_init needs for `count` addresses (1 .. 2^20); alignment as of malloc.
size_t pool_bytes(uint32_t count);

/// A pool of one range for everybody: `count` addresses from `first`, all free, in `memory` of
/// pool_bytes(count) bytes, which must outlive it.
void pool_init(struct pool *pool, struct ip4 first, uint32_t count, struct hash_key hash, void *memory);

/// How many bytes pool_init_ranges needs.
size_t pool_bytes_ranges(const struct pool_range *ranges, uint32_t range_count);

/// A pool of 1 .. POOL_RANGES_MOST ranges (copied) that do not overlap, POOL_COUNT_MOST addresses at most,
/// all free, in `memory` of pool_bytes_ranges bytes, which must outlive it.
void pool_init_ranges(struct pool *pool, const struct pool_range *ranges, uint32_t range_count,
                      struct hash_key hash, void *memory);

/// The slot of `address`, or NULL when it is outside the ranges.
struct pool_slot *pool_find_address(struct pool *pool, struct ip4 address);

/// The slot last used by `key`, whatever its state, or NULL; NULL too once that address went to another one.
struct pool_slot *pool_find_key(struct pool *pool, const struct lease_key *key);

/// Picks an address for `wish` (RFC 2131 section 4.3.1) in the ranges that it may use: the one it has or had
/// last if still free for it, else the one it wants if free, else the one unused for the longest, never used
/// ones first: of its own network before others of the wire, and of a range for its class before those for
/// everybody. NULL when all are taken. Never a reserved one: the caller knows for whom that is kept and asks
/// pool_slot_is_held. Changes nothing.
struct pool_slot *pool_pick_for(struct pool *pool, const struct pool_wish *wish);

/// The same for a client of no class that asks from the first network.
struct pool_slot *pool_pick(struct pool *pool, const struct lease_key *key, struct ip4 wanted, int64_t now_s);

/// Whether there is a range that `wish` may use, full or not.
bool pool_is_open_to(const struct pool *pool, const struct pool_wish *wish);

/// Whether `slot` lies in a range that `wish` may use; says nothing about who has it.
bool pool_slot_is_open_to(const struct pool *pool, const struct pool_slot *slot,
                          const struct pool_wish *wish);

/// Puts `lease` in its slot: gives the address to its key, and when it is BOUND takes the key's older address
/// back (one that it declined stays set aside). STATUS_NOT_FOUND when outside the ranges. Used both for new
/// leases and when loading from the store, in any order: of two leases of one key the one with the later
/// `starts_s` stays; where that does not tell, both addresses are held until they end.
enum status pool_put(struct pool *pool, const struct lease *lease);

/// Whether another client holds the address at `now_s`, or anybody declined it a short time ago. Says nothing
/// about reservations.
bool pool_slot_is_held(const struct pool_slot *slot, const struct lease_key *key, int64_t now_s);

/// Whether the slot may be given to `key` at `now_s`: neither reserved nor held.
bool pool_slot_is_free_for(const struct pool_slot *slot, const struct lease_key *key, int64_t now_s);

/// Keeps an address away from everyone (reservation, our own address, router), or gives it back.
void pool_reserve(struct pool *pool, struct ip4 address, bool reserved);
