// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp_conflict.h"

#include "desk_bench.h"
#include "unit/test.h"

#define INTERFACE 3
#define NOW_MS    1000000

static struct dhcp_conflict *conflict;
static const uint8_t QUESTION[] = "a question";

static int begin(void **state)
{
    (void)state;
    conflict = calloc(1, sizeof *conflict);
    return conflict == NULL ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    free(conflict);
    return 0;
}

static bool is_settled(unsigned client, struct ip4 address, int64_t now_ms)
{
    struct datagram datagram = {.bytes = QUESTION, .count = sizeof QUESTION, .interface_index = INTERFACE};
    struct hw mac = bench_mac(client);
    return dhcp_conflict_is_settled(conflict, &datagram, &mac, address, now_ms);
}

static void hear(unsigned sender, struct ip4 address)
{
    struct hw own = bench_mac(99);
    struct arp arp = {.operation = ARP_REPLY, .sender_hw = bench_mac(sender), .sender = address};
    dhcp_conflict_hear(conflict, INTERFACE, &arp, &own);
}

static void an_offer_waits_until_the_network_was_silent(void **state)
{
    (void)state;
    struct conflict_slot over;
    assert_false(is_settled(1, bench_ip(100), NOW_MS));
    assert_false(dhcp_conflict_take(conflict, NOW_MS + CONFLICT_WAIT_MS - 1, &over));
    assert_true(dhcp_conflict_take(conflict, NOW_MS + CONFLICT_WAIT_MS, &over));
    assert_int_equal(over.state, CONFLICT_SILENT);
    assert_ptr_equal(over.datagram.bytes, over.bytes);
    assert_memory_equal(over.datagram.bytes, QUESTION, sizeof QUESTION);
    assert_false(dhcp_conflict_take(conflict, NOW_MS + CONFLICT_WAIT_MS, &over));
    assert_int_equal(conflict->asking, 0);
}

static void silence_is_believed_for_a_while(void **state)
{
    (void)state;
    struct conflict_slot over;
    assert_false(is_settled(1, bench_ip(100), NOW_MS));
    assert_true(dhcp_conflict_take(conflict, NOW_MS + CONFLICT_WAIT_MS, &over));
    assert_true(is_settled(1, bench_ip(100), NOW_MS + CONFLICT_WAIT_MS));
    assert_true(is_settled(1, bench_ip(100), NOW_MS + CONFLICT_KEEP_MS - 1));
    assert_false(is_settled(1, bench_ip(100), NOW_MS + CONFLICT_KEEP_MS));
}

static void a_stranger_that_speaks_up_ends_the_waiting(void **state)
{
    (void)state;
    struct conflict_slot over;
    assert_false(is_settled(1, bench_ip(100), NOW_MS));
    hear(7, bench_ip(100));
    assert_true(dhcp_conflict_take(conflict, NOW_MS + 1, &over));
    assert_int_equal(over.state, CONFLICT_TAKEN);
    struct hw stranger = bench_mac(7);
    assert_true(hw_equal(&over.stranger, &stranger));
    assert_int_equal(conflict->asking, 0);
    assert_true(is_settled(1, bench_ip(100), NOW_MS + 2)); // no second question about it: it is set aside
}

static void the_client_itself_we_and_other_addresses_are_no_conflict(void **state)
{
    (void)state;
    struct conflict_slot over;
    assert_false(is_settled(1, bench_ip(100), NOW_MS));
    hear(1, bench_ip(100));
    hear(99, bench_ip(100));
    hear(7, bench_ip(101));
    assert_true(dhcp_conflict_take(conflict, NOW_MS + CONFLICT_WAIT_MS, &over));
    assert_int_equal(over.state, CONFLICT_SILENT);
}

static void a_thousand_wait_at_once_and_nobody_for_another(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CONFLICT_SLOTS; i++) {
        assert_false(is_settled(i + 1, (struct ip4){0x0a000000u + i}, NOW_MS));
    }
    assert_int_equal(conflict->asking, CONFLICT_SLOTS);
    struct ip4 one_more = {0x0a000000u + CONFLICT_SLOTS};
    assert_true(is_settled(5000, one_more, NOW_MS)); // no room: offered at once
    static struct conflict_slot over;
    unsigned count = 0;
    while (dhcp_conflict_take(conflict, NOW_MS + CONFLICT_WAIT_MS, &over)) {
        count++;
    }
    assert_int_equal(count, CONFLICT_SLOTS);
}

static void asking_again_does_not_prolong_the_waiting(void **state)
{
    (void)state;
    struct conflict_slot over;
    assert_false(is_settled(1, bench_ip(100), NOW_MS));
    assert_false(is_settled(1, bench_ip(100), NOW_MS + 150));
    assert_int_equal(conflict->asking, 1);
    assert_true(dhcp_conflict_take(conflict, NOW_MS + CONFLICT_WAIT_MS, &over));
    assert_int_equal(conflict->asking, 0);
}

static void asking_again_after_a_stranger_spoke_up_is_still_one_question(void **state)
{
    (void)state;
    struct conflict_slot over;
    assert_false(is_settled(1, bench_ip(100), NOW_MS));
    hear(7, bench_ip(100));
    assert_false(is_settled(1, bench_ip(100), NOW_MS + 10));
    assert_true(dhcp_conflict_take(conflict, NOW_MS + 10, &over));
    assert_int_equal(over.state, CONFLICT_TAKEN);
    assert_int_equal(conflict->asking, 0);
}

static void who_answers_for_everybody_is_not_believed(void **state)
{
    (void)state;
    struct hw router = bench_mac(7);
    struct hw host = bench_mac(8);
    bool is_news;
    for (unsigned i = 0; i < CONFLICT_MOST; i++) {
        assert_true(dhcp_conflict_is_believed(conflict, &router, bench_ip(100 + i), &is_news));
        assert_false(is_news);
    }
    assert_true(dhcp_conflict_is_believed(conflict, &router, bench_ip(100), &is_news)); // the same again
    assert_false(dhcp_conflict_is_believed(conflict, &router, bench_ip(150), &is_news));
    assert_true(is_news);
    assert_false(dhcp_conflict_is_believed(conflict, &router, bench_ip(151), &is_news));
    assert_false(is_news);
    assert_true(dhcp_conflict_is_believed(conflict, &host, bench_ip(150), &is_news));
}

#define CONFLICT_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFLICT_TEST(an_offer_waits_until_the_network_was_silent),
        CONFLICT_TEST(silence_is_believed_for_a_while),
        CONFLICT_TEST(a_stranger_that_speaks_up_ends_the_waiting),
        CONFLICT_TEST(the_client_itself_we_and_other_addresses_are_no_conflict),
        CONFLICT_TEST(a_thousand_wait_at_once_and_nobody_for_another),
        CONFLICT_TEST(asking_again_does_not_prolong_the_waiting),
        CONFLICT_TEST(who_answers_for_everybody_is_not_believed),
        CONFLICT_TEST(asking_again_after_a_stranger_spoke_up_is_still_one_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
