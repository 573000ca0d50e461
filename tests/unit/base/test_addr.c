// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/addr.h"

#include "unit/test.h"

static void an_address_reads_back_as_it_was_printed(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"0.0.0.0", "192.0.2.1", "255.255.255.255", "10.20.30.40"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct ip4 address;
        char out[IP4_TEXT_BYTES];
        assert_int_equal(ip4_parse(TEXTS[i], &address), STATUS_OK);
        assert_string_equal(ip4_print(address, out), TEXTS[i]);
    }
}

static void an_address_is_kept_in_host_order(void **state)
{
    (void)state;
    struct ip4 address;
    assert_int_equal(ip4_parse("192.0.2.1", &address), STATUS_OK);
    assert_int_equal(address.value, 0xc0000201);
}

static void what_is_not_four_plain_numbers_is_no_address(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"",          "1",         "1.2.3",     "1.2.3.4.5",
                                        "1.2.3.256", "1.2.3.",    ".1.2.3.4",  "1..2.3",
                                        "01.2.3.4",  "1.2.3.4 ",  " 1.2.3.4",  "1.2.3.-4",
                                        "a.b.c.d",   "1.2.3.4/8", "1.2.3.004", "1.2.3.44444444"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct ip4 address = {77};
        assert_int_equal(ip4_parse(TEXTS[i], &address), STATUS_MALFORMED);
        assert_int_equal(address.value, 77);
    }
}

static void a_mask_has_its_ones_in_front(void **state)
{
    (void)state;
    assert_int_equal(ip4_mask(0).value, 0);
    assert_int_equal(ip4_mask(1).value, 0x80000000);
    assert_int_equal(ip4_mask(24).value, 0xffffff00);
    assert_int_equal(ip4_mask(32).value, 0xffffffff);
}

static void a_subnet_knows_its_own_addresses_and_no_others(void **state)
{
    (void)state;
    struct subnet subnet;
    assert_int_equal(subnet_parse("192.0.2.128/25", &subnet), STATUS_OK);
    assert_true(subnet_has(subnet, (struct ip4){0xc0000280}));
    assert_true(subnet_has(subnet, (struct ip4){0xc00002ff}));
    assert_false(subnet_has(subnet, (struct ip4){0xc000027f}));
    assert_false(subnet_has(subnet, (struct ip4){0xc0000300}));
    assert_int_equal(subnet_broadcast(subnet).value, 0xc00002ff);
}

static void the_widest_and_the_narrowest_subnet_work(void **state)
{
    (void)state;
    struct subnet all;
    struct subnet one;
    assert_int_equal(subnet_parse("0.0.0.0/0", &all), STATUS_OK);
    assert_true(subnet_has(all, (struct ip4){UINT32_MAX}));
    assert_int_equal(subnet_broadcast(all).value, UINT32_MAX);
    assert_int_equal(subnet_parse("192.0.2.7/32", &one), STATUS_OK);
    assert_true(subnet_has(one, (struct ip4){0xc0000207}));
    assert_false(subnet_has(one, (struct ip4){0xc0000208}));
}

static void a_subnet_with_host_bits_is_a_conflict_not_a_guess(void **state)
{
    (void)state;
    struct subnet subnet = {{77}, 7};
    assert_int_equal(subnet_parse("192.0.2.1/24", &subnet), STATUS_CONFLICT);
    assert_int_equal(subnet.network.value, 77);
}

static void a_subnet_needs_an_address_and_a_prefix_up_to_32(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "192.0.2.0", "192.0.2.0/", "192.0.2.0/33",  "192.0.2.0/-1",         "192.0.2.0/24/", "192.0.2/24",
        "/24",       "",           "192.0.2.0/ 24", "192.0.2.0000000000/24"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct subnet subnet;
        assert_int_equal(subnet_parse(TEXTS[i], &subnet), STATUS_MALFORMED);
    }
}

static void the_longest_subnet_fits_its_text(void **state)
{
    (void)state;
    char out[SUBNET_TEXT_BYTES];
    struct subnet subnet = {{0xfffffffe}, 31};
    assert_string_equal(subnet_print(subnet, out), "255.255.255.254/31");
}

static void every_usual_spelling_of_a_mac_is_the_same_address(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"52:54:00:aa:bb:cc", "52-54-00-AA-BB-CC", "5254.00aa.bbcc",
                                        "525400aabbcc",      "52.54.00.aa.bb.cc", "52:54:00:Aa:bB:cC",
                                        "5254:00aa:bbcc"};
    struct hw expected = hw_ethernet((const uint8_t[]){0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc});
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct hw address;
        assert_int_equal(hw_parse(TEXTS[i], &address), STATUS_OK);
        assert_true(hw_equal(&address, &expected));
    }
}

static void a_mac_with_mixed_or_misplaced_separators_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"",
                                        "52",
                                        "52:54:00:aa:bb",
                                        "52:54:00:aa:bb:cc:dd",
                                        "52:54-00:aa:bb:cc",
                                        "52:5400aabbcc",
                                        "525400:aabbcc",
                                        "5254.00aabb.cc",
                                        "52:54:00:aa:bb:cg",
                                        "52:54:00:aa:bb:cc ",
                                        "52:54:00:aa:bb:cc:",
                                        ":52:54:00:aa:bb:cc",
                                        "52::54:00:aa:bb:cc",
                                        "5:54:00:aa:bb:cc"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct hw address = {.type = 9};
        assert_int_equal(hw_parse(TEXTS[i], &address), STATUS_MALFORMED);
        assert_int_equal(address.type, 9);
    }
}

static void a_mac_prints_with_colons_for_people_and_dashes_for_file_names(void **state)
{
    (void)state;
    struct hw address = hw_ethernet((const uint8_t[]){0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc});
    char out[HW_TEXT_BYTES];
    assert_string_equal(hw_print(&address, out), "52:54:00:aa:bb:cc");
    assert_string_equal(hw_print_dashes(&address, out), "52-54-00-aa-bb-cc");
}

static void the_longest_link_layer_address_fits_its_text(void **state)
{
    (void)state;
    struct hw address = {.type = 32, .length = HW_BYTES};
    memset(address.octets, 0xab, sizeof address.octets);
    char out[HW_TEXT_BYTES];
    assert_int_equal(strlen(hw_print(&address, out)), HW_TEXT_BYTES - 1);
}

static void addresses_of_different_hardware_differ(void **state)
{
    (void)state;
    struct hw ethernet = hw_ethernet((const uint8_t[]){1, 2, 3, 4, 5, 6});
    struct hw other_type = ethernet;
    other_type.type = 6;
    struct hw shorter = ethernet;
    shorter.length = 5;
    struct hw last_differs = ethernet;
    last_differs.octets[5] = 7;
    assert_true(hw_equal(&ethernet, &ethernet));
    assert_false(hw_equal(&ethernet, &other_type));
    assert_false(hw_equal(&ethernet, &shorter));
    assert_false(hw_equal(&ethernet, &last_differs));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_reads_back_as_it_was_printed),
        cmocka_unit_test(an_address_is_kept_in_host_order),
        cmocka_unit_test(what_is_not_four_plain_numbers_is_no_address),
        cmocka_unit_test(a_mask_has_its_ones_in_front),
        cmocka_unit_test(a_subnet_knows_its_own_addresses_and_no_others),
        cmocka_unit_test(the_widest_and_the_narrowest_subnet_work),
        cmocka_unit_test(a_subnet_with_host_bits_is_a_conflict_not_a_guess),
        cmocka_unit_test(a_subnet_needs_an_address_and_a_prefix_up_to_32),
        cmocka_unit_test(the_longest_subnet_fits_its_text),
        cmocka_unit_test(every_usual_spelling_of_a_mac_is_the_same_address),
        cmocka_unit_test(a_mac_with_mixed_or_misplaced_separators_is_refused),
        cmocka_unit_test(a_mac_prints_with_colons_for_people_and_dashes_for_file_names),
        cmocka_unit_test(the_longest_link_layer_address_fits_its_text),
        cmocka_unit_test(addresses_of_different_hardware_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
