// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/session/dhcp6_world.h"

#include "unit/test.h"

static struct world6 world;

static bool has_option(uint16_t code, const void *data, size_t bytes)
{
    struct dhcp6_option option;
    return dhcp6_find(&world.reply.options, code, &option) && option.length == bytes &&
           (bytes == 0 || memcmp(option.data, data, bytes) == 0);
}

static bool has_code(uint16_t code)
{
    struct dhcp6_option option;
    return dhcp6_find(&world.reply.options, code, &option);
}

static bool has_reason(enum reason_id id)
{
    return reasons_has(&world.actions.reasons, id);
}

static void a_client_is_offered_an_address_and_gets_that_one(void **state)
{
    (void)state;
    char text[IP6_TEXT_BYTES];
    struct dhcp6_ia_address leased;
    world6_init(&world);
    world6_start(&world, DHCP6_SOLICIT, 5);
    world6_add_ia(&world, 7, NULL);
    assert_true(world6_send(&world));
    assert_int_equal(world.reply.kind, DHCP6_ADVERTISE);
    assert_true(has_option(DHCP6_OPTION_CLIENT_ID, "duid-5", 6));
    assert_true(has_option(DHCP6_OPTION_SERVER_ID, world.facts.server_duid, world.facts.server_duid_bytes));
    assert_true(ip6_equal(world.actions.to, world6_address("fe80::5054:ff:fe00:5")));
    assert_int_equal(world.actions.to_port, DHCP6_CLIENT_PORT);
    struct ip6 offered = world6_address_in(&world, 7, NULL);
    assert_true(network6_is_dynamic(&world.networks[0], offered));
    assert_int_equal(world.actions.lease_count, 1);
    assert_int_equal(world.actions.leases[0].state, LEASE_OFFERED);
    world6_start(&world, DHCP6_REQUEST, 5);
    world6_add_server(&world, true);
    world6_add_ia(&world, 7, ip6_print(offered, text));
    assert_true(world6_send(&world));
    assert_int_equal(world.reply.kind, DHCP6_REPLY);
    assert_true(ip6_equal(world6_address_in(&world, 7, &leased), offered));
    assert_int_equal(leased.valid_s, WORLD6_LEASE_S);
    assert_int_equal(leased.preferred_s, WORLD6_LEASE_S * 5 / 8);
    assert_int_equal(world.actions.lease_count, 1);
    assert_int_equal(world.actions.leases[0].state, LEASE_BOUND);
    assert_int_equal(world.actions.leases[0].ends_s, WORLD6_START_S + WORLD6_LEASE_S);
}

static void a_request_that_comes_twice_gets_the_same_lease_and_not_a_longer_one(void **state)
{
    (void)state;
    struct dhcp6_ia_address leased;
    world6_init(&world);
    (void)world6_lease(&world, 5);
    struct lease6 first = world.actions.leases[0];
    world.facts.now_s += 5;
    assert_true(ip6_equal(world6_lease(&world, 5), first.address));
    assert_memory_equal(&world.actions.leases[0], &first, sizeof first);
    (void)world6_address_in(&world, 1, &leased);
    assert_int_equal(leased.valid_s, WORLD6_LEASE_S - 5);
    world.facts.now_s += 1;
    assert_true(ip6_equal(world6_lease(&world, 5), first.address));
    assert_int_equal(world.actions.leases[0].ends_s, first.ends_s + 6);
}

static void rapid_commit_leases_at_once_where_it_is_wanted(void **state)
{
    (void)state;
    for (unsigned is_on = 0; is_on < 2; is_on++) {
        world6_init(&world);
        world.networks[0].has_rapid_commit = is_on == 1;
        world6_start(&world, DHCP6_SOLICIT, 5);
        dhcp6_put(&world.writer, DHCP6_OPTION_RAPID_COMMIT, "", 0);
        world6_add_ia(&world, 7, NULL);
        assert_true(world6_send(&world));
        assert_int_equal(world.reply.kind, is_on ? DHCP6_REPLY : DHCP6_ADVERTISE);
        assert_int_equal(has_code(DHCP6_OPTION_RAPID_COMMIT), is_on);
        assert_int_equal(world.actions.leases[0].state, is_on ? LEASE_BOUND : LEASE_OFFERED);
    }
    world6_start(&world, DHCP6_SOLICIT, 6);
    world6_add_ia(&world, 7, NULL);
    assert_true(world6_send(&world));
    assert_int_equal(world.reply.kind, DHCP6_ADVERTISE);
}

static void what_breaks_the_rules_is_dropped(void **state)
{
    (void)state;
    static const struct {
        enum dhcp6_kind kind;
        bool has_client;
        int server; // 0 = none, 1 = ours, 2 = another's
        bool is_unicast;
        enum reason_id reason;
    } CASES[] = {
        {DHCP6_SOLICIT, false, 0, false, REASON_PACKET_MALFORMED},
        {DHCP6_SOLICIT, true, 1, false, REASON_PACKET_MALFORMED},
        {DHCP6_SOLICIT, true, 0, true, REASON_PACKET_MALFORMED},
        {DHCP6_REQUEST, false, 1, false, REASON_PACKET_MALFORMED},
        {DHCP6_REQUEST, true, 0, false, REASON_PACKET_MALFORMED},
        {DHCP6_REQUEST, true, 2, false, REASON_ANOTHER_SERVER_CHOSEN},
        {DHCP6_CONFIRM, true, 1, false, REASON_PACKET_MALFORMED},
        {DHCP6_CONFIRM, true, 0, true, REASON_PACKET_MALFORMED},
        {DHCP6_RENEW, true, 0, false, REASON_PACKET_MALFORMED},
        {DHCP6_RENEW, true, 2, false, REASON_ANOTHER_SERVER_CHOSEN},
        {DHCP6_REBIND, true, 1, false, REASON_PACKET_MALFORMED},
        {DHCP6_REBIND, false, 0, false, REASON_PACKET_MALFORMED},
        {DHCP6_RELEASE, true, 0, false, REASON_PACKET_MALFORMED},
        {DHCP6_RELEASE, true, 2, false, REASON_ANOTHER_SERVER_CHOSEN},
        {DHCP6_DECLINE, false, 1, false, REASON_PACKET_MALFORMED},
        {DHCP6_INFORMATION_REQUEST, true, 0, false, REASON_PACKET_MALFORMED}, // it has an IA_NA
        {DHCP6_ADVERTISE, true, 1, false, REASON_NONE},
        {DHCP6_REPLY, true, 1, false, REASON_NONE},
        {DHCP6_RECONFIGURE, true, 1, false, REASON_NONE},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        world6_init(&world);
        world6_start_as(&world, CASES[i].kind, CASES[i].has_client ? "duid-5" : NULL, "fe80::5");
        if (CASES[i].server != 0) {
            world6_add_server(&world, CASES[i].server == 1);
        }
        world6_add_ia(&world, 1, "2001:db8:1::105");
        world.facts.is_unicast = CASES[i].is_unicast;
        assert_false(world6_send(&world));
        assert_int_equal(world.actions.reasons.count, CASES[i].reason != REASON_NONE);
        assert_true(CASES[i].reason == REASON_NONE || has_reason(CASES[i].reason));
    }
}

static void identifiers_and_addresses_that_cannot_be_are_dropped(void **state)
{
    (void)state;
    static const uint8_t LONG[131] = {0};
    for (unsigned i = 0; i < 4; i++) {
        world6_init(&world);
        world6_start_as(&world, DHCP6_SOLICIT, NULL, "fe80::5");
        dhcp6_put(&world.writer, DHCP6_OPTION_CLIENT_ID, LONG, i == 0 ? 2 : i == 1 ? 131 : 130);
        if (i == 2) {
            dhcp6_put(&world.writer, DHCP6_OPTION_IA_NA, LONG, 11);
        } else {
            world6_add_ia(&world, 1, NULL);
        }
        assert_int_equal(world6_send(&world), i == 3);
        assert_int_equal(has_reason(REASON_PACKET_MALFORMED), i != 3);
    }
}

static void who_writes_to_our_own_address_is_sent_to_the_group(void **state)
{
    (void)state;
    static const enum dhcp6_kind KINDS[] = {DHCP6_REQUEST, DHCP6_RENEW, DHCP6_RELEASE, DHCP6_DECLINE};
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        world6_init(&world);
        (void)world6_lease(&world, 5);
        world6_start(&world, KINDS[i], 5);
        world6_add_server(&world, true);
        world6_add_ia(&world, 1, NULL);
        world.facts.is_unicast = true;
        assert_true(world6_send(&world));
        assert_int_equal(world6_status_in(&world, 0), DHCP6_STATUS_USE_MULTICAST);
        assert_false(has_code(DHCP6_OPTION_IA_NA));
        assert_int_equal(world.actions.lease_count, 0);
    }
}

static void a_lease_is_extended_and_an_unknown_one_has_no_binding(void **state)
{
    (void)state;
    char text[IP6_TEXT_BYTES];
    struct dhcp6_ia_address leased;
    world6_init(&world);
    struct ip6 address = world6_lease(&world, 5);
    world.facts.now_s += 2000;
    for (unsigned i = 0; i < 2; i++) {
        world6_start(&world, i == 0 ? DHCP6_RENEW : DHCP6_REBIND, 5);
        if (i == 0) {
            world6_add_server(&world, true);
        }
        world6_add_ia(&world, 1, ip6_print(address, text));
        assert_true(world6_send(&world));
        assert_true(ip6_equal(world6_address_in(&world, 1, &leased), address));
        assert_int_equal(leased.valid_s, WORLD6_LEASE_S);
        assert_int_equal(world.actions.leases[0].ends_s, world.facts.now_s + WORLD6_LEASE_S);
        world.facts.now_s += 100;
    }
    world6_start(&world, DHCP6_RENEW, 6);
    world6_add_server(&world, true);
    world6_add_ia(&world, 1, text);
    assert_true(world6_send(&world));
    assert_int_equal(world6_status_in(&world, 1), DHCP6_STATUS_NO_BINDING);
    assert_int_equal(world.actions.lease_count, 0);
    world6_start(&world, DHCP6_REBIND, 6);
    world6_add_ia(&world, 1, text);
    assert_false(world6_send(&world)); // it may be another server's
    assert_true(has_reason(REASON_LEASE_UNKNOWN));
    world6_start(&world, DHCP6_REBIND, 6);
    world6_add_ia(&world, 1, "2001:db8:7::1");
    assert_true(world6_send(&world)); // nobody's, on this wire: its lifetimes become zero
    assert_true(ip6_is_none(world6_address_in(&world, 1, NULL)));
    assert_true(has_reason(REASON_ADDRESS_WRONG));
}

static void an_address_that_is_no_longer_given_away_is_replaced_at_renewal(void **state)
{
    (void)state;
    char text[IP6_TEXT_BYTES];
    world6_init(&world);
    struct ip6 address = world6_lease(&world, 5);
    world.networks[0].excluded[0] = (struct network6_span){address, address};
    world.networks[0].excluded_count = 1;
    world6_start(&world, DHCP6_RENEW, 5);
    world6_add_server(&world, true);
    world6_add_ia(&world, 1, ip6_print(address, text));
    world.facts.now_s += 100;
    assert_true(world6_send(&world));
    struct ip6 now = world6_address_in(&world, 1, NULL);
    assert_false(ip6_is_none(now));
    assert_false(ip6_equal(now, address));
    assert_int_equal(world.actions.lease_count, 2);
    assert_int_equal(world.actions.leases[0].state, LEASE_FREE);
    assert_true(ip6_equal(world.actions.leases[0].address, address));
    assert_true(ip6_equal(world.actions.leases[1].address, now));
}

static void a_released_address_is_remembered_and_a_declined_one_is_avoided(void **state)
{
    (void)state;
    char text[IP6_TEXT_BYTES];
    world6_init(&world);
    struct ip6 address = world6_lease(&world, 5);
    world6_start(&world, DHCP6_RELEASE, 5);
    world6_add_server(&world, true);
    world6_add_ia(&world, 1, "2001:db8:1::1"); // not the lease's: ignored
    world6_add_ia(&world, 2, NULL);
    assert_true(world6_send(&world));
    assert_int_equal(world6_status_in(&world, 0), DHCP6_STATUS_SUCCESS);
    assert_int_equal(world6_status_in(&world, 2), DHCP6_STATUS_NO_BINDING);
    assert_int_equal(world.actions.lease_count, 0);
    world6_start(&world, DHCP6_RELEASE, 5);
    world6_add_server(&world, true);
    world6_add_ia(&world, 1, ip6_print(address, text));
    assert_true(world6_send(&world));
    assert_int_equal(world.actions.leases[0].state, LEASE_FREE);
    assert_true(ip6_equal(world6_lease(&world, 5), address));
    world6_start(&world, DHCP6_DECLINE, 5);
    world6_add_server(&world, true);
    world6_add_ia(&world, 1, text);
    assert_true(world6_send(&world));
    assert_int_equal(world6_status_in(&world, 0), DHCP6_STATUS_SUCCESS);
    assert_true(has_reason(REASON_ADDRESS_DECLINED));
    assert_int_equal(world.actions.leases[0].state, LEASE_DECLINED);
    struct ip6 other = world6_lease(&world, 5);
    assert_false(ip6_is_none(other));
    assert_false(ip6_equal(other, address));
}

static void what_a_client_still_has_is_confirmed_for_this_wire_alone(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        int status;
    } CASES[] = {{"2001:db8:1::5", DHCP6_STATUS_SUCCESS}, {"2001:db8:2::5", DHCP6_STATUS_NOT_ON_LINK}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        world6_init(&world);
        world6_start(&world, DHCP6_CONFIRM, 5);
        world6_add_ia(&world, 1, CASES[i].address);
        assert_true(world6_send(&world));
        assert_int_equal(world6_status_in(&world, 0), CASES[i].status);
        strcpy(world.networks[0].shared, "hall");
        strcpy(world.networks[1].shared, "hall");
        assert_true(world6_send(&world));
        assert_int_equal(world6_status_in(&world, 0), DHCP6_STATUS_SUCCESS);
    }
    world6_start(&world, DHCP6_CONFIRM, 5);
    world6_add_ia(&world, 1, NULL);
    assert_false(world6_send(&world));
}

static void an_address_of_another_network_is_not_on_link(void **state)
{
    (void)state;
    world6_init(&world);
    world6_start(&world, DHCP6_REQUEST, 5);
    world6_add_server(&world, true);
    world6_add_ia(&world, 1, "2001:db8:2::105");
    assert_true(world6_send(&world));
    assert_int_equal(world6_status_in(&world, 1), DHCP6_STATUS_NOT_ON_LINK);
    assert_int_equal(world.actions.lease_count, 0);
}

static void a_wish_for_a_free_address_is_granted(void **state)
{
    (void)state;
    world6_init(&world);
    world6_start(&world, DHCP6_SOLICIT, 5);
    world6_add_ia(&world, 1, "2001:db8:1::1ab");
    assert_true(world6_send(&world));
    assert_true(world6_is(world6_address_in(&world, 1, NULL), "2001:db8:1::1ab"));
    world6_start(&world, DHCP6_SOLICIT, 6);
    world6_add_ia(&world, 1, "2001:db8:1::1ab"); // set aside for the other one now
    assert_true(world6_send(&world));
    assert_false(world6_is(world6_address_in(&world, 1, NULL), "2001:db8:1::1ab"));
    world6_start(&world, DHCP6_SOLICIT, 7);
    world6_add_ia(&world, 1, "2001:db8:1::99"); // not in the range
    assert_true(world6_send(&world));
    assert_false(world6_is(world6_address_in(&world, 1, NULL), "2001:db8:1::99"));
}

static void a_client_has_at_most_four_addresses_all_different(void **state)
{
    (void)state;
    world6_init(&world);
    world6_start(&world, DHCP6_SOLICIT, 5);
    for (uint32_t i = 1; i <= 6; i++) {
        world6_add_ia(&world, i, NULL);
    }
    world6_add_ia(&world, 2, NULL); // once more: not answered twice
    assert_true(world6_send(&world));
    assert_int_equal(world.actions.lease_count, DHCP6_IAS_MOST);
    for (uint32_t i = 1; i <= 6; i++) {
        struct ip6 address = world6_address_in(&world, i, NULL);
        assert_int_equal(ip6_is_none(address), i > DHCP6_IAS_MOST);
        assert_int_equal(world6_status_in(&world, i), i > DHCP6_IAS_MOST ? DHCP6_STATUS_NO_ADDRESSES : -1);
        for (uint32_t j = 1; j < i && i <= DHCP6_IAS_MOST; j++) {
            assert_false(ip6_equal(address, world6_address_in(&world, j, NULL)));
        }
    }
    assert_false(has_reason(REASON_POOL_FULL));
}

static void prefixes_and_temporary_addresses_are_refused(void **state)
{
    (void)state;
    static const uint8_t IA[12] = {0, 0, 0, 9};
    struct dhcp6_option option;
    world6_init(&world);
    world6_start(&world, DHCP6_SOLICIT, 5);
    dhcp6_put(&world.writer, DHCP6_OPTION_IA_PD, IA, 12);
    dhcp6_put(&world.writer, DHCP6_OPTION_IA_TA, IA, 4);
    assert_true(world6_send(&world));
    assert_true(dhcp6_find(&world.reply.options, DHCP6_OPTION_IA_PD, &option));
    assert_memory_equal(option.data, "\0\0\0\x09\0\0\0\0\0\0\0\0\0\x0d", 14);
    assert_int_equal(option.data[17], DHCP6_STATUS_NO_PREFIXES);
    assert_true(dhcp6_find(&world.reply.options, DHCP6_OPTION_IA_TA, &option));
    assert_memory_equal(option.data, "\0\0\0\x09\0\x0d", 6);
    assert_int_equal(option.data[9], DHCP6_STATUS_NO_ADDRESSES);
}

static void a_full_range_says_so(void **state)
{
    (void)state;
    world6_init(&world);
    world.networks[0].range.last = world.networks[0].range.first;
    assert_true(world6_is(world6_lease(&world, 5), "2001:db8:1::100"));
    world6_start(&world, DHCP6_SOLICIT, 6);
    world6_add_ia(&world, 1, NULL);
    assert_true(world6_send(&world));
    assert_int_equal(world6_status_in(&world, 1), DHCP6_STATUS_NO_ADDRESSES);
    assert_true(has_reason(REASON_POOL_FULL));
    strcpy(world.networks[0].shared, "hall");
    strcpy(world.networks[1].shared, "hall");
    assert_true(world6_send(&world)); // the wire's other network has room
    assert_true(network6_has(&world.networks[1], world6_address_in(&world, 1, NULL)));
}

static void through_a_relay_the_network_is_the_links(void **state)
{
    (void)state;
    struct dhcp6_option id;
    world6_init(&world);
    world.link = world6_address("2001:db8:2::fe");
    assert_true(network6_has(&world.networks[1], world6_lease(&world, 5)));
    assert_true(world6_is(world.actions.to, "2001:db8:9::1"));
    assert_int_equal(world.actions.to_port, DHCP6_SERVER_PORT);
    assert_true(dhcp6_find(&world.reply.relays[0].options, DHCP6_OPTION_INTERFACE_ID, &id));
    assert_memory_equal(id.data, "eth7", 4);
    assert_true(world6_is(world.reply.relays[0].peer, "fe80::5054:ff:fe00:5"));
    world.link = world6_address("2001:db8:3::fe");
    world6_start(&world, DHCP6_SOLICIT, 5);
    world6_add_ia(&world, 1, NULL);
    assert_false(world6_send(&world));
    assert_true(has_reason(REASON_NO_NETWORK));
}

static void clients_are_told_what_they_ask_for(void **state)
{
    (void)state;
    static const uint16_t WANTED[] = {DHCP6_OPTION_DNS, DHCP6_OPTION_SOLICIT_MOST, DHCP6_OPTION_REFRESH_TIME};
    static const uint16_t NOTHING[] = {99};
    struct ip6 dns = world6_address("2001:db8::53");
    world6_init(&world);
    for (unsigned is_stateless = 0; is_stateless < 2; is_stateless++) {
        world.facts.is_stateless = is_stateless == 1;
        world6_start(&world, DHCP6_INFORMATION_REQUEST, 5);
        world6_add_wanted(&world, WANTED, COUNT_OF(WANTED));
        assert_true(world6_send(&world));
        assert_int_equal(world.reply.kind, DHCP6_REPLY);
        assert_true(has_option(DHCP6_OPTION_DNS, dns.octets, 16));
        assert_false(has_code(DHCP6_OPTION_DOMAINS));
        assert_true(has_option(DHCP6_OPTION_SOLICIT_MOST, "\0\0\x0e\x10", 4));
        assert_true(has_option(DHCP6_OPTION_REFRESH_TIME, "\0\x01\x51\x80", 4));
    }
    world6_start_as(&world, DHCP6_INFORMATION_REQUEST, NULL, "fe80::5");
    assert_true(world6_send(&world)); // no client id, no wishes
    assert_true(has_code(DHCP6_OPTION_DNS) && has_code(DHCP6_OPTION_DOMAINS));
    assert_false(has_code(DHCP6_OPTION_CLIENT_ID) || has_code(DHCP6_OPTION_REFRESH_TIME));
    world6_start(&world, DHCP6_INFORMATION_REQUEST, 5);
    world6_add_wanted(&world, NOTHING, 1);
    assert_true(world6_send(&world));
    assert_false(has_code(DHCP6_OPTION_DNS) || has_code(DHCP6_OPTION_DOMAINS));
}

static void stateless_means_that_addresses_are_others_business(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        world6_init(&world);
        world.facts.is_stateless = i == 0;
        world.networks[0].range = i == 1 ? (struct network6_span){0} : world.networks[0].range;
        world6_start(&world, DHCP6_SOLICIT, 5);
        world6_add_ia(&world, 1, NULL);
        assert_false(world6_send(&world));
        assert_int_equal(world.actions.reasons.count, 0);
    }
}

static void a_machines_address_is_its_own_and_it_moves_there_at_renewal(void **state)
{
    (void)state;
    char text[IP6_TEXT_BYTES];
    world6_init(&world);
    struct ip6 first = world6_lease(&world, 5);
    world.facts.reserved = world6_address("2001:db8:1::77"); // outside the range
    world.facts.machine_id = 42;
    assert_int_equal(pool6_keep(&world.pool, world.facts.reserved, 42, WORLD6_START_S), STATUS_OK);
    world6_start(&world, DHCP6_RENEW, 5);
    world6_add_server(&world, true);
    world6_add_ia(&world, 1, ip6_print(first, text));
    assert_true(world6_send(&world));
    assert_true(world6_is(world6_address_in(&world, 1, NULL), "2001:db8:1::77"));
    assert_true(has_reason(REASON_ADDRESS_RESERVED));
    assert_int_equal(world.actions.leases[0].state, LEASE_FREE);
    assert_true(world6_is(world6_lease(&world, 5), "2001:db8:1::77"));
    world.facts.reserved = (struct ip6){{0}};
    world.facts.machine_id = 0;
    world6_start(&world, DHCP6_REQUEST, 6);
    world6_add_server(&world, true);
    world6_add_ia(&world, 1, "2001:db8:1::77");
    assert_true(world6_send(&world));
    assert_false(world6_is(world6_address_in(&world, 1, NULL), "2001:db8:1::77"));
}

static void firmware_loader_and_system_keep_one_address(void **state)
{
    (void)state;
    static const char *const DUIDS[] = {"edk2-uuid", "edk2-uuid", "dhclient-llt", "networkd-en"};
    struct ip6 first = {{0}};
    world6_init(&world);
    for (uint32_t i = 0; i < COUNT_OF(DUIDS); i++) {
        world6_start_as(&world, DHCP6_REQUEST, DUIDS[i], "fe80::5054:ff:fe12:3456");
        world6_add_server(&world, true);
        world6_add_ia(&world, i + 1, NULL);
        if (i < 2) {
            world6_add_firmware(&world, "PXEClient:Arch:00007:UNDI:003000", 7);
        }
        assert_true(world6_send(&world));
        struct ip6 address = world6_address_in(&world, i + 1, NULL);
        assert_true(i == 0 || ip6_equal(address, first));
        first = address;
        world.facts.now_s += 30;
    }
    assert_int_equal(world.pool.live_count, 1);
}

static void firmware_is_told_its_url_and_systems_are_not(void **state)
{
    (void)state;
    static const char TFTP[] = "tftp://[2001:db8:1::1]/grubx64.efi";
    world6_init(&world);
    world.facts.boot.has_file = true;
    strcpy(world.facts.boot.url, TFTP);
    world6_start(&world, DHCP6_SOLICIT, 5);
    world6_add_ia(&world, 1, NULL);
    world6_add_firmware(&world, "PXEClient:Arch:00007:UNDI:003000", 7);
    assert_true(world6_send(&world));
    assert_true(has_option(DHCP6_OPTION_BOOT_URL, TFTP, strlen(TFTP)));
    assert_false(has_code(DHCP6_OPTION_VENDOR_CLASS)); // EDK2 would look for a boot server
    assert_false(has_code(DHCP6_OPTION_BOOT_PARAMS));
    assert_memory_equal(world.reply.options.data + world.reply.options.bytes - strlen(TFTP), TFTP,
                        strlen(TFTP)); // the last bytes of all
    world6_start(&world, DHCP6_SOLICIT, 6);
    world6_add_ia(&world, 1, NULL);
    assert_true(world6_send(&world));
    assert_false(has_code(DHCP6_OPTION_BOOT_URL));
    world6_start(&world, DHCP6_SOLICIT, 5);
    world6_add_ia(&world, 1, NULL);
    world6_add_firmware(&world, "HTTPClient:Arch:00016:UNDI:003000", 16);
    assert_true(world6_send(&world));
    assert_false(has_code(DHCP6_OPTION_BOOT_URL)); // it cannot follow that one
}

static void http_boot_gets_its_class_back(void **state)
{
    (void)state;
    static const char URL[] = "http://[2001:db8:1::1]/boot.efi";
    world6_init(&world);
    world.facts.boot.has_file = true;
    strcpy(world.facts.boot.url, URL);
    strcpy(world.facts.boot.params, "quiet");
    world6_start(&world, DHCP6_SOLICIT, 5);
    world6_add_ia(&world, 1, NULL);
    world6_add_firmware(&world, "HTTPClient:Arch:00016:UNDI:003000", 16);
    assert_true(world6_send(&world));
    assert_true(has_option(DHCP6_OPTION_BOOT_URL, URL, strlen(URL)));
    assert_true(has_option(DHCP6_OPTION_VENDOR_CLASS, "\0\0\x01\x57\0\x0aHTTPClient", 16));
    assert_true(has_option(DHCP6_OPTION_BOOT_PARAMS, "\0\x05quiet", 7));
    world6_start(&world, DHCP6_SOLICIT, 5);
    world6_add_ia(&world, 1, NULL);
    world6_add_firmware(&world, "PXEClient:Arch:00007:UNDI:003000", 7);
    assert_true(world6_send(&world));
    assert_false(has_code(DHCP6_OPTION_BOOT_URL)); // PXE firmware fails on it with E99
    world6_start(&world, DHCP6_SOLICIT, 5);
    world6_add_ia(&world, 1, NULL);
    dhcp6_put(&world.writer, DHCP6_OPTION_USER_CLASS, "\0\x04iPXE", 6);
    assert_true(world6_send(&world));
    assert_true(has_code(DHCP6_OPTION_BOOT_URL));
}

static void firmwares_lease_is_short_where_the_network_says_so(void **state)
{
    (void)state;
    struct dhcp6_ia_address leased;
    world6_init(&world);
    world.networks[0].lease_boot_s = 300;
    world.networks[0].preferred_s = 2000;
    world6_start(&world, DHCP6_REQUEST, 5);
    world6_add_server(&world, true);
    world6_add_ia(&world, 1, NULL);
    world6_add_firmware(&world, "PXEClient:Arch:00007:UNDI:003000", 7);
    assert_true(world6_send(&world));
    (void)world6_address_in(&world, 1, &leased);
    assert_int_equal(leased.valid_s, 300);
    assert_int_equal(leased.preferred_s, 187);
    (void)world6_lease(&world, 6);
    (void)world6_address_in(&world, 1, &leased);
    assert_int_equal(leased.valid_s, WORLD6_LEASE_S);
    assert_int_equal(leased.preferred_s, 2000);
}

static void a_preference_is_told_in_offers_alone(void **state)
{
    (void)state;
    world6_init(&world);
    world.facts.preference = 255;
    world6_start(&world, DHCP6_SOLICIT, 5);
    world6_add_ia(&world, 1, NULL);
    assert_true(world6_send(&world));
    assert_true(has_option(DHCP6_OPTION_PREFERENCE, "\xff", 1));
    (void)world6_lease(&world, 5);
    assert_false(has_code(DHCP6_OPTION_PREFERENCE));
}

static void a_relay_is_answered_at_the_port_that_it_asks_for(void **state)
{
    (void)state;
    static uint8_t bytes[512];
    struct writer writer = writer_init(bytes, sizeof bytes);
    struct dhcp6_option echo;
    world6_init(&world);
    world6_start(&world, DHCP6_SOLICIT, 5);
    world6_add_ia(&world, 1, NULL);
    struct ip6 link = world6_address("2001:db8:2::fe");
    write_u8(&writer, DHCP6_RELAY_FORWARD);
    write_u8(&writer, 0);
    write_bytes(&writer, link.octets, 16);
    write_bytes(&writer, world.facts.source.octets, 16);
    dhcp6_put(&writer, DHCP6_OPTION_RELAY_PORT, "\0", 2);
    dhcp6_put(&writer, DHCP6_OPTION_RELAY_MESSAGE, world.bytes, writer_length(&world.writer));
    memcpy(world.bytes, bytes, writer_length(&writer)); // sent as it is, as if it were the client's
    world.writer = writer_init(world.bytes, sizeof world.bytes);
    world.writer.at += writer_length(&writer);
    assert_int_equal(dhcp6_decode(world.bytes, writer_length(&world.writer), &world.request, NULL),
                     STATUS_OK);
    world.facts.message = &world.request;
    world.facts.client = &world.client;
    world.facts.network = &world.networks[1];
    world.facts.source_port = 5547;
    dhcp6_step(&world.facts, &world.actions);
    assert_true(world.actions.has_reply);
    assert_int_equal(world.actions.to_port, 5547);
    assert_int_equal(dhcp6_decode(world.actions.reply, world.actions.reply_bytes, &world.reply, NULL),
                     STATUS_OK);
    assert_true(dhcp6_find(&world.reply.relays[0].options, DHCP6_OPTION_RELAY_PORT, &echo));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_is_offered_an_address_and_gets_that_one),
        cmocka_unit_test(a_request_that_comes_twice_gets_the_same_lease_and_not_a_longer_one),
        cmocka_unit_test(rapid_commit_leases_at_once_where_it_is_wanted),
        cmocka_unit_test(what_breaks_the_rules_is_dropped),
        cmocka_unit_test(identifiers_and_addresses_that_cannot_be_are_dropped),
        cmocka_unit_test(who_writes_to_our_own_address_is_sent_to_the_group),
        cmocka_unit_test(a_lease_is_extended_and_an_unknown_one_has_no_binding),
        cmocka_unit_test(an_address_that_is_no_longer_given_away_is_replaced_at_renewal),
        cmocka_unit_test(a_released_address_is_remembered_and_a_declined_one_is_avoided),
        cmocka_unit_test(what_a_client_still_has_is_confirmed_for_this_wire_alone),
        cmocka_unit_test(an_address_of_another_network_is_not_on_link),
        cmocka_unit_test(a_wish_for_a_free_address_is_granted),
        cmocka_unit_test(a_client_has_at_most_four_addresses_all_different),
        cmocka_unit_test(prefixes_and_temporary_addresses_are_refused),
        cmocka_unit_test(a_full_range_says_so),
        cmocka_unit_test(through_a_relay_the_network_is_the_links),
        cmocka_unit_test(clients_are_told_what_they_ask_for),
        cmocka_unit_test(stateless_means_that_addresses_are_others_business),
        cmocka_unit_test(a_machines_address_is_its_own_and_it_moves_there_at_renewal),
        cmocka_unit_test(firmware_loader_and_system_keep_one_address),
        cmocka_unit_test(firmware_is_told_its_url_and_systems_are_not),
        cmocka_unit_test(http_boot_gets_its_class_back),
        cmocka_unit_test(firmwares_lease_is_short_where_the_network_says_so),
        cmocka_unit_test(a_preference_is_told_in_offers_alone),
        cmocka_unit_test(a_relay_is_answered_at_the_port_that_it_asks_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
