// SPDX-License-Identifier: GPL-3.0-or-later
// The pool against a model of it that only searches, and against what its clients believe, over tens of
// thousands of random operations, with restarts in between.
#include "model/pool.h"

#include "unit/test.h"

#include <stdlib.h>

#define FIRST      0xc0000210u
#define ADDRESSES  24u
#define CLIENTS    40u
#define OPERATIONS 50000u

struct naive {
    struct lease lease;
    bool is_newest;
    bool reserved;
};

struct belief {       // what a client was last told
    uint32_t address; // 0 = has none
    int64_t ends_s;
};

struct world {
    struct pool pool;
    struct naive slots[ADDRESSES];
    struct lease stored[ADDRESSES]; // as the store keeps them: the last lease put under each address
    struct belief beliefs[CLIENTS];
    int64_t now_s;
    uint64_t random;
};

static uint32_t random_below(struct world *world, uint32_t below)
{
    world->random ^= world->random << 13; // xorshift64, Marsaglia 2003
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return (uint32_t)(world->random >> 33) % below;
}

static struct lease_key key_of(uint32_t client)
{
    struct hw mac = hw_ethernet((const uint8_t[6]){2, 0, 0, 0, 0, (uint8_t)client});
    return lease_key_from(&mac, NULL, 0);
}

// ---- the model that only searches ----

static struct naive *naive_find_key(struct world *world, const struct lease_key *key)
{
    for (size_t i = 0; i < ADDRESSES; i++) {
        if (world->slots[i].is_newest && lease_key_equal(&world->slots[i].lease.key, key)) {
            return &world->slots[i];
        }
    }
    return NULL;
}

static bool naive_is_free_for(const struct naive *slot, const struct lease_key *key, int64_t now_s)
{
    if (slot->reserved) {
        return false;
    }
    if (slot->lease.ends_s <= now_s) {
        return true;
    }
    return slot->lease.state != LEASE_DECLINED && lease_key_equal(&slot->lease.key, key);
}

static int naive_pick(struct world *world, const struct lease_key *key, struct ip4 wanted)
{
    const struct naive *own = naive_find_key(world, key);
    if (own != NULL && naive_is_free_for(own, key, world->now_s)) {
        return (int)(own - world->slots);
    }
    uint32_t index = wanted.value - FIRST;
    if (index < ADDRESSES && naive_is_free_for(&world->slots[index], key, world->now_s)) {
        return (int)index;
    }
    int oldest = -1;
    for (int i = 0; i < (int)ADDRESSES; i++) {
        const struct naive *slot = &world->slots[i];
        bool is_free = !slot->reserved && slot->lease.ends_s <= world->now_s;
        if (is_free && (oldest < 0 || slot->lease.ends_s < world->slots[oldest].lease.ends_s)) {
            oldest = i;
        }
    }
    return oldest;
}

static void naive_put(struct world *world, const struct lease *lease)
{
    struct naive *slot = &world->slots[lease->address.value - FIRST];
    slot->is_newest = false;
    struct naive *other = naive_find_key(world, &lease->key);
    slot->lease = *lease;
    slot->is_newest = other == NULL || other->lease.starts_s <= lease->starts_s;
    if (other == NULL || !slot->is_newest) {
        return;
    }
    other->is_newest = false;
    if (lease->state == LEASE_BOUND && other->lease.starts_s < lease->starts_s &&
        other->lease.state != LEASE_DECLINED) {
        int64_t ends_s = other->lease.ends_s < lease->starts_s ? other->lease.ends_s : lease->starts_s;
        other->lease.state = LEASE_FREE;
        other->lease.key = (struct lease_key){0};
        other->lease.ends_s = ends_s;
    }
}

// ---- operations ----

static void put(struct world *world, uint32_t index, uint32_t client, enum lease_state state, int64_t ends_s)
{
    struct lease lease = {
        .address = {FIRST + index}, .key = key_of(client), .state = state, .ends_s = ends_s};
    lease.starts_s = world->now_s;
    assert_int_equal(pool_put(&world->pool, &lease), STATUS_OK);
    naive_put(world, &lease);
    world->stored[index] = lease;
}

static void offer(struct world *world, uint32_t client)
{
    struct lease_key key = key_of(client);
    struct ip4 wanted = {random_below(world, 2) == 0 ? 0 : FIRST - 2 + random_below(world, ADDRESSES + 4)};
    const struct pool_slot *slot = pool_pick(&world->pool, &key, wanted, world->now_s);
    int index = slot == NULL ? -1 : (int)(slot - world->pool.slots);
    assert_int_equal(index, naive_pick(world, &key, wanted));
    if (index >= 0 && slot->lease.state != LEASE_BOUND) {
        put(world, (uint32_t)index, client, LEASE_OFFERED, world->now_s + 90);
    }
}

// A request for whatever address, as a client that comes back may send; given if nothing forbids it.
static void request(struct world *world, uint32_t client)
{
    struct lease_key key = key_of(client);
    const struct pool_slot *own = pool_find_key(&world->pool, &key);
    uint32_t index = own != NULL && random_below(world, 4) != 0 ? (uint32_t)(own - world->pool.slots)
                                                                : random_below(world, ADDRESSES);
    bool is_free = pool_slot_is_free_for(&world->pool.slots[index], &key, world->now_s);
    assert_int_equal(is_free, naive_is_free_for(&world->slots[index], &key, world->now_s));
    if (is_free) {
        int64_t ends_s = world->now_s + 120 + random_below(world, 600);
        put(world, index, client, LEASE_BOUND, ends_s);
        world->beliefs[client] = (struct belief){FIRST + index, ends_s};
    }
}

static void give_up(struct world *world, uint32_t client, enum lease_state state, int64_t ends_s)
{
    struct belief *belief = &world->beliefs[client];
    struct lease_key key = key_of(client);
    if (belief->address == 0 || belief->ends_s <= world->now_s) {
        return;
    }
    uint32_t index = belief->address - FIRST;
    assert_true(lease_key_equal(&world->pool.slots[index].lease.key, &key));
    put(world, index, client, state, ends_s);
    belief->address = 0;
}

static void reserve(struct world *world)
{
    uint32_t index = random_below(world, ADDRESSES);
    bool reserved = random_below(world, 3) == 0;
    pool_reserve(&world->pool, (struct ip4){FIRST + index}, reserved);
    world->slots[index].reserved = reserved;
}

// Everything but the stored leases and the reservations is gone; they come back in order of address.
static void restart(struct world *world)
{
    pool_init(&world->pool, (struct ip4){FIRST}, ADDRESSES, (struct hash_key){world->random, 7},
              world->pool.slots);
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        struct naive empty = {.lease = {.address = {FIRST + i}}, .reserved = world->slots[i].reserved};
        world->slots[i] = empty;
        pool_reserve(&world->pool, empty.lease.address, empty.reserved);
    }
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        if (world->stored[i].address.value != 0) {
            assert_int_equal(pool_put(&world->pool, &world->stored[i]), STATUS_OK);
            naive_put(world, &world->stored[i]);
        }
    }
}

static void operate(struct world *world)
{
    uint32_t client = random_below(world, CLIENTS);
    uint32_t choice = random_below(world, 1000);
    if (choice < 400) {
        offer(world, client);
    } else if (choice < 800) {
        request(world, client);
    } else if (choice < 880) {
        give_up(world, client, LEASE_FREE, world->now_s);
    } else if (choice < 910) {
        give_up(world, client, LEASE_DECLINED, world->now_s + 600);
    } else if (choice < 950) {
        reserve(world);
    } else if (choice < 955) {
        restart(world);
    }
    world->now_s += random_below(world, 8);
}

// ---- what must always hold ----

static void no_two_clients_believe_in_one_address(const struct world *world)
{
    bool is_believed[ADDRESSES] = {false};
    for (uint32_t client = 0; client < CLIENTS; client++) {
        const struct belief *belief = &world->beliefs[client];
        if (belief->address == 0 || belief->ends_s <= world->now_s) {
            continue;
        }
        assert_false(is_believed[belief->address - FIRST]);
        is_believed[belief->address - FIRST] = true;
    }
}

static void pool_and_model_agree(struct world *world)
{
    uint32_t bound = 0;
    uint32_t open = 0;
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        const struct pool_slot *slot = &world->pool.slots[i];
        assert_int_equal(slot->lease.state, world->slots[i].lease.state);
        assert_int_equal(slot->lease.ends_s, world->slots[i].lease.ends_s);
        assert_int_equal(slot->is_newest, world->slots[i].is_newest);
        assert_int_equal(slot->place == POOL_NONE, world->slots[i].reserved);
        bound += slot->lease.state == LEASE_BOUND;
        open += !world->slots[i].reserved;
    }
    assert_int_equal(world->pool.bound_count, bound);
    assert_int_equal(world->pool.ranges[0].queue_count, open);
    for (uint32_t client = 0; client < CLIENTS; client++) {
        struct lease_key key = key_of(client);
        const struct pool_slot *slot = pool_find_key(&world->pool, &key);
        const struct naive *naive = naive_find_key(world, &key);
        assert_int_equal(slot == NULL ? -1 : slot - world->pool.slots,
                         naive == NULL ? -1 : naive - world->slots);
    }
}

static void the_queue_is_a_heap(const struct world *world)
{
    const struct pool *pool = &world->pool;
    for (uint32_t place = 0; place < pool->ranges[0].queue_count; place++) {
        const struct pool_slot *slot = &pool->slots[pool->queue[place]];
        assert_int_equal(slot->place, place);
        assert_true(pool->slots[pool->queue[(place - (place != 0)) / 2]].lease.ends_s <= slot->lease.ends_s);
    }
}

static void run(uint64_t seed)
{
    struct world world = {.now_s = 1000000, .random = seed};
    world.pool.slots = malloc(pool_bytes(ADDRESSES));
    assert_non_null(world.pool.slots);
    restart(&world);
    for (uint32_t i = 0; i < OPERATIONS; i++) {
        operate(&world);
        no_two_clients_believe_in_one_address(&world);
        pool_and_model_agree(&world);
        the_queue_is_a_heap(&world);
    }
    free(world.pool.slots);
}

static void fifty_thousand_random_operations_never_give_one_address_twice(void **state)
{
    (void)state;
    run(0x1234567890abcdefu);
}

static void and_neither_do_others(void **state)
{
    (void)state;
    run(0xfedcba0987654321u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fifty_thousand_random_operations_never_give_one_address_twice),
        cmocka_unit_test(and_neither_do_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
