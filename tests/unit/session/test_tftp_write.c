// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/tftp_write.h"

#include "unit/session/tftp_world.h"
#include "unit/test.h"

#include <string.h>

#define MIB 1048576u

static const struct tftp_limits LIMITS = {.block_most = 1468, .window_most = 16};

struct steps {
    struct tftp_write_action actions[TFTP_WRITE_ACTIONS_MOST];
    unsigned count;
};

static struct steps step(struct tftp_write *write, struct tftp_write_event event)
{
    struct steps steps = {.count = 0};
    steps.count = tftp_write_step(write, &event, steps.actions);
    assert_in_range(steps.count, 1, TFTP_WRITE_ACTIONS_MOST);
    bool says_when = steps.actions[steps.count - 1].kind == TFTP_WRITE_WAKE_AT;
    assert_true(says_when != write->is_finished);
    return steps;
}

static struct steps start(struct tftp_write *write)
{
    return step(write, (struct tftp_write_event){.kind = TFTP_WRITE_START});
}

static struct steps data(struct tftp_write *write, uint16_t block, size_t bytes, int64_t now_us)
{
    return step(write, (struct tftp_write_event){
                           .kind = TFTP_WRITE_DATA, .block = block, .data_bytes = bytes, .now_us = now_us});
}

static struct steps wake(struct tftp_write *write)
{
    return step(write, (struct tftp_write_event){.kind = TFTP_WRITE_WAKE, .now_us = write->wake_us});
}

static void assert_takes(struct steps steps, uint64_t offset, bool is_last)
{
    assert_int_equal(steps.actions[0].kind, TFTP_WRITE_TAKE_DATA);
    assert_int_equal(steps.actions[0].offset, offset);
    assert_int_equal(steps.actions[0].is_last, is_last);
}

static void assert_acks(struct steps steps, unsigned at, uint16_t number)
{
    assert_int_equal(steps.actions[at].kind, TFTP_WRITE_SEND_ACK);
    assert_int_equal(steps.actions[at].number, number);
}

static void assert_nothing(struct steps steps)
{
    assert_int_equal(steps.count, 1);
    assert_int_equal(steps.actions[0].kind, TFTP_WRITE_WAKE_AT);
}

static void assert_refused(struct steps steps, enum tftp_error error, enum tftp_write_outcome outcome)
{
    assert_int_equal(steps.count, 2);
    assert_int_equal(steps.actions[0].kind, TFTP_WRITE_SEND_ERROR);
    assert_int_equal(steps.actions[0].error, error);
    assert_int_equal(steps.actions[1].kind, TFTP_WRITE_FINISHED);
    assert_int_equal(steps.actions[1].outcome, outcome);
}

static struct tftp_write lock_step(void)
{
    struct tftp_options asked = {0};
    struct tftp_write write;
    tftp_write_init(&write, &asked, MIB, &LIMITS);
    assert_acks(start(&write), 0, 0);
    return write;
}

static struct tftp_write windowed(uint16_t window)
{
    struct tftp_options asked = {0};
    struct tftp_write write;
    tftp_options_put(&asked, TFTP_OPTION_WINDOWSIZE, window);
    tftp_write_init(&write, &asked, MIB, &LIMITS);
    assert_int_equal(start(&write).actions[0].kind, TFTP_WRITE_SEND_OACK);
    return write;
}

static void a_plain_upload_is_taken_and_then_acknowledged_block_by_block(void **state)
{
    (void)state;
    struct tftp_write write = lock_step();
    struct steps steps = data(&write, 1, 512, 1000);
    assert_takes(steps, 0, false);
    assert_acks(steps, 1, 1);
    steps = data(&write, 2, 100, 2000);
    assert_takes(steps, 512, true);
    assert_acks(steps, 1, 2);
    assert_int_equal(write.receive.bytes, 612);
    steps = wake(&write);
    assert_int_equal(steps.actions[0].kind, TFTP_WRITE_FINISHED);
    assert_int_equal(steps.actions[0].outcome, TFTP_WRITE_DONE);
}

static void an_empty_upload_is_one_empty_block(void **state)
{
    (void)state;
    struct tftp_write write = lock_step();
    assert_takes(data(&write, 1, 0, 1000), 0, true);
}

static void options_are_granted_within_limits_and_the_size_is_echoed(void **state)
{
    (void)state;
    struct tftp_options asked = {0};
    struct tftp_write write;
    uint8_t out[TFTP_REQUEST_BYTES];
    tftp_options_put(&asked, TFTP_OPTION_TSIZE, 4711);
    tftp_options_put(&asked, TFTP_OPTION_BLKSIZE, 65464);
    tftp_options_put(&asked, TFTP_OPTION_WINDOWSIZE, 64);
    tftp_options_put(&asked, TFTP_OPTION_MSFTWINDOW, TFTP_MSFTWINDOW_ASKED);
    tftp_options_put(&asked, TFTP_OPTION_MULTICAST, 0);
    tftp_write_init(&write, &asked, MIB, &LIMITS);
    static const char EXPECTED[] = "\0\6tsize\0004711\0blksize\0001468\0windowsize\00016";
    assert_int_equal(tftp_write_encode_oack(&write, out, sizeof out), sizeof EXPECTED);
    assert_memory_equal(out, EXPECTED, sizeof EXPECTED);
}

static void what_is_too_large_is_refused_by_its_size_or_where_it_becomes_so(void **state)
{
    (void)state;
    struct tftp_options asked = {0};
    struct tftp_write write;
    tftp_options_put(&asked, TFTP_OPTION_TSIZE, 1001);
    tftp_write_init(&write, &asked, 1000, &LIMITS);
    assert_refused(start(&write), TFTP_ERROR_DISK_FULL, TFTP_WRITE_TOO_LARGE);

    tftp_options_put(&asked, TFTP_OPTION_TSIZE, 1000);
    tftp_write_init(&write, &asked, 1000, &LIMITS);
    assert_int_equal(start(&write).actions[0].kind, TFTP_WRITE_SEND_OACK);
    assert_takes(data(&write, 1, 512, 1000), 0, false);
    assert_refused(data(&write, 2, 489, 2000), TFTP_ERROR_DISK_FULL, TFTP_WRITE_TOO_LARGE);
}

static void a_block_longer_than_agreed_is_refused(void **state)
{
    (void)state;
    struct tftp_write write = lock_step();
    assert_refused(data(&write, 1, 513, 1000), TFTP_ERROR_ILLEGAL_OPERATION, TFTP_WRITE_BAD);
}

static void a_window_is_acknowledged_at_its_end_and_at_a_gap_once(void **state)
{
    (void)state;
    struct tftp_write write = windowed(4);
    for (uint16_t block = 1; block <= 3; block++) {
        struct steps steps = data(&write, block, 512, 1000);
        assert_takes(steps, (block - 1u) * 512u, false);
        assert_int_equal(steps.actions[1].kind, TFTP_WRITE_WAKE_AT);
    }
    assert_acks(data(&write, 4, 512, 1000), 1, 4);
    assert_takes(data(&write, 5, 512, 2000), 4 * 512, false);
    assert_acks(data(&write, 7, 512, 2000), 0, 5);
    assert_nothing(data(&write, 8, 512, 2000));
    assert_takes(data(&write, 6, 512, 3000), 5 * 512, false); // a fresh window of four begins here
    (void)data(&write, 7, 512, 3000);
    (void)data(&write, 8, 512, 3000);
    assert_acks(data(&write, 9, 512, 3000), 1, 9);
}

// RFC 1123 section 4.2.3.1, seen from the other end: whoever answers doubles keeps the doubling alive.
static void a_doubled_block_is_not_acknowledged_twice_but_one_sent_again_is(void **state)
{
    (void)state;
    struct tftp_write write = lock_step();
    assert_acks(data(&write, 1, 512, 1000), 1, 1);
    assert_nothing(data(&write, 1, 512, 1300));
    assert_acks(data(&write, 1, 512, 1001000), 0, 1);
    assert_acks(data(&write, 2, 512, 1002000), 1, 2);
    assert_nothing(data(&write, 1, 512, 2000000)); // older than the last: of no use to anybody
}

static void the_last_ack_is_repeated_while_the_client_may_lack_it(void **state)
{
    (void)state;
    struct tftp_write write = lock_step();
    assert_acks(data(&write, 1, 5, 1000), 1, 1);
    assert_acks(data(&write, 1, 5, 3001000), 0, 1);
    struct steps steps = step(&write, (struct tftp_write_event){.kind = TFTP_WRITE_ERROR, .now_us = 3002000});
    assert_int_equal(steps.actions[0].outcome, TFTP_WRITE_DONE); // too late to take it back
}

static void the_oack_is_said_again_until_a_block_comes(void **state)
{
    (void)state;
    struct tftp_write write = windowed(4);
    assert_int_equal(wake(&write).actions[0].kind, TFTP_WRITE_SEND_OACK);
    assert_acks(data(&write, 2, 512, write.wake_us), 0, 0); // it knows the OACK, but block 1 got lost
    assert_takes(data(&write, 1, 512, write.wake_us), 0, false);
}

static void
a_client_that_never_sends_a_block_is_given_up_soon_and_one_that_vanished_after_a_minute(void **state)
{
    (void)state;
    struct tftp_write write = lock_step();
    unsigned acks = 1;
    struct steps steps = {.count = 0};
    while (!write.is_finished) {
        steps = wake(&write);
        acks += steps.actions[0].kind == TFTP_WRITE_SEND_ACK ? 1 : 0;
    }
    assert_int_equal(steps.actions[0].outcome, TFTP_WRITE_TIMEOUT);
    assert_int_equal(acks, 1 + TFTP_FIRST_TRIES);

    write = lock_step();
    (void)data(&write, 1, 512, 1000);
    while (!write.is_finished) {
        steps = wake(&write);
    }
    assert_int_equal(steps.actions[0].outcome, TFTP_WRITE_TIMEOUT);
    assert_in_range(write.wake_us, TFTP_PATIENCE_US, TFTP_PATIENCE_US + 10000000);
}

static struct world_pair put(uint64_t size_bytes, uint16_t window, unsigned loss_permille)
{
    struct world_pair pair = {.client = WORLD_PUT,
                              .size_bytes = size_bytes,
                              .size_most = UINT64_MAX,
                              .delay_us = 100,
                              .loss_permille = loss_permille,
                              .double_permille = loss_permille};
    tftp_options_put(&pair.asked, TFTP_OPTION_TSIZE, size_bytes);
    if (window > 1) {
        tftp_options_put(&pair.asked, TFTP_OPTION_WINDOWSIZE, window);
    }
    return pair;
}

static void uploads_arrive_whole_whatever_gets_lost_or_doubled(void **state)
{
    (void)state;
    static const uint64_t SIZES[] = {0, 511, 512, 513, 5120, 300000};
    static const uint16_t WINDOWS[] = {1, 4, 16};
    static const unsigned LOSSES[] = {0, 10, 100};
    for (size_t size = 0; size < COUNT_OF(SIZES); size++) {
        for (size_t window = 0; window < COUNT_OF(WINDOWS); window++) {
            for (size_t loss = 0; loss < COUNT_OF(LOSSES); loss++) {
                for (uint64_t seed = 1; seed <= 5; seed++) {
                    struct world_pair pair = put(SIZES[size], WINDOWS[window], LOSSES[loss]);
                    struct world world = {.pairs = &pair, .count = 1, .seed = seed};
                    world_run(&world);
                    assert_true(pair.is_over && pair.is_stored);
                    assert_int_equal(pair.outcome, TFTP_FETCH_DONE);
                    assert_int_equal(world.writes_ended[TFTP_WRITE_DONE], world.writes_started);
                    uint64_t blocks = SIZES[size] / 512 + 1;
                    assert_true(LOSSES[loss] != 0 || pair.blocks_sent == blocks);
                }
            }
        }
    }
}

// 65,535 blocks of 512 end just below 32 MiB; three times round, each way of going on.
static void numbers_of_uploads_wrap_to_zero_or_to_what_was_asked(void **state)
{
    (void)state;
    static const int ROLLOVERS[] = {-1, 0, 1, 60000};
    for (size_t i = 0; i < COUNT_OF(ROLLOVERS); i++) {
        struct world_pair pair = put(200000ull * 8, 8, 0);
        tftp_options_put(&pair.asked, TFTP_OPTION_BLKSIZE, 8);
        if (ROLLOVERS[i] >= 0) {
            tftp_options_put(&pair.asked, TFTP_OPTION_ROLLOVER, (uint64_t)ROLLOVERS[i]);
        }
        struct world world = {.pairs = &pair, .count = 1, .seed = 1};
        world_run(&world);
        assert_int_equal(pair.outcome, TFTP_FETCH_DONE);
        assert_true(pair.is_stored);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_upload_is_taken_and_then_acknowledged_block_by_block),
        cmocka_unit_test(an_empty_upload_is_one_empty_block),
        cmocka_unit_test(options_are_granted_within_limits_and_the_size_is_echoed),
        cmocka_unit_test(what_is_too_large_is_refused_by_its_size_or_where_it_becomes_so),
        cmocka_unit_test(a_block_longer_than_agreed_is_refused),
        cmocka_unit_test(a_window_is_acknowledged_at_its_end_and_at_a_gap_once),
        cmocka_unit_test(a_doubled_block_is_not_acknowledged_twice_but_one_sent_again_is),
        cmocka_unit_test(the_last_ack_is_repeated_while_the_client_may_lack_it),
        cmocka_unit_test(the_oack_is_said_again_until_a_block_comes),
        cmocka_unit_test(
            a_client_that_never_sends_a_block_is_given_up_soon_and_one_that_vanished_after_a_minute),
        cmocka_unit_test(uploads_arrive_whole_whatever_gets_lost_or_doubled),
        cmocka_unit_test(numbers_of_uploads_wrap_to_zero_or_to_what_was_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
