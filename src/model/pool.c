// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/pool.h"

#include <stdalign.h>

#define POOL_COUNT_MOST (1u << 20)

static_assert(alignof(struct pool_slot) >= alignof(uint32_t), "the indexes behind the slots are aligned");

// A power of two, so that a mask picks the bucket; chains have one slot on average at most.
static uint32_t bucket_count_for(uint32_t count)
{
    uint32_t buckets = 1;
    while (buckets < count) {
        buckets *= 2;
    }
    return buckets;
}

size_t pool_bytes(uint32_t count)
{
    assert(count >= 1 && count <= POOL_COUNT_MOST);
    return count * (sizeof(struct pool_slot) + sizeof(uint32_t)) + bucket_count_for(count) * sizeof(uint32_t);
}

void pool_init(struct pool *pool, struct ip4 first, uint32_t count, struct hash_key hash, void *memory)
{
    assert(count >= 1 && count <= POOL_COUNT_MOST);
    *pool = (struct pool){.first = first, .count = count, .hash = hash};
    pool->slots = memory;
    pool->queue = (uint32_t *)(pool->slots + count);
    pool->buckets = pool->queue + count;
    pool->bucket_count = bucket_count_for(count);
    for (uint32_t i = 0; i < pool->bucket_count; i++) {
        pool->buckets[i] = POOL_NONE;
    }
    // All have ended at 0, and in order of address: a queue already.
    for (uint32_t i = 0; i < count; i++) {
        pool->slots[i] = (struct pool_slot){.place = i, .next = POOL_NONE};
        pool->slots[i].lease.address.value = first.value + i;
        pool->queue[i] = i;
    }
    pool->queue_count = count;
}

// The queue: a binary heap of the slots that are not reserved, the one whose lease ended or ends first on
// top. Nothing has to happen when a lease runs out: it has moved to the top by then.

static bool queue_is_before(const struct pool *pool, uint32_t a, uint32_t b)
{
    int64_t a_ends_s = pool->slots[a].lease.ends_s;
    int64_t b_ends_s = pool->slots[b].lease.ends_s;
    return a_ends_s != b_ends_s ? a_ends_s < b_ends_s : a < b;
}

static void queue_set(struct pool *pool, uint32_t place, uint32_t index)
{
    pool->queue[place] = index;
    pool->slots[index].place = place;
}

static void queue_rise(struct pool *pool, uint32_t place)
{
    uint32_t index = pool->queue[place];
    while (place > 0 && queue_is_before(pool, index, pool->queue[(place - 1) / 2])) {
        queue_set(pool, place, pool->queue[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    queue_set(pool, place, index);
}

static void queue_sink(struct pool *pool, uint32_t place)
{
    uint32_t index = pool->queue[place];
    for (uint32_t child = 2 * place + 1; child < pool->queue_count; child = 2 * place + 1) {
        if (child + 1 < pool->queue_count &&
            queue_is_before(pool, pool->queue[child + 1], pool->queue[child])) {
            child++;
        }
        if (!queue_is_before(pool, pool->queue[child], index)) {
            break;
        }
        queue_set(pool, place, pool->queue[child]);
        place = child;
    }
    queue_set(pool, place, index);
}

// Puts a slot whose end changed where it belongs now.
static void queue_update(struct pool *pool, const struct pool_slot *slot)
{
    if (slot->place != POOL_NONE) {
        queue_rise(pool, slot->place);
        queue_sink(pool, slot->place);
    }
}

static void queue_add(struct pool *pool, uint32_t index)
{
    queue_set(pool, pool->queue_count, index);
    pool->queue_count++;
    queue_rise(pool, pool->queue_count - 1);
}

static void queue_remove(struct pool *pool, struct pool_slot *slot)
{
    uint32_t place = slot->place;
    uint32_t last = pool->queue[--pool->queue_count];
    if (place < pool->queue_count) {
        queue_set(pool, place, last);
        queue_update(pool, &pool->slots[last]);
    }
    slot->place = POOL_NONE;
}

// The table: chains of the slots that are found by their key. A client's newest slot only, so the key of a
// slot may be one that leads elsewhere.

static uint32_t *table_bucket(struct pool *pool, const struct lease_key *key)
{
    uint64_t hash = hash_bytes(pool->hash, key->bytes, sizeof key->bytes);
    return &pool->buckets[hash & (pool->bucket_count - 1)];
}

static void table_add(struct pool *pool, struct pool_slot *slot)
{
    uint32_t *bucket = table_bucket(pool, &slot->lease.key);
    slot->next = *bucket;
    slot->is_newest = true;
    *bucket = (uint32_t)(slot - pool->slots);
}

static void table_remove(struct pool *pool, struct pool_slot *slot)
{
    if (!slot->is_newest) {
        return;
    }
    uint32_t *link = table_bucket(pool, &slot->lease.key);
    while (&pool->slots[*link] != slot) {
        link = &pool->slots[*link].next;
    }
    *link = slot->next;
    slot->next = POOL_NONE;
    slot->is_newest = false;
}

struct pool_slot *pool_find_address(struct pool *pool, struct ip4 address)
{
    uint32_t index = address.value - pool->first.value; // wraps to something large below `first`
    return index < pool->count ? &pool->slots[index] : NULL;
}

struct pool_slot *pool_find_key(struct pool *pool, const struct lease_key *key)
{
    uint32_t index = *table_bucket(pool, key);
    while (index != POOL_NONE && !lease_key_equal(&pool->slots[index].lease.key, key)) {
        index = pool->slots[index].next;
    }
    return index == POOL_NONE ? NULL : &pool->slots[index];
}

bool pool_slot_is_held(const struct pool_slot *slot, const struct lease_key *key, int64_t now_s)
{
    bool is_own = !lease_key_is_none(key) && lease_key_equal(&slot->lease.key, key);
    return slot->lease.ends_s > now_s && !(is_own && slot->lease.state != LEASE_DECLINED);
}

bool pool_slot_is_free_for(const struct pool_slot *slot, const struct lease_key *key, int64_t now_s)
{
    return !slot->reserved && !pool_slot_is_held(slot, key, now_s);
}

struct pool_slot *pool_pick(struct pool *pool, const struct lease_key *key, struct ip4 wanted, int64_t now_s)
{
    struct pool_slot *candidates[] = {
        pool_find_key(pool, key),
        pool_find_address(pool, wanted),
        pool->queue_count != 0 ? &pool->slots[pool->queue[0]] : NULL,
    };
    for (size_t i = 0; i < COUNT_OF(candidates); i++) {
        if (candidates[i] != NULL && pool_slot_is_free_for(candidates[i], key, now_s)) {
            return candidates[i];
        }
    }
    return NULL;
}

static void slot_set(struct pool *pool, struct pool_slot *slot, const struct lease *lease)
{
    pool->bound_count -= slot->lease.state == LEASE_BOUND;
    pool->bound_count += lease->state == LEASE_BOUND;
    slot->lease = *lease;
    queue_update(pool, slot);
}

// The key of `slot` leads to its newer `lease` from now on. An offer takes nothing back: it may be turned
// down. A declined address stays set aside. Of two leases of one second nobody knows which is older, so both
// hold their address until they end.
static void take_back(struct pool *pool, struct pool_slot *slot, const struct lease *lease)
{
    table_remove(pool, slot);
    if (lease->state != LEASE_BOUND || lease->starts_s == slot->lease.starts_s ||
        slot->lease.state == LEASE_DECLINED) {
        return;
    }
    struct lease free = {.address = slot->lease.address, .state = LEASE_FREE};
    free.starts_s = slot->lease.starts_s;
    free.ends_s = slot->lease.ends_s < lease->starts_s ? slot->lease.ends_s : lease->starts_s;
    slot_set(pool, slot, &free);
}

enum status pool_put(struct pool *pool, const struct lease *lease)
{
    struct pool_slot *slot = pool_find_address(pool, lease->address);
    if (slot == NULL) {
        return STATUS_NOT_FOUND;
    }
    table_remove(pool, slot);
    slot_set(pool, slot, lease);
    if (lease_key_is_none(&lease->key)) {
        return STATUS_OK;
    }
    struct pool_slot *other = pool_find_key(pool, &lease->key);
    if (other != NULL && other->lease.starts_s > lease->starts_s) {
        return STATUS_OK; // loaded after the newer one: it holds its address until it ends
    }
    if (other != NULL) {
        take_back(pool, other, lease);
    }
    table_add(pool, slot);
    return STATUS_OK;
}

void pool_reserve(struct pool *pool, struct ip4 address, bool reserved)
{
    struct pool_slot *slot = pool_find_address(pool, address);
    if (slot == NULL || slot->reserved == reserved) {
        return;
    }
    slot->reserved = reserved;
    if (reserved) {
        queue_remove(pool, slot);
    } else {
        queue_add(pool, (uint32_t)(slot - pool->slots));
    }
}
