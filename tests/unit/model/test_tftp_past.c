// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/tftp_past.h"

#include "unit/test.h"

#define ADDRESS ip_from_ip4((struct ip4){0x0a000005})

static struct tftp_past past;

static int forget(void **state)
{
    (void)state;
    past = (struct tftp_past){0};
    return 0;
}

static void a_silent_client_gets_blocks_that_fit_and_then_ever_smaller_ones(void **state)
{
    (void)state;
    static const struct {
        uint16_t stuck;
        uint16_t next;
    } steps[] = {{65464, 1468}, {8192, 1468}, {1469, 1468}, {1468, 1400}, {1456, 1400},
                 {1400, 1024},  {1025, 1024}, {1024, 512},  {513, 512},   {512, 512}};
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        assert_int_equal(tftp_past_plan_block(steps[i].stuck), steps[i].next);
    }
}

static void what_a_machine_showed_is_kept_with_the_machine(void **state)
{
    (void)state;
    struct machine machine;
    uint16_t bytes = 0;
    machine_init(&machine);
    assert_int_equal(tftp_past_block_most(&past, &machine, ADDRESS, 100), UINT16_MAX);
    assert_true(tftp_past_learn(&past, &machine, ADDRESS, 8192, 100, &bytes));
    assert_int_equal(bytes, 1468);
    assert_int_equal(machine.tftp_blksize_learned, 1468);
    assert_int_equal(tftp_past_block_most(&past, &machine, ADDRESS, INT64_MAX), 1468);
    assert_int_equal(tftp_past_block_most(&past, NULL, ADDRESS, 100), UINT16_MAX); // and nowhere else
    assert_true(tftp_past_learn(&past, &machine, ADDRESS, 1468, 100, &bytes));
    assert_int_equal(bytes, 1400);
}

static void the_same_lesson_is_learned_once(void **state)
{
    (void)state;
    struct machine machine;
    uint16_t bytes = 7;
    machine_init(&machine);
    machine.tftp_blksize_learned = 1400;
    assert_false(tftp_past_learn(&past, &machine, ADDRESS, 8192, 100, &bytes)); // a transfer from before
    assert_false(tftp_past_learn(&past, &machine, ADDRESS, 1468, 100, &bytes));
    assert_int_equal(machine.tftp_blksize_learned, 1400);
    assert_int_equal(bytes, 7);
    assert_true(tftp_past_learn(&past, NULL, ADDRESS, 8192, 100, &bytes));
    assert_false(tftp_past_learn(&past, NULL, ADDRESS, 8192, 101, &bytes));
}

static void nothing_is_smaller_than_what_needs_no_option(void **state)
{
    (void)state;
    uint16_t bytes;
    assert_false(tftp_past_learn(&past, NULL, ADDRESS, 512, 100, &bytes));
    assert_false(tftp_past_learn(&past, NULL, ADDRESS, 8, 100, &bytes));
    assert_true(tftp_past_learn(&past, NULL, ADDRESS, 1000, 100, &bytes));
    assert_false(tftp_past_learn(&past, NULL, ADDRESS, 1000, 100, &bytes));
}

static void what_was_set_by_hand_and_what_was_learned_both_hold(void **state)
{
    (void)state;
    struct machine machine;
    machine_init(&machine);
    machine.tftp_blksize = 1024;
    assert_int_equal(tftp_past_block_most(&past, &machine, ADDRESS, 100), 1024);
    machine.tftp_blksize_learned = 512;
    assert_int_equal(tftp_past_block_most(&past, &machine, ADDRESS, 100), 512);
    machine.tftp_blksize_learned = 1400;
    assert_int_equal(tftp_past_block_most(&past, &machine, ADDRESS, 100), 1024);
}

static void an_address_without_a_machine_is_remembered_for_a_day(void **state)
{
    (void)state;
    uint16_t bytes;
    const int64_t now_s = 1000000;
    assert_true(tftp_past_learn(&past, NULL, ADDRESS, 8192, now_s, &bytes));
    assert_int_equal(tftp_past_block_most(&past, NULL, ADDRESS, now_s), 1468);
    assert_int_equal(tftp_past_block_most(&past, NULL, ADDRESS, now_s + TFTP_PAST_ADDRESS_S - 1), 1468);
    assert_int_equal(tftp_past_block_most(&past, NULL, ADDRESS, now_s + TFTP_PAST_ADDRESS_S), UINT16_MAX);
    assert_int_equal(tftp_past_block_most(&past, NULL, ADDRESS, now_s - 1), UINT16_MAX); // the clock was set
    struct ip neighbour = ip_from_ip4((struct ip4){0x0a000006});
    struct ip same_slot = ip_from_ip4((struct ip4){0x0a000005 + TFTP_PAST_ADDRESSES_MOST});
    assert_int_equal(tftp_past_block_most(&past, NULL, neighbour, now_s), UINT16_MAX);
    assert_int_equal(tftp_past_block_most(&past, NULL, same_slot, now_s), UINT16_MAX);
    assert_int_equal(tftp_past_block_most(&past, NULL, (struct ip){{{0}}}, now_s), UINT16_MAX);
}

static void the_rollover_is_the_machines_own_or_else_everybodys(void **state)
{
    (void)state;
    struct machine machine;
    machine_init(&machine);
    assert_int_equal(tftp_past_rollover(NULL, 1), 1);
    assert_int_equal(tftp_past_rollover(&machine, 1), 1);
    machine.tftp_rollover = MACHINE_ROLLOVER_0;
    assert_int_equal(tftp_past_rollover(&machine, 1), 0);
    machine.tftp_rollover = MACHINE_ROLLOVER_1;
    assert_int_equal(tftp_past_rollover(&machine, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_client_gets_blocks_that_fit_and_then_ever_smaller_ones),
        cmocka_unit_test_setup(what_a_machine_showed_is_kept_with_the_machine, forget),
        cmocka_unit_test_setup(the_same_lesson_is_learned_once, forget),
        cmocka_unit_test_setup(nothing_is_smaller_than_what_needs_no_option, forget),
        cmocka_unit_test_setup(what_was_set_by_hand_and_what_was_learned_both_hold, forget),
        cmocka_unit_test_setup(an_address_without_a_machine_is_remembered_for_a_day, forget),
        cmocka_unit_test(the_rollover_is_the_machines_own_or_else_everybodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
