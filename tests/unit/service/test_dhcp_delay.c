// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp_delay.h"

#include "desk_bench.h"
#include "unit/test.h"

#define INTERFACE 3
#define NOW_MS    1000000
#define DELAY_MS  4000

static struct dhcp_delay *delay;
static const uint8_t QUESTION[] = "a question";
static const uint8_t NEWER[] = "a newer one";

static int begin(void **state)
{
    (void)state;
    delay = calloc(1, sizeof *delay);
    return delay == NULL ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    free(delay);
    return 0;
}

static bool keep(unsigned client, const uint8_t *bytes, size_t count, int64_t now_ms)
{
    struct datagram datagram = {.bytes = bytes, .count = count, .interface_index = INTERFACE};
    struct hw mac = bench_mac(client);
    return dhcp_delay_keep(delay, &datagram, &mac, now_ms, DELAY_MS);
}

static uint32_t tried_s(unsigned client, uint16_t secs, bool has_secs, int64_t now_ms)
{
    struct dhcp4_message message = {.chaddr = bench_mac(client), .secs = secs};
    return dhcp_delay_tried_s(delay, &message, has_secs, now_ms);
}

static void a_question_waits_its_time(void **state)
{
    (void)state;
    struct delay_slot over;
    assert_true(keep(1, QUESTION, sizeof QUESTION, NOW_MS));
    assert_false(dhcp_delay_take(delay, NOW_MS + DELAY_MS - 1, &over));
    assert_true(dhcp_delay_take(delay, NOW_MS + DELAY_MS, &over));
    assert_ptr_equal(over.datagram.bytes, over.bytes);
    assert_memory_equal(over.datagram.bytes, QUESTION, sizeof QUESTION);
    assert_false(dhcp_delay_take(delay, NOW_MS + DELAY_MS, &over));
    assert_int_equal(delay->waiting, 0);
}

static void a_client_that_asks_again_does_not_wait_anew(void **state)
{
    (void)state;
    struct delay_slot over;
    assert_true(keep(1, QUESTION, sizeof QUESTION, NOW_MS));
    assert_true(keep(1, NEWER, sizeof NEWER, NOW_MS + DELAY_MS - 1));
    assert_true(dhcp_delay_take(delay, NOW_MS + DELAY_MS, &over));
    assert_int_equal(over.datagram.count, sizeof NEWER);
    assert_memory_equal(over.datagram.bytes, NEWER, sizeof NEWER);
    assert_int_equal(delay->waiting, 0);
}

static void who_came_first_is_answered_first(void **state)
{
    (void)state;
    struct delay_slot over;
    struct hw second = bench_mac(2);
    assert_true(keep(1, QUESTION, sizeof QUESTION, NOW_MS));
    assert_true(dhcp_delay_take(delay, NOW_MS + DELAY_MS, &over));
    assert_true(keep(2, QUESTION, sizeof QUESTION, NOW_MS + 1));
    assert_true(keep(3, QUESTION, sizeof QUESTION, NOW_MS));
    assert_true(dhcp_delay_take(delay, NOW_MS + 2 * DELAY_MS, &over));
    assert_false(hw_equal(&over.client, &second));
    assert_true(dhcp_delay_take(delay, NOW_MS + 2 * DELAY_MS, &over));
    assert_true(hw_equal(&over.client, &second));
}

static void a_client_that_took_an_offer_is_not_answered_late(void **state)
{
    (void)state;
    struct delay_slot over;
    struct hw mac = bench_mac(1);
    assert_true(keep(1, QUESTION, sizeof QUESTION, NOW_MS));
    dhcp_delay_forget(delay, &mac);
    assert_false(dhcp_delay_take(delay, NOW_MS + DELAY_MS, &over));
    assert_int_equal(delay->waiting, 0);
}

static void without_room_a_question_does_not_wait(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= DELAY_SLOTS; i++) {
        assert_true(keep(i, QUESTION, sizeof QUESTION, NOW_MS));
    }
    assert_false(keep(DELAY_SLOTS + 1, QUESTION, sizeof QUESTION, NOW_MS));
    assert_true(keep(1, NEWER, sizeof NEWER, NOW_MS));
}

static void a_client_has_tried_as_long_as_it_says_or_as_we_saw(void **state)
{
    (void)state;
    assert_int_equal(tried_s(1, 0, true, NOW_MS), 0);
    assert_int_equal(tried_s(1, 0, true, NOW_MS + 4000), 4);
    assert_int_equal(tried_s(1, 12, true, NOW_MS + 12500), 12);
    assert_int_equal(tried_s(2, 30, true, NOW_MS), 30);
}

static void what_ipxe_puts_into_secs_is_no_time(void **state)
{
    (void)state;
    assert_int_equal(tried_s(1, 40, false, NOW_MS), 0);
    assert_int_equal(tried_s(1, 40, false, NOW_MS + 3000), 3);
}

static void after_a_silence_a_client_tries_anew(void **state)
{
    (void)state;
    assert_int_equal(tried_s(1, 0, true, NOW_MS), 0);
    assert_int_equal(tried_s(1, 0, true, NOW_MS + DELAY_FORGET_MS), 60);
    assert_int_equal(tried_s(1, 0, true, NOW_MS + 2 * DELAY_FORGET_MS + 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_question_waits_its_time, begin, end),
        cmocka_unit_test_setup_teardown(a_client_that_asks_again_does_not_wait_anew, begin, end),
        cmocka_unit_test_setup_teardown(who_came_first_is_answered_first, begin, end),
        cmocka_unit_test_setup_teardown(a_client_that_took_an_offer_is_not_answered_late, begin, end),
        cmocka_unit_test_setup_teardown(without_room_a_question_does_not_wait, begin, end),
        cmocka_unit_test_setup_teardown(a_client_has_tried_as_long_as_it_says_or_as_we_saw, begin, end),
        cmocka_unit_test_setup_teardown(what_ipxe_puts_into_secs_is_no_time, begin, end),
        cmocka_unit_test_setup_teardown(after_a_silence_a_client_tries_anew, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
