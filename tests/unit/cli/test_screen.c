// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/test.h"

#include "cli/screen.h"
#include "unit/cli/output.h"

static void check_safe(const char *text, bool has_lines, const char *expected)
{
    struct output output;
    output_open(&output);
    screen_print_safe(output.file, text, has_lines);
    output_check(&output, expected);
}

static void nothing_printed_can_command_the_terminal(void **state)
{
    (void)state;
    check_safe("a\033[2Jb", false, "a?[2Jb");
    check_safe("a\xc2\x9b"
               "31mb",
               false, "a?31mb"); // CSI as one C1 character in UTF-8
    check_safe("a\xc2\xa9"
               "b",
               false,
               "a\xc2\xa9"
               "b"); // while its neighbours are letters
    check_safe("a\x7f\rb", true, "a??b");
    check_safe("a\xc2", false, "a\xc2");
}

static void lines_stay_only_where_they_belong(void **state)
{
    (void)state;
    check_safe("a\n\tb", true, "a\n\tb");
    check_safe("a\n\tb", false, "a??b");
}

static void colours_are_for_terminals_that_have_them(void **state)
{
    (void)state;
    struct output output;
    output_open(&output);
    struct screen screen = {.out = output.file, .is_terminal = true, .has_colours = true, .columns = 80};
    screen_paint(&screen, SCREEN_BAD, "no");
    screen_paint(&screen, SCREEN_PLAIN, " plain");
    screen.has_colours = false;
    screen_paint(&screen, SCREEN_BAD, " none");
    output_check(&output, "\033[31mno\033[0m plain none");
}

static void a_pipe_has_no_colours(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    struct screen screen = screen_open(file);
    assert_false(screen.is_terminal);
    assert_false(screen.has_colours);
    (void)fclose(file);
}

static void width_counts_characters_and_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(screen_width(""), 0);
    assert_int_equal(screen_width("lab"), 3);
    assert_int_equal(screen_width("B\xc3\xbcro"), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_printed_can_command_the_terminal),
        cmocka_unit_test(lines_stay_only_where_they_belong),
        cmocka_unit_test(colours_are_for_terminals_that_have_them),
        cmocka_unit_test(a_pipe_has_no_colours),
        cmocka_unit_test(width_counts_characters_and_not_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
