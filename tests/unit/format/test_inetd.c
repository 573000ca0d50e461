// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/inetd.h"

#include "unit/test.h"

static void a_line_has_columns(void **state)
{
    (void)state;
    const char *text =
        "# comment\n\ntftp\tdgram udp4  wait root /usr/sbin/tcpd /usr/sbin/in.tftpd -s /srv/tftp \r\n";
    struct inetd inetd = inetd_init(text, strlen(text));
    struct inetd_item item;
    assert_true(inetd_next(&inetd, &item));
    assert_int_equal(item.status, STATUS_OK);
    assert_int_equal(item.line, 3);
    assert_false(item.is_off);
    assert_string_equal(item.service, "tftp");
    assert_string_equal(item.socket_type, "dgram");
    assert_string_equal(item.protocol, "udp4");
    assert_string_equal(item.wait, "wait");
    assert_string_equal(item.user, "root");
    assert_string_equal(item.program, "/usr/sbin/tcpd");
    assert_string_equal(item.arguments, "/usr/sbin/in.tftpd -s /srv/tftp");
    assert_false(inetd_next(&inetd, &item));
}

static void a_line_that_was_turned_off_says_so(void **state)
{
    (void)state;
    const char *text = "#<off># tftp dgram udp wait root /usr/sbin/in.tftpd\nshort line\n#off\n";
    struct inetd inetd = inetd_init(text, strlen(text));
    struct inetd_item item;
    assert_true(inetd_next(&inetd, &item));
    assert_true(item.is_off && item.status == STATUS_OK);
    assert_string_equal(item.program, "/usr/sbin/in.tftpd");
    assert_string_equal(item.arguments, "");
    assert_true(inetd_next(&inetd, &item));
    assert_int_equal(item.status, STATUS_MALFORMED);
    assert_int_equal(item.line, 2);
    assert_false(inetd_next(&inetd, &item));
}

static void a_column_that_is_too_long_is_said_to_be(void **state)
{
    (void)state;
    char text[200];
    struct inetd_item item;
    memset(text, 'a', sizeof text);
    struct inetd inetd = inetd_init(text, sizeof text);
    assert_true(inetd_next(&inetd, &item) && item.status == STATUS_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_line_has_columns),
                                       cmocka_unit_test(a_line_that_was_turned_off_says_so),
                                       cmocka_unit_test(a_column_that_is_too_long_is_said_to_be)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
