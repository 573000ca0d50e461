// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/run.h"
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static enum status shell(const char *script, struct run_job job, struct problem *problem)
{
    const char *const words[] = {"sh", "-c", script, NULL};
    job.words = words;
    job.is_quiet = true;
    problem_clear(problem);
    return run(&job, problem);
}

static void a_program_that_ends_well_is_ok(void **state)
{
    (void)state;
    struct problem problem;
    assert_int_equal(shell("exit 0", (struct run_job){0}, &problem), STATUS_OK);
    assert_false(problem_is_set(&problem));
}

static void a_program_that_fails_is_told_with_its_last_line(void **state)
{
    (void)state;
    struct problem problem;
    assert_int_equal(
        shell("echo first; echo '\033[1mlast one' >&2; echo; exit 7", (struct run_job){0}, &problem),
        STATUS_IO);
    assert_string_equal(problem.text, "sh ended with exit status 7: \\x1b[1mlast one");
}

static void a_program_that_does_not_exist_is_not_found(void **state)
{
    (void)state;
    struct problem problem = {0};
    const char *const words[] = {"no-such-program-anywhere", NULL};
    assert_int_equal(run(&(struct run_job){.words = words}, &problem), STATUS_NOT_FOUND);
    assert_non_null(strstr(problem.text, "no-such-program-anywhere"));
}

static void its_words_are_no_shell_text(void **state)
{
    (void)state;
    struct problem problem = {0};
    char output[64];
    const char *const words[] = {"printf", "%s", "$(id); `id` *", NULL};
    struct run_job job = {.words = words, .output = output, .output_bytes = sizeof output};
    assert_int_equal(run(&job, &problem), STATUS_OK);
    assert_string_equal(output, "$(id); `id` *");
}

static void input_of_any_length_arrives_and_output_is_cut_to_its_room(void **state)
{
    (void)state;
    enum { BYTES = 300 * 1000 };
    char *input = malloc(BYTES + 1);
    assert_non_null(input);
    (void)memset(input, 'x', BYTES);
    input[BYTES] = '\0';
    char output[100];
    struct problem problem;
    struct run_job job = {.input = input, .output = output, .output_bytes = sizeof output};
    assert_int_equal(shell("cat", job, &problem), STATUS_OK);
    assert_int_equal(strlen(output), 99);
    assert_int_equal(shell("wc -c", job, &problem), STATUS_OK);
    assert_int_equal(atoi(output), BYTES);
    free(input);
}

static void the_environment_is_small_and_has_what_was_added(void **state)
{
    (void)state;
    assert_int_equal(setenv("LEAKED", "yes", 1), 0);
    const char *const added[] = {"ADDED=1", NULL};
    char output[200];
    struct problem problem;
    struct run_job job = {.environment = added, .output = output, .output_bytes = sizeof output};
    assert_int_equal(shell("printf '%s' \"$ADDED-$LEAKED-$LC_ALL-$DEBIAN_FRONTEND\"", job, &problem),
                     STATUS_OK);
    assert_string_equal(output, "1--C.UTF-8-noninteractive");
}

// Whether the process is gone, or killed and not yet reaped by whoever adopted it.
static bool is_dead(pid_t pid)
{
    char path[64];
    char text[400];
    (void)snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return true;
    }
    size_t count = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[count] = '\0';
    return count == 0 || strstr(text, "State:\tZ") != NULL || strstr(text, "State:\tX") != NULL;
}

static void a_program_that_hangs_is_stopped_with_its_children(void **state)
{
    (void)state;
    char output[32];
    struct problem problem;
    struct run_job job = {.timeout_s = 1, .output = output, .output_bytes = sizeof output};
    time_t before = time(NULL);
    assert_int_equal(shell("sleep 50 & echo $!; sleep 60", job, &problem), STATUS_IO);
    assert_true(time(NULL) - before < 10);
    assert_non_null(strstr(problem.text, "did not end within 1 s"));
    pid_t child = atoi(output);
    assert_true(child > 1);
    for (unsigned i = 0; i < 500 && !is_dead(child); i++) { // a kill takes its time on a busy machine
        (void)usleep(10000);
    }
    assert_true(is_dead(child));
}

static void a_program_that_talks_without_end_is_stopped_all_the_same(void **state)
{
    (void)state;
    struct problem problem;
    struct run_job job = {.timeout_s = 1, .is_quiet = true};
    time_t before = time(NULL);
    assert_int_equal(shell("while :; do echo still here; done", job, &problem), STATUS_IO);
    assert_true(time(NULL) - before < 10);
    assert_non_null(strstr(problem.text, "did not end within 1 s"));
}

static void a_child_that_it_leaves_behind_does_not_hold_it_up(void **state)
{
    (void)state;
    struct problem problem;
    time_t before = time(NULL);
    assert_int_equal(shell("sleep 50 & exit 0", (struct run_job){0}, &problem), STATUS_OK);
    assert_true(time(NULL) - before < 10);
}

static void a_program_is_fed_more_than_a_pipe_holds_while_it_talks(void **state)
{
    (void)state;
    struct problem problem = {0};
    const char *const words[] = {"sh", "-c", "seq 1 50000; test \"$(wc -c)\" = 2000000", NULL};
    struct run_pipe *pipe;
    assert_int_equal(run_pipe_open(&(struct run_job){.words = words, .is_quiet = true}, &pipe, &problem),
                     STATUS_OK);
    char block[1000] = {0};
    for (unsigned i = 0; i < 2000; i++) {
        assert_int_equal(run_pipe_write(pipe, block, sizeof block, &problem), STATUS_OK);
    }
    assert_int_equal(run_pipe_close(pipe, &problem), STATUS_OK);
}

static void a_fed_program_that_gives_up_says_why_when_it_is_closed(void **state)
{
    (void)state;
    struct problem problem = {0};
    const char *const words[] = {"sh", "-c", "echo 'no space left' >&2; exit 2", NULL};
    struct run_pipe *pipe;
    assert_int_equal(run_pipe_open(&(struct run_job){.words = words, .is_quiet = true}, &pipe, &problem),
                     STATUS_OK);
    static char block[1000 * 1000];
    assert_int_equal(run_pipe_write(pipe, block, sizeof block, &problem), STATUS_IO);
    assert_int_equal(run_pipe_close(pipe, &problem), STATUS_IO);
    assert_string_equal(problem.text, "sh ended with exit status 2: no space left");
}

int main(void)
{
    (void)alarm(120); // a program that is never stopped is a failure
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_that_ends_well_is_ok),
        cmocka_unit_test(a_program_that_fails_is_told_with_its_last_line),
        cmocka_unit_test(a_program_that_does_not_exist_is_not_found),
        cmocka_unit_test(its_words_are_no_shell_text),
        cmocka_unit_test(input_of_any_length_arrives_and_output_is_cut_to_its_room),
        cmocka_unit_test(the_environment_is_small_and_has_what_was_added),
        cmocka_unit_test(a_program_that_hangs_is_stopped_with_its_children),
        cmocka_unit_test(a_program_that_talks_without_end_is_stopped_all_the_same),
        cmocka_unit_test(a_child_that_it_leaves_behind_does_not_hold_it_up),
        cmocka_unit_test(a_program_is_fed_more_than_a_pipe_holds_while_it_talks),
        cmocka_unit_test(a_fed_program_that_gives_up_says_why_when_it_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
