// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/test.h"

#include "session/tftp_listen.h"

#include <stdio.h>

#define GROUP 0xefff4501u // 239.255.69.1

static struct tftp_listen member;
static int64_t now_us;
static char done[512]; // what the last step wanted, as words

static void step(enum tftp_listen_event_kind kind, const struct tftp_packet *packet)
{
    struct tftp_listen_action actions[TFTP_LISTEN_ACTIONS_MOST];
    struct tftp_listen_event event = {.kind = kind, .now_us = now_us, .packet = packet};
    unsigned count = tftp_listen_step(&member, &event, actions);
    struct text text;
    text_init(&text, done, sizeof done);
    for (unsigned i = 0; i < count; i++) {
        static const char *const names[] = {"request", "join", "take",     "ack",
                                            "error",   "wake", "finished", "alone"};
        const struct tftp_listen_action *action = &actions[i];
        unsigned long long value = action->kind == TFTP_LISTEN_TAKE_DATA  ? action->offset
                                   : action->kind == TFTP_LISTEN_SEND_ACK ? action->block
                                   : action->kind == TFTP_LISTEN_JOIN     ? action->port
                                   : action->kind == TFTP_LISTEN_FINISHED ? action->outcome
                                                                          : 0;
        if (action->kind != TFTP_LISTEN_WAKE_AT) {
            text_add_format(&text, "%s%s %llu", text.length == 0 ? "" : ", ", names[action->kind], value);
        }
    }
}

static void start(void)
{
    struct tftp_options asked = {0};
    now_us = 1000000;
    tftp_options_put(&asked, TFTP_OPTION_BLKSIZE, 100);
    tftp_listen_init(&member, &asked, 30000000);
    step(TFTP_LISTEN_START, NULL);
    assert_string_equal(done, "request 0");
}

static void hear_oack(uint32_t group, uint16_t port, bool is_master)
{
    struct tftp_packet packet = {.operation = TFTP_OACK};
    tftp_options_put(&packet.options, TFTP_OPTION_MULTICAST, 0);
    packet.options.multicast = (struct tftp_multicast){{group}, port, is_master};
    if (group != 0) {
        tftp_options_put(&packet.options, TFTP_OPTION_BLKSIZE, 100);
    }
    step(TFTP_LISTEN_PACKET, &packet);
}

static void hear_block(uint16_t block, size_t bytes)
{
    static const uint8_t data[1000];
    struct tftp_packet packet = {.operation = TFTP_DATA, .block = block, .data = data, .data_bytes = bytes};
    step(TFTP_LISTEN_PACKET, &packet);
}

static void the_first_one_is_master_and_acknowledges_every_block(void **state)
{
    (void)state;
    start();
    hear_oack(GROUP, 1758, true);
    assert_string_equal(done, "join 1758, ack 0");
    hear_block(1, 100);
    assert_string_equal(done, "take 0, ack 1");
    hear_block(2, 100);
    assert_string_equal(done, "take 100, ack 2");
    hear_block(3, 0);
    assert_string_equal(done, "take 200, ack 3, finished 0");
    assert_int_equal(member.bytes, 200);
}

static void a_listener_collects_in_silence_and_says_when_it_has_all(void **state)
{
    (void)state;
    start();
    hear_oack(GROUP, 1758, false);
    assert_string_equal(done, "join 1758");
    hear_block(2, 100);
    assert_string_equal(done, "take 100");
    hear_block(2, 100);
    assert_string_equal(done, "");
    hear_block(3, 7);
    assert_string_equal(done, "take 200");
    hear_block(1, 100);
    assert_string_equal(done, "take 0, ack 3, finished 0");
}

static void a_listener_that_becomes_master_says_what_it_lacks(void **state)
{
    (void)state;
    start();
    hear_oack(GROUP, 1758, false);
    hear_block(1, 100);
    hear_block(3, 100);
    hear_block(4, 100);
    hear_block(6, 5);
    hear_oack(0, 0, true);
    assert_string_equal(done, "ack 1");
    hear_block(2, 100);
    assert_string_equal(done, "take 100, ack 4"); // 3 and 4 are here
    hear_block(5, 100);
    assert_string_equal(done, "take 400, ack 6, finished 0");
    assert_int_equal(member.led, 1);
}

static void a_master_that_is_told_to_be_quiet_is_quiet(void **state)
{
    (void)state;
    start();
    hear_oack(GROUP, 1758, true);
    hear_block(1, 100);
    hear_oack(0, 0, false);
    assert_string_equal(done, "");
    hear_block(2, 100);
    assert_string_equal(done, "take 100");
}

static void repeats_do_not_make_more_repeats(void **state)
{
    (void)state;
    start();
    hear_oack(GROUP, 1758, true);
    hear_block(1, 100);
    hear_block(1, 100);
    assert_string_equal(done, "");
    now_us += 60000; // so the ACK was lost
    hear_block(1, 100);
    assert_string_equal(done, "ack 1");
    hear_block(1, 100);
    assert_string_equal(done, "");
    now_us = member.wake_us;
    step(TFTP_LISTEN_WAKE, NULL);
    assert_string_equal(done, "ack 1");
    assert_int_equal(member.resent, 2);
}

static void a_listener_that_hears_nothing_asks_again_and_gives_up_in_the_end(void **state)
{
    (void)state;
    start();
    hear_oack(GROUP, 1758, false);
    unsigned requests = 0;
    while (!member.is_finished) {
        now_us = member.wake_us;
        step(TFTP_LISTEN_WAKE, NULL);
        requests += strcmp(done, "request 0") == 0 ? 1 : 0;
    }
    assert_string_equal(done, "finished 3"); // TFTP_FETCH_SILENT
    assert_in_range(requests, 2, 8);
    assert_in_range(now_us, 31000000, 41000000);
}

static void a_server_without_multicast_is_left_to_others(void **state)
{
    (void)state;
    struct tftp_packet packet = {.operation = TFTP_OACK};
    start();
    hear_block(1, 512);
    assert_string_equal(done, "error 0, alone 0");
    start();
    tftp_options_put(&packet.options, TFTP_OPTION_BLKSIZE, 100);
    step(TFTP_LISTEN_PACKET, &packet);
    assert_string_equal(done, "error 0, alone 0");
}

static void what_cannot_be_is_refused_or_ignored(void **state)
{
    (void)state;
    start();
    hear_oack(GROUP, 0, false); // no port
    assert_string_equal(done, "error 0, finished 4");
    start();
    hear_oack(GROUP, 1758, true);
    hear_block(0, 100);
    assert_string_equal(done, "");
    hear_block(3, 9);
    assert_string_equal(done, "take 200, ack 0");
    hear_block(4, 100); // behind the last one
    assert_string_equal(done, "");
    hear_block(2, 50); // two last ones
    assert_string_equal(done, "");
    hear_block(1, 101);
    assert_string_equal(done, "error 0, finished 5");
}

static void all_numbers_of_blocks_fit(void **state)
{
    (void)state;
    start();
    hear_oack(GROUP, 1758, false);
    for (uint32_t block = 65535; block >= 1; block--) {
        hear_block((uint16_t)block, block == 65535 ? 1 : 100);
    }
    assert_string_equal(done, "take 0, ack 65535, finished 0");
    assert_int_equal(member.missing, 65536);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_one_is_master_and_acknowledges_every_block),
        cmocka_unit_test(a_listener_collects_in_silence_and_says_when_it_has_all),
        cmocka_unit_test(a_listener_that_becomes_master_says_what_it_lacks),
        cmocka_unit_test(a_master_that_is_told_to_be_quiet_is_quiet),
        cmocka_unit_test(repeats_do_not_make_more_repeats),
        cmocka_unit_test(a_listener_that_hears_nothing_asks_again_and_gives_up_in_the_end),
        cmocka_unit_test(a_server_without_multicast_is_left_to_others),
        cmocka_unit_test(what_cannot_be_is_refused_or_ignored),
        cmocka_unit_test(all_numbers_of_blocks_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
