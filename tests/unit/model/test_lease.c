// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/lease6.h"

#include "unit/test.h"

#include <stdio.h>
#include <string.h>

static const struct hw CARD = {1, 6, {0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc}};

static void the_link_layer_address_is_the_key_whatever_option_61_says(void **state)
{
    (void)state;
    struct lease_key rom = lease_key_from(&CARD, NULL, 0);
    struct lease_key ipxe = lease_key_from(&CARD, "\x01\x52\x54\x00\xaa\xbb\xcc", 7);
    struct lease_key system = lease_key_from(&CARD, "\xff iaid duid, new at every boot", 30);
    assert_true(lease_key_equal(&rom, &ipxe));
    assert_true(lease_key_equal(&rom, &system));
}

static void different_cards_have_different_keys(void **state)
{
    (void)state;
    struct hw other = CARD;
    other.octets[5]++;
    struct hw other_type = CARD;
    other_type.type = 6;
    struct lease_key key = lease_key_from(&CARD, NULL, 0);
    struct lease_key other_key = lease_key_from(&other, NULL, 0);
    struct lease_key type_key = lease_key_from(&other_type, NULL, 0);
    assert_false(lease_key_equal(&key, &other_key));
    assert_false(lease_key_equal(&key, &type_key));
}

static void the_link_layer_address_is_read_back_from_its_key(void **state)
{
    (void)state;
    struct hw longest = {.type = 32, .length = HW_BYTES};
    memset(longest.octets, 0xee, sizeof longest.octets);
    struct lease_key key = lease_key_from(&CARD, NULL, 0);
    struct lease_key longest_key = lease_key_from(&longest, NULL, 0);
    struct hw read = lease_key_hw(&key);
    assert_true(hw_equal(&read, &CARD));
    read = lease_key_hw(&longest_key);
    assert_true(hw_equal(&read, &longest));
}

static void clients_without_an_address_are_told_apart_by_their_identifier(void **state)
{
    (void)state;
    struct hw none = {.type = 32};
    struct lease_key a = lease_key_from(&none, "port-a", 6);
    struct lease_key b = lease_key_from(&none, "port-b", 6);
    struct lease_key shorter = lease_key_from(&none, "port-", 5);
    struct lease_key with_zero = lease_key_from(&none, "port-\0", 6);
    struct lease_key same = lease_key_from(NULL, "port-a", 6);
    assert_false(lease_key_equal(&a, &b));
    assert_false(lease_key_equal(&shorter, &with_zero));
    assert_true(lease_key_equal(&a, &same));
    assert_int_equal(lease_key_hw(&a).length, 0);
}

// ff, four octets of interface, and a DUID whose last six octets are a MAC.
static void long_identifiers_that_differ_at_their_end_are_different_clients(void **state)
{
    (void)state;
    char a[] = "\xff-iaid-duid-type-time--a";
    char b[] = "\xff-iaid-duid-type-time--b";
    struct lease_key key_a = lease_key_from(NULL, a, sizeof a - 1);
    struct lease_key key_b = lease_key_from(NULL, b, sizeof b - 1);
    struct lease_key again = lease_key_from(NULL, a, sizeof a - 1);
    assert_false(lease_key_equal(&key_a, &key_b));
    assert_true(lease_key_equal(&key_a, &again));
}

// Stored leases are found again only if keys never change.
static void the_key_of_a_long_identifier_is_the_same_in_every_version(void **state)
{
    (void)state;
    static const uint8_t expected[LEASE_KEY_BYTES] = {255,  20,   '0',  '1',  '2',  '3',  '4',
                                                      '5',  '6',  '7',  '8',  '9',  0xc3, 0x9b,
                                                      0xc2, 0x3d, 0x67, 0x20, 0xe4, 0xda};
    struct lease_key key = lease_key_from(NULL, "0123456789abcdefghij", 20);
    assert_memory_equal(key.bytes, expected, sizeof expected);
}

static void an_identifier_of_18_octets_is_kept_whole(void **state)
{
    (void)state;
    struct lease_key key = lease_key_from(NULL, "0123456789abcdefgh", 18);
    assert_int_equal(key.bytes[0], 255);
    assert_int_equal(key.bytes[1], 18);
    assert_memory_equal(key.bytes + 2, "0123456789abcdefgh", 18);
}

static void nobodys_key_is_told_from_all_others(void **state)
{
    (void)state;
    struct hw none = {0};
    struct lease_key nobody = lease_key_from(NULL, NULL, 0);
    struct lease_key nobody_too = lease_key_from(&none, "", 0);
    struct lease_key card = lease_key_from(&CARD, NULL, 0);
    struct lease_key port = lease_key_from(NULL, "\0", 1);
    assert_true(lease_key_is_none(&nobody));
    assert_true(lease_key_is_none(&nobody_too));
    assert_false(lease_key_is_none(&card));
    assert_false(lease_key_is_none(&port));
}

static void states_have_names(void **state)
{
    (void)state;
    assert_string_equal(lease_state_text(LEASE_FREE), "free");
    assert_string_equal(lease_state_text(LEASE_OFFERED), "offered");
    assert_string_equal(lease_state_text(LEASE_BOUND), "bound");
    assert_string_equal(lease_state_text(LEASE_DECLINED), "declined");
}

static void leases_of_dhcpv6_are_the_same_only_in_every_word(void **state)
{
    (void)state;
    struct lease6 lease = {
        .address.octets = {0x20, 1}, .state = LEASE_BOUND, .starts_s = 1, .preferred_s = 2, .ends_s = 3};
    struct lease6 other = lease;
    assert_true(lease6_equal(&lease, &other));
    other.ends_s = 4;
    assert_false(lease6_equal(&lease, &other));
    other = lease;
    other.client.machine_id = 7;
    assert_false(lease6_equal(&lease, &other));
    other = lease;
    other.client.duid_length = 1;
    assert_false(lease6_equal(&lease, &other));
    other = lease;
    (void)strcpy(other.hostname, "a");
    assert_false(lease6_equal(&lease, &other));
    other = lease;
    other.state = LEASE_FREE;
    assert_false(lease6_equal(&lease, &other));
}

static void a_key_is_read_back_from_its_hexadecimal(void **state)
{
    (void)state;
    struct lease_key key = lease_key_from(NULL, "\x01\x02\xff", 3);
    struct lease_key read;
    char hex[2 * LEASE_KEY_BYTES + 1];
    for (size_t i = 0; i < LEASE_KEY_BYTES; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", key.bytes[i]);
    }
    assert_true(lease_key_parse(hex, &read));
    assert_true(lease_key_equal(&key, &read));
    hex[3] = 'g';
    assert_false(lease_key_parse(hex, &read));
    hex[3] = '\0';
    assert_false(lease_key_parse(hex, &read)); // cut short
    memset(hex, '0', sizeof hex - 1);
    assert_false(lease_key_parse(hex, &read)); // nobody's
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_link_layer_address_is_the_key_whatever_option_61_says),
        cmocka_unit_test(different_cards_have_different_keys),
        cmocka_unit_test(the_link_layer_address_is_read_back_from_its_key),
        cmocka_unit_test(clients_without_an_address_are_told_apart_by_their_identifier),
        cmocka_unit_test(long_identifiers_that_differ_at_their_end_are_different_clients),
        cmocka_unit_test(the_key_of_a_long_identifier_is_the_same_in_every_version),
        cmocka_unit_test(an_identifier_of_18_octets_is_kept_whole),
        cmocka_unit_test(nobodys_key_is_told_from_all_others),
        cmocka_unit_test(states_have_names),
        cmocka_unit_test(leases_of_dhcpv6_are_the_same_only_in_every_word),
        cmocka_unit_test(a_key_is_read_back_from_its_hexadecimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
