// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/test.h"

#include "cli/table.h"
#include "unit/cli/output.h"

static const struct table_column columns[] = {
    {"NAME", false, false}, {"SIZE", true, false}, {"TEXT", false, true}};

// Two rows, printed on a terminal of so many columns; 0 = on a pipe.
static void check(unsigned width, const char *expected)
{
    struct output output;
    struct table table;
    output_open(&output);
    struct screen screen = {.out = output.file, .is_terminal = width != 0, .columns = width};
    table_init(&table, columns, COUNT_OF(columns));
    table_add(&table, SCREEN_BOLD, "a");
    table_add_format(&table, SCREEN_PLAIN, "%d", 7);
    table_add(&table, SCREEN_PLAIN, "long enough to be cut");
    table_add(&table, SCREEN_PLAIN, "lab-01");
    table_add(&table, SCREEN_PLAIN, "12345");
    table_add(&table, SCREEN_PLAIN, "B\xc3\xbcro");
    table_print(&table, &screen);
    table_clear(&table);
    output_check(&output, expected);
}

static void on_a_terminal_columns_stand_under_their_headings(void **state)
{
    (void)state;
    check(80, "NAME     SIZE  TEXT\n"
              "a           7  long enough to be cut\n"
              "lab-01  12345  B\xc3\xbcro\n");
}

static void a_narrow_terminal_cuts_what_may_be_cut(void **state)
{
    (void)state;
    check(28, "NAME     SIZE  TEXT\n"
              "a           7  long enough..\n"
              "lab-01  12345  B\xc3\xbcro\n");
}

static void no_column_becomes_too_narrow_to_read(void **state)
{
    (void)state;
    check(5, "NAME     SIZE  TEXT\n"
             "a           7  long e..\n"
             "lab-01  12345  B\xc3\xbcro\n");
}

static void a_pipe_gets_whole_cells_between_tabs(void **state)
{
    (void)state;
    check(0, "a\t7\tlong enough to be cut\n"
             "lab-01\t12345\tB\xc3\xbcro\n");
}

static void a_cell_cannot_break_its_row(void **state)
{
    (void)state;
    struct output output;
    struct table table;
    output_open(&output);
    struct screen screen = {.out = output.file};
    table_init(&table, columns, 1);
    table_add(&table, SCREEN_PLAIN, "two\nlines\tand a tab");
    table_print(&table, &screen);
    table_clear(&table);
    output_check(&output, "two?lines?and a tab\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_a_terminal_columns_stand_under_their_headings),
        cmocka_unit_test(a_narrow_terminal_cuts_what_may_be_cut),
        cmocka_unit_test(no_column_becomes_too_narrow_to_read),
        cmocka_unit_test(a_pipe_gets_whole_cells_between_tabs),
        cmocka_unit_test(a_cell_cannot_break_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
