// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/pool6.h"

#include "unit/test.h"

#include <stdlib.h>

#define NOW 1000000

struct fixture {
    struct pool6 pool;
    struct network6 network;
    void *memory;
};

static struct ip6 address_of(const char *text)
{
    struct ip6 address;
    assert_int_equal(ip6_parse(text, &address), STATUS_OK);
    return address;
}

static void fixture_init(struct fixture *fixture, uint32_t count, const char *range)
{
    *fixture = (struct fixture){.network = {.valid_s = 3600}, .memory = malloc(pool6_bytes(count))};
    assert_non_null(fixture->memory);
    pool6_init(&fixture->pool, count, (struct hash_key){1, 2}, fixture->memory);
    struct network6 *network = &fixture->network;
    assert_int_equal(network6_prefix_parse("2001:db8:1::/64", &network->prefix, &network->prefix_bits),
                     STATUS_OK);
    assert_int_equal(network6_span_parse(range, &network->range), STATUS_OK);
}

// A client whose DUID is `name`, on the card 52:54:00:00:00:`card` when that is not 0.
static struct lease6_client client_of(const char *name, uint32_t iaid, uint8_t card, bool has_seen)
{
    struct lease6_client client = {.duid_length = (uint8_t)strlen(name), .iaid = iaid};
    memcpy(client.duid, name, client.duid_length);
    if (card != 0) {
        client.hw = hw_ethernet((const uint8_t[6]){0x52, 0x54, 0, 0, 0, card});
        client.has_seen_hw = has_seen;
    }
    return client;
}

static struct lease6 lease_of(struct lease6_client client, struct ip6 address, int64_t starts_s)
{
    return (struct lease6){.address = address,
                           .client = client,
                           .state = LEASE_BOUND,
                           .starts_s = starts_s,
                           .ends_s = starts_s + 100};
}

static bool pick(const struct fixture *fixture, const struct lease6_client *client, struct ip6 *address)
{
    struct pool6_wish wish = {.client = client, .network = &fixture->network, .now_s = NOW};
    return pool6_pick(&fixture->pool, &wish, address);
}

static void the_same_client_gets_the_same_address_though_all_was_forgotten(void **state)
{
    (void)state;
    struct ip6 addresses[2];
    struct lease6_client client = client_of("duid", 7, 0, false);
    for (unsigned i = 0; i < 2; i++) {
        struct fixture fixture;
        fixture_init(&fixture, 10, "2001:db8:1::-2001:db8:1::ffff:ffff:ffff:ffff");
        fixture.pool.hash.k0 = i;
        assert_true(pick(&fixture, &client, &addresses[i]));
        assert_true(network6_is_dynamic(&fixture.network, addresses[i]));
        free(fixture.memory);
    }
    assert_true(ip6_equal(addresses[0], addresses[1]));
}

static void a_range_is_given_away_to_its_last_address(void **state)
{
    (void)state;
    struct fixture fixture;
    struct ip6 address;
    fixture_init(&fixture, 300, "2001:db8:1::100-2001:db8:1::1ff");
    for (uint32_t i = 0; i < 256; i++) {
        struct lease6_client client = client_of("duid", i, 0, false);
        assert_true(pick(&fixture, &client, &address));
        const struct pool6_slot *slot = pool6_find_address(&fixture.pool, address);
        assert_true(slot == NULL || !slot->has_lease);
        struct lease6 lease = lease_of(client, address, NOW);
        assert_int_equal(pool6_put(&fixture.pool, &lease, NOW), STATUS_OK);
    }
    struct lease6_client late = client_of("late", 0, 0, false);
    assert_false(pick(&fixture, &late, &address));
    assert_int_equal(fixture.pool.live_count, 256);
    free(fixture.memory);
}

static void firmware_loader_and_system_of_one_card_share_one_address(void **state)
{
    (void)state;
    struct fixture fixture;
    struct ip6 first;
    struct ip6 then;
    struct lease6_client firmware = client_of("uuid", 1, 5, true);
    struct lease6_client loader = client_of("uuid", 2, 5, true);
    loader.is_boot = true;
    struct lease6_client system = client_of("llt", 3, 5, false);
    struct lease6_client other_card = client_of("llt", 4, 5, false); // its DUID names the first card
    fixture_init(&fixture, 10, "2001:db8:1::100-2001:db8:1::1ff");
    assert_true(pick(&fixture, &firmware, &first));
    struct lease6 lease = lease_of(firmware, first, NOW);
    assert_int_equal(pool6_put(&fixture.pool, &lease, NOW), STATUS_OK);
    assert_true(pick(&fixture, &loader, &then));
    assert_true(ip6_equal(first, then));
    assert_true(pick(&fixture, &system, &then));
    assert_true(ip6_equal(first, then));
    lease = lease_of(system, first, NOW);
    assert_int_equal(pool6_put(&fixture.pool, &lease, NOW), STATUS_OK);
    assert_null(pool6_find_client(&fixture.pool, &firmware, NULL, NOW));
    assert_true(pick(&fixture, &other_card, &then));
    assert_false(ip6_equal(first, then));
    free(fixture.memory);
}

static void two_parts_of_one_system_never_inherit_from_each_other(void **state)
{
    (void)state;
    struct lease6_client one = client_of("duid", 1, 5, true);
    struct lease6_client two = client_of("duid", 2, 5, true);
    assert_false(lease6_client_is_heir(&one, &two));
    two.is_boot = true; // unless the second is a loader that firmware started
    assert_true(lease6_client_is_heir(&one, &two));
    two.ordinal = 1;
    assert_false(lease6_client_is_heir(&one, &two));
    two = one;
    assert_false(lease6_client_is_heir(&one, &two));
    two = client_of("other", 1, 6, true);
    assert_false(lease6_client_is_heir(&one, &two));
    two = client_of("other", 1, 0, false);
    assert_false(lease6_client_is_heir(&two, &two));
}

static void a_kept_address_goes_to_its_machine_alone(void **state)
{
    (void)state;
    struct fixture fixture;
    struct ip6 address;
    struct ip6 kept = address_of("2001:db8:1::100");
    struct lease6_client stranger = client_of("stranger", 1, 0, false);
    struct lease6_client owner = client_of("owner", 1, 0, false);
    owner.machine_id = 42;
    fixture_init(&fixture, 10, "2001:db8:1::100-2001:db8:1::100");
    assert_int_equal(pool6_keep(&fixture.pool, kept, 42, NOW), STATUS_OK);
    assert_false(pick(&fixture, &stranger, &address));
    struct pool6_wish wish = {.client = &owner, .network = &fixture.network, .reserved = kept, .now_s = NOW};
    assert_true(pool6_pick(&fixture.pool, &wish, &address));
    owner.ordinal = 1;
    wish.network = &fixture.network;
    fixture.network.range = (struct network6_span){0};
    assert_false(pool6_pick(&fixture.pool, &wish, &address)); // only the first of its IA_NAs
    owner.ordinal = 0;
    assert_true(pool6_pick(&fixture.pool, &wish, &address)); // outside the range too
    assert_true(ip6_equal(address, kept));
    assert_int_equal(pool6_keep(&fixture.pool, kept, POOL6_FOR_NOBODY, NOW), STATUS_OK);
    assert_false(pool6_pick(&fixture.pool, &wish, &address));
    pool6_release(&fixture.pool);
    assert_true(pool6_pick(&fixture.pool, &wish, &address));
    assert_int_equal(fixture.pool.unused, 1);
    struct lease6 lease = lease_of(stranger, address_of("2001:db8:1::101"), NOW);
    for (uint8_t i = 1; i <= 10; i++) { // a slot that is kept no more makes room
        lease.address.octets[15] = i;
        assert_int_equal(pool6_put(&fixture.pool, &lease, NOW), STATUS_OK);
    }
    assert_null(pool6_find_address(&fixture.pool, kept));
    free(fixture.memory);
}

static void a_declined_address_is_set_aside_for_its_time_even_from_its_client(void **state)
{
    (void)state;
    struct fixture fixture;
    struct ip6 address;
    struct lease6_client client = client_of("duid", 1, 5, true);
    fixture_init(&fixture, 10, "2001:db8:1::100-2001:db8:1::100");
    struct lease6 lease = lease_of(client, address_of("2001:db8:1::100"), NOW - 50);
    lease.state = LEASE_DECLINED;
    assert_int_equal(pool6_put(&fixture.pool, &lease, NOW), STATUS_OK);
    assert_false(pick(&fixture, &client, &address));
    assert_false(pool6_is_free_for(&fixture.pool, lease.address, &client, NOW + 49));
    assert_true(pool6_is_free_for(&fixture.pool, lease.address, &client, NOW + 50));
    free(fixture.memory);
}

static void ended_leases_make_room_and_live_ones_do_not(void **state)
{
    (void)state;
    struct fixture fixture;
    struct lease6 lease;
    fixture_init(&fixture, 4, "2001:db8:1::100-2001:db8:1::1ff");
    for (uint32_t i = 0; i < 4; i++) {
        struct ip6 address = address_of("2001:db8:1::100");
        address.octets[15] = (uint8_t)i;
        lease = lease_of(client_of("duid", i, 5, false), address, i == 2 ? NOW - 200 : NOW);
        assert_int_equal(pool6_put(&fixture.pool, &lease, NOW), STATUS_OK);
    }
    lease = lease_of(client_of("new", 0, 5, true), address_of("2001:db8:1::1f0"), NOW);
    assert_int_equal(pool6_put(&fixture.pool, &lease, NOW), STATUS_OK);
    assert_null(pool6_find_address(&fixture.pool, address_of("2001:db8:1::102")));
    assert_null(pool6_find_client(
        &fixture.pool, &(struct lease6_client){.duid = "duid", .duid_length = 4, .iaid = 2}, NULL, NOW));
    lease = lease_of(client_of("more", 0, 0, false), address_of("2001:db8:1::1f1"), NOW);
    assert_int_equal(pool6_put(&fixture.pool, &lease, NOW), STATUS_FULL);
    assert_int_equal(pool6_put(&fixture.pool, &lease, NOW + 100), STATUS_OK);
    assert_int_equal(fixture.pool.live_count, 4);
    free(fixture.memory);
}

static void a_client_may_use_one_name_in_two_networks(void **state)
{
    (void)state;
    struct fixture fixture;
    struct network6 other = {.prefix = address_of("2001:db8:2::"), .prefix_bits = 64};
    struct lease6_client client = client_of("duid", 1, 5, true);
    fixture_init(&fixture, 10, "2001:db8:1::100-2001:db8:1::1ff");
    struct lease6 here = lease_of(client, address_of("2001:db8:1::101"), NOW);
    struct lease6 there = lease_of(client, address_of("2001:db8:2::101"), NOW + 1);
    assert_int_equal(pool6_put(&fixture.pool, &here, NOW), STATUS_OK);
    assert_int_equal(pool6_put(&fixture.pool, &there, NOW), STATUS_OK);
    const struct pool6_slot *slot = pool6_find_client(&fixture.pool, &client, &fixture.network, NOW);
    assert_true(ip6_equal(slot->lease.address, here.address));
    slot = pool6_find_client(&fixture.pool, &client, &other, NOW);
    assert_true(ip6_equal(slot->lease.address, there.address));
    slot = pool6_find_client(&fixture.pool, &client, NULL, NOW);
    assert_true(ip6_equal(slot->lease.address, there.address));
    free(fixture.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_client_gets_the_same_address_though_all_was_forgotten),
        cmocka_unit_test(a_range_is_given_away_to_its_last_address),
        cmocka_unit_test(firmware_loader_and_system_of_one_card_share_one_address),
        cmocka_unit_test(two_parts_of_one_system_never_inherit_from_each_other),
        cmocka_unit_test(a_kept_address_goes_to_its_machine_alone),
        cmocka_unit_test(a_declined_address_is_set_aside_for_its_time_even_from_its_client),
        cmocka_unit_test(ended_leases_make_room_and_live_ones_do_not),
        cmocka_unit_test(a_client_may_use_one_name_in_two_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
