// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"

#include "unit/test.h"

static void a_builder_holds_what_was_added_in_order(void **state)
{
    (void)state;
    char out[32];
    struct text text;
    text_init(&text, out, sizeof out);
    assert_string_equal(out, "");
    text_add(&text, "one ");
    text_add_bytes(&text, "two three", 3);
    text_add_char(&text, '/');
    text_add_format(&text, "%d-%s", 3, "x");
    assert_string_equal(out, "one two/3-x");
    assert_int_equal(text.length, strlen(out));
    assert_false(text.cut);
}

static void text_that_fills_the_buffer_exactly_is_not_cut(void **state)
{
    (void)state;
    char out[4];
    struct text text;
    text_init(&text, out, sizeof out);
    text_add_format(&text, "%s", "abc");
    assert_false(text.cut);
    assert_string_equal(out, "abc");
}

static void what_does_not_fit_is_cut_and_remembered(void **state)
{
    (void)state;
    char out[5] = "....";
    struct text text;
    text_init(&text, out, 4);
    text_add(&text, "abcdef");
    assert_true(text.cut);
    assert_string_equal(out, "abc");
    text_add_format(&text, "%d", 12345);
    text_add_char(&text, 'x');
    assert_string_equal(out, "abc");
    assert_int_equal(text.length, 3);
}

static void a_format_that_does_not_fit_keeps_its_beginning(void **state)
{
    (void)state;
    char out[6];
    struct text text;
    text_init(&text, out, sizeof out);
    text_add_format(&text, "%s-%s", "abc", "def");
    assert_true(text.cut);
    assert_string_equal(out, "abc-d");
    assert_int_equal(text.length, 5);
}

static void a_strangers_text_cannot_reach_the_terminal(void **state)
{
    (void)state;
    char out[64];
    struct text text;
    text_init(&text, out, sizeof out);
    text_add_escaped(&text, "a\x1b[31m\\\n\0\x7f\xc3", 11);
    assert_string_equal(out, "a\\x1b[31m\\x5c\\x0a\\x00\\x7f\\xc3");
}

static void a_copy_is_always_terminated_and_says_when_it_was_cut(void **state)
{
    (void)state;
    char out[4];
    assert_int_equal(text_copy(out, sizeof out, "abc"), STATUS_OK);
    assert_string_equal(out, "abc");
    assert_int_equal(text_copy(out, sizeof out, "wxyz"), STATUS_TOO_LONG);
    assert_string_equal(out, "wxy");
}

static void comparing_without_case_looks_at_everything_else(void **state)
{
    (void)state;
    assert_true(text_equal_nocase("GRUB/Grub.cfg", "grub/grub.CFG"));
    assert_true(text_equal_nocase("", ""));
    assert_false(text_equal_nocase("grub", "grub2"));
    assert_false(text_equal_nocase("grub2", "grub"));
    assert_false(text_equal_nocase("[", "{")); // 0x20 apart, as letters are
}

static void a_number_is_read_as_far_as_it_goes(void **state)
{
    (void)state;
    assert_int_equal(text_read_number("1456 bytes", 10), 1456);
    assert_int_equal(text_read_number(" \t7", 10), 7);
    assert_int_equal(text_read_number("2968fc29, secs", 16), 0x2968fc29);
    assert_int_equal(text_read_number("12ab", 10), 12);
    assert_int_equal(text_read_number("", 10), 0);
    assert_int_equal(text_read_number("-1", 10), 0);
    assert_true(text_read_number("18446744073709551615", 10) == UINT64_MAX);
    assert_true(text_read_number("99999999999999999999999", 10) == UINT64_MAX);
}

static void beginnings_and_ends_are_found(void **state)
{
    (void)state;
    assert_true(text_starts("pxelinux.cfg/default", "pxelinux.cfg/"));
    assert_false(text_starts("pxe", "pxelinux"));
    assert_true(text_starts_nocase("PXELinux.cfg/default", "pxelinux.CFG/"));
    assert_true(text_starts_nocase("x", ""));
    assert_false(text_starts_nocase("pxe", "PXElinux"));
    assert_true(text_has_nocase("TFTP: Access DENIED", "denied"));
    assert_true(text_has_nocase("", ""));
    assert_false(text_has_nocase("denie", "denied"));
    assert_true(text_ends("image.iso", ".iso"));
    assert_false(text_ends("iso", "image.iso"));
    assert_false(text_ends("image.iso.gz", ".iso"));
}

static void a_number_is_digits_and_nothing_else(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"", "-1", "+1", " 1", "1 ", "0x10", "1.0", "1e3", "١"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        uint64_t value = 77;
        assert_int_equal(text_parse_u64(TEXTS[i], UINT64_MAX, &value), STATUS_MALFORMED);
        assert_true(value == 77);
    }
}

static void a_number_keeps_to_its_limit(void **state)
{
    (void)state;
    uint64_t value = 0;
    assert_int_equal(text_parse_u64("65535", 65535, &value), STATUS_OK);
    assert_true(value == 65535);
    assert_int_equal(text_parse_u64("65536", 65535, &value), STATUS_TOO_LONG);
    assert_true(value == 65535);
    assert_int_equal(text_parse_u64("18446744073709551615", UINT64_MAX, &value), STATUS_OK);
    assert_true(value == UINT64_MAX);
    assert_int_equal(text_parse_u64("18446744073709551616", UINT64_MAX, &value), STATUS_TOO_LONG);
    assert_int_equal(text_parse_u64("99999999999999999999999", UINT64_MAX, &value), STATUS_TOO_LONG);
    assert_int_equal(text_parse_u64("99999999999999999999999x", UINT64_MAX, &value), STATUS_MALFORMED);
}

static void a_name_is_found_at_its_position_or_nowhere(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"hold", "local", "refuse"};
    assert_int_equal(text_find("hold", NAMES, 3), 0);
    assert_int_equal(text_find("refuse", NAMES, 3), 2);
    assert_int_equal(text_find("refuse", NAMES, 2), 2); // not looked at: the count
    assert_int_equal(text_find("Hold", NAMES, 3), 3);
    assert_int_equal(text_find("hol", NAMES, 3), 3);
}

static void hexadecimal_digits_have_their_values(void **state)
{
    (void)state;
    assert_int_equal(text_parse_hex_digit('0'), 0);
    assert_int_equal(text_parse_hex_digit('9'), 9);
    assert_int_equal(text_parse_hex_digit('a'), 10);
    assert_int_equal(text_parse_hex_digit('F'), 15);
    assert_int_equal(text_parse_hex_digit('g'), -1);
    assert_int_equal(text_parse_hex_digit('/'), -1);
    assert_int_equal(text_parse_hex_digit(':'), -1);
    assert_int_equal(text_parse_hex_digit('\0'), -1);
}

static void distance_counts_single_edits(void **state)
{
    (void)state;
    assert_int_equal(text_distance("subnets", "subnets"), 0);
    assert_int_equal(text_distance("subnets", "SUBNETS"), 0);
    assert_int_equal(text_distance("subnet", "subnets"), 1);   // insert
    assert_int_equal(text_distance("subnnets", "subnets"), 1); // delete
    assert_int_equal(text_distance("subnats", "subnets"), 1);  // replace
    assert_int_equal(text_distance("sunbets", "subnets"), 1);  // swap neighbours
    assert_int_equal(text_distance("", "abc"), 3);
    assert_int_equal(text_distance("abc", ""), 3);
    assert_int_equal(text_distance("kitten", "sitting"), 3);
}

static void distance_is_the_same_both_ways(void **state)
{
    (void)state;
    assert_int_equal(text_distance("interfaces", "interface"), text_distance("interface", "interfaces"));
    assert_int_equal(text_distance("routers", "router:"), text_distance("router:", "routers"));
}

static void distance_of_very_long_words_stays_in_its_rows(void **state)
{
    (void)state;
    char long_word[200];
    memset(long_word, 'a', sizeof long_word - 1);
    long_word[sizeof long_word - 1] = '\0';
    assert_int_equal(text_distance(long_word, ""), 63);
    assert_int_equal(text_distance(long_word, long_word), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_builder_holds_what_was_added_in_order),
        cmocka_unit_test(text_that_fills_the_buffer_exactly_is_not_cut),
        cmocka_unit_test(what_does_not_fit_is_cut_and_remembered),
        cmocka_unit_test(a_format_that_does_not_fit_keeps_its_beginning),
        cmocka_unit_test(a_strangers_text_cannot_reach_the_terminal),
        cmocka_unit_test(a_copy_is_always_terminated_and_says_when_it_was_cut),
        cmocka_unit_test(comparing_without_case_looks_at_everything_else),
        cmocka_unit_test(beginnings_and_ends_are_found),
        cmocka_unit_test(a_number_is_read_as_far_as_it_goes),
        cmocka_unit_test(a_number_is_digits_and_nothing_else),
        cmocka_unit_test(a_number_keeps_to_its_limit),
        cmocka_unit_test(a_name_is_found_at_its_position_or_nowhere),
        cmocka_unit_test(hexadecimal_digits_have_their_values),
        cmocka_unit_test(distance_counts_single_edits),
        cmocka_unit_test(distance_is_the_same_both_ways),
        cmocka_unit_test(distance_of_very_long_words_stays_in_its_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
