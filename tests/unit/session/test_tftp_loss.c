// SPDX-License-Identifier: GPL-3.0-or-later
// What a bad network and odd clients do to a read, in simulations of both ends.
#include "unit/session/tftp_simulation.h"
#include "unit/test.h"

#include <stdlib.h>

#define MIB 1048576u

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

// A card with room for 24 blocks loses the tail of each window of 64, unless it comes in parts.
static void windows_that_lose_their_tail_are_sent_in_parts(void **state)
{
    (void)state;
    static const struct {
        unsigned ring_blocks;
        enum simulated_client client;
        double blocks_most;
        double seconds_most;
    } ROWS[] = {{24, CLIENT_PLAIN, 1.1, 0.3},
                {24, CLIENT_EDK2, 1.1, 0.3},
                {10, CLIENT_PLAIN, 1.2, 0.5},
                {5, CLIENT_EDK2, 1.3, 0.8}};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct simulation simulation = {.client = ROWS[i].client,
                                        .size_bytes = 4 * MIB,
                                        .block_bytes = 1456,
                                        .window = 64,
                                        .ring_blocks = ROWS[i].ring_blocks,
                                        .ring_us = 12,
                                        .delay_us = 50,
                                        .seed = 1};
        simulation_run(&simulation);
        assert_whole(&simulation, ROWS[i].blocks_most);
        assert_true((double)simulation.now_us / 1e6 <= ROWS[i].seconds_most);
    }
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

static int compare(const void *a, const void *b)
{
    const int64_t *left = a;
    const int64_t *right = b;
    return (*left > *right) - (*left < *right);
}

// Runs with many seeds; the times that they took, sorted.
static void times_take(struct simulation simulation, int64_t *times_us, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct simulation one = simulation;
        one.seed = i + 1;
        simulation_run(&one);
        assert_whole(&one, 6.0);
        times_us[i] = one.now_us;
    }
    qsort(times_us, count, sizeof *times_us, compare);
}

// The ratio that issue 4 asks for: other servers take 2 to 14 s here, since they wait a second for each loss.
static void with_one_packet_in_a_hundred_lost_the_median_stays_below_a_tenth_of_a_second(void **state)
{
    (void)state;
    static const struct {
        enum simulated_client client;
        uint16_t window;
        int64_t median_us;
        int64_t most_us; // of 95 in 100
    } ROWS[] = {
        {CLIENT_PLAIN, 1, 100000, 400000}, {CLIENT_PLAIN, 4, 100000, 300000},
        {CLIENT_EDK2, 4, 100000, 300000},  {CLIENT_PLAIN, 64, 100000, 300000},
        {CLIENT_EDK2, 64, 100000, 300000},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        int64_t times_us[200];
        times_take((struct simulation){.client = ROWS[i].client,
                                       .size_bytes = 262144,
                                       .block_bytes = 1456,
                                       .window = ROWS[i].window,
                                       .loss_permille = 10,
                                       .delay_us = 50},
                   times_us, COUNT_OF(times_us));
        if (times_us[100] > ROWS[i].median_us || times_us[190] > ROWS[i].most_us) {
            print_message("client %d window %u: median %lld us, 95 in 100 %lld us\n", ROWS[i].client,
                          ROWS[i].window, (long long)times_us[100], (long long)times_us[190]);
        }
        assert_true(times_us[100] <= ROWS[i].median_us);
        assert_true(times_us[190] <= ROWS[i].most_us);
    }
}

static void with_one_packet_in_ten_lost_everything_still_arrives(void **state)
{
    (void)state;
    static const uint16_t WINDOWS[] = {0, 1, 4, 16};
    for (enum simulated_client client = CLIENT_PLAIN; client <= CLIENT_UBOOT; client++) {
        for (size_t i = 0; i < COUNT_OF(WINDOWS); i++) {
            int64_t times_us[100];
            times_take((struct simulation){.client = client,
                                           .size_bytes = 262144,
                                           .block_bytes = WINDOWS[i] == 0 ? 0 : 1468,
                                           .window = WINDOWS[i],
                                           .loss_permille = 100,
                                           .delay_us = 50},
                       times_us, COUNT_OF(times_us));
            assert_true(times_us[50] <= (client == CLIENT_UBOOT ? 250000000 : 5000000));
        }
    }
}

// Windows loaders change their window as they please; each block still goes out once.
static void a_client_may_change_its_window_with_every_ack(void **state)
{
    (void)state;
    for (unsigned loss_permille = 0; loss_permille <= 20; loss_permille += 10) {
        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct simulation simulation = {.client = CLIENT_PLAIN,
                                            .size_bytes = MIB,
                                            .block_bytes = 1456,
                                            .window = 4,
                                            .is_variable = true,
                                            .loss_permille = loss_permille,
                                            .delay_us = 100,
                                            .seed = seed};
            simulation_run(&simulation);
            assert_whole(&simulation, loss_permille == 0 ? 1.0 : 2.0);
            assert_true(loss_permille != 0 || simulation.acks_sent < simulation.read.block_count / 10);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_last_ack_is_forgiven_after_a_few_retries),
        cmocka_unit_test(without_loss_every_block_is_sent_once),
        cmocka_unit_test(seventy_thousand_blocks_wrap_without_harm),
        cmocka_unit_test(loss_costs_little_and_never_the_file),
        cmocka_unit_test(disorder_and_doubles_do_not_breed_storms),
        cmocka_unit_test(a_client_that_vanishes_in_the_middle_is_a_timeout),
        cmocka_unit_test(windows_that_lose_their_tail_are_sent_in_parts),
        cmocka_unit_test(with_one_packet_in_a_hundred_lost_the_median_stays_below_a_tenth_of_a_second),
        cmocka_unit_test(with_one_packet_in_ten_lost_everything_still_arrives),
        cmocka_unit_test(a_client_may_change_its_window_with_every_ack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
