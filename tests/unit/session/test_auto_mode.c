// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/auto_mode.h"

#include "unit/test.h"

#define NOW_MS 10000000

static struct auto_mode yielded(unsigned times)
{
    struct auto_mode mode = {0};
    auto_mode_serve(&mode, NOW_MS);
    for (unsigned i = 0; i < times; i++) {
        auto_mode_hear(&mode, true, NOW_MS + 1);
    }
    return mode;
}

static void ask(struct auto_mode *mode, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        auto_mode_ask(mode);
    }
}

static void addresses_come_back_after_a_silence_that_was_asked_into(void **state)
{
    (void)state;
    struct auto_mode mode = yielded(1);
    assert_false(auto_mode_is_alone(&mode, NOW_MS + 1 + AUTO_QUIET_MS));
    ask(&mode, AUTO_PROBES_LEAST);
    assert_false(auto_mode_is_alone(&mode, NOW_MS + AUTO_QUIET_MS));
    assert_true(auto_mode_is_alone(&mode, NOW_MS + 1 + AUTO_QUIET_MS));
}

static void a_word_of_the_other_server_begins_the_silence_anew(void **state)
{
    (void)state;
    struct auto_mode mode = yielded(1);
    ask(&mode, AUTO_PROBES_LEAST);
    auto_mode_hear(&mode, false, NOW_MS + AUTO_QUIET_MS);
    assert_false(auto_mode_is_alone(&mode, NOW_MS + 1 + AUTO_QUIET_MS));
    ask(&mode, AUTO_PROBES_LEAST);
    assert_true(auto_mode_is_alone(&mode, NOW_MS + 2 * AUTO_QUIET_MS));
}

static void a_server_that_comes_and_goes_is_waited_for_longer_each_time(void **state)
{
    (void)state;
    int64_t last_ms = 0;
    for (unsigned times = 1; times <= 5; times++) {
        struct auto_mode mode = yielded(times);
        assert_true(auto_mode_quiet_ms(&mode) == (times == 1 ? AUTO_QUIET_MS : 2 * last_ms));
        last_ms = auto_mode_quiet_ms(&mode);
    }
    struct auto_mode mode = yielded(1000);
    assert_true(auto_mode_quiet_ms(&mode) == AUTO_QUIET_MOST_MS);
}

static void after_a_calm_hour_the_past_is_forgotten(void **state)
{
    (void)state;
    struct auto_mode mode = yielded(5);
    auto_mode_serve(&mode, NOW_MS);
    auto_mode_hear(&mode, true, NOW_MS + AUTO_CALM_MS);
    assert_true(auto_mode_quiet_ms(&mode) == AUTO_QUIET_MS);
}

static void two_that_yielded_to_each_other_do_not_come_back_together(void **state)
{
    (void)state;
    struct auto_mode one = yielded(1);
    struct auto_mode other = yielded(1);
    other.jitter_ms = AUTO_PROBE_MS;
    ask(&one, AUTO_PROBES_LEAST);
    ask(&other, AUTO_PROBES_LEAST);
    assert_true(auto_mode_is_alone(&one, NOW_MS + 1 + AUTO_QUIET_MS));
    assert_false(auto_mode_is_alone(&other, NOW_MS + 1 + AUTO_QUIET_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_come_back_after_a_silence_that_was_asked_into),
        cmocka_unit_test(a_word_of_the_other_server_begins_the_silence_anew),
        cmocka_unit_test(a_server_that_comes_and_goes_is_waited_for_longer_each_time),
        cmocka_unit_test(after_a_calm_hour_the_past_is_forgotten),
        cmocka_unit_test(two_that_yielded_to_each_other_do_not_come_back_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
