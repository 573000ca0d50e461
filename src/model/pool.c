// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/pool.h"

#include <stdalign.h>
#include <string.h>

static_assert(alignof(struct pool_slot) >= alignof(struct pool_range),
              "the ranges behind the slots are aligned");
static_assert(alignof(struct pool_range) >= alignof(uint32_t), "the indexes behind the ranges are aligned");

// A power of two, so that a mask picks the bucket; chains have one slot on average at most.
static uint32_t bucket_count_for(uint32_t count)
{
    uint32_t buckets = 1;
    while (buckets < count) {
        buckets *= 2;
    }
    return buckets;
}

static uint32_t count_all(const struct pool_range *ranges, uint32_t range_count)
{
    uint64_t count = 0;
    assert(range_count >= 1 && range_count <= POOL_RANGES_MOST);
    for (uint32_t i = 0; i < range_count; i++) {
        assert(ranges[i].count >= 1);
        count += ranges[i].count;
    }
    assert(count <= POOL_COUNT_MOST);
    return (uint32_t)count;
}

size_t pool_bytes_ranges(const struct pool_range *ranges, uint32_t range_count)
{
    uint32_t count = count_all(ranges, range_count);
    return count * (sizeof(struct pool_slot) + sizeof(uint32_t)) + range_count * sizeof(struct pool_range) +
           bucket_count_for(count) * sizeof(uint32_t);
}

size_t pool_bytes(uint32_t count)
{
    struct pool_range range = {.count = count};
    return pool_bytes_ranges(&range, 1);
}

// Few and written once: each goes to its place among those before it.
static void sort_ranges(struct pool_range *ranges, uint32_t range_count)
{
    for (uint32_t i = 1; i < range_count; i++) {
        struct pool_range range = ranges[i];
        uint32_t place = i;
        while (place > 0 && ranges[place - 1].first.value > range.first.value) {
            ranges[place] = ranges[place - 1];
            place--;
        }
        ranges[place] = range;
    }
}

// All have ended at 0, and in order of address: a queue already.
static void fill_range(struct pool *pool, uint16_t index, uint32_t at)
{
    struct pool_range *range = &pool->ranges[index];
    range->at = at;
    range->queue_count = range->count;
    for (uint32_t i = 0; i < range->count; i++) {
        struct pool_slot *slot = &pool->slots[at + i];
        *slot = (struct pool_slot){.place = i, .next = POOL_NONE, .range = index};
        slot->lease.address.value = range->first.value + i;
        pool->queue[at + i] = at + i;
    }
}

void pool_init_ranges(struct pool *pool, const struct pool_range *ranges, uint32_t range_count,
                      struct hash_key hash, void *memory)
{
    *pool = (struct pool){.count = count_all(ranges, range_count), .range_count = range_count, .hash = hash};
    pool->slots = memory;
    pool->ranges = (struct pool_range *)(pool->slots + pool->count);
    pool->queue = (uint32_t *)(pool->ranges + range_count);
    pool->buckets = pool->queue + pool->count;
    pool->bucket_count = bucket_count_for(pool->count);
    for (uint32_t i = 0; i < pool->bucket_count; i++) {
        pool->buckets[i] = POOL_NONE;
    }
    memcpy(pool->ranges, ranges, range_count * sizeof *ranges);
    sort_ranges(pool->ranges, range_count);
    uint32_t at = 0;
    for (uint32_t i = 0; i < range_count; i++) {
        fill_range(pool, (uint16_t)i, at);
        at += pool->ranges[i].count;
    }
}

void pool_init(struct pool *pool, struct ip4 first, uint32_t count, struct hash_key hash, void *memory)
{
    struct pool_range range = {.first = first, .count = count};
    pool_init_ranges(pool, &range, 1, hash, memory);
}

// The queue of a range: a binary heap of its slots that are not reserved, the one whose lease ended or ends
// first on top. Nothing has to happen when a lease runs out: it has moved to the top by then.

static uint32_t *queue_of(struct pool *pool, const struct pool_range *range)
{
    return pool->queue + range->at;
}

static bool queue_is_before(const struct pool *pool, uint32_t a, uint32_t b)
{
    int64_t a_ends_s = pool->slots[a].lease.ends_s;
    int64_t b_ends_s = pool->slots[b].lease.ends_s;
    return a_ends_s != b_ends_s ? a_ends_s < b_ends_s : a < b;
}

static void queue_set(struct pool *pool, uint32_t *queue, uint32_t place, uint32_t index)
{
    queue[place] = index;
    pool->slots[index].place = place;
}

static void queue_rise(struct pool *pool, const struct pool_range *range, uint32_t place)
{
    uint32_t *queue = queue_of(pool, range);
    uint32_t index = queue[place];
    while (place > 0 && queue_is_before(pool, index, queue[(place - 1) / 2])) {
        queue_set(pool, queue, place, queue[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    queue_set(pool, queue, place, index);
}

static void queue_sink(struct pool *pool, const struct pool_range *range, uint32_t place)
{
    uint32_t *queue = queue_of(pool, range);
    uint32_t index = queue[place];
    for (uint32_t child = 2 * place + 1; child < range->queue_count; child = 2 * place + 1) {
        if (child + 1 < range->queue_count && queue_is_before(pool, queue[child + 1], queue[child])) {
            child++;
        }
        if (!queue_is_before(pool, queue[child], index)) {
            break;
        }
        queue_set(pool, queue, place, queue[child]);
        place = child;
    }
    queue_set(pool, queue, place, index);
}

// Puts a slot whose end changed where it belongs now.
static void queue_update(struct pool *pool, const struct pool_slot *slot)
{
    if (slot->place != POOL_NONE) {
        const struct pool_range *range = &pool->ranges[slot->range];
        queue_rise(pool, range, slot->place);
        queue_sink(pool, range, slot->place);
    }
}

static void queue_add(struct pool *pool, const struct pool_slot *slot)
{
    struct pool_range *range = &pool->ranges[slot->range];
    queue_set(pool, queue_of(pool, range), range->queue_count, (uint32_t)(slot - pool->slots));
    range->queue_count++;
    queue_rise(pool, range, range->queue_count - 1);
}

static void queue_remove(struct pool *pool, struct pool_slot *slot)
{
    struct pool_range *range = &pool->ranges[slot->range];
    uint32_t *queue = queue_of(pool, range);
    uint32_t place = slot->place;
    uint32_t last = queue[--range->queue_count];
    if (place < range->queue_count) {
        queue_set(pool, queue, place, last);
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
    uint32_t low = 0;                      // the range is not before this one,
    uint32_t high = pool->range_count - 1; // and not behind that one
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        if (pool->ranges[middle].first.value <= address.value) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    const struct pool_range *range = &pool->ranges[low];
    uint32_t index = address.value - range->first.value; // wraps to something large below `first`
    return index < range->count ? &pool->slots[range->at + index] : NULL;
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

static bool range_is_open_to(const struct pool_range *range, const struct pool_wish *wish)
{
    bool is_member = range->classes == 0 || (range->classes & wish->classes) != 0;
    return is_member && (!wish->is_bootp || range->has_bootp);
}

bool pool_is_open_to(const struct pool *pool, const struct pool_wish *wish)
{
    for (uint32_t i = 0; i < pool->range_count; i++) {
        if (range_is_open_to(&pool->ranges[i], wish)) {
            return true;
        }
    }
    return false;
}

bool pool_slot_is_open_to(const struct pool *pool, const struct pool_slot *slot, const struct pool_wish *wish)
{
    return range_is_open_to(&pool->ranges[slot->range], wish);
}

static bool slot_is_for(const struct pool *pool, const struct pool_slot *slot, const struct pool_wish *wish)
{
    return slot != NULL && pool_slot_is_open_to(pool, slot, wish) &&
           pool_slot_is_free_for(slot, wish->key, wish->now_s);
}

// The head of the best range that has something to give.
static struct pool_slot *pick_oldest(struct pool *pool, const struct pool_wish *wish)
{
    struct pool_slot *best = NULL;
    int best_worth = -1;
    for (uint32_t i = 0; i < pool->range_count; i++) {
        const struct pool_range *range = &pool->ranges[i];
        int worth = (range->network == wish->network ? 2 : 0) + (range->classes != 0 ? 1 : 0);
        if (worth <= best_worth || range->queue_count == 0) {
            continue;
        }
        struct pool_slot *head = &pool->slots[queue_of(pool, range)[0]];
        if (slot_is_for(pool, head, wish)) {
            best = head;
            best_worth = worth;
        }
    }
    return best;
}

struct pool_slot *pool_pick_for(struct pool *pool, const struct pool_wish *wish)
{
    struct pool_slot *own = pool_find_key(pool, wish->key);
    if (slot_is_for(pool, own, wish)) {
        return own;
    }
    struct pool_slot *wanted = pool_find_address(pool, wish->wanted);
    return slot_is_for(pool, wanted, wish) ? wanted : pick_oldest(pool, wish);
}

struct pool_slot *pool_pick(struct pool *pool, const struct lease_key *key, struct ip4 wanted, int64_t now_s)
{
    struct pool_wish wish = {.key = key, .wanted = wanted, .now_s = now_s};
    return pool_pick_for(pool, &wish);
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
        queue_add(pool, slot);
    }
}
