// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/test.h"

#include "cli/call.h"

static struct call call;
static struct problem problem;

// Takes `line` apart, which ends with NULL.
static enum status parse(char *const *line)
{
    size_t count = 0;
    while (line[count] != NULL) {
        count++;
    }
    call_clear(&call);
    problem_clear(&problem);
    return call_parse(&call, count, line, &problem);
}

#define PARSE(...) parse((char *[]){__VA_ARGS__, NULL})

static int clear(void **state)
{
    (void)state;
    call_clear(&call);
    return 0;
}

static void words_become_the_command_and_the_rest_its_arguments(void **state)
{
    (void)state;
    assert_int_equal(PARSE("machine", "approve", "lab-01", "machine"), STATUS_OK);
    assert_string_equal(call.command->words, "machine approve");
    assert_int_equal(call.argument_count, 2);
    assert_string_equal(call.arguments[1], "machine");
}

static void common_options_may_stand_anywhere(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--json", "machine", "--socket", "/a", "list"), STATUS_OK);
    assert_string_equal(call.command->words, "machine list");
    assert_true(call.is_json);
    assert_string_equal(call.socket, "/a");
    assert_int_equal(PARSE("machine", "list", "--socket=/b=c"), STATUS_OK);
    assert_string_equal(call.socket, "/b=c");
    assert_false(call.is_json);
}

static void the_version_is_told_as_other_programs_do(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--version"), STATUS_OK);
    assert_string_equal(call.command->words, "version");
    assert_int_equal(PARSE("status", "--version"), STATUS_MALFORMED);
}

static void options_take_their_value_from_the_next_word_or_behind_an_equals_sign(void **state)
{
    (void)state;
    assert_int_equal(PARSE("profile", "add", "p", "--image", "debian", "--arguments=--- quiet"), STATUS_OK);
    assert_string_equal(call_option(&call, "image"), "debian");
    assert_string_equal(call_option(&call, "arguments"), "--- quiet");
    assert_null(call_option(&call, "answer-file"));
    assert_int_equal(PARSE("profile", "add", "p", "--image", "i", "--arguments", "--- quiet"), STATUS_OK);
    assert_string_equal(call_option(&call, "arguments"), "--- quiet");
}

static void options_that_repeat_come_in_their_order(void **state)
{
    (void)state;
    size_t position = 0;
    assert_int_equal(PARSE("machine", "add", "m", "--mac", "1", "--uuid", "u", "--mac=2"), STATUS_OK);
    assert_string_equal(call_next_option(&call, "mac", &position), "1");
    assert_string_equal(call_next_option(&call, "mac", &position), "2");
    assert_null(call_next_option(&call, "mac", &position));
}

static void an_option_given_twice_is_refused_unless_it_repeats(void **state)
{
    (void)state;
    assert_int_equal(PARSE("deploy", "m", "--profile", "a", "--profile", "b"), STATUS_MALFORMED);
    assert_non_null(strstr(problem.text, "twice"));
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    assert_int_equal(PARSE("machine", "show", "--", "--json"), STATUS_OK);
    assert_string_equal(call.arguments[0], "--json");
    assert_false(call.is_json);
}

static void an_unknown_command_names_the_nearest(void **state)
{
    (void)state;
    assert_int_equal(PARSE("machin"), STATUS_MALFORMED);
    assert_non_null(strstr(problem.remedy, "'imprint machine'"));
    assert_int_equal(PARSE("machine", "lsit"), STATUS_MALFORMED);
    assert_non_null(strstr(problem.remedy, "'imprint machine list'"));
    assert_int_equal(PARSE("xyzzy"), STATUS_MALFORMED);
    assert_non_null(strstr(problem.remedy, "imprint help"));
    assert_int_equal(PARSE(""), STATUS_MALFORMED);
}

static void an_unknown_option_names_the_nearest(void **state)
{
    (void)state;
    assert_int_equal(PARSE("deploy", "m", "--profil", "p"), STATUS_MALFORMED);
    assert_non_null(strstr(problem.text, "'--profil'"));
    assert_non_null(strstr(problem.remedy, "'--profile'"));
    assert_int_equal(PARSE("machine", "list", "-j"), STATUS_MALFORMED);
    assert_int_equal(PARSE("--profile", "p", "deploy", "m"), STATUS_MALFORMED);
    assert_non_null(strstr(problem.text, "before any command"));
}

static void too_few_and_too_many_arguments_are_refused(void **state)
{
    (void)state;
    assert_int_equal(PARSE("profile", "render", "p"), STATUS_MALFORMED);
    assert_non_null(strstr(problem.text, "MACHINE"));
    assert_int_equal(PARSE("profile", "render", "p", "m"), STATUS_OK);
    assert_int_equal(PARSE("profile", "render", "p", "m", "x"), STATUS_MALFORMED);
    assert_non_null(strstr(problem.text, "'x'"));
    assert_int_equal(PARSE("watch"), STATUS_OK);
    assert_int_equal(PARSE("watch", "m"), STATUS_OK);
    assert_int_equal(PARSE("watch", "m", "n"), STATUS_MALFORMED);
}

static void options_that_are_needed_are_missed(void **state)
{
    (void)state;
    assert_int_equal(PARSE("order", "confirm", "1"), STATUS_MALFORMED);
    assert_non_null(strstr(problem.text, "--erase SERIAL"));
    assert_int_equal(PARSE("deploy", "m"), STATUS_OK); // a class may propose the profile
}

static void values_and_flags_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(PARSE("deploy", "m", "--profile"), STATUS_MALFORMED);
    assert_non_null(strstr(problem.text, "needs a value"));
    assert_int_equal(PARSE("order", "list", "--all=yes"), STATUS_MALFORMED);
    assert_non_null(strstr(problem.text, "takes no value"));
}

static void choices_are_checked_and_free_text_is_not(void **state)
{
    (void)state;
    assert_int_equal(PARSE("machine", "edit", "m", "--loader", "grub"), STATUS_OK);
    assert_int_equal(PARSE("machine", "edit", "m", "--loader", "gru"), STATUS_MALFORMED);
    assert_non_null(strstr(problem.remedy, "auto|ipxe|pxelinux|grub"));
    assert_int_equal(PARSE("machine", "edit", "m", "--loader", ""), STATUS_MALFORMED);
    assert_int_equal(PARSE("machine", "edit", "m", "--address", "192.0.2.1"), STATUS_OK);
}

static void help_needs_nothing_else_to_be_right(void **state)
{
    (void)state;
    assert_int_equal(PARSE("deploy", "--help"), STATUS_OK);
    assert_true(call.wants_help);
    assert_int_equal(PARSE("-h"), STATUS_OK);
    assert_true(call.wants_help);
    assert_null(call.command);
}

static void a_group_alone_is_no_command(void **state)
{
    (void)state;
    assert_int_equal(PARSE("machine"), STATUS_OK);
    assert_null(call.command);
    assert_string_equal(call.words, "machine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_become_the_command_and_the_rest_its_arguments),
        cmocka_unit_test(common_options_may_stand_anywhere),
        cmocka_unit_test(the_version_is_told_as_other_programs_do),
        cmocka_unit_test(options_take_their_value_from_the_next_word_or_behind_an_equals_sign),
        cmocka_unit_test(options_that_repeat_come_in_their_order),
        cmocka_unit_test(an_option_given_twice_is_refused_unless_it_repeats),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(an_unknown_command_names_the_nearest),
        cmocka_unit_test(an_unknown_option_names_the_nearest),
        cmocka_unit_test(too_few_and_too_many_arguments_are_refused),
        cmocka_unit_test(options_that_are_needed_are_missed),
        cmocka_unit_test(values_and_flags_are_told_apart),
        cmocka_unit_test(choices_are_checked_and_free_text_is_not),
        cmocka_unit_test(help_needs_nothing_else_to_be_right),
        cmocka_unit_test(a_group_alone_is_no_command),
    };
    return cmocka_run_group_tests(tests, NULL, clear);
}
