// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/shell_default.h"

#include "unit/test.h"

// Every statement of `text`: "LINE NAME=VALUE", or "LINE NAME!STATUS".
static void reads_as(const char *text, const char *expected)
{
    char out[2048];
    struct text print;
    struct shell_default file = shell_default_init(text, strlen(text));
    struct shell_default_item item;
    text_init(&print, out, sizeof out);
    while (shell_default_next(&file, &item)) {
        if (item.status == STATUS_OK) {
            text_add_format(&print, "%u %s=%s\n", item.line, item.name, item.value);
        } else {
            text_add_format(&print, "%u %s!%s\n", item.line, item.name, status_text(item.status));
        }
    }
    assert_string_equal(out, expected);
}

static void quotes_are_taken_away_as_a_shell_does(void **state)
{
    (void)state;
    reads_as("A=b\n B=\"c d\" # e\nC='f\"g\\'\nD=h\\ i\"j'k\\\"\\l\"'m'\nexport E=\nF=#x;G=y",
             "1 A=b\n2 B=c d\n3 C=f\"g\\\n"
             "4 D=h ij'k\"\\lm\n5 E=\n6 F=#x\n6 G=y\n");
}

static void a_value_may_have_many_lines(void **state)
{
    (void)state;
    reads_as("A=\"one \\\n two\"\nB='x\ny'\r\nC=1", "1 A=one  two\n3 B=x\ny\n5 C=1\n");
}

static void what_a_shell_would_have_to_compute_is_refused(void **state)
{
    (void)state;
    reads_as("A=$B\nC=\"`ls`\"\nD='$x'\nE=\"\\$y\"\nF=a&&b\n",
             "1 A!not supported\n2 C!not supported\n3 D=$x\n4 E=$y\n"
             "5 F!not supported\n");
}

static void what_is_no_assignment_is_malformed_and_the_rest_is_read(void **state)
{
    (void)state;
    reads_as(". /etc/x\nif true; then\nA=1 command\nB =2\n1C=3\nD=\"4\nE=5",
             "1 !malformed\n2 !malformed\n3 A!malformed\n"
             "4 !malformed\n5 !malformed\n6 D!malformed\n");
    reads_as("A=\\", "1 A=\\\n");
    reads_as("", "");
}

static void what_is_too_long_is_said_to_be(void **state)
{
    (void)state;
    char text[1500];
    struct shell_default_item item;
    memset(text, 'a', sizeof text);
    text[1] = '=';
    struct shell_default file = shell_default_init(text, sizeof text);
    assert_true(shell_default_next(&file, &item));
    assert_int_equal(item.status, STATUS_TOO_LONG);
    assert_string_equal(item.value, "");
    text[1] = 'a';
    text[100] = '=';
    file = shell_default_init(text, sizeof text);
    assert_true(shell_default_next(&file, &item) && item.status == STATUS_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_are_taken_away_as_a_shell_does),
        cmocka_unit_test(a_value_may_have_many_lines),
        cmocka_unit_test(what_a_shell_would_have_to_compute_is_refused),
        cmocka_unit_test(what_is_no_assignment_is_malformed_and_the_rest_is_read),
        cmocka_unit_test(what_is_too_long_is_said_to_be)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
