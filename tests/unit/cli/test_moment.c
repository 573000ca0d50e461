// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/test.h"

#include "cli/moment.h"

#include <stdlib.h>
#include <time.h>

static char text[MOMENT_TEXT_BYTES];

static void the_past_and_the_future_read_as_people_say_them(void **state)
{
    (void)state;
    assert_string_equal(moment_print(0, 1000, text), "");
    assert_string_equal(moment_print(1000, 1000, text), "now");
    assert_string_equal(moment_print(1001, 1000, text), "now"); // two clocks
    assert_string_equal(moment_print(988, 1000, text), "12 s ago");
    assert_string_equal(moment_print(1000 - 180, 1000, text), "3 min ago");
    assert_string_equal(moment_print(1000 + 7200, 1000, text), "in 2 h");
    assert_string_equal(moment_print(1000000 - 5 * 86400, 1000000, text), "5 days ago");
}

static void a_span_changes_its_unit_where_two_digits_end(void **state)
{
    (void)state;
    assert_string_equal(moment_print_span(-5, text), "0 s");
    assert_string_equal(moment_print_span(99, text), "99 s");
    assert_string_equal(moment_print_span(100, text), "2 min");
    assert_string_equal(moment_print_span(99 * 60, text), "99 min");
    assert_string_equal(moment_print_span(100 * 60, text), "2 h");
    assert_string_equal(moment_print_span(48 * 3600, text), "2 days");
}

static void sizes_are_decimal(void **state)
{
    (void)state;
    assert_string_equal(moment_print_size(0, text), "0 B");
    assert_string_equal(moment_print_size(999, text), "999 B");
    assert_string_equal(moment_print_size(1000, text), "1.0 kB");
    assert_string_equal(moment_print_size(41234567, text), "41.2 MB");
    assert_string_equal(moment_print_size(999960, text), "1.0 MB"); // never "1000.0 kB"
    assert_string_equal(moment_print_size(UINT64_MAX, text), "18.4 EB");
}

static void the_clock_tells_the_day_only_when_it_is_not_today(void **state)
{
    (void)state;
    assert_int_equal(setenv("TZ", "UTC", 1), 0);
    tzset();
    int64_t now_ms = INT64_C(1795367278123); // 2026-11-22T17:07:58Z
    assert_string_equal(moment_print_clock(now_ms, now_ms, text), "17:07:58");
    assert_string_equal(moment_print_clock(now_ms - INT64_C(86400000), now_ms, text), "Nov 21 17:07");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_past_and_the_future_read_as_people_say_them),
        cmocka_unit_test(a_span_changes_its_unit_where_two_digits_end),
        cmocka_unit_test(sizes_are_decimal),
        cmocka_unit_test(the_clock_tells_the_day_only_when_it_is_not_today),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
