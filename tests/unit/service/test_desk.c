// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk_bench.h"

#include "base/text.h"
#include "unit/test.h"

#include <stdio.h>

static struct desk_bench bench;

static int begin(void **state)
{
    (void)state;
    desk_bench_open(&bench);
    return 0;
}

static int end(void **state)
{
    (void)state;
    desk_bench_close(&bench);
    return 0;
}

static struct desk_meeting meet(const struct boot_client *client)
{
    struct desk_meeting meeting;
    desk_meet(bench.desk, client, &meeting);
    return meeting;
}

static struct desk_meeting meet_firmware(unsigned number)
{
    struct boot_client client = bench_client(number);
    struct desk_meeting meeting;
    desk_meet_firmware(bench.desk, &client, &meeting);
    return meeting;
}

static void a_stranger_is_recorded_once_and_waits(void **state)
{
    (void)state;
    struct desk_meeting first = meet_firmware(1);
    assert_int_equal(first.plan.kind, PLAN_WAIT);
    assert_non_null(first.machine);
    uint64_t id = first.machine->id;
    assert_int_equal(first.machine->state, MACHINE_NEW);
    assert_int_equal(meet_firmware(1).machine->id, id);
    assert_int_equal(bench.told_of[REASON_MACHINE_UNKNOWN], 1);
    assert_int_equal(bench.desk->unknown_count, 1);
}

static const char *place_after(const char *relay, const char *circuit, bool tells_place)
{
    struct boot_client client = bench_client(1);
    client.tells_place = tells_place;
    assert_int_equal(ip_parse(relay, &client.relay), STATUS_OK);
    client.circuit_id.length = (uint8_t)strlen(circuit);
    memcpy(client.circuit_id.bytes, circuit, strlen(circuit));
    return meet(&client).machine->place;
}

static void where_relays_say_that_a_machine_is_is_remembered_and_moving_is_told(void **state)
{
    (void)state;
    assert_string_equal(place_after("10.9.0.1", "eth0/7", true), "relay 10.9.0.1, circuit eth0/7");
    assert_string_equal(place_after("10.9.0.1", "eth0/7", true), "relay 10.9.0.1, circuit eth0/7");
    assert_string_equal(place_after("0.0.0.0", "", false), "relay 10.9.0.1, circuit eth0/7");
    assert_int_equal(bench.told_of[REASON_MACHINE_MOVED], 0);
    assert_string_equal(place_after("10.9.0.1", "\x01\x02", true), "relay 10.9.0.1, circuit 01:02");
    assert_int_equal(bench.told_of[REASON_MACHINE_MOVED], 1);
    assert_string_equal(place_after("0.0.0.0", "", true), "");
    assert_int_equal(bench.told_of[REASON_MACHINE_MOVED], 1);
}

static void an_operating_system_is_never_recorded(void **state)
{
    (void)state;
    struct boot_client printer = bench_client(1);
    printer.stage = BOOT_STAGE_SYSTEM;
    assert_null(meet(&printer).machine);
    assert_int_equal(bench.told, 0);
}

static void an_address_that_no_card_has_is_not_recorded(void **state)
{
    (void)state;
    struct boot_client nobody = bench_client(1);
    nobody.mac = hw_ethernet((const uint8_t[6]){0});
    assert_null(meet(&nobody).machine);
    nobody.mac = hw_ethernet((const uint8_t[6]){0x01, 0, 0x5e, 0, 0, 1});
    assert_null(meet(&nobody).machine);
    assert_int_equal(bench.desk->unknown_count, 0);
}

static void too_many_strangers_are_not_recorded_until_the_gone_ones_are_forgotten(void **state)
{
    (void)state;
    for (unsigned i = 0; i < DESK_UNKNOWN_MACHINES_MOST; i++) {
        (void)meet_firmware(i + 1);
    }
    assert_null(meet_firmware(0xffffff).machine);
    desk_tick(bench.desk);
    assert_null(meet_firmware(0xffffff).machine); // all of them were here a moment ago
    desk_bench_wait(&bench, DESK_UNKNOWN_GONE_S);
    (void)meet_firmware(1); // it still waits
    desk_tick(bench.desk);
    assert_int_equal(bench.told_of[REASON_MACHINES_FORGOTTEN], 1);
    assert_non_null(meet_firmware(0xffffff).machine);
    struct hw waiting = bench_mac(1);
    assert_non_null(store_machine_find_mac(bench.store, &waiting));
}

static void a_machine_added_by_hand_is_not_forgotten(void **state)
{
    (void)state;
    struct machine added;
    machine_init(&added);
    (void)text_copy(added.name, sizeof added.name, "by-hand");
    assert_int_equal(store_machine_put(bench.store, &added, NULL), STATUS_OK);
    bench.desk->unknown_count = DESK_UNKNOWN_MACHINES_MOST;
    desk_bench_wait(&bench, 10 * DESK_UNKNOWN_GONE_S);
    desk_tick(bench.desk);
    assert_non_null(store_machine_find_name(bench.store, "by-hand"));
}

static void an_order_boots_its_machine_and_nobody_else(void **state)
{
    (void)state;
    uint64_t order = bench_order(&bench, bench_machine(&bench, 1), "x");
    (void)bench_machine(&bench, 2);
    struct desk_meeting mine = meet_firmware(1);
    assert_int_equal(mine.plan.kind, PLAN_IMAGE);
    assert_int_equal(mine.plan.order->id, order);
    assert_int_equal(meet_firmware(2).plan.kind, PLAN_LOCAL);
    assert_int_equal(meet_firmware(3).plan.kind, PLAN_WAIT);
}

static void a_machine_with_another_ones_uuid_gets_no_order(void **state)
{
    (void)state;
    struct uuid uuid;
    assert_int_equal(uuid_parse("4c4c4544-0057-5810-804a-c3c04f463732", &uuid), STATUS_OK);
    uint64_t id = bench_machine(&bench, 1);
    struct machine machine = *store_machine_get(bench.store, id);
    machine.uuid = uuid;
    assert_int_equal(store_machine_put(bench.store, &machine, NULL), STATUS_OK);
    (void)bench_order(&bench, id, "x");
    struct boot_client other = bench_client(2);
    other.uuid = uuid;
    struct desk_meeting meeting = meet(&other);
    assert_int_equal(meeting.plan.kind, PLAN_WAIT);
    assert_true(reasons_has(&meeting.plan.reasons, REASON_IDENTITY_CONFLICT));
    desk_tell_plan(bench.desk, &meeting, &other, bench_address(9), "");
    assert_non_null(strstr(bench.last.text, "(it says UUID 4c4c4544-0057-5810-804a-c3c04f463732)"));
}

static void an_order_fires_once(void **state)
{
    (void)state;
    uint64_t order = bench_order(&bench, bench_machine(&bench, 1), "x");
    desk_step_order(bench.desk, order, ORDER_EVENT_CONFIGURED);
    assert_int_equal(meet_firmware(1).plan.kind, PLAN_IMAGE); // the download broke off: it may try again
    desk_step_order(bench.desk, order, ORDER_EVENT_DELIVERED);
    struct boot_client loader = bench_client(1);
    loader.stage = BOOT_STAGE_LOADER;
    assert_int_equal(meet(&loader).plan.kind, PLAN_LOCAL);
    assert_int_equal(bench_order_state(&bench, order), ORDER_USED);
    assert_int_equal(meet_firmware(1).plan.kind, PLAN_LOCAL);
    assert_int_equal(bench_order_state(&bench, order), ORDER_FINISHED);
    assert_int_equal(meet_firmware(1).plan.kind, PLAN_LOCAL);
}

static void no_order_starts_while_the_store_cannot_be_written(void **state)
{
    (void)state;
    uint64_t order = bench_order(&bench, bench_machine(&bench, 1), "x");
    bench.desk->cannot_store = true;
    struct desk_meeting meeting = meet_firmware(1);
    assert_int_equal(meeting.plan.kind, PLAN_WAIT);
    assert_null(meeting.plan.order);
    assert_int_equal(reasons_worst(&meeting.plan.reasons), REASON_STORE_FAILED);
    bench.desk->cannot_store = false;
    assert_int_equal(meet_firmware(1).plan.order->id, order);
}

static void a_forgotten_order_expires_at_a_tick(void **state)
{
    (void)state;
    uint64_t order = bench_order(&bench, bench_machine(&bench, 1), "x");
    desk_tick(bench.desk);
    assert_int_equal(bench_order_state(&bench, order), ORDER_ARMED);
    desk_bench_wait(&bench, 7200);
    desk_tick(bench.desk);
    assert_int_equal(bench_order_state(&bench, order), ORDER_EXPIRED);
    assert_int_equal(bench.told_of[REASON_ORDER_EXPIRED], 1);
}

static void the_lease_outweighs_what_a_client_said(void **state)
{
    (void)state;
    struct boot_client liar = bench_client(6);
    struct desk_address seen;
    desk_note_address(bench.desk, &liar, bench_address(100));
    assert_true(desk_find_address(bench.desk, bench_address(100), &seen));
    assert_false(seen.is_leased);
    bench_lease(&bench, 5, bench_ip(100));
    assert_true(desk_find_address(bench.desk, bench_address(100), &seen));
    struct hw holder = bench_mac(5);
    assert_true(hw_equal(&seen.mac, &holder));
    assert_true(seen.is_leased);
}

// Secrets go to who is proven to have an address: a card that only stands in a DUID proves nothing.
static void a_lease_of_dhcpv6_proves_who_has_the_address_when_its_card_was_seen(void **state)
{
    (void)state;
    struct lease6 lease = {.address = {{0x20, 0x01, 0x0d, 0xb8, [15] = 9}},
                           .client = {.duid_length = 3, .duid = {0, 2, 1}, .hw = bench_mac(5)},
                           .state = LEASE_BOUND,
                           .starts_s = BENCH_NOW_S,
                           .preferred_s = BENCH_NOW_S + 300,
                           .ends_s = BENCH_NOW_S + 600};
    struct ip address = ip_from_ip6(lease.address);
    struct boot_client liar = bench_client(6);
    struct desk_address seen;
    desk_note_address(bench.desk, &liar, address);
    store_lease6_put(bench.store, &lease, BENCH_NOW_S);
    assert_true(desk_find_address(bench.desk, address, &seen));
    assert_true(hw_equal(&seen.mac, &liar.mac));
    assert_false(seen.is_leased);
    lease.client.has_seen_hw = true;
    store_lease6_put(bench.store, &lease, BENCH_NOW_S);
    assert_true(desk_find_address(bench.desk, address, &seen));
    assert_true(hw_equal(&seen.mac, &lease.client.hw));
    assert_true(seen.is_leased);
    desk_bench_wait(&bench, 600); // it ended
    assert_true(desk_find_address(bench.desk, address, &seen));
    assert_false(seen.is_leased);
}

static void what_a_client_said_long_ago_counts_no_more(void **state)
{
    (void)state;
    struct boot_client client = bench_client(6);
    desk_note_address(bench.desk, &client, bench_address(100));
    desk_bench_wait(&bench, DESK_ADDRESS_S - 1);
    assert_true(desk_find_address(bench.desk, bench_address(100), NULL));
    desk_bench_wait(&bench, 1);
    assert_false(desk_find_address(bench.desk, bench_address(100), NULL));
    bench_lease(&bench, 5, bench_ip(100));
    desk_bench_wait(&bench, 3600);
    assert_false(desk_find_address(bench.desk, bench_address(100), NULL));
}

static void a_waiting_machine_that_polls_is_told_once(void **state)
{
    (void)state;
    struct boot_client loader = bench_client(1);
    loader.stage = BOOT_STAGE_LOADER;
    for (int i = 0; i < 20; i++) {
        struct desk_meeting meeting = meet(&loader);
        desk_tell_plan(bench.desk, &meeting, &loader, bench_address(9), "");
        desk_bench_wait(&bench, 10);
    }
    assert_int_equal(bench.told, 3); // recorded, waits since it is unknown, waits since it is held
}

static void tell(enum event_kind kind, unsigned number, unsigned line)
{
    struct event event = {.kind = kind, .mac = bench_mac(number)};
    (void)snprintf(event.text, sizeof event.text, "line %u", line);
    desk_tell(bench.desk, &event);
}

static void the_same_sentence_again_at_once_is_no_news(void **state)
{
    (void)state;
    tell(EVENT_DHCP, 1, 1);
    tell(EVENT_DHCP, 1, 1);
    tell(EVENT_DHCP, 2, 1);
    assert_int_equal(bench.told, 2);
    bench.now_ms += NEWS_REPEAT_MS;
    tell(EVENT_DHCP, 1, 1);
    assert_int_equal(bench.told, 3);
}

static void one_busy_host_does_not_fill_the_timeline(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        tell(EVENT_TFTP, 1, i);
    }
    assert_int_equal(bench.told, NEWS_SOURCE_BURST);
    tell(EVENT_TFTP, 2, 0);
    assert_int_equal(bench.told, NEWS_SOURCE_BURST + 1);
    desk_tick(bench.desk);
    assert_int_equal(bench.told_of[REASON_EVENTS_DROPPED], 1);
    assert_string_equal(bench.last.text, "4744 events of very busy hosts were left out here");
    desk_tick(bench.desk);
    assert_int_equal(bench.told_of[REASON_EVENTS_DROPPED], 1);
}

static void many_hosts_that_do_not_exist_do_not_fill_the_timeline(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3 * NEWS_ALL_BURST; i++) {
        tell(EVENT_DHCP, i + 1, i);
    }
    assert_int_equal(bench.told, NEWS_ALL_BURST);
    tell(EVENT_ORDER, 0, 0);
    assert_int_equal(bench.told, NEWS_ALL_BURST + 1); // what people and orders do is always told
}

static void a_clock_that_is_set_back_does_not_silence_the_timeline(void **state)
{
    (void)state;
    tell(EVENT_DHCP, 1, 1);
    bench.now_ms -= (int64_t)365 * 86400 * 1000;
    tell(EVENT_DHCP, 1, 1);
    tell(EVENT_DHCP, 1, 2);
    assert_int_equal(bench.told, 3);
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(a_stranger_is_recorded_once_and_waits),
        DESK_TEST(where_relays_say_that_a_machine_is_is_remembered_and_moving_is_told),
        DESK_TEST(an_operating_system_is_never_recorded),
        DESK_TEST(an_address_that_no_card_has_is_not_recorded),
        DESK_TEST(too_many_strangers_are_not_recorded_until_the_gone_ones_are_forgotten),
        DESK_TEST(a_machine_added_by_hand_is_not_forgotten),
        DESK_TEST(an_order_boots_its_machine_and_nobody_else),
        DESK_TEST(a_machine_with_another_ones_uuid_gets_no_order),
        DESK_TEST(an_order_fires_once),
        DESK_TEST(no_order_starts_while_the_store_cannot_be_written),
        DESK_TEST(a_forgotten_order_expires_at_a_tick),
        DESK_TEST(the_lease_outweighs_what_a_client_said),
        DESK_TEST(a_lease_of_dhcpv6_proves_who_has_the_address_when_its_card_was_seen),
        DESK_TEST(what_a_client_said_long_ago_counts_no_more),
        DESK_TEST(a_waiting_machine_that_polls_is_told_once),
        DESK_TEST(the_same_sentence_again_at_once_is_no_news),
        DESK_TEST(one_busy_host_does_not_fill_the_timeline),
        DESK_TEST(many_hosts_that_do_not_exist_do_not_fill_the_timeline),
        DESK_TEST(a_clock_that_is_set_back_does_not_silence_the_timeline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
