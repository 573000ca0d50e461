// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/dhcpd_conf.h"

#include "unit/test.h"

#include <stdio.h>

static struct dhcpd_conf_item item;

// Every item of `text`: its line, its words (strings in quotes), what ends it, and !FAULTS@LINE.
static void reads_as(const char *text, const char *expected)
{
    char out[4096];
    struct text print;
    struct dhcpd_conf conf = dhcpd_conf_init(text, strlen(text));
    text_init(&print, out, sizeof out);
    while (dhcpd_conf_next(&conf, &item)) {
        text_add_format(&print, "%u", item.line);
        for (unsigned i = 0; i < item.count; i++) {
            const char *quote = item.words[i].is_string ? "'" : "";
            text_add_format(&print, " %s%s%s", quote, item.words[i].text, quote);
        }
        text_add(&print, item.kind == DHCPD_CONF_OPEN ? " {" : item.kind == DHCPD_CONF_CLOSE ? " }" : ";");
        if (item.kind == DHCPD_CONF_CLOSE) {
            text_add_format(&print, " of %u", item.open_line);
        }
        if (item.faults != 0) {
            text_add_format(&print, " !%u@%u", item.faults, item.fault_line);
        }
        text_add(&print, "\n");
    }
    assert_string_equal(out, expected);
}

static void statements_and_blocks_are_read(void **state)
{
    (void)state;
    reads_as("# c\nsubnet 10.0.0.0 netmask 255.0.0.0 { # c\n  range 10.0.0.1\n 10.0.0.9;\n  option x 1, "
             "\"a\\\"#;\\x41\";;\n}\n"
             "if substring(option a.b,0,9)=\"P\" and not (x != 00:07) { a; } else { }",
             "2 subnet 10.0.0.0 netmask 255.0.0.0 {\n3 range 10.0.0.1 10.0.0.9;\n5 option x 1 , 'a\"#;A';\n6 "
             "} of 2\n"
             "7 if substring ( option a.b , 0 , 9 ) = 'P' and not ( x != 00:07 ) {\n7 a;\n7 } of 7\n7 else "
             "{\n7 } of 7\n");
}

static void what_is_wrong_is_told_and_read_as_it_was_meant(void **state)
{
    (void)state;
    char expected[256];
    (void)snprintf(
        expected, sizeof expected, "1 a 1; !%d@2\n2 option b; !%d@2\n2 } of 0 !%d@2\n3 c 'open'; !%d@3\n",
        DHCPD_CONF_NO_SEMICOLON, DHCPD_CONF_NO_SEMICOLON, DHCPD_CONF_STRAY_CLOSE, DHCPD_CONF_OPEN_STRING);
    reads_as("a 1\noption b }\nc \"open\n;", expected);
    (void)snprintf(expected, sizeof expected, "1 pool {\n2 range a 'b'; !%d@2\n2 } of 1 !%d@2\n",
                   DHCPD_CONF_FOREIGN_BLANK | DHCPD_CONF_FOREIGN_QUOTE, DHCPD_CONF_UNCLOSED);
    reads_as("pool {\n\xc2\xa0range a \xe2\x80\x9c"
             "b\xe2\x80\x9d;",
             expected);
    (void)snprintf(expected, sizeof expected, "1 a b; !%d@1\n", DHCPD_CONF_FOREIGN_BYTE);
    reads_as("a \xff@b;", expected);
}

static void a_statement_over_several_lines_is_one(void **state)
{
    (void)state;
    reads_as("option domain-name-servers 1.1.1.1,\n  2.2.2.2;\nmatch if\n option a = 1 and\n option b = 2;",
             "1 option domain-name-servers 1.1.1.1 , 2.2.2.2;\n3 match if option a = 1 and option b = 2;\n");
}

static void too_much_is_left_out_and_told(void **state)
{
    (void)state;
    static char text[20000];
    memset(text, 'x', sizeof text - 3);
    memcpy(text + sizeof text - 3, ";a", 3);
    struct dhcpd_conf conf = dhcpd_conf_init(text, strlen(text));
    assert_true(dhcpd_conf_next(&conf, &item));
    assert_true((item.faults & DHCPD_CONF_TOO_LONG) != 0);
    assert_true(dhcpd_conf_next(&conf, &item));
    assert_string_equal(item.words[0].text, "a");
    for (size_t i = 0; i + 2 < sizeof text; i += 2) {
        text[i] = 'y';
        text[i + 1] = ' ';
    }
    conf = dhcpd_conf_init(text, strlen(text));
    assert_true(dhcpd_conf_next(&conf, &item));
    assert_int_equal(item.count, DHCPD_CONF_WORDS_MOST);
    memset(text, '{', 100);
    conf = dhcpd_conf_init(text, 100);
    unsigned count = 0;
    while (dhcpd_conf_next(&conf, &item)) {
        count++;
    }
    assert_int_equal(count, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(statements_and_blocks_are_read),
                                       cmocka_unit_test(what_is_wrong_is_told_and_read_as_it_was_meant),
                                       cmocka_unit_test(a_statement_over_several_lines_is_one),
                                       cmocka_unit_test(too_much_is_left_out_and_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
