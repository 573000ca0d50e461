// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/time.h"

#include "unit/test.h"

static void durations_are_written_as_people_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t seconds;
    } ROWS[] = {{"90", 90},
                {"90s", 90},
                {"15m", 900},
                {"2h", 7200},
                {"1h30m", 5400},
                {"7d", 604800},
                {"2w", 1209600},
                {"1w2d3h4m5s", 788645},
                {"0", 0},
                {"0s", 0},
                {"4294967294", UINT32_MAX - 1},
                {"forever", DURATION_FOREVER_S}};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        uint32_t seconds = 77;
        assert_int_equal(duration_parse(ROWS[i].text, &seconds), STATUS_OK);
        assert_int_equal(seconds, ROWS[i].seconds);
    }
}

static void a_duration_with_wrong_units_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"",    "h",   "1x",   "30m1h", "1h1h",    "1h30",
                                        "-1h", "1 h", "1.5h", "1H",    "forever "};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        uint32_t seconds = 77;
        assert_int_equal(duration_parse(TEXTS[i], &seconds), STATUS_MALFORMED);
        assert_int_equal(seconds, 77);
    }
}

static void a_duration_that_would_mean_forever_by_overflow_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"4294967295", "99999999999999999999s", "7102w", "7101w4d",
                                        "71582789m"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        uint32_t seconds = 77;
        assert_int_equal(duration_parse(TEXTS[i], &seconds), STATUS_TOO_LONG);
        assert_int_equal(seconds, 77);
    }
}

static void a_printed_duration_is_short_and_reads_back(void **state)
{
    (void)state;
    static const uint32_t VALUES[] = {
        0, 1, 59, 60, 3599, 5400, 86400, 788645, UINT32_MAX - 1, DURATION_FOREVER_S};
    char out[DURATION_TEXT_BYTES];
    for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
        uint32_t seconds = 77;
        assert_int_equal(duration_parse(duration_print(VALUES[i], out), &seconds), STATUS_OK);
        assert_int_equal(seconds, VALUES[i]);
    }
    assert_string_equal(duration_print(5400, out), "1h30m");
    assert_string_equal(duration_print(45, out), "45s");
    assert_string_equal(duration_print(0, out), "0s");
    assert_string_equal(duration_print(DURATION_FOREVER_S, out), "forever");
}

static void instants_print_as_utc(void **state)
{
    (void)state;
    char out[TIME_TEXT_BYTES];
    assert_string_equal(time_print(0, out), "1970-01-01T00:00:00Z");
    assert_string_equal(time_print(1795367278, out), "2026-11-22T17:07:58Z");
    assert_string_equal(time_print(2147483648, out), "2038-01-19T03:14:08Z");
    assert_string_equal(time_print(253402300799, out), "9999-12-31T23:59:59Z");
}

static void leap_days_are_where_the_calendar_has_them(void **state)
{
    (void)state;
    char out[TIME_TEXT_BYTES];
    assert_string_equal(time_print(951782400, out), "2000-02-29T00:00:00Z");
    assert_string_equal(time_print(1709164800, out), "2024-02-29T00:00:00Z");
    assert_string_equal(time_print(4107542399, out), "2100-02-28T23:59:59Z");
    assert_string_equal(time_print(4107542400, out), "2100-03-01T00:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_written_as_people_write_them),
        cmocka_unit_test(a_duration_with_wrong_units_is_refused),
        cmocka_unit_test(a_duration_that_would_mean_forever_by_overflow_is_refused),
        cmocka_unit_test(a_printed_duration_is_short_and_reads_back),
        cmocka_unit_test(instants_print_as_utc),
        cmocka_unit_test(leap_days_are_where_the_calendar_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
