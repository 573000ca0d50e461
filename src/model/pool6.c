// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/pool6.h"

#include <stdalign.h>

#define LOOKS_MOST 1000 // slots that are looked at for room, and links that are followed
#define CHAIN_MOST 64   // leases of one card: a stranger may invent as many as there are slots
#define TRIES_FAR  16   // computed addresses, far from each other
#define TRIES_NEAR 4096 // then neighbours

static_assert(alignof(struct pool6_slot) >= alignof(uint32_t), "the buckets behind the slots are aligned");

static uint32_t bucket_count_for(uint32_t count)
{
    uint32_t buckets = 1;
    while (buckets < count) {
        buckets *= 2;
    }
    return buckets;
}

size_t pool6_bytes(uint32_t count)
{
    assert(count >= 1 && count <= POOL6_COUNT_MOST);
    return count * sizeof(struct pool6_slot) + 3 * sizeof(uint32_t) * (size_t)bucket_count_for(count);
}

void pool6_init(struct pool6 *pool, uint32_t count, struct hash_key hash, void *memory)
{
    uint32_t buckets = bucket_count_for(count);
    struct pool6_slot *slots = memory;
    uint32_t *heads = (uint32_t *)(slots + count);
    *pool = (struct pool6){.count = count, .bucket_count = buckets, .slots = slots, .hash = hash};
    pool->by_address = heads;
    pool->by_client = heads + buckets;
    pool->by_hw = heads + 2 * (size_t)buckets;
    memset(heads, 0xff, 3 * sizeof(uint32_t) * (size_t)buckets);
}

static uint32_t *head_of_address(const struct pool6 *pool, struct ip6 address)
{
    uint64_t hash = hash_bytes(pool->hash, address.octets, sizeof address.octets);
    return &pool->by_address[hash & (pool->bucket_count - 1)];
}

static uint32_t *head_of_client(const struct pool6 *pool, const struct lease6_client *client)
{
    uint64_t hash = hash_bytes(pool->hash, client->duid, client->duid_length) ^ client->iaid;
    return &pool->by_client[hash_bytes(pool->hash, &hash, sizeof hash) & (pool->bucket_count - 1)];
}

static uint32_t *head_of_hw(const struct pool6 *pool, const struct hw *hw)
{
    uint64_t hash = hash_bytes(pool->hash, hw->octets, hw->length);
    return &pool->by_hw[hash & (pool->bucket_count - 1)];
}

static uint32_t index_of_address(const struct pool6 *pool, struct ip6 address)
{
    uint32_t index = *head_of_address(pool, address);
    while (index != POOL6_NONE && !ip6_equal(pool->slots[index].lease.address, address)) {
        index = pool->slots[index].next_address;
    }
    return index;
}

const struct pool6_slot *pool6_find_address(const struct pool6 *pool, struct ip6 address)
{
    uint32_t index = index_of_address(pool, address);
    return index == POOL6_NONE ? NULL : &pool->slots[index];
}

// Whether `slot` tells more than `best` about who has what: live before ended, then newer before older.
static bool is_better(const struct pool6_slot *slot, const struct pool6_slot *best, int64_t now_s)
{
    if (best == NULL) {
        return true;
    }
    bool is_live = lease6_is_live(&slot->lease, now_s);
    bool was_live = lease6_is_live(&best->lease, now_s);
    return is_live == was_live ? slot->lease.starts_s > best->lease.starts_s : is_live;
}

const struct pool6_slot *pool6_find_client(const struct pool6 *pool, const struct lease6_client *client,
                                           const struct network6 *network, int64_t now_s)
{
    const struct pool6_slot *best = NULL;
    unsigned looks = 0;
    for (uint32_t index = *head_of_client(pool, client); index != POOL6_NONE && looks < LOOKS_MOST;
         index = pool->slots[index].next_client, looks++) {
        const struct pool6_slot *slot = &pool->slots[index];
        if (lease6_client_equal(&slot->lease.client, client) &&
            (network == NULL || network6_has(network, slot->lease.address)) && is_better(slot, best, now_s)) {
            best = slot;
        }
    }
    return best;
}

const struct pool6_slot *pool6_find_heritage(const struct pool6 *pool, const struct lease6_client *client,
                                             const struct network6 *network)
{
    const struct pool6_slot *best = NULL;
    unsigned looks = 0;
    if (client->hw.length == 0) {
        return NULL;
    }
    for (uint32_t index = *head_of_hw(pool, &client->hw); index != POOL6_NONE && looks < CHAIN_MOST;
         index = pool->slots[index].next_hw, looks++) {
        const struct pool6_slot *slot = &pool->slots[index];
        if (slot->lease.state != LEASE_DECLINED && lease6_client_is_heir(&slot->lease.client, client) &&
            network6_has(network, slot->lease.address) &&
            (best == NULL || slot->lease.starts_s > best->lease.starts_s)) {
            best = slot;
        }
    }
    return best;
}

static void lease_link(struct pool6 *pool, uint32_t index, const struct lease6 *lease)
{
    struct pool6_slot *slot = &pool->slots[index];
    slot->lease = *lease;
    slot->has_lease = true;
    uint32_t *head = head_of_client(pool, &lease->client);
    slot->next_client = *head;
    *head = index;
    if (lease->client.hw.length != 0) {
        head = head_of_hw(pool, &lease->client.hw);
        slot->next_hw = *head;
        slot->previous_hw = POOL6_NONE;
        if (*head != POOL6_NONE) {
            pool->slots[*head].previous_hw = index;
        }
        *head = index;
    }
    pool->live_count += lease->state == LEASE_BOUND;
}

static void lease_unlink(struct pool6 *pool, uint32_t index)
{
    struct pool6_slot *slot = &pool->slots[index];
    if (!slot->has_lease) {
        return;
    }
    uint32_t *link = head_of_client(pool, &slot->lease.client);
    while (*link != index) {
        link = &pool->slots[*link].next_client;
    }
    *link = slot->next_client;
    if (slot->lease.client.hw.length != 0) {
        link = slot->previous_hw == POOL6_NONE ? head_of_hw(pool, &slot->lease.client.hw)
                                               : &pool->slots[slot->previous_hw].next_hw;
        *link = slot->next_hw;
        if (slot->next_hw != POOL6_NONE) {
            pool->slots[slot->next_hw].previous_hw = slot->previous_hw;
        }
    }
    pool->live_count -= slot->lease.state == LEASE_BOUND;
    slot->has_lease = false;
}

static void slot_unlink(struct pool6 *pool, uint32_t index)
{
    lease_unlink(pool, index);
    uint32_t *link = head_of_address(pool, pool->slots[index].lease.address);
    while (*link != index) {
        link = &pool->slots[*link].next_address;
    }
    *link = pool->slots[index].next_address;
}

// A slot that is empty, or of which nothing need be remembered.
static uint32_t slot_take(struct pool6 *pool, int64_t now_s)
{
    if (pool->unused < pool->count) {
        return pool->unused++;
    }
    for (unsigned looks = 0; looks < LOOKS_MOST && looks < pool->count; looks++) {
        uint32_t index = pool->hand;
        struct pool6_slot *slot = &pool->slots[index];
        pool->hand = (index + 1) % pool->count;
        if (slot->kept_for == 0 && (!slot->has_lease || !lease6_is_live(&slot->lease, now_s))) {
            slot_unlink(pool, index);
            return index;
        }
    }
    return POOL6_NONE;
}

// The slot of `address`, a new one if need be.
static enum status slot_find(struct pool6 *pool, struct ip6 address, int64_t now_s, uint32_t *index)
{
    uint32_t found = index_of_address(pool, address);
    if (found == POOL6_NONE) {
        found = slot_take(pool, now_s);
        if (found == POOL6_NONE) {
            return STATUS_FULL;
        }
        uint32_t *head = head_of_address(pool, address);
        pool->slots[found] = (struct pool6_slot){.lease = {.address = address}, .next_address = *head};
        *head = found;
    }
    *index = found;
    return STATUS_OK;
}

enum status pool6_put(struct pool6 *pool, const struct lease6 *lease, int64_t now_s)
{
    uint32_t index;
    assert(!ip6_is_none(lease->address) && lease->client.duid_length <= LEASE6_DUID_BYTES);
    enum status status = slot_find(pool, lease->address, now_s, &index);
    if (status == STATUS_OK) {
        lease_unlink(pool, index);
        lease_link(pool, index, lease);
    }
    return status;
}

enum status pool6_keep(struct pool6 *pool, struct ip6 address, uint64_t kept_for, int64_t now_s)
{
    uint32_t index;
    enum status status = slot_find(pool, address, now_s, &index);
    if (status == STATUS_OK) {
        pool->slots[index].kept_for = kept_for;
    }
    return status;
}

void pool6_release(struct pool6 *pool)
{
    for (uint32_t i = 0; i < pool->unused; i++) {
        pool->slots[i].kept_for = 0;
    }
}

bool pool6_is_free_for(const struct pool6 *pool, struct ip6 address, const struct lease6_client *client,
                       int64_t now_s)
{
    const struct pool6_slot *slot = pool6_find_address(pool, address);
    if (slot == NULL) {
        return true;
    }
    if (slot->kept_for != 0 && slot->kept_for != client->machine_id) {
        return false;
    }
    if (!slot->has_lease || !lease6_is_live(&slot->lease, now_s)) {
        return true;
    }
    return slot->lease.state != LEASE_DECLINED && (lease6_client_equal(&slot->lease.client, client) ||
                                                   lease6_client_is_heir(&slot->lease.client, client));
}

static bool wish_suits(const struct pool6 *pool, const struct pool6_wish *wish, struct ip6 address)
{
    for (size_t i = 0; i < wish->taken_count; i++) {
        if (ip6_equal(wish->taken[i].address, address)) {
            return false;
        }
    }
    return pool6_is_free_for(pool, address, wish->client, wish->now_s);
}

static bool wish_suits_dynamic(const struct pool6 *pool, const struct pool6_wish *wish, struct ip6 address)
{
    return network6_is_dynamic(wish->network, address) && wish_suits(pool, wish, address);
}

// The lower half as a number; a range lies within one /64.
static uint64_t low_of(struct ip6 address)
{
    uint64_t low = 0;
    for (unsigned i = 8; i < 16; i++) {
        low = low << 8 | address.octets[i];
    }
    return low;
}

static struct ip6 address_at(const struct network6 *network, uint64_t offset)
{
    struct ip6 address = network->range.first;
    uint64_t low = low_of(address) + offset;
    for (unsigned i = 16; i > 8; i--) {
        address.octets[i - 1] = (uint8_t)low;
        low >>= 8;
    }
    return address;
}

// A number for who asks, the same on every server and after every restart.
static uint64_t number_of(const struct lease6_client *client, uint8_t attempt)
{
    static const struct hash_key KEY = {0x696d7072696e7436, 0}; // any constant: nothing secret hangs on it
    uint8_t bytes[LEASE6_DUID_BYTES + 8] = {attempt, client->ordinal};
    size_t length = 2;
    if (client->has_seen_hw && client->hw.length != 0) {
        memcpy(bytes + length, client->hw.octets, client->hw.length);
        length += client->hw.length;
    } else {
        memcpy(bytes + length, client->duid, client->duid_length);
        length += client->duid_length;
        memcpy(bytes + length, &client->iaid, sizeof client->iaid);
        length += sizeof client->iaid;
    }
    return hash_bytes(KEY, bytes, length);
}

static bool pick_computed(const struct pool6 *pool, const struct pool6_wish *wish, struct ip6 *address)
{
    const struct network6 *network = wish->network;
    if (ip6_is_none(network->range.first)) {
        return false;
    }
    uint64_t last = low_of(network->range.last) - low_of(network->range.first);
    uint64_t offset = 0;
    for (uint8_t attempt = TRIES_FAR; attempt > 0; attempt--) {
        uint64_t number = number_of(wish->client, (uint8_t)(TRIES_FAR - attempt));
        offset = last == UINT64_MAX ? number : number % (last + 1);
        *address = address_at(network, offset);
        if (wish_suits_dynamic(pool, wish, *address)) {
            return true;
        }
    }
    for (unsigned tries = 0; tries < TRIES_NEAR && tries <= last; tries++) {
        offset = offset == last ? 0 : offset + 1;
        *address = address_at(network, offset);
        if (wish_suits_dynamic(pool, wish, *address)) {
            return true;
        }
    }
    return false;
}

bool pool6_pick(const struct pool6 *pool, const struct pool6_wish *wish, struct ip6 *address)
{
    const struct network6 *network = wish->network;
    if (!ip6_is_none(wish->reserved) && wish->client->ordinal == 0 && network6_has(network, wish->reserved) &&
        wish_suits(pool, wish, wish->reserved)) {
        *address = wish->reserved;
        return true;
    }
    const struct pool6_slot *own = pool6_find_client(pool, wish->client, network, wish->now_s);
    const struct pool6_slot *heritage = pool6_find_heritage(pool, wish->client, network);
    const struct pool6_slot *slots[] = {own, heritage};
    for (size_t i = 0; i < COUNT_OF(slots); i++) {
        if (slots[i] != NULL && wish_suits_dynamic(pool, wish, slots[i]->lease.address)) {
            *address = slots[i]->lease.address;
            return true;
        }
    }
    if (!ip6_is_none(wish->wanted) && wish_suits_dynamic(pool, wish, wish->wanted)) {
        *address = wish->wanted;
        return true;
    }
    return pick_computed(pool, wish, address);
}
