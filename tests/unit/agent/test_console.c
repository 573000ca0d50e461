// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bar.h"
#include "agent/console.h"
#include "agent/console_log.h"
#include "agent/kernel_log.h"
#include "unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MEGA (1000 * 1000ull)

static void print_bar(const struct bar *bar, char out[BAR_BYTES])
{
    struct text text;
    text_init(&text, out, BAR_BYTES);
    bar_print(bar, &text);
}

static void test_the_bar_says_how_far_how_fast_and_how_long_still(void **state)
{
    (void)state;
    struct bar bar = {0};
    char line[BAR_BYTES];
    bar_step(&bar, "writing debian-12", 0, 400 * MEGA, 1000);
    bar_step(&bar, "writing debian-12", 100 * MEGA, 400 * MEGA, 3000);
    bar_step(&bar, "writing debian-12", 200 * MEGA, 400 * MEGA, 5000);
    print_bar(&bar, line);
    assert_string_equal(line,
                        "writing debian-12  [==========>         ]  50%  200 of 400 MB  50 MB/s  0:04 left");
    bar_step(&bar, "writing debian-12", 400 * MEGA, 400 * MEGA, 9000);
    print_bar(&bar, line);
    assert_non_null(strstr(line, "[====================] 100%  400 of 400 MB"));
    assert_null(strstr(line, "left"));
}

static void test_the_bar_stands_what_cannot_be(void **state)
{
    (void)state;
    struct bar bar = {0};
    char line[BAR_BYTES];
    bar_step(&bar, "x", UINT64_MAX, 1, 0); // more than all
    print_bar(&bar, line);
    assert_non_null(strstr(line, "100%"));
    bar_step(&bar, "x", UINT64_MAX - 1, UINT64_MAX, 5000); // backwards
    print_bar(&bar, line);
    assert_non_null(strstr(line, "99%"));
    bar_step(&bar, "x", 5, 0, 6000);
    print_bar(&bar, line);
    assert_string_equal(line, "x  0 MB");
    bar_step(&bar, "a name that is so very long that it fits nowhere, least of all beside a bar on a screen",
             0, 0, 7000);
    print_bar(&bar, line);
    assert_true(strlen(line) < 80);
}

static void test_the_log_keeps_what_was_not_taken(void **state)
{
    (void)state;
    struct console_log *log = calloc(1, sizeof *log);
    char out[16];
    console_log_add(log, "one\ntwo\n", 8);
    assert_int_equal(console_log_copy(log, out, 4), 4);
    assert_memory_equal(out, "one\n", 4);
    assert_int_equal(console_log_copy(log, out, 4), 4); // not sent: the same again
    assert_memory_equal(out, "one\n", 4);
    console_log_drop(log, 4);
    assert_int_equal(console_log_copy(log, out, sizeof out), 4);
    assert_memory_equal(out, "two\n", 4);
    console_log_drop(log, 4);
    assert_int_equal(console_log_copy(log, out, sizeof out), 0);
    free(log);
}

static void test_a_full_log_forgets_its_oldest_and_never_what_came_after_a_peek(void **state)
{
    (void)state;
    struct console_log *log = calloc(1, sizeof *log);
    char *out = malloc(CONSOLE_LOG_BYTES + 1);
    for (unsigned i = 0; i < CONSOLE_LOG_BYTES; i++) {
        console_log_add(log, "a", 1);
    }
    assert_int_equal(console_log_copy(log, out, 100), 100);
    for (unsigned i = 0; i < 300; i++) { // more than was peeked runs over
        console_log_add(log, "b", 1);
    }
    console_log_drop(log, 100);
    assert_int_equal(console_log_copy(log, out, CONSOLE_LOG_BYTES + 1), CONSOLE_LOG_BYTES);
    assert_int_equal(out[0], 'a');
    assert_int_equal(out[CONSOLE_LOG_BYTES - 300], 'b');
    console_log_drop(log, CONSOLE_LOG_BYTES);
    assert_int_equal(console_log_copy(log, out, 1), 0);
    free(out);
    free(log);
}

static void test_kernel_records_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *record;
        bool is_kept;
        const char *text;
    } CASES[] = {
        {"3,339,5140900,-;blk_update_request: I/O error\n SUBSYSTEM=block\n", true,
         "blk_update_request: I/O error"},
        {"6,340,5140900,-;eth0: link up\n", false, "eth0: link up"},
        {"12,341,5140900,-;a warning of a daemon", true, "a warning of a daemon"}, // facility 1, level 4
        {"4,1,1,-;esc \033[2J", true, "esc \\x1b[2J"},
        {"no number;x", false, ""},
        {"4", false, ""},
        {"4;x", false, ""},
        {"", false, ""},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        char line[256];
        struct text text;
        text_init(&text, line, sizeof line);
        bool is_kept = kernel_log_parse(CASES[i].record, strlen(CASES[i].record), &text);
        assert_int_equal(is_kept, CASES[i].is_kept);
        assert_string_equal(line, CASES[i].text);
    }
}

// Standard error goes to a file while `speak` runs; what it said.
static char *say(void (*speak)(void))
{
    static char said[16384];
    FILE *file = tmpfile();
    int kept = dup(STDERR_FILENO);
    assert_non_null(file);
    (void)dup2(fileno(file), STDERR_FILENO);
    console_open(false);
    speak();
    (void)dup2(kept, STDERR_FILENO);
    (void)close(kept);
    rewind(file);
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    (void)fclose(file);
    return said;
}

static void speak_lines(void)
{
    console_say("plain %d", 7);
    console_say("two\nlines \033[31m");
    console_note("only home");
    const char *const lines[] = {"first",
                                 "a line that is so long that it does not fit between the two edges of "
                                 "the frame and goes on below"};
    console_show("Headline \007", lines, 2);
}

static void test_lines_are_escaped_framed_and_go_home(void **state)
{
    (void)state;
    char home[16384];
    const char *said = say(speak_lines);
    assert_non_null(strstr(said, "] plain 7\n"));
    assert_non_null(strstr(said, "] two\n"));
    assert_non_null(strstr(said, "] lines \\x1b[31m\n"));
    assert_null(strstr(said, "only home"));
    assert_non_null(strstr(said, "| Headline \\x07 "));
    assert_non_null(strstr(said, "| frame and goes on below "));
    assert_null(strchr(said, '\033'));
    size_t bytes = console_log_peek(home, sizeof home - 1);
    home[bytes] = '\0';
    assert_non_null(strstr(home, "] plain 7\n"));
    assert_non_null(strstr(home, "] only home\n"));
    assert_non_null(strstr(home, "| Headline"));
    console_log_sent(bytes);
    assert_int_equal(console_log_peek(home, sizeof home), 0);
}

static void speak_progress(void)
{
    for (unsigned i = 0; i <= 1000; i++) {
        console_progress("writing", i, 1000);
    }
    console_say("behind");
    console_progress_end();
}

static void test_a_serial_line_is_not_flooded_with_progress(void **state)
{
    (void)state;
    const char *said = say(speak_progress);
    unsigned bars = 0;
    for (const char *at = said; (at = strstr(at, "writing")) != NULL; at++) {
        bars++;
    }
    assert_int_equal(bars, 2); // the first and the last
    assert_non_null(strstr(said, "100%"));
    assert_null(strchr(said, '\033'));
    assert_non_null(strstr(said, "\n["));
}

static void speak_question(void)
{
    assert_false(console_wait_key(1));
}

static void test_nobody_presses_a_key_where_there_is_no_keyboard(void **state)
{
    (void)state;
    (void)say(speak_question);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bar_says_how_far_how_fast_and_how_long_still),
        cmocka_unit_test(test_the_bar_stands_what_cannot_be),
        cmocka_unit_test(test_the_log_keeps_what_was_not_taken),
        cmocka_unit_test(test_a_full_log_forgets_its_oldest_and_never_what_came_after_a_peek),
        cmocka_unit_test(test_kernel_records_are_taken_apart),
        cmocka_unit_test(test_lines_are_escaped_framed_and_go_home),
        cmocka_unit_test(test_a_serial_line_is_not_flooded_with_progress),
        cmocka_unit_test(test_nobody_presses_a_key_where_there_is_no_keyboard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
