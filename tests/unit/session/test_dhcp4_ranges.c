// SPDX-License-Identifier: GPL-3.0-or-later
// Several ranges and several networks on one wire, classes, dynamic BOOTP, and how long leases are.
#include "session/dhcp4.h"

#include "base/time.h"
#include "unit/session/dhcp4_world.h"
#include "unit/test.h"

#include <string.h>

#define MEMBERS 4u // class 2
#define BOOT_S  300u

static struct world world;
static struct network networks[3];
static _Alignas(max_align_t) uint8_t memory[8192];

static struct ip4 second_ip(uint8_t last)
{
    return (struct ip4){0x0a000100u + last};
}

// 10.0.0.0/24 with two addresses for everybody, two for members, one for BOOTP; 10.0.1.0/24 with two, on the
// same wire; 10.9.0.0/24 elsewhere.
static int set_up(void **state)
{
    (void)state;
    static const struct pool_range RANGES[] = {
        {.first = {0x0a0000c8u}, .count = 2, .classes = MEMBERS},
        {.first = {0x0a000064u}, .count = 2},
        {.first = {0x0a0000d2u}, .count = 1, .has_bootp = true},
        {.first = {0x0a000164u}, .count = 2, .network = 1},
    };
    world_init(&world);
    networks[0] = world.network;
    networks[1] = world.network;
    networks[1].subnet.network.value = 0x0a000100u;
    networks[1].routers[0] = second_ip(1);
    networks[2] = world.network;
    networks[2].subnet.network.value = 0x0a090000u;
    memcpy(networks[0].shared, "hall", sizeof "hall");
    memcpy(networks[1].shared, "hall", sizeof "hall");
    assert_true(pool_bytes_ranges(RANGES, COUNT_OF(RANGES)) <= sizeof memory);
    pool_init_ranges(&world.pool, RANGES, COUNT_OF(RANGES), (struct hash_key){3, 4}, memory);
    world.facts.network = &networks[0];
    world.facts.networks = networks;
    world.facts.network_count = COUNT_OF(networks);
    return 0;
}

static bool discover(uint8_t last)
{
    world_request(&world, DHCP4_DISCOVER, last);
    return world_send(&world);
}

static void every_range_for_everybody_is_used_before_the_wire_is_full(void **state)
{
    (void)state;
    static const uint32_t GIVEN[] = {0x0a000064u, 0x0a000065u, 0x0a0000d2u, 0x0a000164u, 0x0a000165u};
    for (uint8_t i = 0; i < COUNT_OF(GIVEN); i++) {
        assert_true(discover(i));
        assert_int_equal(world.reply.yiaddr.value, GIVEN[i]);
    }
    assert_false(discover(9)); // those for members are left
    assert_true(reasons_has(&world.actions.reasons, REASON_POOL_FULL));
}

static void members_of_a_class_get_their_own_range_first_and_others_never(void **state)
{
    (void)state;
    world.facts.classes = MEMBERS;
    assert_true(discover(1));
    assert_int_equal(world.reply.yiaddr.value, world_ip(200).value);
    world.facts.classes = 1; // of another class
    world_request(&world, DHCP4_DISCOVER, 2);
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS, world_ip(201));
    assert_true(world_send(&world));
    assert_int_equal(world.reply.yiaddr.value, world_ip(100).value);
    assert_true(world_select_offer(&world, 3, world_ip(201)));
    assert_int_equal(world.reply.kind, DHCP4_NAK);
}

static void who_leaves_a_class_leaves_its_range(void **state)
{
    (void)state;
    world.facts.classes = MEMBERS;
    assert_int_equal(world_bind(&world, 1).value, world_ip(200).value);
    world.facts.classes = 0;
    assert_true(world_renew(&world, 1, world_ip(200)));
    assert_int_equal(world.reply.kind, DHCP4_NAK);
    assert_true(discover(1));
    assert_int_equal(world.reply.yiaddr.value, world_ip(100).value);
}

static void a_network_with_ranges_for_classes_alone_says_so_to_others(void **state)
{
    (void)state;
    struct pool_range members = {.first = world_ip(200), .count = 2, .classes = MEMBERS};
    pool_init_ranges(&world.pool, &members, 1, (struct hash_key){3, 4}, memory);
    assert_false(discover(1));
    assert_true(reasons_has(&world.actions.reasons, REASON_RANGE_CLOSED));
    assert_false(reasons_has(&world.actions.reasons, REASON_POOL_FULL));
}

static void bootp_gets_an_address_for_ever_from_a_range_for_it(void **state)
{
    (void)state;
    world_request(&world, DHCP4_BOOTP, 1);
    assert_true(world_send(&world));
    assert_int_equal(world.reply.yiaddr.value, world_ip(210).value);
    assert_true(world.actions.lease.ends_s == INT64_MAX);
    world.facts.now_s += 10 * 365 * 86400;
    world_request(&world, DHCP4_BOOTP, 1);
    assert_true(world_send(&world));
    assert_int_equal(world.reply.yiaddr.value, world_ip(210).value);
    world_request(&world, DHCP4_BOOTP, 2);
    assert_false(world_send(&world));
    assert_true(reasons_has(&world.actions.reasons, REASON_POOL_FULL));
}

static void an_address_of_the_other_network_comes_with_that_networks_words(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 3; i++) {
        assert_true(discover(i));
    }
    world_request(&world, DHCP4_DISCOVER, 7);
    struct dhcp4_message none = {.kind = DHCP4_DISCOVER,
                                 .chaddr = hw_ethernet((uint8_t[]){0x52, 0x54, 0, 0, 0, 7})};
    world.facts.message = &none;
    world.facts.network = dhcp4_pick_shared(&world.facts);
    assert_ptr_equal(world.facts.network, &networks[1]);
    assert_true(world_send(&world));
    assert_int_equal(world.reply.yiaddr.value, second_ip(100).value);
    assert_true(world_has_ip4(&world, DHCP4_OPTION_ROUTERS, second_ip(1)));
}

static void one_client_has_one_address_on_the_wire(void **state)
{
    (void)state;
    struct ip4 first = world_bind(&world, 1);
    world.facts.network = &networks[1]; // the relay speaks from its other address now
    assert_true(world_discover(&world, 1));
    assert_int_equal(world.reply.yiaddr.value, first.value);
    assert_true(world_reboot(&world, 1, first));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
    world.facts.network = &networks[2];
    assert_true(world_reboot(&world, 1, first)); // elsewhere it is wrong
    assert_int_equal(world.reply.kind, DHCP4_NAK);
}

static void the_wires_other_network_may_hold_a_reservation(void **state)
{
    (void)state;
    world.facts.reserved = second_ip(9);
    assert_true(discover(1));
    assert_int_equal(world.reply.yiaddr.value, second_ip(9).value);
    assert_true(world_select_offer(&world, 1, second_ip(9)));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
}

static uint32_t granted(uint32_t asked_s)
{
    uint32_t lease_s = 0;
    world_request(&world, DHCP4_DISCOVER, 1);
    if (asked_s != 0) {
        dhcp4_put_u32(&world.request, DHCP4_OPTION_LEASE_TIME, asked_s);
    }
    assert_true(world_send(&world));
    assert_true(dhcp4_find_u32(&world.reply, DHCP4_OPTION_LEASE_TIME, &lease_s));
    return lease_s;
}

static void lease_min_and_lease_max_bound_what_is_asked_for(void **state)
{
    (void)state;
    networks[0].lease_least_s = 1800;
    networks[0].lease_most_s = 7200;
    assert_int_equal(granted(0), WORLD_LEASE_S);
    assert_int_equal(granted(60), 1800);
    assert_int_equal(granted(5000), 5000);
    assert_int_equal(granted(UINT32_MAX), 7200);
    world.facts.class_lease_s = 2000;
    assert_int_equal(granted(0), 2000);
}

static void firmware_gets_a_short_lease_and_the_system_a_long_one(void **state)
{
    (void)state;
    uint32_t lease_s = 0;
    networks[0].lease_boot_s = BOOT_S;
    for (int i = 0; i < 2; i++) {
        world_request(&world, DHCP4_REQUEST, 1);
        if (i == 0) {
            world_add_pxe(&world, "PXEClient:Arch:00007:UNDI:003016", 7);
        }
        dhcp4_put_ip4(&world.request, DHCP4_OPTION_SERVER_ID, world_ip(1));
        dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS, world_ip(100));
        assert_true(world_send(&world));
        assert_true(dhcp4_find_u32(&world.reply, DHCP4_OPTION_LEASE_TIME, &lease_s));
        assert_int_equal(lease_s, i == 0 ? BOOT_S : WORLD_LEASE_S);
        assert_int_equal(world.actions.lease.ends_s, world.facts.now_s + lease_s);
        world.facts.now_s += 30;
    }
}

static void what_the_system_was_promised_stays_its_own_while_its_machine_boots_again(void **state)
{
    (void)state;
    uint32_t lease_s = 0;
    networks[0].lease_boot_s = BOOT_S;
    struct ip4 address = world_bind(&world, 1);
    int64_t ends_s = world.actions.lease.ends_s;
    world.facts.now_s += 100;
    world_request(&world, DHCP4_REQUEST, 1);
    world_add_pxe(&world, "PXEClient:Arch:00007:UNDI:003016", 7);
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_SERVER_ID, world_ip(1));
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS, address);
    assert_true(world_send(&world));
    assert_true(dhcp4_find_u32(&world.reply, DHCP4_OPTION_LEASE_TIME, &lease_s));
    assert_int_equal(lease_s, BOOT_S);
    assert_int_equal(world.actions.lease.ends_s, ends_s);
}

static void a_server_without_authority_refuses_only_those_who_ask_it_alone(void **state)
{
    (void)state;
    world.facts.has_no_authority = true;
    (void)world_bind(&world, 1);
    assert_false(world_reboot(&world, 1, (struct ip4){0x0b000001}));
    assert_false(world_rebind(&world, 1, world_ip(101)));
    assert_true(world_renew(&world, 1, world_ip(101)));
    assert_int_equal(world.reply.kind, DHCP4_NAK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_range_for_everybody_is_used_before_the_wire_is_full, set_up),
        cmocka_unit_test_setup(members_of_a_class_get_their_own_range_first_and_others_never, set_up),
        cmocka_unit_test_setup(who_leaves_a_class_leaves_its_range, set_up),
        cmocka_unit_test_setup(a_network_with_ranges_for_classes_alone_says_so_to_others, set_up),
        cmocka_unit_test_setup(bootp_gets_an_address_for_ever_from_a_range_for_it, set_up),
        cmocka_unit_test_setup(an_address_of_the_other_network_comes_with_that_networks_words, set_up),
        cmocka_unit_test_setup(one_client_has_one_address_on_the_wire, set_up),
        cmocka_unit_test_setup(the_wires_other_network_may_hold_a_reservation, set_up),
        cmocka_unit_test_setup(lease_min_and_lease_max_bound_what_is_asked_for, set_up),
        cmocka_unit_test_setup(firmware_gets_a_short_lease_and_the_system_a_long_one, set_up),
        cmocka_unit_test_setup(what_the_system_was_promised_stays_its_own_while_its_machine_boots_again,
                               set_up),
        cmocka_unit_test_setup(a_server_without_authority_refuses_only_those_who_ask_it_alone, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
