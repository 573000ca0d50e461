// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses and leases: who gets which, who gets a NAK, whom the server leaves alone (RFC 2131 section 4.3).
#include "session/dhcp4.h"

#include "base/time.h"
#include "unit/session/dhcp4_world.h"
#include "unit/test.h"

#define BROADCAST 0xffffffffu

static struct world world;

static bool discover(uint8_t last)
{
    world_request(&world, DHCP4_DISCOVER, last);
    return world_send(&world);
}

// REQUEST as the four states send it; addresses that are 0 are left out.
static bool request(uint8_t last, struct ip4 server, struct ip4 requested, struct ip4 ciaddr, bool is_unicast)
{
    world_request(&world, DHCP4_REQUEST, last);
    if (server.value != 0) {
        dhcp4_put_ip4(&world.request, DHCP4_OPTION_SERVER_ID, server);
    }
    if (requested.value != 0) {
        dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS, requested);
    }
    world.request.ciaddr = ciaddr;
    world.facts.is_unicast = is_unicast;
    return world_send(&world);
}

static bool select_offer(uint8_t last, struct ip4 requested)
{
    return request(last, world_ip(1), requested, (struct ip4){0}, false);
}

static bool reboot(uint8_t last, struct ip4 requested)
{
    return request(last, (struct ip4){0}, requested, (struct ip4){0}, false);
}

static bool renew(uint8_t last, struct ip4 ciaddr)
{
    return request(last, (struct ip4){0}, (struct ip4){0}, ciaddr, true);
}

static bool rebind(uint8_t last, struct ip4 ciaddr)
{
    return request(last, (struct ip4){0}, (struct ip4){0}, ciaddr, false);
}

static void assert_nak(struct ip4 to)
{
    assert_int_equal(world.reply.kind, DHCP4_NAK);
    assert_int_equal(world.reply.yiaddr.value, 0);
    assert_int_equal(world.reply.ciaddr.value, 0);
    assert_int_equal(world.reply.siaddr.value, 0);
    assert_true(world_has_ip4(&world, DHCP4_OPTION_SERVER_ID, world_ip(1)));
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_LEASE_TIME));
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_SUBNET_MASK));
    assert_non_null(dhcp4_find(&world.reply, DHCP4_OPTION_MESSAGE));
    assert_int_equal(world.actions.to.value, to.value);
    assert_false(world.actions.has_lease);
    assert_true(reasons_has(&world.actions.reasons, REASON_ADDRESS_WRONG));
}

static int set_up(void **state)
{
    (void)state;
    world_init(&world);
    return 0;
}

static void an_offer_tells_the_network_and_holds_the_address(void **state)
{
    (void)state;
    static const uint8_t HOUR[] = {0, 0, 0x0e, 0x10};
    static const uint8_t HALF[] = {0, 0, 0x07, 0x08};
    static const uint8_t SEVEN_EIGHTHS[] = {0, 0, 0x0c, 0x4e};
    world.facts.hostname = "lab-01";
    assert_true(discover(1));
    assert_int_equal(world.reply.kind, DHCP4_OFFER);
    assert_in_range(world.reply.yiaddr.value, world_ip(100).value, world_ip(109).value);
    assert_true(world_has_ip4(&world, DHCP4_OPTION_SERVER_ID, world_ip(1)));
    assert_true(world_has_ip4(&world, DHCP4_OPTION_SUBNET_MASK, (struct ip4){0xffffff00}));
    assert_true(world_has_ip4(&world, DHCP4_OPTION_BROADCAST_ADDRESS, world_ip(255)));
    assert_true(world_has_ip4(&world, DHCP4_OPTION_ROUTERS, world_ip(1)));
    assert_true(world_has_ip4(&world, DHCP4_OPTION_DNS_SERVERS, world_ip(1)));
    assert_true(world_has(&world, DHCP4_OPTION_DOMAIN_NAME, "example.test", 12));
    assert_true(world_has(&world, DHCP4_OPTION_HOST_NAME, "lab-01", 6));
    assert_true(world_has(&world, DHCP4_OPTION_LEASE_TIME, HOUR, 4));
    assert_true(world_has(&world, DHCP4_OPTION_RENEWAL_TIME, HALF, 4));
    assert_true(world_has(&world, DHCP4_OPTION_REBINDING_TIME, SEVEN_EIGHTHS, 4));
    assert_true(world.actions.has_lease);
    assert_int_equal(world.actions.lease.state, LEASE_OFFERED);
    assert_int_equal(world.actions.lease.ends_s, world.facts.now_s + DHCP4_OFFER_HOLD_S);
    assert_int_equal(world.actions.reasons.count, 0);
    assert_false(world.actions.has_freed);
}

static void an_offered_address_is_not_offered_to_another_client(void **state)
{
    (void)state;
    uint32_t seen[WORLD_ADDRESSES];
    for (uint8_t i = 0; i < WORLD_ADDRESSES; i++) {
        assert_true(discover(i));
        seen[i] = world.reply.yiaddr.value;
        for (uint8_t other = 0; other < i; other++) {
            assert_int_not_equal(seen[other], seen[i]);
        }
    }
    assert_false(discover(99));
    assert_true(reasons_has(&world.actions.reasons, REASON_POOL_FULL));
    world.facts.now_s += DHCP4_OFFER_HOLD_S; // nobody took the offers
    assert_true(discover(99));
}

static void a_repeated_discover_gets_the_same_offer_and_writes_nothing(void **state)
{
    (void)state;
    assert_true(discover(1));
    struct ip4 address = world.reply.yiaddr;
    world.facts.now_s += 4;
    assert_true(discover(1));
    assert_int_equal(world.reply.yiaddr.value, address.value);
    assert_false(world.actions.has_lease);
    world.facts.now_s += 60; // the hold would end soon
    assert_true(discover(1));
    assert_int_equal(world.reply.yiaddr.value, address.value);
    assert_true(world.actions.has_lease);
}

static void a_machine_that_boots_again_keeps_its_lease_and_its_address(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    world.facts.now_s += 30;
    assert_true(discover(1));
    assert_int_equal(world.reply.yiaddr.value, address.value);
    assert_false(world.actions.has_lease); // a bound lease does not turn into an offer
    world.facts.now_s += 2 * WORLD_LEASE_S;
    assert_true(discover(1)); // expired long ago, still remembered
    assert_int_equal(world.reply.yiaddr.value, address.value);
}

static void one_mac_keeps_one_address_whatever_client_identifier_it_sends(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    static const uint8_t IDS[][8] = {{1, 0x52, 0x54, 0, 0, 0, 1}, {255, 9, 9, 9, 9, 0, 4}};
    for (size_t i = 0; i < COUNT_OF(IDS); i++) {
        world_request(&world, DHCP4_DISCOVER, 1);
        dhcp4_put_bytes(&world.request, DHCP4_OPTION_CLIENT_ID, IDS[i], sizeof IDS[i]);
        assert_true(world_send(&world));
        assert_int_equal(world.reply.yiaddr.value, address.value);
        assert_true(world_has(&world, DHCP4_OPTION_CLIENT_ID, IDS[i], sizeof IDS[i])); // RFC 6842
    }
}

static void the_address_asked_for_is_offered_when_it_is_free(void **state)
{
    (void)state;
    world_request(&world, DHCP4_DISCOVER, 1);
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS, world_ip(107));
    assert_true(world_send(&world));
    assert_int_equal(world.reply.yiaddr.value, world_ip(107).value);
    world_request(&world, DHCP4_DISCOVER, 2);
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS, world_ip(107));
    assert_true(world_send(&world));
    assert_int_not_equal(world.reply.yiaddr.value, world_ip(107).value);
}

static void the_lease_time_asked_for_counts_within_limits(void **state)
{
    (void)state;
    static const struct {
        uint32_t asked_s, granted_s;
    } ROWS[] = {{600, 600}, {10, NETWORK_LEASE_LEAST_S}, {86400, WORLD_LEASE_S}, {UINT32_MAX, WORLD_LEASE_S}};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        uint32_t granted_s = 0;
        world_init(&world);
        world_request(&world, DHCP4_REQUEST, 1);
        dhcp4_put_ip4(&world.request, DHCP4_OPTION_SERVER_ID, world_ip(1));
        dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS, world_ip(100));
        dhcp4_put_u32(&world.request, DHCP4_OPTION_LEASE_TIME, ROWS[i].asked_s);
        assert_true(world_send(&world));
        assert_true(dhcp4_find_u32(&world.reply, DHCP4_OPTION_LEASE_TIME, &granted_s));
        assert_int_equal(granted_s, ROWS[i].granted_s);
        assert_int_equal(world.actions.lease.ends_s, world.facts.now_s + ROWS[i].granted_s);
    }
}

static void a_lease_for_ever_has_no_renewal(void **state)
{
    (void)state;
    uint32_t granted_s = 0;
    world.network.lease_s = DURATION_FOREVER_S;
    world_bind(&world, 1);
    assert_true(dhcp4_find_u32(&world.reply, DHCP4_OPTION_LEASE_TIME, &granted_s));
    assert_int_equal(granted_s, UINT32_MAX);
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_RENEWAL_TIME));
    assert_true(world.actions.lease.ends_s == INT64_MAX);
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
    assert_true(select_offer(1, address));
    assert_memory_equal(&world.actions.lease, &first, sizeof first);
    assert_true(dhcp4_find_u32(&world.reply, DHCP4_OPTION_LEASE_TIME, &granted_s));
    assert_int_equal(granted_s, WORLD_LEASE_S - 3);
    world.facts.now_s += 30;
    assert_true(select_offer(1, address));
    assert_int_equal(world.actions.lease.ends_s, world.facts.now_s + WORLD_LEASE_S);
}

static void an_offer_is_forgotten_when_another_server_was_chosen(void **state)
{
    (void)state;
    assert_true(discover(1));
    assert_false(request(1, world_ip(2), world_ip(33), (struct ip4){0}, false));
    assert_true(reasons_has(&world.actions.reasons, REASON_ANOTHER_SERVER_CHOSEN));
    assert_true(world.actions.has_lease);
    assert_int_equal(world.actions.lease.state, LEASE_FREE);
    assert_int_equal(world.actions.lease.address.value, world_ip(100).value);
    assert_int_equal(world.actions.lease.ends_s, world.facts.now_s);
}

static void choosing_another_server_takes_no_bound_lease_away(void **state)
{
    (void)state;
    world_bind(&world, 1);
    assert_false(request(1, world_ip(2), world_ip(33), (struct ip4){0}, false));
    assert_false(world.actions.has_lease);
}

static void selecting_somebody_elses_address_is_refused(void **state)
{
    (void)state;
    struct ip4 taken = world_bind(&world, 1);
    assert_true(select_offer(2, taken));
    assert_nak((struct ip4){BROADCAST});
    assert_true(select_offer(2, world_ip(55))); // outside the range
    assert_nak((struct ip4){BROADCAST});
}

static void an_offer_lost_in_a_restart_is_honoured(void **state)
{
    (void)state;
    assert_true(select_offer(1, world_ip(104)));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
}

static void init_reboot_with_the_right_address_is_acknowledged(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    world.facts.now_s += 100;
    assert_true(reboot(1, address));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
    assert_int_equal(world.actions.lease.ends_s, world.facts.now_s + WORLD_LEASE_S);
}

static void init_reboot_with_a_wrong_address_is_refused(void **state)
{
    (void)state;
    world_bind(&world, 1);
    assert_true(reboot(1, world_ip(108)));
    assert_nak((struct ip4){BROADCAST});
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
    assert_true(reboot(1, (struct ip4){0xc0a80105}));
    assert_nak((struct ip4){BROADCAST});
}

static void init_reboot_of_a_stranger_meets_silence(void **state)
{
    (void)state;
    assert_false(reboot(1, world_ip(108)));
    assert_false(world.actions.has_lease);
    assert_true(reasons_has(&world.actions.reasons, REASON_LEASE_UNKNOWN));
}

static void renewing_extends_the_lease_by_unicast(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    world.facts.now_s += WORLD_LEASE_S / 2;
    assert_true(renew(1, address));
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
    assert_true(renew(1, world_ip(103)));
    assert_nak((struct ip4){BROADCAST});
    assert_false(rebind(1, world_ip(103)));
    assert_true(reasons_has(&world.actions.reasons, REASON_LEASE_UNKNOWN));
}

static void rebinding_a_known_lease_is_acknowledged(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    world.facts.now_s += WORLD_LEASE_S * 7 / 8;
    assert_true(rebind(1, address));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
}

static void renewing_a_lease_that_somebody_else_has_by_now_is_refused(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    world.facts.now_s += 2 * WORLD_LEASE_S;
    assert_true(select_offer(2, address));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
    assert_true(renew(1, address));
    assert_nak((struct ip4){BROADCAST});
}

static void a_request_that_names_no_address_meets_silence(void **state)
{
    (void)state;
    assert_false(reboot(1, (struct ip4){0}));
    assert_true(reasons_has(&world.actions.reasons, REASON_PACKET_MALFORMED));
}

static void a_declined_address_is_not_offered_again_for_ten_minutes(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    world_request(&world, DHCP4_DECLINE, 1);
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_SERVER_ID, world_ip(1));
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS, address);
    assert_false(world_send(&world));
    assert_int_equal(world.actions.lease.state, LEASE_DECLINED);
    assert_true(reasons_has(&world.actions.reasons, REASON_ADDRESS_DECLINED));
    for (uint8_t i = 1; i < WORLD_ADDRESSES; i++) {
        assert_int_not_equal(world_bind(&world, i).value, address.value);
    }
    assert_false(discover(99));
    world.facts.now_s += DHCP4_DECLINE_HOLD_S + 1;
    assert_true(discover(99));
    assert_int_equal(world.reply.yiaddr.value, address.value);
}

static void nobody_declines_somebody_elses_address(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    world_request(&world, DHCP4_DECLINE, 2);
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS, address);
    assert_false(world_send(&world));
    assert_false(world.actions.has_lease);
    assert_true(reasons_has(&world.actions.reasons, REASON_LEASE_UNKNOWN));
}

static void a_released_address_is_free_but_remembered(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    world_request(&world, DHCP4_RELEASE, 1);
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_SERVER_ID, world_ip(1));
    world.request.ciaddr = address;
    assert_false(world_send(&world));
    assert_true(world.actions.has_lease);
    assert_int_equal(world.actions.lease.state, LEASE_FREE);
    assert_int_equal(world.actions.lease.ends_s, world.facts.now_s);
    assert_int_equal(world.actions.lease.address.value, address.value);
    assert_true(discover(1));
    assert_int_equal(world.reply.yiaddr.value, address.value);
}

static void a_release_of_somebody_elses_address_or_to_another_server_changes_nothing(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    world_request(&world, DHCP4_RELEASE, 2);
    world.request.ciaddr = address;
    assert_false(world_send(&world));
    assert_false(world.actions.has_lease);
    assert_true(reasons_has(&world.actions.reasons, REASON_LEASE_UNKNOWN));
    world_request(&world, DHCP4_RELEASE, 1);
    world.request.ciaddr = address;
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_SERVER_ID, world_ip(2));
    assert_false(world_send(&world));
    assert_false(world.actions.has_lease);
}

static void inform_is_told_everything_but_an_address(void **state)
{
    (void)state;
    world_request(&world, DHCP4_INFORM, 1);
    world.request.ciaddr = world_ip(42);
    assert_true(world_send(&world));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
    assert_int_equal(world.reply.yiaddr.value, 0);
    assert_int_equal(world.reply.ciaddr.value, world_ip(42).value);
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_LEASE_TIME));
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_RENEWAL_TIME));
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_REBINDING_TIME));
    assert_true(world_has_ip4(&world, DHCP4_OPTION_ROUTERS, world_ip(1)));
    assert_int_equal(world.actions.to.value, world_ip(42).value);
    assert_int_equal(world.actions.to_port, DHCP4_CLIENT_PORT);
    assert_false(world.actions.has_lease);
}

static void inform_through_a_relay_is_answered_straight(void **state)
{
    (void)state;
    world_request(&world, DHCP4_INFORM, 1);
    world.request.ciaddr = world_ip(42);
    world.request.giaddr = world_ip(254);
    assert_true(world_send(&world));
    assert_int_equal(world.actions.to.value, world_ip(42).value);
    assert_int_equal(world.actions.to_port, DHCP4_CLIENT_PORT);
}

static void bootp_is_served_from_reservations_alone(void **state)
{
    (void)state;
    world_set_boot(&world, "pxelinux.0");
    world_request(&world, DHCP4_BOOTP, 1);
    assert_false(world_send(&world));
    assert_true(reasons_has(&world.actions.reasons, REASON_BOOTP_NOT_RESERVED));
    world.facts.reserved = world_ip(20);
    assert_true(world_send(&world));
    assert_int_equal(world.reply.kind, DHCP4_BOOTP);
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_KIND));
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_LEASE_TIME));
    assert_int_equal(world.reply.yiaddr.value, world_ip(20).value);
    assert_int_equal(world.reply.siaddr.value, world_ip(1).value);
    assert_string_equal(world.reply.file, "pxelinux.0");
    assert_true(world_has_ip4(&world, DHCP4_OPTION_SUBNET_MASK, (struct ip4){0xffffff00}));
    assert_true(world.actions.has_lease);
    assert_true(world.actions.lease.ends_s == INT64_MAX);
    assert_int_equal(world.byte_count, DHCP4_LEAST_BYTES);
    world.request.ciaddr = world_ip(20);
    world.facts.reserved_lease = &(struct lease){.address = world_ip(20),
                                                 .key = world.actions.lease.key,
                                                 .state = LEASE_BOUND,
                                                 .starts_s = 5,
                                                 .ends_s = INT64_MAX};
    assert_true(world_send(&world)); // again: nothing changes
    assert_int_equal(world.reply.ciaddr.value, world_ip(20).value);
    assert_int_equal(world.actions.lease.starts_s, 5);
}

static void a_reserved_address_wins_over_what_the_machine_has(void **state)
{
    (void)state;
    struct ip4 old = world_bind(&world, 1);
    world.facts.reserved = world_ip(20);
    assert_true(renew(1, old)); // made to ask anew ...
    assert_nak((struct ip4){BROADCAST});
    assert_true(discover(1)); // ... and then
    assert_int_equal(world.reply.yiaddr.value, world_ip(20).value);
    assert_true(reasons_has(&world.actions.reasons, REASON_ADDRESS_RESERVED));
    assert_true(world.actions.has_freed);
    assert_int_equal(world.actions.freed.address.value, old.value);
    assert_int_equal(world.actions.freed.state, LEASE_FREE);
    assert_true(select_offer(1, world_ip(20)));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
    assert_true(reasons_has(&world.actions.reasons, REASON_ADDRESS_RESERVED));
    assert_true(reboot(1, world_ip(20))); // no record in the pool is needed
    assert_int_equal(world.reply.kind, DHCP4_ACK);
}

static void a_reserved_address_that_somebody_holds_waits_for_its_end(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    pool_reserve(&world.pool, address, true);
    world.facts.reserved = address; // of machine 2
    assert_true(discover(2));
    assert_int_not_equal(world.reply.yiaddr.value, address.value);
    assert_true(reasons_has(&world.actions.reasons, REASON_RESERVATION_BUSY));
    world.facts.reserved = (struct ip4){0};
    assert_true(renew(1, address)); // the holder must move
    assert_nak((struct ip4){BROADCAST});
    assert_int_not_equal(world_bind(&world, 1).value, address.value);
    world.facts.reserved = address; // it moved, so its old address is free at once
    assert_true(discover(2));
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
    assert_true(discover(1));
    assert_in_range(world.reply.yiaddr.value, world_ip(100).value, world_ip(109).value);
    world.facts.now_s += 600;
    assert_true(discover(1));
    assert_int_equal(world.reply.yiaddr.value, world_ip(20).value);
    declined.address = world_ip(21); // what is known about another address does not count
    world.facts.now_s -= 600;
    assert_true(discover(1));
    assert_int_equal(world.reply.yiaddr.value, world_ip(20).value);
}

static void a_reservation_in_another_network_does_not_count_here(void **state)
{
    (void)state;
    world.facts.reserved = (struct ip4){0xc0a80105};
    assert_true(discover(1));
    assert_in_range(world.reply.yiaddr.value, world_ip(100).value, world_ip(109).value);
}

static void a_network_that_is_not_ours_meets_silence(void **state)
{
    (void)state;
    world.facts.network = NULL;
    world.facts.pool = NULL;
    assert_false(discover(1));
    assert_true(reasons_has(&world.actions.reasons, REASON_NO_NETWORK));
}

static void host_names_from_outside_are_kept_only_when_clean(void **state)
{
    (void)state;
    world_request(&world, DHCP4_DISCOVER, 1);
    dhcp4_put_string(&world.request, DHCP4_OPTION_HOST_NAME, "printer-3");
    world_send(&world);
    assert_string_equal(world.actions.lease.hostname, "printer-3");
    world_request(&world, DHCP4_DISCOVER, 2);
    dhcp4_put_string(&world.request, DHCP4_OPTION_HOST_NAME, "bad\x1b[31mname");
    world_send(&world);
    assert_string_equal(world.actions.lease.hostname, "");
    world.facts.hostname = "lab-02";
    world_request(&world, DHCP4_DISCOVER, 3);
    dhcp4_put_string(&world.request, DHCP4_OPTION_HOST_NAME, "printer-3");
    world_send(&world);
    assert_string_equal(world.actions.lease.hostname, "lab-02");
}

static void replies_of_others_and_endless_relays_are_ignored(void **state)
{
    (void)state;
    world_request(&world, DHCP4_DISCOVER, 1);
    world.request.op = DHCP4_OP_REPLY;
    assert_false(world_send(&world));
    world_request(&world, DHCP4_DISCOVER, 1);
    world.request.hops = DHCP4_HOPS_MOST + 1;
    assert_false(world_send(&world));
    world_request(&world, DHCP4_OFFER, 1);
    assert_false(world_send(&world));
}

static void time_servers_are_told_to_those_who_ask(void **state)
{
    (void)state;
    static const uint8_t WANTS[] = {DHCP4_OPTION_NTP_SERVERS};
    assert_true(discover(1));
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_NTP_SERVERS));
    world_request(&world, DHCP4_DISCOVER, 1);
    dhcp4_put_bytes(&world.request, DHCP4_OPTION_PARAMETERS, WANTS, sizeof WANTS);
    assert_true(world_send(&world));
    assert_true(world_has_ip4(&world, DHCP4_OPTION_NTP_SERVERS, world_ip(1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_offer_tells_the_network_and_holds_the_address, set_up),
        cmocka_unit_test_setup(an_offered_address_is_not_offered_to_another_client, set_up),
        cmocka_unit_test_setup(a_repeated_discover_gets_the_same_offer_and_writes_nothing, set_up),
        cmocka_unit_test_setup(a_machine_that_boots_again_keeps_its_lease_and_its_address, set_up),
        cmocka_unit_test_setup(one_mac_keeps_one_address_whatever_client_identifier_it_sends, set_up),
        cmocka_unit_test_setup(the_address_asked_for_is_offered_when_it_is_free, set_up),
        cmocka_unit_test_setup(the_lease_time_asked_for_counts_within_limits, set_up),
        cmocka_unit_test_setup(a_lease_for_ever_has_no_renewal, set_up),
        cmocka_unit_test_setup(selecting_binds_the_offer, set_up),
        cmocka_unit_test_setup(a_repeated_request_gets_the_same_lease_back, set_up),
        cmocka_unit_test_setup(an_offer_is_forgotten_when_another_server_was_chosen, set_up),
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
        cmocka_unit_test_setup(a_declined_address_is_not_offered_again_for_ten_minutes, set_up),
        cmocka_unit_test_setup(nobody_declines_somebody_elses_address, set_up),
        cmocka_unit_test_setup(a_released_address_is_free_but_remembered, set_up),
        cmocka_unit_test_setup(a_release_of_somebody_elses_address_or_to_another_server_changes_nothing,
                               set_up),
        cmocka_unit_test_setup(inform_is_told_everything_but_an_address, set_up),
        cmocka_unit_test_setup(inform_through_a_relay_is_answered_straight, set_up),
        cmocka_unit_test_setup(bootp_is_served_from_reservations_alone, set_up),
        cmocka_unit_test_setup(a_reserved_address_wins_over_what_the_machine_has, set_up),
        cmocka_unit_test_setup(a_reserved_address_that_somebody_holds_waits_for_its_end, set_up),
        cmocka_unit_test_setup(a_machines_second_card_takes_its_reserved_address_over, set_up),
        cmocka_unit_test_setup(a_reserved_address_outside_the_range_that_was_declined_is_set_aside, set_up),
        cmocka_unit_test_setup(a_reservation_in_another_network_does_not_count_here, set_up),
        cmocka_unit_test_setup(a_network_that_is_not_ours_meets_silence, set_up),
        cmocka_unit_test_setup(host_names_from_outside_are_kept_only_when_clean, set_up),
        cmocka_unit_test_setup(replies_of_others_and_endless_relays_are_ignored, set_up),
        cmocka_unit_test_setup(time_servers_are_told_to_those_who_ask, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
