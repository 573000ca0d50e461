// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/dnsmasq_conf.h"

#include "unit/test.h"

// Every option of `text`: "LINE NAME", "LINE NAME=VALUE" or "LINE NAME!STATUS".
static void reads_as(const char *text, const char *expected)
{
    char out[1024];
    struct text print;
    struct dnsmasq_conf conf = dnsmasq_conf_init(text, strlen(text));
    struct dnsmasq_conf_item item;
    text_init(&print, out, sizeof out);
    while (dnsmasq_conf_next(&conf, &item)) {
        text_add_format(&print, "%u %s", item.line, item.name);
        if (item.status != STATUS_OK) {
            text_add_format(&print, "!%s", status_text(item.status));
        } else if (item.has_value) {
            text_add_format(&print, "=%s", item.value);
        }
        text_add(&print, "\n");
    }
    assert_string_equal(out, expected);
}

static void an_option_is_a_line(void **state)
{
    (void)state;
    reads_as("# c\nenable-tftp\n\n  tftp-root = /srv/tftp \r\ndhcp-range=a,b # c\ntftp-root=\"/a #b\"\n",
             "2 enable-tftp\n4 tftp-root=/srv/tftp\n5 dhcp-range=a,b\n6 tftp-root=/a #b\n");
    reads_as("enable-tftp # says = what\naddress=/a#b/1\n", "1 enable-tftp\n2 address=/a#b/1\n");
}

static void what_is_wrong_is_told_and_the_rest_is_read(void **state)
{
    (void)state;
    reads_as("=x\na=\"b\nc=", "1 !malformed\n2 a!malformed\n3 c=\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_option_is_a_line),
                                       cmocka_unit_test(what_is_wrong_is_told_and_the_rest_is_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
