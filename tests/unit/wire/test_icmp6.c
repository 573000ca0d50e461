// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/icmp6.h"

#include "unit/test.h"

static void an_advertisement_has_the_bytes_of_the_standard(void **state)
{
    (void)state;
    static const uint8_t EXPECTED[] = {
        134,  0,    0,    0,    64,   0xc0, 0x07, 0x08,
        0,    0,    0,    0,    0,    0,    0,    0, // M and O, 1800 s
        1,    1,    2,    0,    0,    0,    0,    7, // source
        3,    4,    64,   0xc0, 0,    0,    0x0e, 0x10,
        0,    0,    7,    8,    0,    0,    0,    0, // prefix, L and A
        0x20, 0x01, 0x0d, 0xb8, 0,    1,    0,    0,
        0,    0,    0,    0,    0,    0,    0,    0, //
        25,   3,    0,    0,    0,    0,    0,    60,
        0x20, 0x01, 0x0d, 0xb8, 0,    9,    0,    0,    // DNS
        0,    0,    0,    0,    0,    0,    0,    0x53, //
        31,   3,    0,    0,    0xff, 0xff, 0xff, 0xff,
        3,    'l',  'a',  'b',  6,    't',  'e',  's', // domain, padded
        't',  'e',  'd',  0,    0,    0,    0,    0,
    };
    uint8_t bytes[ICMP6_ADVERTISEMENT_BYTES];
    struct writer writer = writer_init(bytes, sizeof bytes);
    struct hw hw = hw_ethernet((const uint8_t[6]){2, 0, 0, 0, 0, 7});
    struct icmp6_prefix prefix = {.prefix = {{0x20, 0x01, 0x0d, 0xb8, 0, 1}},
                                  .bits = 64,
                                  .is_on_link = true,
                                  .is_autonomous = true,
                                  .valid_s = 3600,
                                  .preferred_s = 1800};
    struct ip6 dns = {{0x20, 0x01, 0x0d, 0xb8, 0, 9, [15] = 0x53}};
    icmp6_put_advertisement(&writer, true, true, 1800);
    icmp6_put_source(&writer, &hw);
    icmp6_put_prefix(&writer, &prefix);
    icmp6_put_dns(&writer, &dns, 1, 60);
    assert_int_equal(icmp6_put_domain(&writer, "lab.tested", ICMP6_FOREVER), STATUS_OK);
    assert_int_equal(writer_length(&writer), sizeof EXPECTED);
    assert_memory_equal(bytes, EXPECTED, sizeof EXPECTED);
    assert_int_equal(icmp6_put_domain(&writer, "a..b", 1), STATUS_MALFORMED);
    icmp6_put_source(&writer, &(struct hw){.length = 8});
    assert_int_equal(writer_length(&writer), sizeof EXPECTED);
}

static void a_solicitation_is_known_unless_its_options_are_broken(void **state)
{
    (void)state;
    static const uint8_t WITH_SOURCE[] = {133, 0, 9, 9, 0, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 7};
    uint8_t bytes[sizeof WITH_SOURCE];
    for (size_t count = 0; count <= sizeof WITH_SOURCE; count++) {
        assert_int_equal(icmp6_is_solicitation(WITH_SOURCE, count), count == 8 || count == 16);
    }
    memcpy(bytes, WITH_SOURCE, sizeof bytes);
    bytes[9] = 0; // an option of no length
    assert_false(icmp6_is_solicitation(bytes, sizeof bytes));
    bytes[9] = 2; // longer than the packet
    assert_false(icmp6_is_solicitation(bytes, sizeof bytes));
    bytes[9] = 1;
    bytes[0] = 134;
    assert_false(icmp6_is_solicitation(bytes, sizeof bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_advertisement_has_the_bytes_of_the_standard),
        cmocka_unit_test(a_solicitation_is_known_unless_its_options_are_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
