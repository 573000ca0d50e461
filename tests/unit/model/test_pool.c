// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/pool.h"

#include "unit/test.h"

#include <stdlib.h>

#define FIRST   0x0a000064u // 10.0.0.100
#define NOW_S   100000
#define LEASE_S 3600

static struct pool pool_with(uint32_t count)
{
    struct pool pool;
    void *memory = malloc(pool_bytes(count));
    assert_non_null(memory);
    pool_init(&pool, (struct ip4){FIRST}, count, (struct hash_key){1, 2}, memory);
    return pool;
}

static void pool_free(struct pool *pool)
{
    free(pool->slots);
}

static struct lease_key key_of(uint32_t client)
{
    uint8_t octets[6] = {0x52, 0x54, 0, (uint8_t)(client >> 16), (uint8_t)(client >> 8), (uint8_t)client};
    struct hw mac = hw_ethernet(octets);
    return lease_key_from(&mac, NULL, 0);
}

static struct ip4 address_of(uint32_t index)
{
    return (struct ip4){FIRST + index};
}

// The index that `client` is given at `now_s` when it asks for `wanted`, or -1.
static int pick(struct pool *pool, uint32_t client, struct ip4 wanted, int64_t now_s)
{
    struct lease_key key = key_of(client);
    const struct pool_slot *slot = pool_pick(pool, &key, wanted, now_s);
    return slot == NULL ? -1 : (int)(slot->lease.address.value - FIRST);
}

static void put(struct pool *pool, uint32_t index, uint32_t client, enum lease_state state, int64_t ends_s)
{
    struct lease lease = {
        .address = address_of(index), .key = key_of(client), .state = state, .ends_s = ends_s};
    lease.starts_s = NOW_S;
    assert_int_equal(pool_put(pool, &lease), STATUS_OK);
}

static void put_at(struct pool *pool, uint32_t index, uint32_t client, int64_t starts_s)
{
    struct lease lease = {.address = address_of(index), .key = key_of(client), .state = LEASE_BOUND};
    lease.starts_s = starts_s;
    lease.ends_s = starts_s + LEASE_S;
    assert_int_equal(pool_put(pool, &lease), STATUS_OK);
}

static const struct ip4 ANY = {0};

static void a_fresh_pool_gives_its_addresses_in_order(void **state)
{
    (void)state;
    struct pool pool = pool_with(5);
    for (uint32_t client = 0; client < 5; client++) {
        assert_int_equal(pick(&pool, client, ANY, NOW_S), client);
        put(&pool, client, client, LEASE_BOUND, NOW_S + LEASE_S);
    }
    assert_int_equal(pool.bound_count, 5);
    pool_free(&pool);
}

static void picking_changes_nothing(void **state)
{
    (void)state;
    struct pool pool = pool_with(3);
    assert_int_equal(pick(&pool, 1, ANY, NOW_S), 0);
    assert_int_equal(pick(&pool, 2, ANY, NOW_S), 0);
    assert_int_equal(pool.bound_count, 0);
    struct lease_key key = key_of(1);
    assert_null(pool_find_key(&pool, &key));
    pool_free(&pool);
}

static void a_full_pool_gives_nothing(void **state)
{
    (void)state;
    struct pool pool = pool_with(1);
    put(&pool, 0, 1, LEASE_BOUND, NOW_S + LEASE_S);
    assert_int_equal(pick(&pool, 2, ANY, NOW_S), -1);
    assert_int_equal(pick(&pool, 2, address_of(0), NOW_S), -1);
    pool_free(&pool);
}

static void the_same_client_gets_the_same_address_in_every_state(void **state)
{
    (void)state;
    static const enum lease_state states[] = {LEASE_OFFERED, LEASE_BOUND, LEASE_FREE};
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        struct pool pool = pool_with(10);
        put(&pool, 7, 1, states[i], NOW_S + 60);
        assert_int_equal(pick(&pool, 1, ANY, NOW_S), 7);
        assert_int_equal(pick(&pool, 1, address_of(3), NOW_S), 7);
        assert_int_equal(pick(&pool, 1, ANY, NOW_S + 100000), 7); // long after its end
        pool_free(&pool);
    }
}

static void an_offered_address_is_not_offered_to_others_for_a_moment(void **state)
{
    (void)state;
    struct pool pool = pool_with(1);
    put(&pool, 0, 1, LEASE_OFFERED, NOW_S + 90);
    assert_int_equal(pick(&pool, 2, ANY, NOW_S + 89), -1);
    assert_int_equal(pick(&pool, 2, ANY, NOW_S + 90), 0);
    pool_free(&pool);
}

static void a_free_address_that_was_asked_for_is_given(void **state)
{
    (void)state;
    struct pool pool = pool_with(10);
    put(&pool, 4, 9, LEASE_BOUND, NOW_S + LEASE_S);
    assert_int_equal(pick(&pool, 1, address_of(8), NOW_S), 8);
    assert_int_equal(pick(&pool, 1, address_of(4), NOW_S), 0);  // another client's
    assert_int_equal(pick(&pool, 1, address_of(10), NOW_S), 0); // outside
    assert_int_equal(pick(&pool, 1, (struct ip4){FIRST - 1}, NOW_S), 0);
    pool_free(&pool);
}

static void the_address_unused_for_the_longest_is_given_first(void **state)
{
    (void)state;
    struct pool pool = pool_with(4);
    put(&pool, 0, 10, LEASE_BOUND, NOW_S + 300);
    put(&pool, 1, 11, LEASE_FREE, NOW_S - 50);
    put(&pool, 2, 12, LEASE_BOUND, NOW_S - 200); // ended by itself
    put(&pool, 3, 13, LEASE_OFFERED, NOW_S - 100);
    static const int expected[] = {2, 3, 1, -1};
    for (uint32_t i = 0; i < COUNT_OF(expected); i++) {
        assert_int_equal(pick(&pool, i, ANY, NOW_S), expected[i]);
        if (expected[i] >= 0) {
            put(&pool, (uint32_t)expected[i], i, LEASE_BOUND, NOW_S + LEASE_S);
        }
    }
    assert_int_equal(pick(&pool, 99, ANY, NOW_S + 300), 0);
    pool_free(&pool);
}

static void addresses_never_used_come_before_used_ones(void **state)
{
    (void)state;
    struct pool pool = pool_with(3);
    put(&pool, 0, 10, LEASE_FREE, 1);
    put(&pool, 1, 11, LEASE_FREE, 2);
    assert_int_equal(pick(&pool, 1, ANY, NOW_S), 2);
    pool_free(&pool);
}

static void an_address_given_to_another_is_forgotten_by_its_old_client(void **state)
{
    (void)state;
    struct pool pool = pool_with(2);
    put(&pool, 0, 1, LEASE_BOUND, NOW_S - 1);
    put(&pool, 0, 2, LEASE_BOUND, NOW_S + LEASE_S);
    struct lease_key old = key_of(1);
    struct lease_key new = key_of(2);
    assert_null(pool_find_key(&pool, &old));
    assert_ptr_equal(pool_find_key(&pool, &new), &pool.slots[0]);
    assert_int_equal(pick(&pool, 1, ANY, NOW_S), 1);
    assert_int_equal(pool.bound_count, 1);
    pool_free(&pool);
}

static void a_client_that_moves_gives_its_old_address_back(void **state)
{
    (void)state;
    struct pool pool = pool_with(2);
    put_at(&pool, 0, 1, NOW_S);
    put_at(&pool, 1, 1, NOW_S + 10);
    struct lease_key key = key_of(1);
    assert_ptr_equal(pool_find_key(&pool, &key), &pool.slots[1]);
    assert_int_equal(pool.bound_count, 1);
    assert_int_equal(pick(&pool, 2, ANY, NOW_S + 10), 0);
    pool_free(&pool);
}

static void an_offer_of_another_address_takes_nothing_back(void **state)
{
    (void)state;
    struct pool pool = pool_with(2);
    put_at(&pool, 0, 1, NOW_S - 10);
    put(&pool, 1, 1, LEASE_OFFERED, NOW_S + 90);
    assert_int_equal(pick(&pool, 1, ANY, NOW_S), 1);
    assert_int_equal(pick(&pool, 2, ANY, NOW_S), -1);
    assert_int_equal(pool.bound_count, 1);
    pool_free(&pool);
}

static void a_released_address_waits_for_its_client_while_others_are_free(void **state)
{
    (void)state;
    struct pool pool = pool_with(2);
    put(&pool, 0, 1, LEASE_BOUND, NOW_S + LEASE_S);
    put(&pool, 0, 1, LEASE_FREE, NOW_S);
    assert_int_equal(pool.bound_count, 0);
    assert_int_equal(pick(&pool, 2, ANY, NOW_S), 1);
    assert_int_equal(pick(&pool, 1, ANY, NOW_S), 0);
    pool_free(&pool);
}

static void a_declined_address_is_not_offered_again(void **state)
{
    (void)state;
    struct pool pool = pool_with(1);
    put(&pool, 0, 1, LEASE_DECLINED, NOW_S + 600);
    assert_int_equal(pick(&pool, 1, ANY, NOW_S), -1);
    assert_int_equal(pick(&pool, 1, address_of(0), NOW_S), -1);
    assert_int_equal(pick(&pool, 2, address_of(0), NOW_S + 599), -1);
    assert_int_equal(pick(&pool, 2, ANY, NOW_S + 600), 0);
    assert_int_equal(pick(&pool, 1, ANY, NOW_S + 600), 0);
    pool_free(&pool);
}

static void a_declined_address_stays_set_aside_when_its_client_gets_another(void **state)
{
    (void)state;
    struct pool pool = pool_with(2);
    put(&pool, 0, 1, LEASE_DECLINED, NOW_S + 600);
    assert_int_equal(pick(&pool, 1, ANY, NOW_S), 1);
    put_at(&pool, 1, 1, NOW_S + 5);
    assert_int_equal(pick(&pool, 2, ANY, NOW_S + 5), -1);
    assert_int_equal(pick(&pool, 2, ANY, NOW_S + 600), 0);
    assert_int_equal(pick(&pool, 1, ANY, NOW_S + 600), 1);
    pool_free(&pool);
}

static void a_reserved_address_is_never_picked(void **state)
{
    (void)state;
    struct pool pool = pool_with(3);
    pool_reserve(&pool, address_of(0), true);
    pool_reserve(&pool, address_of(0), true);
    pool_reserve(&pool, address_of(2), true);
    assert_int_equal(pick(&pool, 1, ANY, NOW_S), 1);
    assert_int_equal(pick(&pool, 1, address_of(0), NOW_S), 1);
    pool_reserve(&pool, address_of(0), false);
    assert_int_equal(pick(&pool, 1, ANY, NOW_S), 0);
    pool_reserve(&pool, address_of(1), true);
    pool_reserve(&pool, address_of(0), true);
    assert_int_equal(pick(&pool, 1, ANY, NOW_S), -1);
    pool_reserve(&pool, (struct ip4){FIRST + 3}, true); // outside: nothing to keep
    pool_free(&pool);
}

static void a_client_whose_address_was_reserved_for_another_gets_a_new_one(void **state)
{
    (void)state;
    struct pool pool = pool_with(2);
    put(&pool, 0, 1, LEASE_BOUND, NOW_S + LEASE_S);
    pool_reserve(&pool, address_of(0), true);
    assert_int_equal(pick(&pool, 1, ANY, NOW_S), 1);
    pool_free(&pool);
}

static void who_holds_a_reserved_address_is_still_told(void **state)
{
    (void)state;
    struct pool pool = pool_with(1);
    struct lease_key owner = key_of(1);
    struct lease_key other = key_of(2);
    pool_reserve(&pool, address_of(0), true);
    assert_false(pool_slot_is_held(&pool.slots[0], &owner, NOW_S));
    put(&pool, 0, 2, LEASE_BOUND, NOW_S + LEASE_S);
    assert_true(pool_slot_is_held(&pool.slots[0], &owner, NOW_S));
    assert_false(pool_slot_is_held(&pool.slots[0], &other, NOW_S));
    assert_false(pool_slot_is_held(&pool.slots[0], &owner, NOW_S + LEASE_S));
    assert_false(pool_slot_is_free_for(&pool.slots[0], &other, NOW_S));
    pool_free(&pool);
}

static void an_address_is_free_again_after_its_reservation(void **state)
{
    (void)state;
    struct pool pool = pool_with(2);
    pool_reserve(&pool, address_of(0), true);
    put(&pool, 0, 1, LEASE_BOUND, NOW_S + 10);
    put(&pool, 1, 2, LEASE_BOUND, NOW_S + LEASE_S);
    pool_reserve(&pool, address_of(0), false);
    assert_int_equal(pick(&pool, 3, ANY, NOW_S), -1);
    assert_int_equal(pick(&pool, 3, ANY, NOW_S + 10), 0);
    pool_free(&pool);
}

static void a_lease_without_end_is_kept_for_ever(void **state)
{
    (void)state;
    struct pool pool = pool_with(1);
    put(&pool, 0, 1, LEASE_BOUND, INT64_MAX);
    assert_int_equal(pick(&pool, 2, ANY, INT64_MAX - 1), -1);
    put(&pool, 0, 1, LEASE_FREE, NOW_S);
    assert_int_equal(pick(&pool, 2, ANY, NOW_S), 0);
    pool_free(&pool);
}

static void addresses_outside_the_range_are_not_found(void **state)
{
    (void)state;
    struct pool pool = pool_with(2);
    assert_null(pool_find_address(&pool, (struct ip4){FIRST - 1}));
    assert_ptr_equal(pool_find_address(&pool, (struct ip4){FIRST}), &pool.slots[0]);
    assert_ptr_equal(pool_find_address(&pool, (struct ip4){FIRST + 1}), &pool.slots[1]);
    assert_null(pool_find_address(&pool, (struct ip4){FIRST + 2}));
    assert_null(pool_find_address(&pool, ANY));
    struct lease lease = {
        .address = {FIRST + 2}, .key = key_of(1), .state = LEASE_BOUND, .ends_s = INT64_MAX};
    assert_int_equal(pool_put(&pool, &lease), STATUS_NOT_FOUND);
    assert_int_equal(pool.bound_count, 0);
    pool_free(&pool);
}

static void leases_may_be_loaded_in_any_order(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        struct pool pool = pool_with(3);
        // The client moved from 2 to 0; both records are still stored.
        put_at(&pool, order == 0 ? 0 : 2, 1, order == 0 ? NOW_S + 10 : NOW_S);
        put_at(&pool, order == 0 ? 2 : 0, 1, order == 0 ? NOW_S : NOW_S + 10);
        assert_int_equal(pick(&pool, 1, ANY, NOW_S + 20), 0);
        assert_int_equal(pick(&pool, 2, address_of(0), NOW_S + 20), 1);
        pool_free(&pool);
    }
}

static void of_two_leases_of_one_second_neither_address_is_given_away(void **state)
{
    (void)state;
    struct pool pool = pool_with(2);
    put_at(&pool, 0, 1, NOW_S);
    put_at(&pool, 1, 1, NOW_S);
    assert_int_equal(pick(&pool, 2, ANY, NOW_S + 1), -1);
    assert_int_equal(pick(&pool, 2, ANY, NOW_S + LEASE_S), 0);
    pool_free(&pool);
}

static void renewing_an_older_address_makes_it_the_clients_own_again(void **state)
{
    (void)state;
    struct pool pool = pool_with(2);
    put_at(&pool, 1, 1, NOW_S + 10);
    put_at(&pool, 0, 1, NOW_S); // the older record
    put_at(&pool, 0, 1, NOW_S + 20);
    assert_int_equal(pick(&pool, 1, ANY, NOW_S + 20), 0);
    assert_int_equal(pick(&pool, 2, ANY, NOW_S + 20), 1);
    pool_free(&pool);
}

static void a_client_that_is_nobody_shares_no_address_with_its_like(void **state)
{
    (void)state;
    struct pool pool = pool_with(2);
    struct lease lease = {.address = address_of(0), .state = LEASE_BOUND, .ends_s = NOW_S + LEASE_S};
    assert_int_equal(pool_put(&pool, &lease), STATUS_OK);
    struct lease_key nobody = {0};
    assert_null(pool_find_key(&pool, &nobody));
    assert_ptr_equal(pool_pick(&pool, &nobody, ANY, NOW_S), &pool.slots[1]);
    pool_free(&pool);
}

static void sixty_thousand_clients_each_get_an_address_of_their_own(void **state)
{
    (void)state;
    uint32_t count = 60000;
    struct pool pool = pool_with(count);
    for (uint32_t client = 0; client < count; client++) {
        assert_int_equal(pick(&pool, client, ANY, NOW_S), client);
        put(&pool, client, client, LEASE_BOUND, NOW_S + LEASE_S + client % 977);
    }
    assert_int_equal(pool.bound_count, count);
    for (uint32_t client = 0; client < count; client++) {
        assert_int_equal(pick(&pool, client, ANY, NOW_S), client);
        assert_int_equal(pick(&pool, client + count, ANY, NOW_S), -1);
    }
    assert_int_equal(pick(&pool, count, ANY, NOW_S + LEASE_S), 0);
    pool_free(&pool);
}

static void ranges_are_found_by_address_whatever_their_order(void **state)
{
    (void)state;
    static const struct pool_range RANGES[] = {{.first = {FIRST + 100}, .count = 3},
                                               {.first = {FIRST}, .count = 2},
                                               {.first = {FIRST + 50}, .count = 1}};
    void *memory = malloc(pool_bytes_ranges(RANGES, COUNT_OF(RANGES)));
    struct pool pool;
    assert_non_null(memory);
    pool_init_ranges(&pool, RANGES, COUNT_OF(RANGES), (struct hash_key){1, 2}, memory);
    static const uint32_t INSIDE[] = {0, 1, 50, 100, 101, 102};
    static const uint32_t OUTSIDE[] = {2, 49, 51, 99, 103, UINT32_MAX};
    for (size_t i = 0; i < COUNT_OF(INSIDE); i++) {
        const struct pool_slot *slot = pool_find_address(&pool, address_of(INSIDE[i]));
        assert_ptr_equal(slot, &pool.slots[i]);
        assert_int_equal(slot->lease.address.value, FIRST + INSIDE[i]);
        assert_null(pool_find_address(&pool, address_of(OUTSIDE[i])));
    }
    pool_free(&pool);
}

// Queues of neighbouring ranges lie side by side in memory: none may touch another's.
static void each_range_has_a_queue_of_its_own(void **state)
{
    (void)state;
    static const struct pool_range RANGES[] = {{.first = {FIRST}, .count = 3, .classes = 1},
                                               {.first = {FIRST + 10}, .count = 3, .network = 1}};
    void *memory = malloc(pool_bytes_ranges(RANGES, COUNT_OF(RANGES)));
    struct pool pool;
    assert_non_null(memory);
    pool_init_ranges(&pool, RANGES, COUNT_OF(RANGES), (struct hash_key){1, 2}, memory);
    pool_reserve(&pool, address_of(10), true);
    put(&pool, 11, 1, LEASE_BOUND, NOW_S + 10);
    put(&pool, 0, 2, LEASE_BOUND, NOW_S + 20);
    pool_reserve(&pool, address_of(2), true);
    assert_int_equal(pick(&pool, 7, ANY, NOW_S), 12); // of no class
    put(&pool, 12, 3, LEASE_BOUND, NOW_S + 30);
    assert_int_equal(pick(&pool, 7, ANY, NOW_S), -1);
    assert_int_equal(pick(&pool, 7, address_of(1), NOW_S), -1);
    assert_int_equal(pick(&pool, 7, ANY, NOW_S + 10), 11);
    struct lease_key key = key_of(7);
    struct pool_wish wish = {.key = &key, .classes = 3, .network = 1, .now_s = NOW_S};
    assert_ptr_equal(pool_pick_for(&pool, &wish), &pool.slots[1]); // its network has none
    wish.now_s = NOW_S + 10;
    assert_ptr_equal(pool_pick_for(&pool, &wish), &pool.slots[4]); // its network goes first
    wish.network = 0;
    assert_ptr_equal(pool_pick_for(&pool, &wish), &pool.slots[1]);
    wish.is_bootp = true;
    assert_null(pool_pick_for(&pool, &wish));
    assert_false(pool_is_open_to(&pool, &wish));
    pool_reserve(&pool, address_of(10), false);
    assert_int_equal(pick(&pool, 7, ANY, NOW_S), 10);
    pool_free(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_found_by_address_whatever_their_order),
        cmocka_unit_test(each_range_has_a_queue_of_its_own),
        cmocka_unit_test(a_fresh_pool_gives_its_addresses_in_order),
        cmocka_unit_test(picking_changes_nothing),
        cmocka_unit_test(a_full_pool_gives_nothing),
        cmocka_unit_test(the_same_client_gets_the_same_address_in_every_state),
        cmocka_unit_test(an_offered_address_is_not_offered_to_others_for_a_moment),
        cmocka_unit_test(a_free_address_that_was_asked_for_is_given),
        cmocka_unit_test(the_address_unused_for_the_longest_is_given_first),
        cmocka_unit_test(addresses_never_used_come_before_used_ones),
        cmocka_unit_test(an_address_given_to_another_is_forgotten_by_its_old_client),
        cmocka_unit_test(a_client_that_moves_gives_its_old_address_back),
        cmocka_unit_test(an_offer_of_another_address_takes_nothing_back),
        cmocka_unit_test(a_released_address_waits_for_its_client_while_others_are_free),
        cmocka_unit_test(a_declined_address_is_not_offered_again),
        cmocka_unit_test(a_declined_address_stays_set_aside_when_its_client_gets_another),
        cmocka_unit_test(a_reserved_address_is_never_picked),
        cmocka_unit_test(a_client_whose_address_was_reserved_for_another_gets_a_new_one),
        cmocka_unit_test(who_holds_a_reserved_address_is_still_told),
        cmocka_unit_test(an_address_is_free_again_after_its_reservation),
        cmocka_unit_test(a_lease_without_end_is_kept_for_ever),
        cmocka_unit_test(addresses_outside_the_range_are_not_found),
        cmocka_unit_test(leases_may_be_loaded_in_any_order),
        cmocka_unit_test(of_two_leases_of_one_second_neither_address_is_given_away),
        cmocka_unit_test(renewing_an_older_address_makes_it_the_clients_own_again),
        cmocka_unit_test(a_client_that_is_nobody_shares_no_address_with_its_like),
        cmocka_unit_test(sixty_thousand_clients_each_get_an_address_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
