// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/log.h"
#include "unit/test.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct pipe_log {
    int ends[2];
    struct log *log;
    char text[LOG_LINE_BYTES * 2];
};

static void open_log(struct pipe_log *pipe_log, enum log_form form, enum log_level least)
{
    memset(pipe_log, 0, sizeof *pipe_log);
    assert_int_equal(pipe(pipe_log->ends), 0);
    pipe_log->log = log_new(pipe_log->ends[1], form, least);
}

// Closes the log and returns all that it wrote.
static const char *close_log(struct pipe_log *pipe_log)
{
    log_free(pipe_log->log);
    close(pipe_log->ends[1]);
    ssize_t count = read(pipe_log->ends[0], pipe_log->text, sizeof pipe_log->text - 1);
    assert_true(count >= 0);
    close(pipe_log->ends[0]);
    return pipe_log->text;
}

static const struct log_field FIELDS[] = {
    {"mac", "52:54:00:00:00:01"}, {"none", NULL}, {"file", "a \"b\"\x1b[0m"}};

static void the_journal_gets_a_priority_and_no_time(void **state)
{
    (void)state;
    struct pipe_log log;
    open_log(&log, LOG_FORM_JOURNAL, LOG_LEVEL_INFO);
    log_write_fields(log.log, LOG_LEVEL_WARNING, "it is so", FIELDS, 3);
    assert_string_equal(close_log(&log),
                        "<4>it is so mac=52:54:00:00:00:01 file=\"a \\\"b\\\"\\u001b[0m\"\n");
}

// How many bytes wait to be read.
static int written(const struct pipe_log *log)
{
    int count = -1;
    assert_int_equal(ioctl(log->ends[0], FIONREAD, &count), 0);
    return count;
}

static void lines_that_are_held_leave_together_and_in_order(void **state)
{
    (void)state;
    struct pipe_log log;
    open_log(&log, LOG_FORM_JOURNAL, LOG_LEVEL_DEBUG);
    log_write(log.log, LOG_LEVEL_INFO, "a");
    assert_int_equal(written(&log), 5);
    log_hold(log.log);
    log_write(log.log, LOG_LEVEL_INFO, "b");
    log_write(log.log, LOG_LEVEL_DEBUG, "c");
    assert_int_equal(written(&log), 5);
    log_flush(log.log);
    assert_int_equal(written(&log), 15);
    log_write(log.log, LOG_LEVEL_INFO, "d");
    log_write(log.log, LOG_LEVEL_NOTICE, "e"); // at once, and what came before it
    assert_int_equal(written(&log), 25);
    log_write(log.log, LOG_LEVEL_INFO, "f"); // freed with the log
    assert_string_equal(close_log(&log), "<6>a\n<6>b\n<7>c\n<6>d\n<5>e\n<6>f\n");
}

static void more_than_a_buffer_of_held_lines_is_not_lost(void **state)
{
    (void)state;
    struct pipe_log log;
    open_log(&log, LOG_FORM_JOURNAL, LOG_LEVEL_INFO);
    log_hold(log.log);
    for (unsigned i = 0; i < 10000; i++) {
        log_write(log.log, LOG_LEVEL_INFO, "x");
    }
    assert_true(written(&log) > 0);
    log_flush(log.log);
    assert_int_equal(written(&log), 50000);
    (void)close_log(&log);
}

static void json_is_one_object_per_line(void **state)
{
    (void)state;
    struct pipe_log log;
    open_log(&log, LOG_FORM_JSON, LOG_LEVEL_INFO);
    log_write_fields(log.log, LOG_LEVEL_INFO, "it \\ is", FIELDS, 3);
    const char *text = close_log(&log);
    assert_memory_equal(text, "{\"time\":\"", 9);
    assert_string_equal(strstr(text, "Z\",") + 3,
                        "\"level\":\"info\",\"message\":\"it \\\\ is\",\"mac\":\"52:54:00:00:00:01\","
                        "\"file\":\"a \\\"b\\\"\\u001b[0m\"}\n");
}

static void logfmt_quotes_only_what_needs_it(void **state)
{
    (void)state;
    struct pipe_log log;
    open_log(&log, LOG_FORM_AUTO, LOG_LEVEL_INFO); // a pipe is neither terminal nor journal
    log_write(log.log, LOG_LEVEL_NOTICE, "%s", "started");
    const char *text = close_log(&log);
    assert_memory_equal(text, "time=", 5);
    assert_string_equal(strchr(text, ' ') + 1, "level=notice message=started\n");
}

static void people_get_no_control_characters(void **state)
{
    (void)state;
    struct pipe_log log;
    open_log(&log, LOG_FORM_HUMAN, LOG_LEVEL_INFO);
    log_write(log.log, LOG_LEVEL_ERROR, "bad \x1b[31m name\nnext");
    const char *text = close_log(&log);
    assert_string_equal(text + 9, "error   bad \\x1b[31m name\\x0anext\n");
    assert_int_equal(text[2], ':');
}

static void what_is_below_the_level_is_left_out(void **state)
{
    (void)state;
    struct pipe_log log;
    open_log(&log, LOG_FORM_JOURNAL, LOG_LEVEL_NOTICE);
    assert_false(log_is_heard(log.log, LOG_LEVEL_INFO));
    log_write(log.log, LOG_LEVEL_INFO, "quiet");
    log_set_level(log.log, LOG_LEVEL_DEBUG);
    log_write(log.log, LOG_LEVEL_DEBUG, "loud");
    assert_string_equal(close_log(&log), "<7>loud\n");
}

static void no_log_is_silent(void **state)
{
    (void)state;
    log_write(NULL, LOG_LEVEL_ERROR, "nobody hears");
    assert_false(log_is_heard(NULL, LOG_LEVEL_ERROR));
    log_free(NULL);
}

static void a_line_that_is_too_long_stays_one_whole_line(void **state)
{
    (void)state;
    static char large[LOG_LINE_BYTES * 2];
    memset(large, 'x', sizeof large - 1);
    struct pipe_log log;
    open_log(&log, LOG_FORM_JSON, LOG_LEVEL_INFO);
    log_write_fields(log.log, LOG_LEVEL_INFO, "short",
                     (struct log_field[]){{"a", "1"}, {"b", large}, {"c", "3"}}, 3);
    const char *text = close_log(&log);
    assert_non_null(strstr(text, "\"a\":\"1\",\"c\":\"3\"}\n"));
    open_log(&log, LOG_FORM_JSON, LOG_LEVEL_INFO);
    log_write_fields(log.log, LOG_LEVEL_INFO, large, NULL, 0);
    text = close_log(&log);
    assert_true(strlen(text) <= LOG_LINE_BYTES);
    assert_string_equal(text + strlen(text) - 4, "x\"}\n");
}

static void levels_are_read_as_they_are_called(void **state)
{
    (void)state;
    enum log_level level = LOG_LEVEL_ERROR;
    for (unsigned i = LOG_LEVEL_ERROR; i <= LOG_LEVEL_DEBUG; i++) {
        assert_true(log_level_parse(log_level_text((enum log_level)i), &level));
        assert_int_equal(level, i);
    }
    assert_false(log_level_parse("loud", &level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_journal_gets_a_priority_and_no_time),
        cmocka_unit_test(lines_that_are_held_leave_together_and_in_order),
        cmocka_unit_test(more_than_a_buffer_of_held_lines_is_not_lost),
        cmocka_unit_test(json_is_one_object_per_line),
        cmocka_unit_test(logfmt_quotes_only_what_needs_it),
        cmocka_unit_test(people_get_no_control_characters),
        cmocka_unit_test(what_is_below_the_level_is_left_out),
        cmocka_unit_test(no_log_is_silent),
        cmocka_unit_test(a_line_that_is_too_long_stays_one_whole_line),
        cmocka_unit_test(levels_are_read_as_they_are_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
