// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_tftp.h"

#include "config/key.h"
#include "desk_bench.h"
#include "unit/test.h"

static struct desk_bench bench;
static struct config config;
static struct server_tftp *tftp;

static int begin(void **state)
{
    (void)state;
    desk_bench_open(&bench);
    config_init(&config);
    tftp = calloc(1, sizeof *tftp);
    assert_non_null(tftp);
    tftp->config = &config;
    tftp->desk = bench.desk;
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(tftp);
    config_clear(&config);
    desk_bench_close(&bench);
    return 0;
}

static struct tftp_limits grant(unsigned client, uint16_t silent_block_bytes)
{
    struct tftp_question question = {.end = {.client = bench_address(client)},
                                     .silent_block_bytes = silent_block_bytes};
    struct tftp_limits limits = {0};
    server_tftp_grant(tftp, &question, &limits);
    return limits;
}

static void a_client_gets_what_it_asks_for_unless_something_is_set(void **state)
{
    (void)state;
    struct tftp_limits limits = grant(100, 0);
    assert_int_equal(limits.block_most, 65464);
    assert_int_equal(limits.window_most, 64);
    assert_int_equal(limits.rollover, 0);
    assert_int_equal(limits.refused, 0);
    assert_true(limits.may_multicast);
    config.tftp.blksize_most = 1400;
    config.tftp.windowsize_most = 8;
    config.tftp.rollover = 1;
    config.tftp.has_multicast = false;
    config.tftp.refused[0] = CONFIG_TFTP_TSIZE;
    config.tftp.refused[1] = CONFIG_TFTP_UTIMEOUT;
    config.tftp.refused_count = 2;
    limits = grant(100, 0);
    assert_int_equal(limits.block_most, 1400);
    assert_int_equal(limits.window_most, 8);
    assert_int_equal(limits.rollover, 1);
    assert_int_equal(limits.refused, 1u << TFTP_OPTION_TSIZE | 1u << TFTP_OPTION_UTIMEOUT);
    assert_false(limits.may_multicast);
}

// The words of tftp.refuse and the names on the wire are two lists.
static void every_option_that_can_be_refused_is_the_one_of_that_name(void **state)
{
    (void)state;
    const struct key *key = key_find("tftp.refuse");
    for (int i = 0; i < CONFIG_TFTP_OPTION_COUNT; i++) {
        config.tftp.refused[0] = (enum config_tftp_option)i;
        config.tftp.refused_count = 1;
        uint16_t refused = grant(100, 0).refused;
        for (enum tftp_option option = 0; option < TFTP_OPTION_COUNT; option++) {
            bool is_same = strcmp(tftp_option_name(option), key->words[i]) == 0;
            assert_int_equal(refused >> option & 1, is_same);
        }
    }
}

static void a_machine_that_fell_silent_gets_smaller_blocks_from_then_on(void **state)
{
    (void)state;
    uint64_t id = bench_machine(&bench, 1);
    bench_lease(&bench, 1, bench_ip(100));
    assert_int_equal(grant(100, 8192).block_most, 1468);
    assert_int_equal(store_machine_get(bench.store, id)->tftp_blksize_learned, 1468);
    assert_int_equal(bench.told_of[REASON_BLOCKS_TOO_LARGE], 1);
    assert_int_equal(bench.last.machine_id, id);
    assert_int_equal(grant(100, 0).block_most, 1468);
    assert_int_equal(grant(100, 8192).block_most, 1468); // another file that it asked for before
    assert_int_equal(bench.told_of[REASON_BLOCKS_TOO_LARGE], 1);
    assert_int_equal(grant(100, 1468).block_most, 1400);
    assert_int_equal(bench.told_of[REASON_BLOCKS_TOO_LARGE], 2);
    assert_int_equal(grant(101, 0).block_most, 65464);
}

static void an_address_that_fell_silent_is_remembered_too(void **state)
{
    (void)state;
    assert_int_equal(grant(100, 16384).block_most, 1468);
    assert_int_equal(grant(100, 0).block_most, 1468);
    assert_int_equal(bench.told_of[REASON_BLOCKS_TOO_LARGE], 1);
    assert_int_equal(bench.last.machine_id, 0);
    bench.now_ms += (int64_t)TFTP_PAST_ADDRESS_S * 1000;
    assert_int_equal(grant(100, 0).block_most, 65464);
}

static void what_is_set_for_a_machine_goes_before_what_is_set_for_all(void **state)
{
    (void)state;
    struct machine machine = *store_machine_get(bench.store, bench_machine(&bench, 1));
    bench_lease(&bench, 1, bench_ip(100));
    machine.tftp_blksize = 1024;
    machine.tftp_rollover = MACHINE_ROLLOVER_1;
    assert_int_equal(store_machine_put(bench.store, &machine, NULL), STATUS_OK);
    assert_int_equal(grant(100, 0).block_most, 1024);
    assert_int_equal(grant(100, 0).rollover, 1);
    assert_int_equal(grant(101, 0).rollover, 0);
    config.tftp.blksize_most = 512; // but never more than anybody may have
    assert_int_equal(grant(100, 0).block_most, 512);
}

static void a_flood_is_told_every_ten_seconds(void **state)
{
    (void)state;
    server_tftp_dropped(tftp, 1, bench_address(100));
    assert_int_equal(bench.told_of[REASON_REQUESTS_DROPPED], 1);
    for (unsigned i = 0; i < 9; i++) {
        bench.now_ms += 1000;
        server_tftp_dropped(tftp, 10000, bench_address(101));
        server_tftp_tick(tftp);
    }
    assert_int_equal(bench.told_of[REASON_REQUESTS_DROPPED], 1);
    bench.now_ms += 1000;
    server_tftp_tick(tftp);
    assert_int_equal(bench.told_of[REASON_REQUESTS_DROPPED], 2);
    assert_non_null(strstr(bench.last.text, "90000 TFTP requests were not answered"));
    bench.now_ms += 60000;
    server_tftp_tick(tftp);
    assert_int_equal(bench.told_of[REASON_REQUESTS_DROPPED], 2);
}

static void limits_are_those_of_the_configuration(void **state)
{
    (void)state;
    config.tftp.ports = (struct config_ports){50000, 50099};
    struct tftp_policy policy = server_tftp_policy(&config.tftp);
    assert_int_equal(policy.port_first, 50000);
    assert_int_equal(policy.port_last, 50099);
    assert_int_equal(policy.transfers_most, 16384);
    assert_int_equal(policy.requests_per_client, 500);
    assert_int_equal(policy.group_first.value, 0xefff4500);
}

#define TFTP_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TFTP_TEST(a_client_gets_what_it_asks_for_unless_something_is_set),
        TFTP_TEST(every_option_that_can_be_refused_is_the_one_of_that_name),
        TFTP_TEST(a_machine_that_fell_silent_gets_smaller_blocks_from_then_on),
        TFTP_TEST(an_address_that_fell_silent_is_remembered_too),
        TFTP_TEST(what_is_set_for_a_machine_goes_before_what_is_set_for_all),
        TFTP_TEST(a_flood_is_told_every_ten_seconds),
        TFTP_TEST(limits_are_those_of_the_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
