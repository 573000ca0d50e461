// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/xinetd.h"

#include "unit/test.h"

// Every item of `text` as a line: what it is, its line, and what it holds.
static void reads_as(const char *text, const char *expected)
{
    static const char *const kinds[] = {"service", "defaults", "attribute", "close", "include", "fault"};
    char out[2048];
    struct text print;
    struct xinetd xinetd = xinetd_init(text, strlen(text));
    struct xinetd_item item;
    text_init(&print, out, sizeof out);
    while (xinetd_next(&xinetd, &item)) {
        text_add_format(&print, "%u %s", item.line, kinds[item.kind]);
        if (item.kind == XINETD_ATTRIBUTE) {
            text_add_format(&print, " %s %c %s", item.name, item.operation, item.value);
        } else if (item.name[0] != '\0' || item.value[0] != '\0') {
            text_add_format(&print, " %s%s", item.name, item.value);
        }
        text_add(&print, "\n");
    }
    assert_string_equal(out, expected);
}

static void a_service_has_attributes_between_braces(void **state)
{
    (void)state;
    reads_as(
        "# a comment\n\nservice tftp\n{\n\tdisable\t= no\r\n  server_args=-s /srv\n\n # x\n  flags += IPv4\n"
        "  only_from -= 10.0.0.0\n}\n",
        "3 service tftp\n5 attribute disable = no\n6 attribute server_args = -s /srv\n"
        "9 attribute flags + IPv4\n10 attribute only_from - 10.0.0.0\n11 close\n");
}

static void the_brace_may_stand_behind_the_name(void **state)
{
    (void)state;
    reads_as("service tftp {\nwait = yes\n}\ndefaults{\n}\n",
             "1 service tftp\n2 attribute wait = yes\n3 close\n"
             "4 fault defaults{\n5 fault }\n");
    reads_as("defaults\n{\nwait =\n}\nincludedir /etc/xinetd.d\ninclude /etc/more",
             "1 defaults\n3 attribute wait = \n4 close\n5 include includedir/etc/xinetd.d\n6 include "
             "include/etc/more\n");
}

static void what_is_wrong_is_told_and_the_rest_is_read(void **state)
{
    (void)state;
    reads_as("# wrapped\n,\nservice tftp\n{\nwait\n = yes\nuser = root\n",
             "2 fault ,\n3 service tftp\n5 fault wait\n6 fault = yes\n7 attribute user = root\n3 fault\n3 "
             "close\n");
    reads_as("service tftp\n", "1 service tftp\n1 close\n");
    reads_as("service\n{\n}\n}", "1 service ?\n3 close\n4 fault }\n");
    reads_as("", "");
}

static void what_is_too_long_is_a_fault(void **state)
{
    (void)state;
    char text[2000] = "service x\n{\n";
    struct xinetd_item item;
    size_t start = strlen(text);
    memset(text + start, 'a', sizeof text - start - 1);
    text[start + 10] = '=';
    struct xinetd xinetd = xinetd_init(text, sizeof text - 1);
    assert_true(xinetd_next(&xinetd, &item) && item.kind == XINETD_SERVICE);
    assert_true(xinetd_next(&xinetd, &item) && item.kind == XINETD_FAULT);
    assert_string_equal(item.fault, "the value is too long");
    text[start + 10] = 'a';
    text[start + 100] = '=';
    xinetd = xinetd_init(text, start + 105);
    assert_true(xinetd_next(&xinetd, &item) && xinetd_next(&xinetd, &item));
    assert_string_equal(item.fault, "the attribute's name is too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_service_has_attributes_between_braces),
                                       cmocka_unit_test(the_brace_may_stand_behind_the_name),
                                       cmocka_unit_test(what_is_wrong_is_told_and_the_rest_is_read),
                                       cmocka_unit_test(what_is_too_long_is_a_fault)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
