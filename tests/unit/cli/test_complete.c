// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/test.h"

#include "cli/complete.h"
#include "unit/cli/output.h"

static void complete(char *const *line, const char *expected)
{
    struct output output;
    size_t count = 0;
    while (line[count] != NULL) {
        count++;
    }
    output_open(&output);
    assert_int_equal(complete_run(count, line, output.file), 0);
    output_check(&output, expected);
}

#define COMPLETE(expected, ...) complete((char *[]){__VA_ARGS__, NULL}, expected)

static void commands_are_completed_word_by_word(void **state)
{
    (void)state;
    COMPLETE("machine\n", "ma");
    COMPLETE("list\nshow\nadd\nboots\nanswers\napprove\nreject\nedit\nremove\n", "machine", "");
    COMPLETE("approve\n", "machine", "ap");
    COMPLETE("", "xyzzy", "");
}

static void hidden_commands_are_not_offered(void **state)
{
    (void)state;
    COMPLETE("check\nshow\n", "config", "");
    COMPLETE("help\n", "help");
}

static void options_are_those_of_the_command_and_the_common_ones(void **state)
{
    (void)state;
    COMPLETE("--expires\n--erase\n", "deploy", "m", "--e");
    COMPLETE("--json\n", "machine", "--j");
    COMPLETE("--erase\n--json\n--socket\n--help\n", "order", "confirm", "--");
}

static void values_that_are_choices_are_offered(void **state)
{
    (void)state;
    COMPLETE("grub\n", "machine", "edit", "m", "--loader", "g");
    COMPLETE("--loader=grub\n", "machine", "edit", "m", "--loader=g");
    COMPLETE("none\n", "machine", "edit", "m", "--address", "");
}

static void files_and_folders_are_left_to_the_shell(void **state)
{
    (void)state;
    COMPLETE(":file\n", "config", "check", "");
    COMPLETE(":file\n", "serve", "--config", "/et");
    COMPLETE(":file\n", "image", "add", "");
    COMPLETE("", "image", "add", "file", "");
    COMPLETE(":file\n", "profile", "edit", "web", "--script", "");
    COMPLETE("none\n", "profile", "edit", "web", "--script", "n");
}

static void reasons_and_commands_come_from_their_tables(void **state)
{
    (void)state;
    COMPLETE("MACHINE_HELD\n:file\n", "explain", "MACHINE_H");
    COMPLETE("edit\n", "help", "machine", "e");
}

static void without_a_daemon_there_are_no_names(void **state)
{
    (void)state;
    COMPLETE("", "--socket", "/nowhere/at/all", "machine", "show", "");
}

static void what_has_all_its_arguments_gets_no_more(void **state)
{
    (void)state;
    COMPLETE("", "machine", "list", "");
    COMPLETE("", "version", "");
}

static void nothing_at_all_is_no_crash(void **state)
{
    (void)state;
    struct output output;
    output_open(&output);
    assert_int_equal(complete_run(0, NULL, output.file), 0);
    output_check(&output, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_completed_word_by_word),
        cmocka_unit_test(hidden_commands_are_not_offered),
        cmocka_unit_test(options_are_those_of_the_command_and_the_common_ones),
        cmocka_unit_test(values_that_are_choices_are_offered),
        cmocka_unit_test(files_and_folders_are_left_to_the_shell),
        cmocka_unit_test(reasons_and_commands_come_from_their_tables),
        cmocka_unit_test(without_a_daemon_there_are_no_names),
        cmocka_unit_test(what_has_all_its_arguments_gets_no_more),
        cmocka_unit_test(nothing_at_all_is_no_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
