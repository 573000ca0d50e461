// SPDX-License-Identifier: GPL-3.0-or-later
// REQUEST in its four states and reservations: who gets an ACK, who a NAK, whom the server leaves alone (RFC
// 2131 section 4.3.2).
#include "session/dhcp4_request.h"

#include "unit/session/dhcp4_world.h"
#include "unit/test.h"

#define BROADCAST 0xffffffffu

static struct world world;

static int set_up(void **state)
{
    (void)state;
    world_init(&world);
    return 0;
}

static void selecting_binds_the_offer(void **state)
{
    (void)state;
    world_bind(&world, 1);
    assert_int_equal(world.actions.reasons.count, 0);
    assert_int_equal(world.actions.lease.state, LEASE_BOUND);
    assert_int_equal(world.actions.lease.ends_s, world.facts.now_s + WORLD_LEASE_S);
}

static void a_repeated_request_gets_the_same_lease_back(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    struct lease first = world.actions.lease;
    uint32_t granted_s = 0;
    world.facts.now_s += 3;
    assert_true(world_select_offer(&world, 1, address));
    assert_memory_equal(&world.actions.lease, &first, sizeof first);
    assert_true(dhcp4_find_u32(&world.reply, DHCP4_OPTION_LEASE_TIME, &granted_s));
    assert_int_equal(granted_s, WORLD_LEASE_S - 3);
    world.facts.now_s += 30;
    assert_true(world_select_offer(&world, 1, address));
    assert_int_equal(world.actions.lease.ends_s, world.facts.now_s + WORLD_LEASE_S);
}

static void an_offer_is_forgotten_when_another_server_was_chosen(void **state)
{
    (void)state;
    assert_true(world_discover(&world, 1));
    assert_false(world_request_with(&world, 1, world_ip(2), world_ip(33), (struct ip4){0}, false));
    assert_true(reasons_has(&world.actions.reasons, REASON_ANOTHER_SERVER_CHOSEN));
    assert_true(world.actions.has_lease);
    assert_int_equal(world.actions.lease.state, LEASE_FREE);
    assert_int_equal(world.actions.lease.address.value, world_ip(100).value);
    assert_int_equal(world.actions.lease.ends_s, world.facts.now_s);
}

static void who_remembers_what_another_one_has_now_is_refused(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    assert_true(world_reboot(&world, 2, address));
    assert_int_equal(world.actions.reply_kind, DHCP4_NAK);
    assert_true(world_rebind(&world, 2, address));
    assert_int_equal(world.actions.reply_kind, DHCP4_NAK);
    world.facts.has_no_authority = true;
    assert_false(world_reboot(&world, 2, address));
    world.facts.has_no_authority = false;
    assert_false(world_reboot(&world, 2, world_ip(109))); // nobody's here, so perhaps another server's
    world.facts.now_s += WORLD_LEASE_S + 1;
    assert_false(world_reboot(&world, 2, address));
}

static void choosing_another_server_takes_no_bound_lease_away(void **state)
{
    (void)state;
    world_bind(&world, 1);
    assert_false(world_request_with(&world, 1, world_ip(2), world_ip(33), (struct ip4){0}, false));
    assert_false(world.actions.has_lease);
}

static void selecting_somebody_elses_address_is_refused(void **state)
{
    (void)state;
    struct ip4 taken = world_bind(&world, 1);
    assert_true(world_select_offer(&world, 2, taken));
    world_assert_nak(&world, (struct ip4){BROADCAST});
    assert_true(world_select_offer(&world, 2, world_ip(55))); // outside the range
    world_assert_nak(&world, (struct ip4){BROADCAST});
}

static void an_offer_lost_in_a_restart_is_honoured(void **state)
{
    (void)state;
    assert_true(world_select_offer(&world, 1, world_ip(104)));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
}

static void init_reboot_with_the_right_address_is_acknowledged(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    world.facts.now_s += 100;
    assert_true(world_reboot(&world, 1, address));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
    assert_int_equal(world.actions.lease.ends_s, world.facts.now_s + WORLD_LEASE_S);
}

static void init_reboot_with_a_wrong_address_is_refused(void **state)
{
    (void)state;
    world_bind(&world, 1);
    assert_true(world_reboot(&world, 1, world_ip(108)));
    world_assert_nak(&world, (struct ip4){BROADCAST});
    static const uint8_t ID[] = {1, 2, 3, 4};
    dhcp4_put_bytes(&world.request, DHCP4_OPTION_CLIENT_ID, ID, sizeof ID);
    dhcp4_put_bytes(&world.request, DHCP4_OPTION_MACHINE_UUID, (uint8_t[17]){0}, 17);
    assert_true(world_send(&world));
    assert_true(world_has(&world, DHCP4_OPTION_CLIENT_ID, ID, sizeof ID));
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_MACHINE_UUID));
}

static void init_reboot_from_another_network_is_refused(void **state)
{
    (void)state;
    assert_true(world_reboot(&world, 1, (struct ip4){0xc0a80105}));
    world_assert_nak(&world, (struct ip4){BROADCAST});
}

static void init_reboot_of_a_stranger_meets_silence(void **state)
{
    (void)state;
    assert_false(world_reboot(&world, 1, world_ip(108)));
    assert_false(world.actions.has_lease);
    assert_true(reasons_has(&world.actions.reasons, REASON_LEASE_UNKNOWN));
}

static void renewing_extends_the_lease_by_unicast(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    world.facts.now_s += WORLD_LEASE_S / 2;
    assert_true(world_renew(&world, 1, address));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
    assert_int_equal(world.reply.ciaddr.value, address.value);
    assert_int_equal(world.actions.to.value, address.value);
    assert_int_equal(world.actions.to_port, DHCP4_CLIENT_PORT);
    assert_false(world.actions.to_hw);
    assert_int_equal(world.actions.lease.ends_s, world.facts.now_s + WORLD_LEASE_S);
}

static void renewing_an_unknown_lease_is_refused_but_rebinding_it_meets_silence(void **state)
{
    (void)state;
    assert_true(world_renew(&world, 1, world_ip(103)));
    world_assert_nak(&world, (struct ip4){BROADCAST});
    assert_false(world_rebind(&world, 1, world_ip(103)));
    assert_true(reasons_has(&world.actions.reasons, REASON_LEASE_UNKNOWN));
}

static void rebinding_a_known_lease_is_acknowledged(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    world.facts.now_s += WORLD_LEASE_S * 7 / 8;
    assert_true(world_rebind(&world, 1, address));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
}

static void renewing_a_lease_that_somebody_else_has_by_now_is_refused(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    world.facts.now_s += 2 * WORLD_LEASE_S;
    assert_true(world_select_offer(&world, 2, address));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
    assert_true(world_renew(&world, 1, address));
    world_assert_nak(&world, (struct ip4){BROADCAST});
}

static void a_request_that_names_no_address_meets_silence(void **state)
{
    (void)state;
    assert_false(world_reboot(&world, 1, (struct ip4){0}));
    assert_true(reasons_has(&world.actions.reasons, REASON_PACKET_MALFORMED));
}

static void a_reserved_address_wins_over_what_the_machine_has(void **state)
{
    (void)state;
    struct ip4 old = world_bind(&world, 1);
    world.facts.reserved = world_ip(20);
    assert_true(world_renew(&world, 1, old)); // made to ask anew ...
    world_assert_nak(&world, (struct ip4){BROADCAST});
    assert_true(world_discover(&world, 1)); // ... and then
    assert_int_equal(world.reply.yiaddr.value, world_ip(20).value);
    assert_true(reasons_has(&world.actions.reasons, REASON_ADDRESS_RESERVED));
    assert_true(world.actions.has_freed);
    assert_int_equal(world.actions.freed.address.value, old.value);
    assert_int_equal(world.actions.freed.state, LEASE_FREE);
    assert_true(world_select_offer(&world, 1, world_ip(20)));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
    assert_true(reasons_has(&world.actions.reasons, REASON_ADDRESS_RESERVED));
    assert_true(world_reboot(&world, 1, world_ip(20))); // no record in the pool is needed
    assert_int_equal(world.reply.kind, DHCP4_ACK);
}

static void a_reserved_address_that_somebody_holds_waits_for_its_end(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    pool_reserve(&world.pool, address, true);
    world.facts.reserved = address; // of machine 2
    assert_true(world_discover(&world, 2));
    assert_int_not_equal(world.reply.yiaddr.value, address.value);
    assert_true(reasons_has(&world.actions.reasons, REASON_RESERVATION_BUSY));
    world.facts.reserved = (struct ip4){0};
    assert_true(world_renew(&world, 1, address)); // the holder must move
    world_assert_nak(&world, (struct ip4){BROADCAST});
    assert_int_not_equal(world_bind(&world, 1).value, address.value);
    world.facts.reserved = address; // it moved, so its old address is free at once
    assert_true(world_discover(&world, 2));
    assert_int_equal(world.reply.yiaddr.value, address.value);
}

static void a_machines_second_card_takes_its_reserved_address_over(void **state)
{
    (void)state;
    static struct machine machine;
    machine_init(&machine);
    struct hw cards[] = {hw_ethernet((uint8_t[]){0x52, 0x54, 0, 0, 0, 1}),
                         hw_ethernet((uint8_t[]){0x52, 0x54, 0, 0, 0, 2})};
    assert_int_equal(machine_add_mac(&machine, &cards[0]), STATUS_OK);
    assert_int_equal(machine_add_mac(&machine, &cards[1]), STATUS_OK);
    pool_reserve(&world.pool, world_ip(105), true);
    world.facts.machine = &machine;
    world.facts.reserved = world_ip(105);
    assert_int_equal(world_bind(&world, 1).value, world_ip(105).value);
    assert_int_equal(world_bind(&world, 2).value, world_ip(105).value);
}

static void a_reserved_address_outside_the_range_that_was_declined_is_set_aside(void **state)
{
    (void)state;
    struct lease declined = {
        .address = world_ip(20), .state = LEASE_DECLINED, .ends_s = world.facts.now_s + 600};
    world.facts.reserved = world_ip(20);
    world.facts.reserved_lease = &declined;
    assert_true(world_discover(&world, 1));
    assert_in_range(world.reply.yiaddr.value, world_ip(100).value, world_ip(109).value);
    world.facts.now_s += 600;
    assert_true(world_discover(&world, 1));
    assert_int_equal(world.reply.yiaddr.value, world_ip(20).value);
    declined.address = world_ip(21); // what is known about another address does not count
    world.facts.now_s -= 600;
    assert_true(world_discover(&world, 1));
    assert_int_equal(world.reply.yiaddr.value, world_ip(20).value);
}

static void a_reservation_in_another_network_does_not_count_here(void **state)
{
    (void)state;
    world.facts.reserved = (struct ip4){0xc0a80105};
    assert_true(world_discover(&world, 1));
    assert_in_range(world.reply.yiaddr.value, world_ip(100).value, world_ip(109).value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(selecting_binds_the_offer, set_up),
        cmocka_unit_test_setup(a_repeated_request_gets_the_same_lease_back, set_up),
        cmocka_unit_test_setup(an_offer_is_forgotten_when_another_server_was_chosen, set_up),
        cmocka_unit_test_setup(who_remembers_what_another_one_has_now_is_refused, set_up),
        cmocka_unit_test_setup(choosing_another_server_takes_no_bound_lease_away, set_up),
        cmocka_unit_test_setup(selecting_somebody_elses_address_is_refused, set_up),
        cmocka_unit_test_setup(an_offer_lost_in_a_restart_is_honoured, set_up),
        cmocka_unit_test_setup(init_reboot_with_the_right_address_is_acknowledged, set_up),
        cmocka_unit_test_setup(init_reboot_with_a_wrong_address_is_refused, set_up),
        cmocka_unit_test_setup(init_reboot_from_another_network_is_refused, set_up),
        cmocka_unit_test_setup(init_reboot_of_a_stranger_meets_silence, set_up),
        cmocka_unit_test_setup(renewing_extends_the_lease_by_unicast, set_up),
        cmocka_unit_test_setup(renewing_an_unknown_lease_is_refused_but_rebinding_it_meets_silence, set_up),
        cmocka_unit_test_setup(rebinding_a_known_lease_is_acknowledged, set_up),
        cmocka_unit_test_setup(renewing_a_lease_that_somebody_else_has_by_now_is_refused, set_up),
        cmocka_unit_test_setup(a_request_that_names_no_address_meets_silence, set_up),
        cmocka_unit_test_setup(a_reserved_address_wins_over_what_the_machine_has, set_up),
        cmocka_unit_test_setup(a_reserved_address_that_somebody_holds_waits_for_its_end, set_up),
        cmocka_unit_test_setup(a_machines_second_card_takes_its_reserved_address_over, set_up),
        cmocka_unit_test_setup(a_reserved_address_outside_the_range_that_was_declined_is_set_aside, set_up),
        cmocka_unit_test_setup(a_reservation_in_another_network_does_not_count_here, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
