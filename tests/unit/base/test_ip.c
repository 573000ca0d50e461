// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/ip.h"

#include "unit/test.h"

static struct ip6 ip6(const char *text)
{
    struct ip6 address;
    assert_int_equal(ip6_parse(text, &address), STATUS_OK);
    return address;
}

static struct ip ip(const char *text)
{
    struct ip address;
    assert_int_equal(ip_parse(text, &address), STATUS_OK);
    return address;
}

static void an_ipv6_address_is_printed_as_rfc_5952_says(void **state)
{
    (void)state;
    static const char *const TEXTS[][2] = {
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
        {"0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"},
        {"fe80::0001", "fe80::1"},
        {"::ffff:192.0.2.1", "::ffff:c000:201"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        char out[IP6_TEXT_BYTES];
        assert_string_equal(ip6_print(ip6(TEXTS[i][0]), out), TEXTS[i][1]);
        assert_true(ip6_equal(ip6(out), ip6(TEXTS[i][0])));
    }
}

static void what_is_no_ipv6_address_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"",
                                        ":",
                                        ":::",
                                        "1",
                                        "1:2",
                                        "1:2:3:4:5:6:7",
                                        "1:2:3:4:5:6:7:",
                                        ":1:2:3:4:5:6:7",
                                        "1:2:3:4:5:6:7:8:9",
                                        "1:2:3:4:5:6:7:8::",
                                        "::1:2:3:4:5:6:7:8",
                                        "1:2:3:4::5:6:7:8",
                                        "1::2::3",
                                        ":::1",
                                        "1:::2",
                                        "::1:",
                                        "12345::",
                                        "g::",
                                        "::1%eth0",
                                        "[::1]",
                                        "::1/64",
                                        "1:2:3:4:5:6:7:1.2.3.4",
                                        "::1.2.3",
                                        "::1.2.3.4:5",
                                        "::01.2.3.4",
                                        "1.2.3.4",
                                        " ::1",
                                        "::1 "};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct ip6 address = {{77}};
        assert_int_equal(ip6_parse(TEXTS[i], &address), STATUS_MALFORMED);
        assert_int_equal(address.octets[0], 77);
    }
}

static void a_prefix_holds_its_own_addresses_and_no_others(void **state)
{
    (void)state;
    assert_true(ip6_is_in(ip6("2001:db8::1"), ip6("2001:db8::"), 64));
    assert_false(ip6_is_in(ip6("2001:db8:0:1::1"), ip6("2001:db8::"), 64));
    assert_true(ip6_is_in(ip6("2001:db8:7fff::"), ip6("2001:db8::"), 33));
    assert_false(ip6_is_in(ip6("2001:db8:8000::"), ip6("2001:db8::"), 33));
    assert_true(ip6_is_in(ip6("1::"), ip6("2::"), 0));
    assert_true(ip6_is_in(ip6("::1"), ip6("::1"), 128));
    assert_false(ip6_is_in(ip6("::2"), ip6("::1"), 128));
}

static void what_an_address_is_for_is_told_by_its_beginning(void **state)
{
    (void)state;
    assert_true(ip6_is_link_local(ip6("fe80::1")));
    assert_true(ip6_is_link_local(ip6("febf::1")));
    assert_false(ip6_is_link_local(ip6("fec0::1")));
    assert_true(ip6_is_group(ip6("ff02::1")));
    assert_false(ip6_is_group(ip6("fe80::1")));
    assert_true(ip6_is_none(ip6("::")));
    assert_false(ip6_is_none(ip6("::1")));
}

static void either_family_reads_back_as_it_was_printed(void **state)
{
    (void)state;
    char out[IP_TEXT_BYTES];
    char host[IP_HOST_BYTES];
    struct ip four = ip("192.0.2.1");
    struct ip six = ip("2001:db8::1");
    assert_true(ip_is_ip4(four) && !ip_is_ip6(four) && !ip_is_none(four));
    assert_true(ip_is_ip6(six) && !ip_is_ip4(six) && !ip_is_none(six));
    assert_int_equal(ip_get_ip4(four).value, 0xc0000201);
    assert_int_equal(ip_get_ip4(six).value, 0);
    assert_string_equal(ip_print(four, out), "192.0.2.1");
    assert_string_equal(ip_print(six, out), "2001:db8::1");
    assert_string_equal(ip_print_host(four, host), "192.0.2.1");
    assert_string_equal(ip_print_host(six, host), "[2001:db8::1]");
    assert_true(ip_equal(four, ip("::ffff:192.0.2.1")));
    assert_false(ip_equal(four, six));
    assert_string_equal(ip_print_host(ip("1111:2222:3333:4444:5555:6666:7777:8888"), host),
                        "[1111:2222:3333:4444:5555:6666:7777:8888]");
}

static void no_address_is_none_in_every_family(void **state)
{
    (void)state;
    char out[IP_TEXT_BYTES];
    assert_true(ip_is_none(ip_from_ip4((struct ip4){0})));
    assert_true(ip_is_none(ip("::")));
    assert_true(ip_is_none(ip("0.0.0.0")));
    assert_false(ip_is_ip4(ip("::")));
    assert_false(ip_is_ip6(ip("::")));
    assert_string_equal(ip_print(ip("::"), out), "0.0.0.0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ipv6_address_is_printed_as_rfc_5952_says),
        cmocka_unit_test(what_is_no_ipv6_address_is_refused),
        cmocka_unit_test(a_prefix_holds_its_own_addresses_and_no_others),
        cmocka_unit_test(what_an_address_is_for_is_told_by_its_beginning),
        cmocka_unit_test(either_family_reads_back_as_it_was_printed),
        cmocka_unit_test(no_address_is_none_in_every_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
