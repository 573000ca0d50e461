// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/tftp.h"

#include "unit/test.h"

#define GIB 1073741824ull

static const struct tftp_limits LIMITS = {.block_most = 1468, .window_most = 64};

static struct tftp_action step(struct tftp_read *read, struct tftp_event event)
{
    struct tftp_action actions[TFTP_ACTIONS_MOST] = {0};
    unsigned count = tftp_read_step(read, &event, actions);
    assert_in_range(count, 1, TFTP_ACTIONS_MOST);
    bool says_when = actions[count - 1].kind == TFTP_ACTION_WAKE_AT;
    assert_true(says_when != (actions[count - 1].kind == TFTP_ACTION_FINISHED));
    return actions[0];
}

static struct tftp_action start(struct tftp_read *read)
{
    return step(read, (struct tftp_event){.kind = TFTP_EVENT_START, .now_us = 0});
}

static struct tftp_action ack(struct tftp_read *read, uint16_t block, int64_t now_us)
{
    return step(read, (struct tftp_event){.kind = TFTP_EVENT_ACK, .block = block, .now_us = now_us});
}

static struct tftp_action wake(struct tftp_read *read, int64_t now_us)
{
    return step(read, (struct tftp_event){.kind = TFTP_EVENT_WAKE, .now_us = now_us});
}

static struct tftp_action error(struct tftp_read *read, uint16_t code)
{
    return step(read, (struct tftp_event){.kind = TFTP_EVENT_ERROR, .code = code, .now_us = 1000});
}

static void assert_sends(struct tftp_action action, uint64_t first, unsigned count)
{
    assert_int_equal(action.kind, TFTP_ACTION_SEND_BLOCKS);
    assert_int_equal(action.first, first);
    assert_int_equal(action.count, count);
}

static void assert_finished(struct tftp_action action, enum tftp_outcome outcome)
{
    assert_int_equal(action.kind, TFTP_ACTION_FINISHED);
    assert_int_equal(action.outcome, outcome);
}

// A read with a window whose OACK was acknowledged and whose first window is on its way.
static struct tftp_read windowed(uint64_t size_bytes, uint16_t window)
{
    struct tftp_options asked = {0};
    struct tftp_read read;
    tftp_options_put(&asked, TFTP_OPTION_BLKSIZE, 1000);
    tftp_options_put(&asked, TFTP_OPTION_WINDOWSIZE, window);
    tftp_read_init(&read, &asked, size_bytes, &LIMITS);
    assert_int_equal(start(&read).kind, TFTP_ACTION_SEND_OACK);
    assert_sends(ack(&read, 0, 1000), 1, window);
    return read;
}

static struct tftp_read lock_step(uint64_t size_bytes)
{
    struct tftp_options asked = {0};
    struct tftp_read read;
    tftp_read_init(&read, &asked, size_bytes, &LIMITS);
    assert_sends(start(&read), 1, 1);
    return read;
}

static void a_plain_request_is_answered_with_the_first_block_of_512(void **state)
{
    (void)state;
    struct tftp_read read = lock_step(1300);
    uint8_t out[TFTP_REQUEST_BYTES];
    assert_int_equal(tftp_read_encode_oack(&read, out, sizeof out), 0);
    assert_int_equal(read.block_count, 3);
    assert_int_equal(tftp_read_block_bytes(&read, 1), 512);
    assert_int_equal(tftp_read_block_bytes(&read, 3), 1300 - 1024);
    assert_sends(ack(&read, 1, 100), 2, 1);
    assert_sends(ack(&read, 2, 200), 3, 1);
    assert_finished(ack(&read, 3, 300), TFTP_OUTCOME_DONE);
}

static void an_empty_file_is_one_empty_block(void **state)
{
    (void)state;
    struct tftp_read read = lock_step(0);
    assert_int_equal(read.block_count, 1);
    assert_int_equal(tftp_read_block_bytes(&read, 1), 0);
    assert_finished(ack(&read, 1, 100), TFTP_OUTCOME_DONE);
}

static void a_multiple_of_the_block_size_ends_with_an_empty_block(void **state)
{
    (void)state;
    struct tftp_read read = lock_step(1024);
    assert_int_equal(read.block_count, 3);
    assert_int_equal(tftp_read_block_bytes(&read, 2), 512);
    assert_int_equal(tftp_read_block_bytes(&read, 3), 0);
}

static void options_are_granted_in_the_clients_order_and_never_above_what_it_asked(void **state)
{
    (void)state;
    struct tftp_options asked = {0};
    struct tftp_read read;
    tftp_options_put(&asked, TFTP_OPTION_WINDOWSIZE, 200);
    tftp_options_put(&asked, TFTP_OPTION_TSIZE, 0);
    tftp_options_put(&asked, TFTP_OPTION_BLKSIZE, 4096);
    tftp_options_put(&asked, TFTP_OPTION_TIMEOUT, 7);
    tftp_read_init(&read, &asked, 5000, &LIMITS);
    uint8_t out[TFTP_REQUEST_BYTES];
    size_t length = tftp_read_encode_oack(&read, out, sizeof out);
    static const char EXPECTED[] = "\0\6windowsize\00064\0tsize\0005000\0blksize\0001468\0timeout\0007";
    assert_int_equal(length, sizeof EXPECTED);
    assert_memory_equal(out, EXPECTED, length);

    struct tftp_options small = {0};
    tftp_options_put(&small, TFTP_OPTION_BLKSIZE, 1024);
    tftp_options_put(&small, TFTP_OPTION_WINDOWSIZE, 4);
    tftp_read_init(&read, &small, 5000, &LIMITS);
    assert_int_equal(read.block_bytes, 1024);
    assert_int_equal(read.window, 4);
    assert_false(read.granted.has[TFTP_OPTION_TSIZE]);
    assert_false(read.granted.has[TFTP_OPTION_TIMEOUT]);
}

static void windows_of_large_blocks_hold_fewer_of_them(void **state)
{
    (void)state;
    struct tftp_limits limits = {.block_most = TFTP_MOST_BLOCK_BYTES, .window_most = 64};
    struct tftp_options asked = {0};
    struct tftp_read read;
    tftp_options_put(&asked, TFTP_OPTION_BLKSIZE, TFTP_MOST_BLOCK_BYTES);
    tftp_options_put(&asked, TFTP_OPTION_WINDOWSIZE, 64);
    tftp_read_init(&read, &asked, 5000, &limits);
    assert_int_equal(read.window, 4);
    tftp_options_put(&asked, TFTP_OPTION_BLKSIZE, 1468);
    tftp_read_init(&read, &asked, 5000, &limits);
    assert_int_equal(read.window, 64);
}

static void a_size_probe_ends_quietly(void **state)
{
    (void)state;
    static const uint16_t CODES[] = {TFTP_ERROR_NOT_DEFINED, TFTP_ERROR_OPTION_NEGOTIATION};
    for (size_t i = 0; i < COUNT_OF(CODES); i++) {
        struct tftp_options asked = {0};
        struct tftp_read read;
        tftp_options_put(&asked, TFTP_OPTION_TSIZE, 0);
        tftp_read_init(&read, &asked, 5000, &LIMITS);
        assert_int_equal(start(&read).kind, TFTP_ACTION_SEND_OACK);
        assert_finished(error(&read, CODES[i]), TFTP_OUTCOME_PROBED);
    }
}

static void an_error_in_the_middle_is_an_abort(void **state)
{
    (void)state;
    struct tftp_read read = windowed(100000, 4);
    assert_sends(ack(&read, 4, 2000), 5, 4);
    assert_finished(error(&read, TFTP_ERROR_NOT_DEFINED), TFTP_OUTCOME_ABORTED);

    struct tftp_options asked = {0};
    tftp_options_put(&asked, TFTP_OPTION_TSIZE, 0);
    tftp_read_init(&read, &asked, 5000, &LIMITS);
    start(&read);
    assert_finished(error(&read, TFTP_ERROR_DISK_FULL), TFTP_OUTCOME_ABORTED);
}

static void a_lost_oack_is_sent_again(void **state)
{
    (void)state;
    struct tftp_options asked = {0};
    struct tftp_read read;
    tftp_options_put(&asked, TFTP_OPTION_BLKSIZE, 1000);
    tftp_read_init(&read, &asked, 5000, &LIMITS);
    start(&read);
    assert_int_equal(wake(&read, read.wake_us).kind, TFTP_ACTION_SEND_OACK);
    assert_int_equal(ack(&read, 1, read.wake_us - 10).kind, TFTP_ACTION_WAKE_AT); // not what OACK calls for
    assert_sends(ack(&read, 0, read.wake_us - 5), 1, 1);
}

static void lock_step_never_answers_a_duplicate_ack(void **state)
{
    (void)state;
    struct tftp_read read = lock_step(100000);
    assert_sends(ack(&read, 1, 100), 2, 1);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ack(&read, 1, 110 + i).kind, TFTP_ACTION_WAKE_AT);
    }
    assert_sends(ack(&read, 2, 200), 3, 1);
}

static void an_ack_inside_the_window_starts_a_fresh_one_behind_it(void **state)
{
    (void)state;
    struct tftp_read read = windowed(100000, 8);
    assert_sends(ack(&read, 3, 2000), 4, 8);
    assert_sends(ack(&read, 11, 3000), 12, 8);
    assert_sends(ack(&read, 14, 4000), 15, 8); // and the next gap again
}

static void a_storm_of_equal_acks_rewinds_once(void **state)
{
    (void)state;
    struct tftp_read read = windowed(100000, 4);
    assert_sends(ack(&read, 0, 2000), 1, 4); // block 1 was lost, 2 to 4 are strays
    assert_int_equal(ack(&read, 0, 2001).kind, TFTP_ACTION_WAKE_AT);
    assert_int_equal(ack(&read, 0, 2002).kind, TFTP_ACTION_WAKE_AT);
    assert_sends(ack(&read, 4, 3000), 5, 4);
    // Strays of what was sent twice say 4 again: no news.
    assert_int_equal(ack(&read, 4, 3001).kind, TFTP_ACTION_WAKE_AT);
    assert_sends(ack(&read, 8, 4000), 9, 4);
    // Beyond what was sent twice a duplicate counts again.
    assert_sends(ack(&read, 8, 5000), 9, 4);
}

// EDK2 gets 1 .. 4 by the timer although it has 1 .. 3 already: each makes it say 3.
static void acks_of_strays_send_what_is_new_and_nothing_again(void **state)
{
    (void)state;
    struct tftp_read read = windowed(100000, 4);
    assert_sends(wake(&read, read.wake_us), 1, 4);
    int64_t now_us = read.wake_us;
    assert_sends(ack(&read, 3, now_us), 5, 3); // 4 is on its way
    assert_int_equal(ack(&read, 3, now_us).kind, TFTP_ACTION_WAKE_AT);
    assert_sends(ack(&read, 4, now_us), 8, 1);
    assert_sends(ack(&read, 8, now_us), 9, 4);
}

static void acks_from_outside_the_window_are_ignored(void **state)
{
    (void)state;
    struct tftp_read read = windowed(100000, 4);
    assert_int_equal(ack(&read, 5, 2000).kind, TFTP_ACTION_WAKE_AT);
    assert_int_equal(ack(&read, 65535, 2000).kind, TFTP_ACTION_WAKE_AT);
    assert_int_equal(read.acked, 0);
    assert_sends(ack(&read, 4, 2000), 5, 4);
    assert_int_equal(ack(&read, 3, 2000).kind, TFTP_ACTION_WAKE_AT);
    assert_int_equal(read.acked, 4);
}

static void the_timer_follows_the_round_trip_and_doubles(void **state)
{
    (void)state;
    struct tftp_read read = lock_step(100000);
    assert_int_equal(read.wake_us, 200000);
    ack(&read, 1, 1000);
    assert_int_equal(read.srtt_us, 1000);
    assert_int_equal(read.wake_us, 1000 + 1000 + 4 * 500 + 10000);
    int64_t due_us = read.wake_us;
    assert_int_equal(wake(&read, due_us - 1).kind, TFTP_ACTION_WAKE_AT); // too early: nothing
    assert_sends(wake(&read, due_us), 2, 1);
    assert_int_equal(read.wake_us - due_us, 2 * 13000);
    // Karn: an ACK of a block that was sent twice says nothing about the round trip.
    ack(&read, 2, due_us + 3000000);
    assert_int_equal(read.srtt_us, 1000);
}

static void
the_timer_soon_leaves_time_for_a_clients_own_of_five_seconds_or_keeps_to_what_it_asked(void **state)
{
    (void)state;
    struct tftp_read read = lock_step(100000);
    read.has_heard = true; // who was never heard of is given up earlier
    int64_t last_us = 0;
    for (int i = 0; i < 9; i++) {
        int64_t due_us = read.wake_us;
        assert_true(due_us - last_us <= 5300000);
        assert_sends(wake(&read, due_us), 1, 1);
        last_us = due_us;
    }
    assert_int_equal(read.wake_us - last_us, 5300000);

    struct tftp_options asked = {0};
    tftp_options_put(&asked, TFTP_OPTION_TIMEOUT, 1);
    tftp_read_init(&read, &asked, 5000, &LIMITS);
    start(&read);
    assert_int_equal(read.wake_us, 200000);
    for (int i = 0; i < 6; i++) {
        last_us = read.wake_us;
        wake(&read, last_us);
    }
    assert_int_equal(read.wake_us - last_us, 1000000);
}

// The network doubled an ACK: the copy comes long before anything sent since could have been answered.
static void an_ack_that_came_twice_at_once_sends_nothing_again(void **state)
{
    (void)state;
    struct tftp_read read = windowed(100000, 8);
    ack(&read, 8, 10000);
    assert_int_equal(ack(&read, 8, 10010).kind, TFTP_ACTION_WAKE_AT);
    assert_sends(ack(&read, 8, 20000), 9, 8);
}

static void the_round_trip_is_averaged(void **state)
{
    (void)state;
    struct tftp_read read = lock_step(1000000);
    int64_t now_us = 0;
    for (uint16_t block = 1; block <= 100; block++) {
        now_us += 1000 + (block % 2) * 200;
        ack(&read, block, now_us);
    }
    assert_in_range(read.srtt_us, 1000, 1200);
    assert_in_range(read.rttvar_us, 50, 150);
    for (uint16_t block = 101; block <= 200; block++) {
        ack(&read, block, now_us += 5000);
    }
    assert_in_range(read.srtt_us, 4900, 5100);
}

static void a_slow_client_is_served_as_long_as_it_gets_on(void **state)
{
    (void)state;
    struct tftp_options asked = {0};
    struct tftp_read read;
    tftp_options_put(&asked, TFTP_OPTION_BLKSIZE, 512);
    tftp_read_init(&read, &asked, 10 * 512, &LIMITS);
    int64_t now_us = 7200000000; // two hours after the clock began
    step(&read, (struct tftp_event){.kind = TFTP_EVENT_START, .now_us = now_us});
    for (uint16_t block = 0; block <= 10; block++) { // the eleventh is the last and has rules of its own
        for (int64_t end_us = now_us + 50000000; read.wake_us < end_us;) {
            assert_int_not_equal(wake(&read, read.wake_us).kind, TFTP_ACTION_FINISHED);
        }
        now_us += 50000000;
        ack(&read, block, now_us);
    }
}

static void a_client_that_vanished_is_given_up_after_a_minute(void **state)
{
    (void)state;
    struct tftp_read read = lock_step(100000);
    ack(&read, 1, 1000);
    struct tftp_action action = {0};
    unsigned wakes = 0;
    int64_t due_us = 0;
    while (action.kind != TFTP_ACTION_FINISHED) {
        due_us = read.wake_us;
        action = wake(&read, due_us);
        assert_true(++wakes < 100);
    }
    assert_finished(action, TFTP_OUTCOME_TIMEOUT);
    assert_in_range(due_us, 60000000, 66000000);
}

// Karn's rule alone would never notice: each block would be sent twice, and a crowded network get worse.
static void a_network_that_became_slow_is_noticed_after_a_few_blocks(void **state)
{
    (void)state;
    struct tftp_read read = lock_step(100000);
    int64_t now_us = 1000;
    unsigned repeats = 0;
    (void)ack(&read, 1, now_us);
    for (uint16_t block = 2; block <= 50; block++) {
        now_us += 50000;
        while (read.wake_us < now_us) {
            assert_sends(wake(&read, read.wake_us), block, 1);
            repeats++;
        }
        assert_sends(ack(&read, block, now_us), block + 1u, 1);
    }
    assert_in_range(repeats, 1, 15);
}

// EDK2 says again where it stands after four seconds of silence; the session must still be there, or a
// download is lost at its last block.
static void the_last_block_is_kept_for_a_client_that_lost_it_on_a_fast_network(void **state)
{
    (void)state;
    struct tftp_read read = lock_step(1000);
    assert_sends(ack(&read, 1, 200), 2, 1);
    struct tftp_action action = {0};
    int64_t due_us = 0;
    while (action.kind != TFTP_ACTION_FINISHED) {
        due_us = read.wake_us;
        action = wake(&read, due_us);
    }
    assert_finished(action, TFTP_OUTCOME_DONE);
    assert_in_range(due_us, 5000000, 10000000);
}

static void one_who_was_never_heard_of_did_not_get_the_file(void **state)
{
    (void)state;
    struct tftp_read read = lock_step(10); // one block: the first is the last
    struct tftp_action action = {0};
    while (action.kind != TFTP_ACTION_FINISHED) {
        action = wake(&read, read.wake_us);
    }
    assert_finished(action, TFTP_OUTCOME_TIMEOUT);
}

// Anybody can ask in the name of another, who then gets what he never asked for: that must stay little.
static void one_who_never_answers_gets_little(void **state)
{
    (void)state;
    struct tftp_read read = lock_step(100000);
    struct tftp_action action = {0};
    unsigned sent = 1;
    while (action.kind != TFTP_ACTION_FINISHED) {
        action = wake(&read, read.wake_us);
        sent += action.kind == TFTP_ACTION_SEND_BLOCKS ? action.count : 0;
    }
    assert_finished(action, TFTP_OUTCOME_TIMEOUT);
    assert_int_equal(sent, 1 + TFTP_FIRST_TRIES);
    assert_in_range(read.wake_us, 10000000, 20000000);

    struct tftp_options asked = {0};
    tftp_options_put(&asked, TFTP_OPTION_WINDOWSIZE, 64);
    tftp_read_init(&read, &asked, 100000, &LIMITS);
    start(&read);
    for (sent = 1; (action = wake(&read, read.wake_us)).kind != TFTP_ACTION_FINISHED; sent++) {
        assert_int_equal(action.kind, TFTP_ACTION_SEND_OACK); // smaller than the request, and no block at all
    }
    assert_in_range(sent, 10, 20);

    // A short timeout makes them come closer together, and not more of them.
    tftp_options_put(&asked, TFTP_OPTION_TIMEOUT, 1);
    tftp_read_init(&read, &asked, 100000, &LIMITS);
    start(&read);
    for (sent = 1; (action = wake(&read, read.wake_us)).kind != TFTP_ACTION_FINISHED; sent++) {
        assert_int_equal(action.kind, TFTP_ACTION_SEND_OACK);
    }
    assert_in_range(sent, 10, 20);
}

static void six_gibibytes_are_counted_right_through_many_wraps(void **state)
{
    (void)state;
    struct tftp_read read = windowed(6 * GIB + 1, 64);
    assert_int_equal(read.block_count, (6 * GIB + 1) / 1000 + 1);
    int64_t now_us = 2000;
    uint64_t at = 0;
    for (;;) {
        at = at + 64 < read.block_count ? at + 64 : read.block_count;
        struct tftp_action action = ack(&read, (uint16_t)at, now_us += 100);
        if (at == read.block_count) {
            assert_finished(action, TFTP_OUTCOME_DONE);
            break;
        }
        assert_int_equal(action.first, at + 1);
    }
    assert_int_equal(tftp_read_block_bytes(&read, at), (6 * GIB + 1) % 1000);
}

static struct tftp_read asked_for(enum tftp_option option, uint64_t value, const struct tftp_limits *limits)
{
    struct tftp_options asked = {0};
    struct tftp_read read;
    tftp_options_put(&asked, option, value);
    tftp_read_init(&read, &asked, 100000, limits);
    return read;
}

static void options_of_tftp_hpa_are_granted_as_it_does(void **state)
{
    (void)state;
    struct tftp_read read = asked_for(TFTP_OPTION_BLKSIZE2, 65464, &LIMITS);
    assert_int_equal(read.block_bytes, 1024);
    assert_int_equal(read.granted.value[TFTP_OPTION_BLKSIZE2], 1024);
    read = asked_for(TFTP_OPTION_BLKSIZE2, 15, &LIMITS);
    assert_int_equal(read.block_bytes, 8);
    read = asked_for(TFTP_OPTION_BLKSIZE2, 512, &LIMITS);
    assert_int_equal(read.block_bytes, 512);
    read = asked_for(TFTP_OPTION_UTIMEOUT, 50000, &LIMITS);
    assert_int_equal(read.granted.value[TFTP_OPTION_UTIMEOUT], 50000);
    start(&read);
    assert_int_equal(read.wake_us, 50000);
    read = asked_for(TFTP_OPTION_ROLLOVER, 1, &LIMITS);
    assert_int_equal(read.granted.value[TFTP_OPTION_ROLLOVER], 1);
    assert_int_equal(tftp_read_wire_block(&read, 65535), 65535);
    assert_int_equal(tftp_read_wire_block(&read, 65536), 1);
    assert_int_equal(tftp_read_wire_block(&read, 65536 + 65535), 1);
    read = asked_for(TFTP_OPTION_ROLLOVER, 65535, &LIMITS); // every number behind would be this one
    assert_int_equal(read.granted.count, 0);

    struct tftp_options both = {0}; // the first of two block sizes counts
    tftp_options_put(&both, TFTP_OPTION_BLKSIZE2, 600);
    tftp_options_put(&both, TFTP_OPTION_BLKSIZE, 1000);
    tftp_read_init(&read, &both, 5000, &LIMITS);
    assert_int_equal(read.block_bytes, 512);
    assert_false(read.granted.has[TFTP_OPTION_BLKSIZE]);
}

static void refused_options_are_left_out_as_if_not_asked_for(void **state)
{
    (void)state;
    struct tftp_limits limits = LIMITS;
    limits.refused = 1u << TFTP_OPTION_BLKSIZE | 1u << TFTP_OPTION_MSFTWINDOW;
    struct tftp_read read = asked_for(TFTP_OPTION_BLKSIZE, 1468, &limits);
    assert_int_equal(read.granted.count, 0);
    assert_int_equal(read.block_bytes, 512);
    assert_sends(start(&read), 1, 1); // no OACK: the first block
    read = asked_for(TFTP_OPTION_MSFTWINDOW, TFTP_MSFTWINDOW_ASKED, &limits);
    assert_int_equal(read.granted.count, 0);
    read = asked_for(TFTP_OPTION_MULTICAST, 0, &LIMITS);
    assert_int_equal(read.granted.count, 0);
}

static void msftwindow_lets_each_ack_name_the_next_window(void **state)
{
    (void)state;
    struct tftp_options asked = {0};
    struct tftp_read read;
    tftp_options_put(&asked, TFTP_OPTION_WINDOWSIZE, 4);
    tftp_options_put(&asked, TFTP_OPTION_MSFTWINDOW, TFTP_MSFTWINDOW_ASKED);
    tftp_read_init(&read, &asked, 1000000, &LIMITS);
    assert_int_equal(read.granted.value[TFTP_OPTION_MSFTWINDOW], TFTP_MSFTWINDOW_GRANTED);
    assert_int_equal(read.granted.value[TFTP_OPTION_WINDOWSIZE], 4);
    start(&read);
    struct tftp_event event = {.kind = TFTP_EVENT_ACK, .block = 0, .window = 8, .now_us = 1000};
    assert_sends(step(&read, event), 1, 8);  // ACK 0 says it too
    assert_sends(ack(&read, 8, 2000), 9, 8); // no fifth byte: as before
    event = (struct tftp_event){.kind = TFTP_EVENT_ACK, .block = 16, .window = 255, .now_us = 3000};
    assert_sends(step(&read, event), 17, 64); // more than one burst is never sent
    event = (struct tftp_event){.kind = TFTP_EVENT_ACK, .block = 80, .window = 1, .now_us = 4000};
    assert_sends(step(&read, event), 81, 1);

    read = asked_for(TFTP_OPTION_MSFTWINDOW, 27182, &LIMITS); // not how it is asked for
    assert_int_equal(read.granted.count, 0);
    read = windowed(100000, 4); // not granted: the byte is junk
    event = (struct tftp_event){.kind = TFTP_EVENT_ACK, .block = 4, .window = 16, .now_us = 3000};
    assert_sends(step(&read, event), 5, 4);
}

static void acks_behind_the_wrap_are_understood_with_any_rollover(void **state)
{
    (void)state;
    static const uint16_t ROLLOVERS[] = {0, 1, 1000, TFTP_ROLLOVER_MOST};
    for (size_t i = 0; i < COUNT_OF(ROLLOVERS); i++) {
        struct tftp_limits limits = {.block_most = 8, .window_most = 64, .rollover = ROLLOVERS[i]};
        struct tftp_options asked = {0};
        struct tftp_read read;
        tftp_options_put(&asked, TFTP_OPTION_BLKSIZE, 8);
        tftp_options_put(&asked, TFTP_OPTION_WINDOWSIZE, 64);
        tftp_read_init(&read, &asked, 150000ull * 8, &limits);
        start(&read);
        int64_t now_us = 1000;
        (void)ack(&read, 0, now_us);
        for (uint64_t at = 50; at < read.block_count; at += 50) { // each time 14 of the window are missing
            struct tftp_action action = ack(&read, tftp_read_wire_block(&read, at), now_us += 100);
            assert_int_equal(read.acked, at);
            assert_int_equal(action.first, at + 1);
        }
    }
}

// Which the engine tells whoever decides what the next request is granted.
static void silence_behind_a_large_first_block_is_told(void **state)
{
    (void)state;
    struct tftp_read read = asked_for(TFTP_OPTION_BLKSIZE, 1468, &LIMITS);
    start(&read);
    assert_int_equal(tftp_read_silent_block_bytes(&read, 5000000), 0);
    (void)ack(&read, 0, 1000);
    assert_int_equal(tftp_read_silent_block_bytes(&read, 2000), 0);
    while (read.wake_us < 3000000) {
        (void)wake(&read, read.wake_us);
    }
    assert_int_equal(tftp_read_silent_block_bytes(&read, 3000000), 1468);
    (void)ack(&read, 1, 3000001);
    assert_int_equal(tftp_read_silent_block_bytes(&read, 9000000), 0);
    struct tftp_read small = asked_for(TFTP_OPTION_BLKSIZE, 512, &LIMITS);
    start(&small);
    (void)ack(&small, 0, 1000);
    while (small.wake_us < 3000000) {
        (void)wake(&small, small.wake_us);
    }
    assert_int_equal(tftp_read_silent_block_bytes(&small, 3000000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_request_is_answered_with_the_first_block_of_512),
        cmocka_unit_test(an_empty_file_is_one_empty_block),
        cmocka_unit_test(a_multiple_of_the_block_size_ends_with_an_empty_block),
        cmocka_unit_test(options_are_granted_in_the_clients_order_and_never_above_what_it_asked),
        cmocka_unit_test(windows_of_large_blocks_hold_fewer_of_them),
        cmocka_unit_test(a_size_probe_ends_quietly),
        cmocka_unit_test(an_error_in_the_middle_is_an_abort),
        cmocka_unit_test(a_lost_oack_is_sent_again),
        cmocka_unit_test(lock_step_never_answers_a_duplicate_ack),
        cmocka_unit_test(an_ack_inside_the_window_starts_a_fresh_one_behind_it),
        cmocka_unit_test(a_storm_of_equal_acks_rewinds_once),
        cmocka_unit_test(acks_of_strays_send_what_is_new_and_nothing_again),
        cmocka_unit_test(acks_from_outside_the_window_are_ignored),
        cmocka_unit_test(the_timer_follows_the_round_trip_and_doubles),
        cmocka_unit_test(
            the_timer_soon_leaves_time_for_a_clients_own_of_five_seconds_or_keeps_to_what_it_asked),
        cmocka_unit_test(an_ack_that_came_twice_at_once_sends_nothing_again),
        cmocka_unit_test(the_round_trip_is_averaged),
        cmocka_unit_test(a_slow_client_is_served_as_long_as_it_gets_on),
        cmocka_unit_test(a_client_that_vanished_is_given_up_after_a_minute),
        cmocka_unit_test(a_network_that_became_slow_is_noticed_after_a_few_blocks),
        cmocka_unit_test(the_last_block_is_kept_for_a_client_that_lost_it_on_a_fast_network),
        cmocka_unit_test(one_who_was_never_heard_of_did_not_get_the_file),
        cmocka_unit_test(one_who_never_answers_gets_little),
        cmocka_unit_test(options_of_tftp_hpa_are_granted_as_it_does),
        cmocka_unit_test(refused_options_are_left_out_as_if_not_asked_for),
        cmocka_unit_test(msftwindow_lets_each_ack_name_the_next_window),
        cmocka_unit_test(acks_behind_the_wrap_are_understood_with_any_rollover),
        cmocka_unit_test(silence_behind_a_large_first_block_is_told),
        cmocka_unit_test(six_gibibytes_are_counted_right_through_many_wraps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
