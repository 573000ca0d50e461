// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/kea_conf.h"

#include "unit/test.h"

static struct kea_conf_item item;

// Every item: LINE, KEY=, then { [ end, text in quotes, others as they are, !what is wrong.
static void reads_as(const char *text, const char *expected)
{
    char out[2048];
    struct text print;
    struct kea_conf conf = kea_conf_init(text, strlen(text));
    text_init(&print, out, sizeof out);
    while (kea_conf_next(&conf, &item)) {
        text_add_format(&print, "%u %s", item.line, item.key);
        if (item.kind == KEA_CONF_OBJECT || item.kind == KEA_CONF_ARRAY) {
            text_add(&print, item.kind == KEA_CONF_OBJECT ? "{\n" : "[\n");
        } else if (item.kind == KEA_CONF_END) {
            text_add_format(&print, "end%u\n", item.depth);
        } else {
            const char *quote = item.kind == KEA_CONF_TEXT ? "'" : "";
            text_add_format(&print, "%s%s%s%s\n", item.kind == KEA_CONF_FAULT ? "!" : "", quote, item.text,
                            quote);
        }
    }
    assert_string_equal(out, expected);
}

static void json_with_comments_keeps_its_lines(void **state)
{
    (void)state;
    reads_as("// c\n{ \"Dhcp4\": { # c\n /* c\n c */ \"a\": [1, -2.5, true,], \"b\" : \"x\\n\\u00e4\\\"\", "
             "},\n}\n",
             "2 {\n2 Dhcp4{\n4 a[\n4 1\n4 -2.5\n4 true\n4 end2\n4 b'x\n\xc3\xa4\"'\n4 end1\n5 end0\n");
    reads_as("", "");
}

static void what_is_not_json_is_told_with_its_line(void **state)
{
    (void)state;
    reads_as("{\n\"a\": 1\n\"b\": 2}", "1 {\n2 a1\n3 !a ',' is missing before this\n");
    reads_as("{\"a\" 1}", "1 {\n1 !a ':' is missing behind the name of a member\n");
    reads_as("{\"a\": ,}", "1 {\n1 !a value is missing, or a text has no quotes\n");
    reads_as("[,1]", "1 [\n1 !a ',' stands where a value should be\n");
    reads_as("[1,,2]", "1 [\n1 1\n1 !a ',' stands where a value should be\n");
    reads_as("[1}", "1 [\n1 1\n1 !a list ends with '}'\n");
    reads_as("[\n\"x\n\"]", "1 [\n2 !a string is not closed on its line\n");
    reads_as("{\n", "1 {\n2 !the file ends inside an object or a list\n");
    reads_as("[<?include \"x\"?>]",
             "1 [\n1 !it includes another file (<?include): put its text here first\n");
    reads_as("[] []", "1 [\n1 end0\n1 !there is more behind the end of the configuration\n");
    reads_as("/* x", "1 !a comment is not closed\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(json_with_comments_keeps_its_lines),
                                       cmocka_unit_test(what_is_not_json_is_told_with_its_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
