// SPDX-License-Identifier: GPL-3.0-or-later
// The table itself: what every row must keep for help, manual and completion to be right.
#include "unit/test.h"

#include "cli/command.h"

static size_t group_length(const char *words)
{
    return strcspn(words, " ");
}

static bool is_same_group(const char *a, const char *b)
{
    size_t length = group_length(a);
    return length == group_length(b) && strncmp(a, b, length) == 0;
}

static void every_row_is_found_by_its_words(void **state)
{
    (void)state;
    size_t count;
    const struct command *table = command_table(&count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(command_find(table[i].words), &table[i]); // so no two have the same
        assert_non_null(table[i].run);
        assert_true(strlen(table[i].words) < COMMAND_WORDS_BYTES);
        assert_false(command_is_group(table[i].words)); // a word is a command or a group
    }
}

static void commands_of_a_group_stand_together(void **state)
{
    (void)state;
    size_t count;
    const struct command *table = command_table(&count);
    for (size_t i = 2; i < count; i++) {
        for (size_t j = 0; j + 1 < i; j++) {
            if (is_same_group(table[j].words, table[i].words)) {
                assert_true(is_same_group(table[i - 1].words, table[i].words));
            }
        }
    }
}

static void phrases_are_phrases_and_sentences_are_sentences(void **state)
{
    (void)state;
    size_t count;
    const struct command *table = command_table(&count);
    for (size_t i = 0; i < count; i++) {
        const char *about = table[i].about;
        const char *detail = table[i].detail;
        assert_true(about[0] >= 'a' && about[0] <= 'z' && about[strlen(about) - 1] != '.');
        assert_true(detail[0] == '\0' || detail[strlen(detail) - 1] == '.');
        for (const struct command_option *row = table[i].options; row != NULL && row->name != NULL; row++) {
            assert_true(row->about[0] >= 'a' && row->about[0] <= 'z');
            assert_true(row->about[strlen(row->about) - 1] != '.');
            assert_true(row->value != NULL || (!row->repeats && !row->is_required));
        }
    }
}

static void no_command_has_an_option_twice_or_one_of_the_common_ones(void **state)
{
    (void)state;
    size_t count;
    const struct command *table = command_table(&count);
    for (size_t i = 0; i < count; i++) {
        for (const struct command_option *row = table[i].options; row != NULL && row->name != NULL; row++) {
            assert_ptr_equal(command_find_option(&table[i], row->name), row);
            for (const struct command_option *common = command_common_options(); common->name != NULL;
                 common++) {
                assert_string_not_equal(common->name, row->name);
            }
        }
    }
}

static void placeholders_are_taken_apart(void **state)
{
    (void)state;
    struct command_argument arguments[COMMAND_ARGUMENTS_COUNT];
    assert_int_equal(command_arguments(command_find("machine approve"), arguments), 1);
    assert_string_equal(arguments[0].name, "MACHINE");
    assert_true(arguments[0].repeats && !arguments[0].is_optional);
    assert_int_equal(command_arguments(command_find("help"), arguments), 1);
    assert_string_equal(arguments[0].name, "COMMAND");
    assert_true(arguments[0].repeats && arguments[0].is_optional);
    assert_int_equal(command_arguments(command_find("profile render"), arguments), 2);
    assert_string_equal(arguments[1].name, "MACHINE");
    assert_true(!arguments[1].repeats && !arguments[1].is_optional);
    assert_int_equal(command_arguments(command_find("watch"), arguments), 1);
    assert_true(arguments[0].is_optional && !arguments[0].repeats);
}

static void only_the_last_argument_is_optional_or_repeats(void **state)
{
    (void)state;
    size_t count;
    const struct command *table = command_table(&count);
    for (size_t i = 0; i < count; i++) {
        struct command_argument arguments[COMMAND_ARGUMENTS_COUNT];
        size_t argument_count = command_arguments(&table[i], arguments);
        for (size_t j = 0; j + 1 < argument_count; j++) {
            assert_false(arguments[j].is_optional || arguments[j].repeats);
        }
    }
}

static void hidden_commands_work_but_are_not_offered(void **state)
{
    (void)state;
    struct problem problem;
    assert_non_null(command_find("config manual"));
    problem_clear(&problem);
    command_refuse_word("config", "manua", &problem);
    assert_null(strstr(problem.remedy, "manual"));
}

static void the_beginning_of_a_word_is_enough_to_suggest_it(void **state)
{
    (void)state;
    struct problem problem;
    problem_clear(&problem);
    command_refuse_word("", "prof", &problem);
    assert_non_null(strstr(problem.remedy, "imprint profile"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_found_by_its_words),
        cmocka_unit_test(commands_of_a_group_stand_together),
        cmocka_unit_test(phrases_are_phrases_and_sentences_are_sentences),
        cmocka_unit_test(no_command_has_an_option_twice_or_one_of_the_common_ones),
        cmocka_unit_test(placeholders_are_taken_apart),
        cmocka_unit_test(only_the_last_argument_is_optional_or_repeats),
        cmocka_unit_test(hidden_commands_work_but_are_not_offered),
        cmocka_unit_test(the_beginning_of_a_word_is_enough_to_suggest_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
