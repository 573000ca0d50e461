// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp_pools.h"

#include "base/text.h"
#include "desk_bench.h"
#include "unit/test.h"

#include <stdio.h>

static struct desk_bench bench;
static struct config config;
static struct dhcp_pools pools;

static void add_network(uint32_t network, uint32_t first, uint32_t last)
{
    config.subnets[config.subnet_count++] = (struct network){.subnet = {{network}, 24},
                                                             .first = {network + first},
                                                             .last = {network + last},
                                                             .routers = {{network + first}},
                                                             .router_count = 1,
                                                             .dns = {{network + first + 1}},
                                                             .dns_count = 1,
                                                             .lease_s = 3600};
}

static int begin(void **state)
{
    (void)state;
    desk_bench_open(&bench);
    config_init(&config);
    pools = (struct dhcp_pools){0};
    add_network(0xc0000200u, 100, 109);
    add_network(0xc6336400u, 10, 12);
    return 0;
}

static int end(void **state)
{
    (void)state;
    dhcp_pools_clear(&pools);
    desk_bench_close(&bench);
    config_clear(&config);
    return 0;
}

static void fill(void)
{
    assert_int_equal(dhcp_pools_init(&pools, &config, bench.store, NULL), STATUS_OK);
}

static const struct pool_slot *slot(unsigned network, struct ip4 address)
{
    const struct pool_slot *found = pool_find_address(&pools.pools[network], address);
    assert_non_null(found);
    return found;
}

static void a_stored_lease_holds_its_address(void **state)
{
    (void)state;
    bench_lease(&bench, 5, bench_ip(104));
    bench_lease(&bench, 6, bench_ip(200)); // outside the range
    fill();
    struct hw mac = bench_mac(9);
    struct lease_key other = lease_key_from(&mac, NULL, 0);
    assert_true(pool_slot_is_held(slot(0, bench_ip(104)), &other, BENCH_NOW_S));
    assert_false(pool_slot_is_held(slot(0, bench_ip(105)), &other, BENCH_NOW_S));
    mac = bench_mac(5);
    struct lease_key own = lease_key_from(&mac, NULL, 0);
    assert_ptr_equal(pool_find_key(&pools.pools[0], &own), slot(0, bench_ip(104)));
}

static void routers_name_servers_and_reserved_addresses_are_kept_back(void **state)
{
    (void)state;
    struct machine machine = *store_machine_get(bench.store, bench_machine(&bench, 1));
    machine.address = bench_ip(107);
    assert_int_equal(store_machine_put(bench.store, &machine, NULL), STATUS_OK);
    fill();
    assert_true(slot(0, bench_ip(100))->reserved);
    assert_true(slot(0, bench_ip(101))->reserved);
    assert_true(slot(0, bench_ip(107))->reserved);
    assert_false(slot(0, bench_ip(106))->reserved);
}

static void each_network_has_its_own_pool(void **state)
{
    (void)state;
    fill();
    assert_int_equal(pools.count, 2);
    assert_ptr_equal(dhcp_pools_of(&pools, &pools.networks[1]), &pools.pools[1]);
    assert_null(pool_find_address(&pools.pools[1], bench_ip(104)));
    struct hw mac = bench_mac(3);
    struct lease declined = {.address = {0xc633640cu},
                             .key = lease_key_from(&mac, NULL, 0),
                             .state = LEASE_DECLINED,
                             .ends_s = BENCH_NOW_S + 600};
    dhcp_pools_put(&pools, &declined);
    assert_int_equal(slot(1, declined.address)->lease.state, LEASE_DECLINED);
    const struct lease_key key = declined.key;
    assert_null(pool_pick(&pools.pools[1], &key, (struct ip4){0}, BENCH_NOW_S));
}

static void an_offer_outlives_a_change_of_reservations(void **state)
{
    (void)state;
    fill();
    struct hw mac = bench_mac(3);
    struct lease offered = {.address = bench_ip(105),
                            .key = lease_key_from(&mac, NULL, 0),
                            .state = LEASE_OFFERED,
                            .ends_s = BENCH_NOW_S + 90};
    dhcp_pools_put(&pools, &offered);
    struct dhcp_pools old = pools;
    fill();
    mac = bench_mac(4);
    struct lease_key other = lease_key_from(&mac, NULL, 0);
    assert_false(pool_slot_is_held(slot(0, bench_ip(105)), &other, BENCH_NOW_S));
    dhcp_pools_put_offers(&pools, &old);
    assert_true(pool_slot_is_held(slot(0, bench_ip(105)), &other, BENCH_NOW_S));
    dhcp_pools_clear(&old);
}

static void two_networks_of_one_wire_have_one_pool(void **state)
{
    (void)state;
    assert_int_equal(text_copy(config.subnets[0].shared, NETWORK_SHARED_BYTES, "hall"), STATUS_OK);
    assert_int_equal(text_copy(config.subnets[1].shared, NETWORK_SHARED_BYTES, "hall"), STATUS_OK);
    add_network(0xcb007100u, 10, 12);
    fill();
    assert_int_equal(pools.count, 3);
    assert_int_equal(pools.pool_count, 2);
    assert_ptr_equal(dhcp_pools_of(&pools, &pools.networks[0]), dhcp_pools_of(&pools, &pools.networks[1]));
    assert_ptr_equal(dhcp_pools_of(&pools, &pools.networks[2]), &pools.pools[1]);
    assert_non_null(pool_find_address(&pools.pools[0], bench_ip(104)));
    assert_non_null(pool_find_address(&pools.pools[0], (struct ip4){0xc633640cu}));
}

static void a_network_may_have_further_ranges_and_none_for_everybody(void **state)
{
    (void)state;
    struct network *network = &config.subnets[0];
    network->ranges[0] = (struct network_range){.first = bench_ip(150), .last = bench_ip(151), .classes = 2};
    network->ranges[1] =
        (struct network_range){.first = bench_ip(20), .last = bench_ip(20), .has_bootp = true};
    network->range_count = 2;
    fill();
    assert_int_equal(pools.pools[0].count, 13);
    assert_non_null(pool_find_address(&pools.pools[0], bench_ip(151)));
    assert_non_null(pool_find_address(&pools.pools[0], bench_ip(20)));
    assert_null(pool_find_address(&pools.pools[0], bench_ip(21)));
    dhcp_pools_clear(&pools);
    network->first.value = network->last.value = 0;
    fill();
    assert_int_equal(pools.pools[0].count, 3);
}

static void what_is_excluded_is_given_to_nobody_and_no_news(void **state)
{
    (void)state;
    struct network *network = &config.subnets[0];
    network->excluded[0] = (struct network_span){bench_ip(99), bench_ip(101)}; // router and DNS server too
    network->excluded[1] = (struct network_span){bench_ip(108), bench_ip(220)};
    network->excluded_count = 2;
    fill();
    assert_true(slot(0, bench_ip(100))->reserved);
    assert_true(slot(0, bench_ip(108))->reserved);
    assert_true(slot(0, bench_ip(109))->reserved);
    assert_false(slot(0, bench_ip(107))->reserved);
    assert_false(dhcp_pools_has_kept(&pools, bench_ip(100)));
    assert_int_equal(pools.kept_count, 2); // those of the other network
}

static void what_servers_have_inside_a_range_is_news_once(void **state)
{
    (void)state;
    fill();
    assert_int_equal(pools.kept_count, 4);
    assert_true(dhcp_pools_has_kept(&pools, bench_ip(100)));
    assert_true(dhcp_pools_has_kept(&pools, bench_ip(101)));
    assert_false(dhcp_pools_has_kept(&pools, bench_ip(102)));
    assert_string_equal(pools.kept[0].whose, "a router's");
}

static void reservations_change_without_new_pools(void **state)
{
    (void)state;
    struct machine machine = *store_machine_get(bench.store, bench_machine(&bench, 1));
    machine.address = bench_ip(107);
    assert_int_equal(store_machine_put(bench.store, &machine, NULL), STATUS_OK);
    bench_lease(&bench, 5, bench_ip(104));
    fill();
    const void *memory = pools.memory[0];
    machine.address = bench_ip(108);
    assert_int_equal(store_machine_put(bench.store, &machine, NULL), STATUS_OK);
    dhcp_pools_hold(&pools, bench_ip(109)); // for a machine that came to nothing
    assert_true(slot(0, bench_ip(109))->reserved);
    assert_true(dhcp_pools_refresh(&pools, &config, bench.store));
    assert_ptr_equal(pools.memory[0], memory);
    assert_false(slot(0, bench_ip(107))->reserved);
    assert_true(slot(0, bench_ip(108))->reserved);
    assert_false(slot(0, bench_ip(109))->reserved);
    assert_true(slot(0, bench_ip(100))->reserved); // the router's
    assert_int_equal(slot(0, bench_ip(104))->lease.state, LEASE_BOUND);
    config.subnets[0].last.value++;
    assert_false(dhcp_pools_refresh(&pools, &config, bench.store));
}

static void who_loses_a_routers_address_leaves_it_to_nobody(void **state)
{
    (void)state;
    struct machine machine = *store_machine_get(bench.store, bench_machine(&bench, 1));
    machine.address = bench_ip(100); // the router's
    assert_int_equal(store_machine_put(bench.store, &machine, NULL), STATUS_OK);
    fill();
    assert_true(slot(0, bench_ip(100))->reserved);
    assert_false(dhcp_pools_has_kept(&pools, bench_ip(100))); // whoever reserved it knows
    machine.address.value = 0;
    assert_int_equal(store_machine_put(bench.store, &machine, NULL), STATUS_OK);
    assert_true(dhcp_pools_refresh(&pools, &config, bench.store));
    assert_true(slot(0, bench_ip(100))->reserved);
    assert_true(dhcp_pools_has_kept(&pools, bench_ip(100)));
}

static void an_address_that_the_server_gets_later_is_kept_from_then_on(void **state)
{
    (void)state;
    fill();
    assert_true(dhcp_pools_keep_own(&pools, bench_ip(105)));
    assert_true(slot(0, bench_ip(105))->reserved);
    assert_true(dhcp_pools_has_kept(&pools, bench_ip(105)));
    assert_false(dhcp_pools_keep_own(&pools, bench_ip(105))); // it was told
    assert_false(dhcp_pools_keep_own(&pools, bench_ip(50)));  // in no range
}

static void a_full_pool_is_told_of_once_a_minute(void **state)
{
    (void)state;
    uint32_t refused = 0;
    fill();
    assert_true(dhcp_pools_note_full(&pools, &pools.networks[0], BENCH_NOW_S, &refused));
    assert_int_equal(refused, 1);
    for (int i = 0; i < 59; i++) {
        assert_false(dhcp_pools_note_full(&pools, &pools.networks[0], BENCH_NOW_S + i, &refused));
    }
    assert_true(dhcp_pools_note_full(&pools, &pools.networks[1], BENCH_NOW_S, &refused)); // another wire
    assert_true(dhcp_pools_note_full(&pools, &pools.networks[0], BENCH_NOW_S + 60, &refused));
    assert_int_equal(refused, 60);
}

static void cleared_pools_can_be_cleared_again(void **state)
{
    (void)state;
    fill();
    dhcp_pools_clear(&pools);
    assert_int_equal(pools.count, 0);
    dhcp_pools_clear(&pools);
}

#define POOLS_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOLS_TEST(a_stored_lease_holds_its_address),
        POOLS_TEST(routers_name_servers_and_reserved_addresses_are_kept_back),
        POOLS_TEST(each_network_has_its_own_pool),
        POOLS_TEST(an_offer_outlives_a_change_of_reservations),
        POOLS_TEST(two_networks_of_one_wire_have_one_pool),
        POOLS_TEST(a_network_may_have_further_ranges_and_none_for_everybody),
        POOLS_TEST(what_is_excluded_is_given_to_nobody_and_no_news),
        POOLS_TEST(what_servers_have_inside_a_range_is_news_once),
        POOLS_TEST(reservations_change_without_new_pools),
        POOLS_TEST(who_loses_a_routers_address_leaves_it_to_nobody),
        POOLS_TEST(an_address_that_the_server_gets_later_is_kept_from_then_on),
        POOLS_TEST(a_full_pool_is_told_of_once_a_minute),
        POOLS_TEST(cleared_pools_can_be_cleared_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
