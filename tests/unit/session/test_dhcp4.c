// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses and leases: offers, what comes with them, and everything but REQUEST (RFC 2131 section 4.3).
#include "session/dhcp4.h"

#include "base/time.h"
#include "unit/session/dhcp4_world.h"
#include "unit/test.h"

static struct world world;

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
    assert_true(world_discover(&world, 1));
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
        assert_true(world_discover(&world, i));
        seen[i] = world.reply.yiaddr.value;
        for (uint8_t other = 0; other < i; other++) {
            assert_int_not_equal(seen[other], seen[i]);
        }
    }
    assert_false(world_discover(&world, 99));
    assert_true(reasons_has(&world.actions.reasons, REASON_POOL_FULL));
    world.facts.now_s += DHCP4_OFFER_HOLD_S; // nobody took the offers
    assert_true(world_discover(&world, 99));
}

static void a_repeated_discover_gets_the_same_offer_and_writes_nothing(void **state)
{
    (void)state;
    assert_true(world_discover(&world, 1));
    struct ip4 address = world.reply.yiaddr;
    world.facts.now_s += 4;
    assert_true(world_discover(&world, 1));
    assert_int_equal(world.reply.yiaddr.value, address.value);
    assert_false(world.actions.has_lease);
    world.facts.now_s += 60; // the hold would end soon
    assert_true(world_discover(&world, 1));
    assert_int_equal(world.reply.yiaddr.value, address.value);
    assert_true(world.actions.has_lease);
}

static void a_machine_that_boots_again_keeps_its_lease_and_its_address(void **state)
{
    (void)state;
    struct ip4 address = world_bind(&world, 1);
    world.facts.now_s += 30;
    assert_true(world_discover(&world, 1));
    assert_int_equal(world.reply.yiaddr.value, address.value);
    assert_false(world.actions.has_lease); // a bound lease does not turn into an offer
    world.facts.now_s += 2 * WORLD_LEASE_S;
    assert_true(world_discover(&world, 1)); // expired long ago, still remembered
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
    assert_false(world_discover(&world, 99));
    world.facts.now_s += DHCP4_DECLINE_HOLD_S + 1;
    assert_true(world_discover(&world, 99));
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
    assert_true(world_discover(&world, 1));
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

static void a_bootp_relay_gets_its_own_option_back(void **state)
{
    (void)state;
    static const uint8_t CIRCUIT[] = {1, 4, 'e', 't', 'h', '7'};
    world.facts.reserved = world_ip(20);
    world_request(&world, DHCP4_BOOTP, 1);
    world.request.giaddr = world_ip(254);
    dhcp4_put_bytes(&world.request, DHCP4_OPTION_RELAY, CIRCUIT, sizeof CIRCUIT);
    assert_true(world_send(&world));
    assert_true(world_has(&world, DHCP4_OPTION_RELAY, CIRCUIT, sizeof CIRCUIT));
    assert_int_equal(world.actions.to.value, world_ip(254).value);
}

// Boards share UUIDs: who comes with the UUID of a machine and a card that is not its own is another one.
static void a_reservation_goes_to_the_cards_of_its_machine_alone(void **state)
{
    (void)state;
    struct machine machine;
    machine_init(&machine);
    world_request(&world, DHCP4_DISCOVER, 1);
    assert_int_equal(machine_add_mac(&machine, &world.request.chaddr), STATUS_OK);
    world.facts.machine = &machine;
    world.facts.reserved = world_ip(20);
    assert_true(world_discover(&world, 2));
    assert_int_equal(world.reply.yiaddr.value, world_ip(100).value);
    assert_false(reasons_has(&world.actions.reasons, REASON_RESERVATION_BUSY));
    assert_true(world_discover(&world, 1));
    assert_int_equal(world.reply.yiaddr.value, world_ip(20).value);
    machine.mac_count = 0; // known by its UUID, before a card was learned
    assert_true(world_discover(&world, 3));
    assert_int_equal(world.reply.yiaddr.value, world_ip(20).value);
}

static void a_network_that_is_not_ours_meets_silence(void **state)
{
    (void)state;
    world.facts.network = NULL;
    world.facts.pool = NULL;
    assert_false(world_discover(&world, 1));
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
    assert_true(world_discover(&world, 1));
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
        cmocka_unit_test_setup(a_declined_address_is_not_offered_again_for_ten_minutes, set_up),
        cmocka_unit_test_setup(nobody_declines_somebody_elses_address, set_up),
        cmocka_unit_test_setup(a_released_address_is_free_but_remembered, set_up),
        cmocka_unit_test_setup(a_release_of_somebody_elses_address_or_to_another_server_changes_nothing,
                               set_up),
        cmocka_unit_test_setup(inform_is_told_everything_but_an_address, set_up),
        cmocka_unit_test_setup(inform_through_a_relay_is_answered_straight, set_up),
        cmocka_unit_test_setup(bootp_is_served_from_reservations_alone, set_up),
        cmocka_unit_test_setup(a_reservation_goes_to_the_cards_of_its_machine_alone, set_up),
        cmocka_unit_test_setup(a_bootp_relay_gets_its_own_option_back, set_up),
        cmocka_unit_test_setup(a_network_that_is_not_ours_meets_silence, set_up),
        cmocka_unit_test_setup(host_names_from_outside_are_kept_only_when_clean, set_up),
        cmocka_unit_test_setup(replies_of_others_and_endless_relays_are_ignored, set_up),
        cmocka_unit_test_setup(time_servers_are_told_to_those_who_ask, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
