// SPDX-License-Identifier: GPL-3.0-or-later
// Leases of DHCPv6: across closing, and which of them the disk knows.
#include "store/store.h"

#include "unit/store/place.h"
#include "unit/test.h"

static struct lease6 make_lease(uint32_t number)
{
    struct lease6 lease = {
        .address = {{0x20, 0x01, 0x0d, 0xb8, [12] = (uint8_t)(number >> 24), (uint8_t)(number >> 16),
                     (uint8_t)(number >> 8), (uint8_t)number}},
        .client = {.duid_length = 10,
                   .duid = {0, 3, 0, 1, 2, 0, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
                            (uint8_t)(number >> 8), (uint8_t)number},
                   .ordinal = 1,
                   .has_seen_hw = true,
                   .iaid = UINT32_MAX - number,
                   .hw = {.type = 1, .length = 6, .octets = {2, 0, 0, 0, 0, (uint8_t)number}},
                   .machine_id = 7},
        .state = LEASE_BOUND,
        .starts_s = 100,
        .preferred_s = 200,
        .ends_s = INT64_MAX,
        .hostname = "desk",
    };
    return lease;
}

static void a_lease_of_dhcpv6_comes_back_whole(void **state)
{
    struct store *store = open_store(*state);
    struct lease6 first = make_lease(1);
    struct lease6 second = make_lease(2);
    second.client.hw = (struct hw){0};
    second.client.has_seen_hw = false;
    store_lease6_put(store, &first, 100);
    store_lease6_put(store, &second, 100);
    store = reopen_store(*state, store);
    assert_memory_equal(store_lease6_find(store, first.address), &first, sizeof first);
    assert_memory_equal(store_lease6_find(store, second.address), &second, sizeof second);
    first.state = LEASE_FREE;
    store_lease6_put(store, &first, 100); // in its place
    store = reopen_store(*state, store);
    assert_int_equal(store_lease6_find(store, first.address)->state, LEASE_FREE);
    assert_null(store_lease6_find(store, make_lease(3).address));
    store_close(store);
    assert_int_equal(ask_sql(*state, "SELECT count(*) FROM lease6"), 2);
}

static void who_has_an_address_on_disk_is_known(void **state)
{
    struct store *store = open_store(*state);
    struct lease6 lease = make_lease(1);
    struct lease6 other = make_lease(2);
    other.address = lease.address;
    store_lease6_put(store, &lease, 100);
    assert_true(store_is_dirty(store));
    assert_false(store_lease6_is_durable(store, lease.address));
    assert_int_equal(store_commit(store, NULL), STATUS_OK);
    assert_true(store_lease6_is_durable(store, lease.address));
    lease.ends_s = 400; // a renewal
    store_lease6_put(store, &lease, 100);
    assert_true(store_lease6_is_durable(store, lease.address));
    store_lease6_put(store, &other, 100);
    assert_false(store_lease6_is_durable(store, lease.address));
    store_lease6_put(store, &other, 100); // still not
    assert_false(store_lease6_is_durable(store, lease.address));
    assert_int_equal(store_commit(store, NULL), STATUS_OK);
    assert_true(store_lease6_is_durable(store, lease.address));
    store_close(store);
}

static bool count_lease(const struct lease6 *lease, void *context)
{
    (void)lease;
    ++*(uint32_t *)context;
    return true;
}

static void old_leases_make_room_and_live_ones_do_not(void **state)
{
    (void)state;
    struct store *store = store_open(NULL, NULL);
    for (uint32_t i = 0; i < 2 * STORE_LEASES6_KEPT; i++) {
        struct lease6 lease = make_lease(i + 1);
        lease.ends_s = i % 3 == 0 ? INT64_MAX : 150;
        store_lease6_put(store, &lease, 200);
    }
    uint32_t count = 0;
    store_lease6_each(store, count_lease, &count);
    assert_true(count <= STORE_LEASES6_KEPT + 64);
    for (uint32_t i = 0; i < 2 * STORE_LEASES6_KEPT; i += 3) {
        assert_non_null(store_lease6_find(store, make_lease(i + 1).address));
    }
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_lease_of_dhcpv6_comes_back_whole, make_place, remove_place),
        cmocka_unit_test_setup_teardown(who_has_an_address_on_disk_is_known, make_place, remove_place),
        cmocka_unit_test(old_leases_make_room_and_live_ones_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
