// SPDX-License-Identifier: GPL-3.0-or-later
// A day of a server's life with all kinds of clients, squeezed into seconds by a simulated clock: no session
// is left behind, and the counts add up.
#include "unit/session/tftp_world.h"
#include "unit/test.h"

#include <stdlib.h>

#define DAY_US     86400000000
#define MORNING_US 28800000000 // a third of all machines are switched on then
#define CLIENTS    6000u

static uint64_t pick(struct world *world, const uint64_t *choices, size_t count)
{
    return choices[world_roll(world) % count];
}

static void pick_options(struct world *world, struct world_pair *pair)
{
    static const uint64_t BLOCKS[] = {8, 511, 512, 1024, 1408, 1456, 1468, 4096, 65464};
    static const uint64_t WINDOWS[] = {1, 2, 4, 8, 16, 64, 65535};
    uint64_t dice = world_roll(world);
    if (dice & 1) {
        tftp_options_put(&pair->asked, TFTP_OPTION_BLKSIZE, pick(world, BLOCKS, COUNT_OF(BLOCKS)));
    } else if (dice & 2) {
        tftp_options_put(&pair->asked, TFTP_OPTION_BLKSIZE2, pick(world, BLOCKS, COUNT_OF(BLOCKS)));
    }
    if (dice & 4) {
        tftp_options_put(&pair->asked, TFTP_OPTION_WINDOWSIZE, pick(world, WINDOWS, COUNT_OF(WINDOWS)));
    }
    if ((dice & 24) == 24) {
        tftp_options_put(&pair->asked, TFTP_OPTION_TIMEOUT, 1 + world_roll(world) % 8);
    }
    if ((dice & 96) == 96) {
        tftp_options_put(&pair->asked, TFTP_OPTION_MSFTWINDOW, TFTP_MSFTWINDOW_ASKED);
        pair->next_window = (uint8_t)(1 + world_roll(world) % 64);
    }
    if ((dice & 384) == 384) {
        tftp_options_put(&pair->asked, TFTP_OPTION_UTIMEOUT, 10000 + world_roll(world) % 1000000);
    }
    if ((dice & 512) != 0 || pair->client == WORLD_PROBE) {
        tftp_options_put(&pair->asked, TFTP_OPTION_TSIZE, pair->client == WORLD_PUT ? pair->size_bytes : 0);
    }
}

static void pick_pair(struct world *world, struct world_pair *pair)
{
    static const unsigned LOSSES[] = {0, 0, 0, 1, 10, 50, 100};
    static const enum world_client CLIENTS_PICKED[] = {WORLD_GET, WORLD_GET,   WORLD_GET,  WORLD_PUT,
                                                       WORLD_PUT, WORLD_PROBE, WORLD_LIAR, WORLD_FORGED};
    *pair = (struct world_pair){.client = CLIENTS_PICKED[world_roll(world) % COUNT_OF(CLIENTS_PICKED)],
                                .start_us = (int64_t)(world_roll(world) % DAY_US),
                                .size_bytes = world_roll(world) % ((uint64_t)1 << (world_roll(world) % 18)),
                                .size_most = world_roll(world) % 8 == 0 ? 10000 : UINT64_MAX,
                                .delay_us = (int64_t)(50u << (world_roll(world) % 10)),
                                .loss_permille = LOSSES[world_roll(world) % COUNT_OF(LOSSES)],
                                .double_permille = LOSSES[world_roll(world) % COUNT_OF(LOSSES)]};
    if (world_roll(world) % 3 == 0) {
        pair->start_us = MORNING_US + (int64_t)(world_roll(world) % 2000000);
    }
    pair->vanishes_after = world_roll(world) % 6 == 0 ? (unsigned)(1 + world_roll(world) % 40) : 0;
    pair->lies = pair->client == WORLD_LIAR ? (unsigned)(1 + world_roll(world) % 300) : 0;
    pick_options(world, pair);
}

static unsigned sum(const unsigned *counts, size_t count)
{
    unsigned total = 0;
    for (size_t i = 0; i < count; i++) {
        total += counts[i];
    }
    return total;
}

// An honest client that stayed has its file, or knows that it was too large.
static void check_pair(const struct world_pair *pair)
{
    bool is_honest = (pair->client == WORLD_GET || pair->client == WORLD_PUT) && !pair->is_silent;
    assert_int_equal(pair->serving, WORLD_IDLE);
    if (!is_honest) {
        return;
    }
    assert_true(pair->is_over);
    if (pair->client == WORLD_PUT && pair->size_bytes > pair->size_most) {
        assert_false(pair->is_stored);
        assert_int_not_equal(pair->outcome, TFTP_FETCH_DONE);
        return;
    }
    if (pair->outcome != TFTP_FETCH_DONE) {
        print_message("client %d size %llu loss %u delay %lld: outcome %d after %lld us\n", pair->client,
                      (unsigned long long)pair->size_bytes, pair->loss_permille, (long long)pair->delay_us,
                      pair->outcome, (long long)(pair->over_us - pair->start_us));
    }
    assert_int_equal(pair->outcome, TFTP_FETCH_DONE);
    assert_int_equal(tftp_fetch_progress_bytes(&pair->fetch), pair->size_bytes);
    assert_true(pair->client == WORLD_GET || pair->is_stored);
}

static void a_day_of_all_kinds_of_clients_leaves_no_session_behind(void **state)
{
    (void)state;
    struct world world = {.count = CLIENTS, .seed = 20260101, .dice = 88172645463325252u};
    world.pairs = calloc(CLIENTS, sizeof *world.pairs);
    assert_non_null(world.pairs);
    for (unsigned i = 0; i < CLIENTS; i++) {
        pick_pair(&world, &world.pairs[i]);
    }
    world_run(&world);
    for (unsigned i = 0; i < CLIENTS; i++) {
        check_pair(&world.pairs[i]);
    }
    assert_int_equal(world.live, 0);
    assert_int_equal(world.reads_started, sum(world.reads_ended, COUNT_OF(world.reads_ended)));
    assert_int_equal(world.writes_started, sum(world.writes_ended, COUNT_OF(world.writes_ended)));
    assert_true(world.reads_started + world.writes_started >= CLIENTS * 9 / 10);
    for (size_t i = 0; i < COUNT_OF(world.reads_ended); i++) {
        assert_true(world.reads_ended[i] >= 5); // every way to end came up
    }
    for (size_t i = 0; i < COUNT_OF(world.writes_ended); i++) {
        assert_true(world.writes_ended[i] >= 5);
    }
    assert_in_range(world.now_us, DAY_US * 9 / 10, DAY_US + 200000000);
    assert_in_range(world.live_most, 200, 2500);
    free(world.pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_of_all_kinds_of_clients_leaves_no_session_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
