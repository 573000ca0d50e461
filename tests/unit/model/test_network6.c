// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/network6.h"

#include "unit/test.h"

static struct ip6 address_of(const char *text)
{
    struct ip6 address;
    assert_int_equal(ip6_parse(text, &address), STATUS_OK);
    return address;
}

static struct network6 network_of(const char *prefix, const char *range)
{
    struct network6 network = {.valid_s = NETWORK6_LEASE_DEFAULT_S};
    assert_int_equal(network6_prefix_parse(prefix, &network.prefix, &network.prefix_bits), STATUS_OK);
    assert_int_equal(network6_span_parse(range, &network.range), STATUS_OK);
    return network;
}

static void a_network_is_checked_and_told_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *prefix;
        const char *range;
        enum status expected;
        const char *problem;
    } CASES[] = {
        {"2001:db8:1::/64", "2001:db8:1::1000-2001:db8:1::1fff", STATUS_OK, ""},
        {"2001:db8:1::/64", "2001:db8:1::5", STATUS_OK, ""},
        {"2001:db8:1::/64", "2001:db8:1::-2001:db8:1::ffff:ffff:ffff:ffff", STATUS_OK, ""},
        {"fd00:1::/48", "fd00:1:0:7::1-fd00:1:0:7::9", STATUS_OK, ""},
        {"2001:db8:1::/64", "2001:db8:2::1000-2001:db8:2::1fff", STATUS_CONFLICT,
         "the range has 2001:db8:2::1000, which is not an address of 2001:db8:1::/64"},
        {"2001:db8:1::/64", "2001:db8:1::1000-2001:db8:2::1fff", STATUS_CONFLICT,
         "the range has 2001:db8:2::1fff, which is not an address of 2001:db8:1::/64"},
        {"2001:db8:1::/64", "2001:db8:1::2000-2001:db8:1::1fff", STATUS_CONFLICT,
         "the range ends before it begins"},
        {"fd00:1::/48", "fd00:1:0:7::1-fd00:1:0:8::9", STATUS_TOO_LONG, "the range spans more than one /64"},
        {"ff02::/64", "ff02::1", STATUS_CONFLICT, "ff02::/64 is not a network that DHCPv6 can serve"},
        {"fe80::/64", "fe80::1", STATUS_CONFLICT, "fe80::/64 is not a network that DHCPv6 can serve"},
        {"2001:db8::1/128", "2001:db8::1", STATUS_CONFLICT,
         "2001:db8::1/128 is not a network that DHCPv6 can serve"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct problem problem = {0};
        struct network6 network = network_of(CASES[i].prefix, CASES[i].range);
        assert_int_equal(network6_check(&network, &problem), CASES[i].expected);
        assert_string_equal(problem.text, CASES[i].problem);
    }
}

static void what_is_excluded_the_domain_and_the_lease_are_checked_too(void **state)
{
    (void)state;
    struct problem problem = {0};
    struct network6 network = network_of("2001:db8:1::/64", "2001:db8:1::1000-2001:db8:1::1fff");
    network.excluded_count = 1;
    network.excluded[0] = (struct network6_span){address_of("2001:db8:9::1"), address_of("2001:db8:9::1")};
    assert_int_equal(network6_check(&network, &problem), STATUS_CONFLICT);
    network.excluded[0] = (struct network6_span){address_of("2001:db8:1::1"), address_of("2001:db8:1::9")};
    assert_int_equal(network6_check(&network, NULL), STATUS_OK);
    strcpy(network.domain, "lab..tested");
    assert_int_equal(network6_check(&network, NULL), STATUS_CONFLICT);
    strcpy(network.domain, "lab.tested");
    assert_int_equal(network6_check(&network, NULL), STATUS_OK);
    network.valid_s = NETWORK_LEASE_LEAST_S - 1;
    assert_int_equal(network6_check(&network, NULL), STATUS_CONFLICT);
}

static void prefixes_and_ranges_are_read_or_refused(void **state)
{
    (void)state;
    static const char *const BAD_SPANS[] = {"",         "-", "2001:db8::1-", "-2001:db8::1", "2001:db8::1-x",
                                            "192.0.2.1"};
    static const char *const BAD_PREFIXES[] = {"",    "2001:db8::",  "2001:db8::/", "2001:db8::/129",
                                               "/64", "2001:db8::/x"};
    struct network6_span span = {.first = {{9}}};
    struct ip6 prefix;
    uint8_t bits;
    for (size_t i = 0; i < COUNT_OF(BAD_SPANS); i++) {
        assert_int_equal(network6_span_parse(BAD_SPANS[i], &span), STATUS_MALFORMED);
        assert_int_equal(span.first.octets[0], 9);
    }
    for (size_t i = 0; i < COUNT_OF(BAD_PREFIXES); i++) {
        assert_int_equal(network6_prefix_parse(BAD_PREFIXES[i], &prefix, &bits), STATUS_MALFORMED);
    }
    assert_int_equal(network6_prefix_parse("2001:db8::1/64", &prefix, &bits), STATUS_CONFLICT);
}

static void addresses_that_others_make_or_use_are_not_given_away(void **state)
{
    (void)state;
    struct network6 network = network_of("2001:db8:1::/64", "2001:db8:1::-2001:db8:1::ffff:ffff:ffff:ffff");
    static const char *const SPECIAL[] = {"2001:db8:1::",
                                          "2001:db8:1::5054:ff:fe12:3456",
                                          "2001:db8:1:0:fdff:ffff:ffff:ff80",
                                          "2001:db8:1:0:fdff:ffff:ffff:fffe",
                                          "2001:db8:1::7",
                                          "2001:db8:2::10"};
    network.excluded_count = 1;
    network.excluded[0] = (struct network6_span){address_of("2001:db8:1::5"), address_of("2001:db8:1::7")};
    for (size_t i = 0; i < COUNT_OF(SPECIAL); i++) {
        assert_false(network6_is_dynamic(&network, address_of(SPECIAL[i])));
    }
    assert_true(network6_is_dynamic(&network, address_of("2001:db8:1::8")));
    assert_true(network6_is_dynamic(&network, address_of("2001:db8:1:0:fdff:ffff:ffff:ff7f")));
    network.range = (struct network6_span){0};
    assert_false(network6_is_dynamic(&network, address_of("2001:db8:1::8")));
}

static void the_closest_network_is_found_and_those_of_its_wire(void **state)
{
    (void)state;
    struct network6 networks[] = {
        network_of("2001:db8::/32", "2001:db8::1"),
        network_of("2001:db8:1::/64", "2001:db8:1::1"),
        network_of("2001:db8:2::/64", "2001:db8:2::1"),
    };
    assert_ptr_equal(network6_find(networks, 3, address_of("2001:db8:1::9")), &networks[1]);
    assert_ptr_equal(network6_find(networks, 3, address_of("2001:db8:9::9")), &networks[0]);
    assert_null(network6_find(networks, 3, address_of("2001:db9::9")));
    assert_null(network6_find_on_wire(networks, 3, &networks[1], address_of("2001:db8:2::9")));
    strcpy(networks[1].shared, "hall");
    strcpy(networks[2].shared, "hall");
    assert_ptr_equal(network6_find_on_wire(networks, 3, &networks[1], address_of("2001:db8:2::9")),
                     &networks[2]);
    assert_ptr_equal(network6_find_on_wire(NULL, 0, &networks[1], address_of("2001:db8:1::9")), &networks[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_is_checked_and_told_what_is_wrong),
        cmocka_unit_test(what_is_excluded_the_domain_and_the_lease_are_checked_too),
        cmocka_unit_test(prefixes_and_ranges_are_read_or_refused),
        cmocka_unit_test(addresses_that_others_make_or_use_are_not_given_away),
        cmocka_unit_test(the_closest_network_is_found_and_those_of_its_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
