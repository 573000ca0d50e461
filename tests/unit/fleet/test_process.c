// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/process.h"

#include "base/text.h"
#include "io/heap.h"

#include <stdlib.h>

#include "unit/test.h"

static struct problem problem;
static char seen[256];

static int start(void **state)
{
    (void)state;
    problem_clear(&problem);
    seen[0] = '\0';
    return 0;
}

static void see(void *context, const char *line)
{
    (void)context;
    assert_true(strlen(seen) + strlen(line) + 2 < sizeof seen);
    strcat(seen, line);
    strcat(seen, "|");
}

static enum status run(const char *script)
{
    const char *const words[] = {"sh", "-c", script, NULL};
    return process_run(&(struct process_job){.words = words, .line = see}, &problem);
}

static void lines_come_one_by_one(void **state)
{
    (void)state;
    assert_int_equal(run("echo one; echo two >&2; printf three"), STATUS_OK);
    assert_string_equal(seen, "one|two|three|");
}

static void a_failure_says_its_first_error(void **state)
{
    (void)state;
    assert_int_equal(run("echo fine; echo 'E: the cause'; echo 'E: the end'; exit 7"), STATUS_IO);
    assert_string_equal(problem.text, "the program 'sh' failed (status 7): E: the cause");
}

static void a_signal_is_told(void **state)
{
    (void)state;
    assert_int_equal(run("kill -9 $$"), STATUS_IO);
    assert_non_null(strstr(problem.text, "signal 9"));
}

static void a_program_that_is_not_there_is_told(void **state)
{
    (void)state;
    const char *const words[] = {"imprint-no-such-program", NULL};
    assert_int_equal(process_run(&(struct process_job){.words = words}, &problem), STATUS_NOT_FOUND);
    assert_false(process_is_there("imprint-no-such-program"));
    assert_true(process_is_there("sh"));
}

static void nothing_is_read_by_a_shell(void **state)
{
    (void)state;
    const char *const words[] = {"printf", "%s", "$(id) ; `id`", NULL};
    char *text = NULL;
    assert_int_equal(process_read(&(struct process_job){.words = words}, 100, &text, &problem), STATUS_OK);
    assert_string_equal(text, "$(id) ; `id`");
    heap_free(text);
}

static void too_much_output_is_an_error(void **state)
{
    (void)state;
    const char *const words[] = {"yes", NULL};
    char *text = NULL;
    assert_int_equal(process_read(&(struct process_job){.words = words}, 1000, &text, &problem),
                     STATUS_TOO_LONG);
    assert_null(text);
}

static void descriptors_and_signals_are_those_of_a_fresh_program(void **state)
{
    (void)state;
    // Only 0, 1, 2 and the one that lists them; none of the signals that people send is blocked or ignored.
    assert_int_equal(run("ls /proc/self/fd | tr '\\n' ' '"), STATUS_OK);
    assert_string_equal(seen, "0 1 2 3 |");
    seen[0] = '\0';
    assert_int_equal(run("sed -n 's/^Sig\\(Blk\\|Ign\\):.*\\(.......\\)$/\\1 \\2/p' /proc/self/status"),
                     STATUS_OK);
    assert_string_equal(seen, "Blk 0000000|Ign 0000000|");
}

static void the_environment_is_added_to(void **state)
{
    (void)state;
    const char *const words[] = {"sh", "-c", "echo $IMPRINT_A $IMPRINT_B $LC_ALL", NULL};
    const char *const environment[] = {"IMPRINT_A=new", NULL};
    assert_int_equal(setenv("IMPRINT_A", "old", 1), 0);
    assert_int_equal(setenv("IMPRINT_B", "kept", 1), 0);
    const struct process_job job = {.words = words, .environment = environment, .folder = "/", .line = see};
    assert_int_equal(process_run(&job, &problem), STATUS_OK);
    assert_string_equal(seen, "new kept C.UTF-8|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lines_come_one_by_one, start),
        cmocka_unit_test_setup(a_failure_says_its_first_error, start),
        cmocka_unit_test_setup(a_signal_is_told, start),
        cmocka_unit_test_setup(a_program_that_is_not_there_is_told, start),
        cmocka_unit_test_setup(nothing_is_read_by_a_shell, start),
        cmocka_unit_test_setup(too_much_output_is_an_error, start),
        cmocka_unit_test_setup(descriptors_and_signals_are_those_of_a_fresh_program, start),
        cmocka_unit_test_setup(the_environment_is_added_to, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
