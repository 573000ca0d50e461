// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/tftp_fetch.h"

#include "unit/session/tftp_world.h"
#include "unit/test.h"

#include <string.h>

struct steps {
    struct tftp_fetch_action actions[TFTP_FETCH_ACTIONS_MOST];
    unsigned count;
};

static struct steps step(struct tftp_fetch *fetch, struct tftp_fetch_event event)
{
    struct steps steps = {.count = 0};
    steps.count = tftp_fetch_step(fetch, &event, steps.actions);
    assert_in_range(steps.count, 1, TFTP_FETCH_ACTIONS_MOST);
    bool says_when = steps.actions[steps.count - 1].kind == TFTP_FETCH_WAKE_AT;
    assert_true(says_when != fetch->is_finished);
    return steps;
}

static struct steps take(struct tftp_fetch *fetch, struct tftp_packet packet, int64_t now_us)
{
    return step(fetch,
                (struct tftp_fetch_event){.kind = TFTP_FETCH_PACKET, .packet = &packet, .now_us = now_us});
}

static struct steps take_data(struct tftp_fetch *fetch, uint16_t block, size_t bytes, int64_t now_us)
{
    return take(fetch, (struct tftp_packet){.operation = TFTP_DATA, .block = block, .data_bytes = bytes},
                now_us);
}

static struct steps take_oack(struct tftp_fetch *fetch, enum tftp_option option, uint64_t value)
{
    struct tftp_packet packet = {.operation = TFTP_OACK};
    tftp_options_put(&packet.options, option, value);
    return take(fetch, packet, 1000);
}

static struct steps start(struct tftp_fetch *fetch, struct tftp_fetch_plan plan)
{
    tftp_fetch_init(fetch, &plan);
    struct steps steps = step(fetch, (struct tftp_fetch_event){.kind = TFTP_FETCH_START});
    assert_int_equal(steps.actions[0].kind, TFTP_FETCH_SEND_REQUEST);
    return steps;
}

static struct tftp_fetch_plan ask(enum tftp_option option, uint64_t value)
{
    struct tftp_fetch_plan plan = {.is_write = false};
    tftp_options_put(&plan.options, option, value);
    return plan;
}

static void assert_ack(const struct tftp_fetch *fetch, struct steps steps, unsigned at, const char *bytes,
                       size_t count)
{
    uint8_t out[TFTP_ACK_WINDOW_BYTES];
    assert_int_equal(steps.actions[at].kind, TFTP_FETCH_SEND_ACK);
    assert_int_equal(tftp_fetch_encode_ack(fetch, out), count);
    assert_memory_equal(out, bytes, count);
}

static void assert_gave_up(struct steps steps, enum tftp_error error, enum tftp_fetch_outcome outcome)
{
    assert_int_equal(steps.actions[0].kind, TFTP_FETCH_SEND_ERROR);
    assert_int_equal(steps.actions[0].error, error);
    assert_int_equal(steps.actions[1].kind, TFTP_FETCH_FINISHED);
    assert_int_equal(steps.actions[1].outcome, outcome);
}

static void a_server_that_knows_no_options_sends_blocks_of_512(void **state)
{
    (void)state;
    struct tftp_fetch fetch;
    start(&fetch, ask(TFTP_OPTION_BLKSIZE, 1468));
    struct steps steps = take_data(&fetch, 1, 512, 1000);
    assert_int_equal(steps.actions[0].kind, TFTP_FETCH_TAKE_DATA);
    assert_ack(&fetch, steps, 1, "\0\4\0\1", 4);
    assert_int_equal(tftp_fetch_block_bytes_most(&fetch), 512);
    steps = take_data(&fetch, 2, 10, 2000);
    assert_int_equal(steps.actions[0].offset, 512);
    assert_ack(&fetch, steps, 1, "\0\4\0\2", 4);
    assert_int_equal(steps.actions[2].kind, TFTP_FETCH_FINISHED);
    assert_int_equal(steps.actions[2].outcome, TFTP_FETCH_DONE);
    assert_int_equal(tftp_fetch_progress_bytes(&fetch), 522);
}

static void more_than_was_asked_is_never_accepted(void **state)
{
    (void)state;
    static const struct {
        enum tftp_option asked;
        uint64_t value;
        enum tftp_option granted;
        uint64_t said;
        bool is_good;
    } ROWS[] = {
        {TFTP_OPTION_BLKSIZE, 1468, TFTP_OPTION_BLKSIZE, 1468, true},
        {TFTP_OPTION_BLKSIZE, 1468, TFTP_OPTION_BLKSIZE, 8, true},
        {TFTP_OPTION_BLKSIZE, 1468, TFTP_OPTION_BLKSIZE, 1469, false},
        {TFTP_OPTION_BLKSIZE, 1468, TFTP_OPTION_TSIZE, 5, false},
        {TFTP_OPTION_BLKSIZE2, 1024, TFTP_OPTION_BLKSIZE2, 512, true},
        {TFTP_OPTION_BLKSIZE2, 1024, TFTP_OPTION_BLKSIZE2, 1000, false},
        {TFTP_OPTION_WINDOWSIZE, 16, TFTP_OPTION_WINDOWSIZE, 4, true},
        {TFTP_OPTION_WINDOWSIZE, 16, TFTP_OPTION_WINDOWSIZE, 17, false},
        {TFTP_OPTION_TIMEOUT, 3, TFTP_OPTION_TIMEOUT, 3, true},
        {TFTP_OPTION_TIMEOUT, 3, TFTP_OPTION_TIMEOUT, 2, false},
        {TFTP_OPTION_ROLLOVER, 1, TFTP_OPTION_ROLLOVER, 1, true},
        {TFTP_OPTION_ROLLOVER, 1, TFTP_OPTION_ROLLOVER, 0, false},
        {TFTP_OPTION_MSFTWINDOW, 31416, TFTP_OPTION_MSFTWINDOW, 27182, true},
        {TFTP_OPTION_MSFTWINDOW, 31416, TFTP_OPTION_MSFTWINDOW, 31416, false},
        {TFTP_OPTION_TSIZE, 0, TFTP_OPTION_TSIZE, UINT64_MAX, true},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct tftp_fetch fetch;
        start(&fetch, ask(ROWS[i].asked, ROWS[i].value));
        struct steps steps = take_oack(&fetch, ROWS[i].granted, ROWS[i].said);
        if (ROWS[i].is_good) {
            assert_int_equal(steps.actions[0].kind, TFTP_FETCH_SEND_ACK);
        } else {
            assert_gave_up(steps, TFTP_ERROR_OPTION_NEGOTIATION, TFTP_FETCH_BAD_OPTIONS);
        }
    }
}

static void the_request_is_repeated_with_patience_and_then_given_up(void **state)
{
    (void)state;
    struct tftp_fetch fetch;
    struct tftp_fetch_plan plan = {.patience_us = 20000000};
    struct steps steps = start(&fetch, plan);
    unsigned requests = 1;
    while (!fetch.is_finished) {
        int64_t at_us = fetch.wake_us;
        steps = step(&fetch, (struct tftp_fetch_event){.kind = TFTP_FETCH_WAKE, .now_us = at_us});
        requests += steps.actions[0].kind == TFTP_FETCH_SEND_REQUEST ? 1 : 0;
    }
    assert_int_equal(steps.actions[0].outcome, TFTP_FETCH_UNANSWERED);
    assert_in_range(requests, 5, 8);
    assert_int_equal(fetch.resent, requests - 1);
}

static void a_refusal_and_a_cancel_end_it(void **state)
{
    (void)state;
    struct tftp_fetch fetch;
    start(&fetch, ask(TFTP_OPTION_TSIZE, 0));
    struct steps steps = take(&fetch, (struct tftp_packet){.operation = TFTP_ERROR, .error = 1}, 1000);
    assert_int_equal(steps.actions[0].outcome, TFTP_FETCH_REFUSED);
    start(&fetch, ask(TFTP_OPTION_TSIZE, 0));
    steps = step(&fetch, (struct tftp_fetch_event){.kind = TFTP_FETCH_CANCEL, .now_us = 5});
    assert_gave_up(steps, TFTP_ERROR_NOT_DEFINED, TFTP_FETCH_CANCELLED);
}

static void a_block_longer_than_agreed_is_an_error(void **state)
{
    (void)state;
    struct tftp_fetch fetch;
    start(&fetch, ask(TFTP_OPTION_BLKSIZE, 1000));
    (void)take_oack(&fetch, TFTP_OPTION_BLKSIZE, 600);
    assert_gave_up(take_data(&fetch, 1, 601, 2000), TFTP_ERROR_ILLEGAL_OPERATION, TFTP_FETCH_BAD_BLOCK);
}

static void what_does_not_fit_the_request_is_ignored(void **state)
{
    (void)state;
    struct tftp_fetch fetch;
    start(&fetch, ask(TFTP_OPTION_BLKSIZE, 1000));
    assert_int_equal(take_data(&fetch, 2, 512, 1000).count, 1);
    assert_int_equal(take(&fetch, (struct tftp_packet){.operation = TFTP_ACK}, 1000).count, 1);
    assert_false(fetch.has_heard);
    struct tftp_fetch_plan plan = {.is_write = true, .size_bytes = 5};
    start(&fetch, plan);
    assert_int_equal(take_data(&fetch, 1, 512, 1000).count, 1);
    assert_int_equal(take(&fetch, (struct tftp_packet){.operation = TFTP_ACK, .block = 7}, 1000).count, 1);
    assert_false(fetch.has_heard);
}

static void with_msftwindow_every_ack_says_the_next_window(void **state)
{
    (void)state;
    struct tftp_fetch fetch;
    struct tftp_fetch_plan plan = ask(TFTP_OPTION_MSFTWINDOW, TFTP_MSFTWINDOW_ASKED);
    plan.next_window = 3;
    start(&fetch, plan);
    struct steps steps = take_oack(&fetch, TFTP_OPTION_MSFTWINDOW, TFTP_MSFTWINDOW_GRANTED);
    assert_ack(&fetch, steps, 0, "\0\4\0\0\3", 5);
    (void)take_data(&fetch, 1, 512, 2000);
    (void)take_data(&fetch, 2, 512, 2000);
    assert_ack(&fetch, take_data(&fetch, 3, 512, 2000), 1, "\0\4\0\3\3", 5);
}

static void who_sends_is_not_content_without_the_last_ack(void **state)
{
    (void)state;
    struct tftp_fetch fetch;
    struct tftp_fetch_plan plan = {.is_write = true, .size_bytes = 5};
    start(&fetch, plan);
    struct steps steps = take(&fetch, (struct tftp_packet){.operation = TFTP_ACK}, 1000);
    assert_int_equal(steps.actions[0].kind, TFTP_FETCH_SEND_BLOCKS);
    assert_int_equal(tftp_fetch_block_bytes(&fetch, 1), 5);
    while (!fetch.is_finished) {
        int64_t at_us = fetch.wake_us;
        steps = step(&fetch, (struct tftp_fetch_event){.kind = TFTP_FETCH_WAKE, .now_us = at_us});
    }
    assert_int_equal(steps.actions[0].outcome, TFTP_FETCH_SILENT);
    assert_true(fetch.wake_us >= 55000000);
}

// The simulations: our own server at the other end.

struct row {
    uint64_t size_bytes;
    uint16_t block_bytes;
    uint16_t window;
    unsigned loss_permille;
    bool is_variable; // msftwindow
    int rollover;     // asked for; -1 = not
};

static struct world_pair get(const struct row *row)
{
    struct world_pair pair = {.client = WORLD_GET,
                              .size_bytes = row->size_bytes,
                              .delay_us = 50,
                              .loss_permille = row->loss_permille,
                              .double_permille = row->loss_permille / 5};
    if (row->block_bytes != 0) {
        tftp_options_put(&pair.asked, TFTP_OPTION_BLKSIZE, row->block_bytes);
    }
    if (row->window > 1) {
        tftp_options_put(&pair.asked, TFTP_OPTION_WINDOWSIZE, row->window);
    }
    if (row->is_variable) {
        tftp_options_put(&pair.asked, TFTP_OPTION_MSFTWINDOW, TFTP_MSFTWINDOW_ASKED);
        pair.next_window = 12;
    }
    if (row->rollover >= 0) {
        tftp_options_put(&pair.asked, TFTP_OPTION_ROLLOVER, (uint64_t)row->rollover);
    }
    return pair;
}

static void assert_got(const struct world_pair *pair, const struct world *world)
{
    assert_true(pair->is_over);
    assert_int_equal(pair->outcome, TFTP_FETCH_DONE);
    assert_int_equal(pair->fetch.receive.bytes, pair->size_bytes);
    assert_int_equal(world->live, 0);
}

static void files_arrive_whole_whatever_gets_lost(void **state)
{
    (void)state;
    static const uint64_t SIZES[] = {0, 511, 512, 513, 14560, 300000};
    static const unsigned LOSSES[] = {0, 10, 100};
    static const struct row KINDS[] = {
        {.window = 1, .rollover = -1},
        {.block_bytes = 1456, .window = 4, .rollover = -1},
        {.block_bytes = 1456, .window = 64, .rollover = -1},
        {.block_bytes = 1456, .window = 4, .is_variable = true, .rollover = -1},
        {.block_bytes = 1024, .is_variable = true, .rollover = 1}};
    for (size_t size = 0; size < COUNT_OF(SIZES); size++) {
        for (size_t kind = 0; kind < COUNT_OF(KINDS); kind++) {
            for (uint64_t seed = 0; seed < 3 * COUNT_OF(LOSSES); seed++) {
                struct row row = KINDS[kind];
                row.size_bytes = SIZES[size];
                row.loss_permille = LOSSES[seed % COUNT_OF(LOSSES)];
                struct world_pair pair = get(&row);
                struct world world = {.pairs = &pair, .count = 1, .seed = seed + 1};
                world_run(&world);
                assert_got(&pair, &world);
                uint64_t blocks = row.size_bytes / pair.read.block_bytes + 1;
                assert_true(row.loss_permille != 0 || pair.blocks_sent == blocks);
            }
        }
    }
}

// The client finds out by itself whether 0 or 1 follows 65535, in lock-step and in windows, with loss there.
static void numbers_wrap_to_zero_or_one_and_the_client_notices(void **state)
{
    (void)state;
    for (uint16_t rollover = 0; rollover <= 1; rollover++) {
        for (uint16_t window = 1; window <= 16; window = (uint16_t)(window * 4)) {
            for (uint64_t seed = 1; seed <= 4; seed++) {
                struct row row = {.size_bytes = 70000ull * 8,
                                  .block_bytes = 8,
                                  .window = window,
                                  .loss_permille = seed == 1 ? 0 : 5,
                                  .rollover = -1};
                struct world_pair pair = get(&row);
                pair.rollover = rollover;
                struct world world = {.pairs = &pair, .count = 1, .seed = seed};
                world_run(&world);
                assert_got(&pair, &world);
                assert_int_equal(pair.fetch.receive.rollover, rollover);
            }
        }
    }
    struct row row = {.size_bytes = 70000ull * 8, .block_bytes = 8, .window = 4, .rollover = 64000};
    struct world_pair pair = get(&row);
    struct world world = {.pairs = &pair, .count = 1, .seed = 1};
    world_run(&world);
    assert_got(&pair, &world);
    assert_int_equal(pair.fetch.receive.rollover, 64000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_knows_no_options_sends_blocks_of_512),
        cmocka_unit_test(more_than_was_asked_is_never_accepted),
        cmocka_unit_test(the_request_is_repeated_with_patience_and_then_given_up),
        cmocka_unit_test(a_refusal_and_a_cancel_end_it),
        cmocka_unit_test(a_block_longer_than_agreed_is_an_error),
        cmocka_unit_test(what_does_not_fit_the_request_is_ignored),
        cmocka_unit_test(with_msftwindow_every_ack_says_the_next_window),
        cmocka_unit_test(who_sends_is_not_content_without_the_last_ack),
        cmocka_unit_test(files_arrive_whole_whatever_gets_lost),
        cmocka_unit_test(numbers_wrap_to_zero_or_one_and_the_client_notices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
