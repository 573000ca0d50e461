// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/tftp.h"

#include "unit/session/tftp_simulation.h"
#include "unit/test.h"

#define MIB 1048576u
#define GIB (1024ull * MIB)

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

static void the_timer_never_exceeds_five_seconds_or_what_the_client_asked(void **state)
{
    (void)state;
    struct tftp_read read = lock_step(100000);
    read.has_heard = true; // who was never heard of is given up earlier
    int64_t last_us = 0;
    for (int i = 0; i < 9; i++) {
        int64_t due_us = read.wake_us;
        assert_true(due_us - last_us <= 5000000);
        assert_sends(wake(&read, due_us), 1, 1);
        last_us = due_us;
    }
    assert_int_equal(read.wake_us - last_us, 5000000);

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

static void a_lost_last_ack_is_forgiven_after_a_few_retries(void **state)
{
    (void)state;
    static const uint16_t BLOCK_BYTES[] = {0, 1000}; // without and with options
    for (size_t i = 0; i < COUNT_OF(BLOCK_BYTES); i++) {
        struct simulation simulation = {.client = CLIENT_MUTE,
                                        .size_bytes = 100000,
                                        .block_bytes = BLOCK_BYTES[i],
                                        .delay_us = 100,
                                        .seed = 1};
        simulation_run(&simulation);
        assert_int_equal(simulation.outcome, TFTP_OUTCOME_DONE);
        assert_true(simulation.has_all && simulation.read.is_finished);
        assert_in_range(simulation.now_us, 1, 10000000);
    }
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

static void assert_whole(const struct simulation *simulation, double blocks_most)
{
    assert_true(simulation->is_finished);
    assert_int_equal(simulation->outcome, TFTP_OUTCOME_DONE);
    assert_true(simulation->has_all);
    assert_int_equal(simulation->got, simulation->read.block_count);
    double ratio = (double)simulation->blocks_sent / (double)simulation->read.block_count;
    if (ratio > blocks_most) {
        print_message("client %d window %u loss %u: sent %.3f times the file in %.3f s\n", simulation->client,
                      simulation->read.window, simulation->loss_permille, ratio,
                      (double)simulation->now_us / 1e6);
    }
    assert_true(ratio <= blocks_most);
}

static void without_loss_every_block_is_sent_once(void **state)
{
    (void)state;
    static const uint16_t WINDOWS[] = {0, 1, 4, 16, 64};
    for (enum simulated_client client = CLIENT_PLAIN; client <= CLIENT_UBOOT; client++) {
        for (size_t i = 0; i < COUNT_OF(WINDOWS); i++) {
            struct simulation simulation = {.client = client,
                                            .size_bytes = 4 * MIB,
                                            .block_bytes = 1468,
                                            .window = WINDOWS[i],
                                            .delay_us = 200,
                                            .seed = 7};
            simulation_run(&simulation);
            assert_whole(&simulation, 1.0);
            assert_true(simulation.acks_sent <= simulation.read.block_count / simulation.read.window + 2);
        }
    }
}

static void seventy_thousand_blocks_wrap_without_harm(void **state)
{
    (void)state;
    struct simulation simulation = {
        .client = CLIENT_PLAIN, .size_bytes = 70000ull * 512, .delay_us = 50, .seed = 3};
    simulation_run(&simulation);
    assert_whole(&simulation, 1.0);
    struct simulation lossy = {.client = CLIENT_EDK2,
                               .size_bytes = 200000ull * 512,
                               .block_bytes = 512,
                               .window = 64,
                               .delay_us = 50,
                               .loss_permille = 1,
                               .seed = 3};
    simulation_run(&lossy);
    assert_whole(&lossy, 1.1);
}

static void loss_costs_little_and_never_the_file(void **state)
{
    (void)state;
    static const struct {
        enum simulated_client client;
        uint16_t window;
        unsigned loss_permille;
        double blocks_most;
        double seconds_most;
    } ROWS[] = {
        {CLIENT_PLAIN, 1, 10, 1.05, 0.5}, {CLIENT_PLAIN, 4, 10, 1.08, 0.15},
        {CLIENT_EDK2, 4, 10, 1.08, 0.15}, {CLIENT_EDK2, 16, 10, 1.25, 0.15},
        {CLIENT_PLAIN, 64, 10, 2.2, 0.2}, {CLIENT_EDK2, 64, 10, 2.2, 0.2},
        {CLIENT_PLAIN, 1, 100, 1.4, 5.0}, {CLIENT_EDK2, 4, 100, 1.8, 2.0},
        {CLIENT_UBOOT, 1, 10, 1.2, 90.0},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct simulation simulation = {.client = ROWS[i].client,
                                            .size_bytes = MIB,
                                            .block_bytes = 1456,
                                            .window = ROWS[i].window,
                                            .loss_permille = ROWS[i].loss_permille,
                                            .delay_us = 100,
                                            .client_timer_us = 5000000,
                                            .seed = seed};
            simulation_run(&simulation);
            assert_whole(&simulation, ROWS[i].blocks_most);
            assert_true((double)simulation.now_us / 1e6 <= ROWS[i].seconds_most);
        }
    }
}

static void disorder_and_doubles_do_not_breed_storms(void **state)
{
    (void)state;
    static const uint16_t WINDOWS[] = {1, 4, 16, 64};
    for (enum simulated_client client = CLIENT_PLAIN; client <= CLIENT_EDK2; client++) {
        for (size_t i = 0; i < COUNT_OF(WINDOWS); i++) {
            struct simulation simulation = {.client = client,
                                            .size_bytes = 4 * MIB,
                                            .block_bytes = 1456,
                                            .window = WINDOWS[i],
                                            .double_permille = 20,
                                            .late_permille = 10,
                                            .late_us = 50,
                                            .loss_permille = 2,
                                            .delay_us = 100,
                                            .seed = 11 + i};
            simulation_run(&simulation);
            assert_whole(&simulation, WINDOWS[i] == 64 ? 2.0 : 1.4);
        }
    }
}

static void a_client_that_vanishes_in_the_middle_is_a_timeout(void **state)
{
    (void)state;
    struct simulation simulation = {.client = CLIENT_EDK2,
                                    .size_bytes = MIB,
                                    .block_bytes = 1468,
                                    .window = 4,
                                    .delay_us = 100,
                                    .vanishes_at = 300,
                                    .seed = 1};
    simulation_run(&simulation);
    assert_int_equal(simulation.outcome, TFTP_OUTCOME_TIMEOUT);
    assert_in_range(simulation.now_us, 60000000, 70000000);
    assert_in_range(simulation.blocks_sent, 300, 300 + 4 * 40);
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
        cmocka_unit_test(the_timer_never_exceeds_five_seconds_or_what_the_client_asked),
        cmocka_unit_test(the_round_trip_is_averaged),
        cmocka_unit_test(a_slow_client_is_served_as_long_as_it_gets_on),
        cmocka_unit_test(a_client_that_vanished_is_given_up_after_a_minute),
        cmocka_unit_test(a_lost_last_ack_is_forgiven_after_a_few_retries),
        cmocka_unit_test(a_network_that_became_slow_is_noticed_after_a_few_blocks),
        cmocka_unit_test(the_last_block_is_kept_for_a_client_that_lost_it_on_a_fast_network),
        cmocka_unit_test(one_who_was_never_heard_of_did_not_get_the_file),
        cmocka_unit_test(one_who_never_answers_gets_little),
        cmocka_unit_test(six_gibibytes_are_counted_right_through_many_wraps),
        cmocka_unit_test(without_loss_every_block_is_sent_once),
        cmocka_unit_test(seventy_thousand_blocks_wrap_without_harm),
        cmocka_unit_test(loss_costs_little_and_never_the_file),
        cmocka_unit_test(disorder_and_doubles_do_not_breed_storms),
        cmocka_unit_test(a_client_that_vanishes_in_the_middle_is_a_timeout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
