// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/dhcp_class.h"

#include "unit/test.h"

static struct boot_client client;
static struct dhcp_class class;

static void evidence_set(struct boot_evidence *evidence, const char *text)
{
    evidence->length = (uint8_t)strlen(text);
    memcpy(evidence->bytes, text, strlen(text));
}

static int set_up(void **state)
{
    (void)state;
    client = (struct boot_client){.architecture = 7};
    class = (struct dhcp_class){.name = "c"};
    evidence_set(&client.vendor_class, "PXEClient:Arch:00007:UNDI:003000");
    client.mac = hw_ethernet((const uint8_t[]){0x52, 0x54, 0, 1, 2, 3});
    assert_int_equal(uuid_parse("4c4c4544-0001-2222-3333-444455556666", &client.uuid), STATUS_OK);
    return 0;
}

static bool fits_vendor(const char *pattern)
{
    (void)text_copy(class.match.vendor_class, sizeof class.match.vendor_class, pattern);
    return dhcp_class_has(&class, &client);
}

static void patterns_fit_the_whole_text(void **state)
{
    (void)state;
    assert_true(fits_vendor("PXEClient*"));
    assert_true(fits_vendor("*"));
    assert_true(fits_vendor("*Arch:0000?:*000"));
    assert_true(fits_vendor("hex:505845*"));
    assert_false(fits_vendor("PXEClient"));
    assert_false(fits_vendor("pxeclient*"));
    assert_false(fits_vendor("*UNDI"));
    assert_false(fits_vendor("hex:505846*"));
    client.vendor_class.length = 0;
    assert_false(fits_vendor("P*"));
    assert_true(fits_vendor("*"));
}

static void a_pattern_of_stars_ends_soon(void **state)
{
    (void)state;
    memset(client.vendor_class.bytes, 'a', BOOT_EVIDENCE_BYTES);
    client.vendor_class.length = BOOT_EVIDENCE_BYTES;
    assert_false(fits_vendor("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*ab"));
}

static void all_that_is_given_must_hold(void **state)
{
    (void)state;
    assert_true(dhcp_class_has(&class, &client));
    class.match.architectures[0] = 9;
    class.match.architectures[1] = 7;
    class.match.architecture_count = 2;
    assert_true(dhcp_class_has(&class, &client));
    assert_int_equal(dhcp_class_mac_parse("52:54:01", &class.match.macs[0]), STATUS_OK);
    class.match.mac_count = 1;
    assert_false(dhcp_class_has(&class, &client));
    assert_int_equal(dhcp_class_mac_parse("5254-00", &class.match.macs[1]), STATUS_OK);
    class.match.mac_count = 2;
    assert_true(dhcp_class_has(&class, &client));
    (void)text_copy(class.match.circuit_id, sizeof class.match.circuit_id, "eth0/*");
    assert_false(dhcp_class_has(&class, &client));
    evidence_set(&client.circuit_id, "eth0/7");
    assert_true(dhcp_class_has(&class, &client));
    client.architecture = 0;
    assert_false(dhcp_class_has(&class, &client));
}

static void uuids_are_compared_in_either_spelling(void **state)
{
    (void)state;
    assert_int_equal(
        dhcp_class_uuids_parse("4c4c4544-0000-0000-0000-000000000000-4c4c4544-ffff-ffff-ffff-ffffffffffff",
                               &class.match.uuids),
        STATUS_OK);
    assert_true(dhcp_class_has(&class, &client));
    client.uuid = uuid_swap(&client.uuid);
    assert_true(dhcp_class_has(&class, &client));
    client.uuid.bytes[0] = client.uuid.bytes[3] = 1;
    assert_false(dhcp_class_has(&class, &client));
    client.uuid = (struct uuid){0};
    assert_false(dhcp_class_has(&class, &client));
}

static void bounds_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const uuids[] = {
        "",
        "4c4c4544",
        "4c4c4544-ffff-ffff-ffff-ffffffffffff-4c4c4544-0000-0000-0000-000000000000",
        "4c4c4544-ffff-ffff-ffff-ffffffffffff-",
        "00000000-0000-0000-0000-000000000000",
        "4c4c4544-ffff-ffff-ffff-ffffffffffff4c4c4544-ffff-ffff-ffff-ffffffffffff"};
    static const char *const macs[] = {"", "5", "52:", "52:5", "52:54:00:01:02:03:04", "zz", "52::54"};
    struct dhcp_class_uuids read;
    struct dhcp_class_mac mac;
    for (size_t i = 0; i < COUNT_OF(uuids); i++) {
        assert_int_equal(dhcp_class_uuids_parse(uuids[i], &read), STATUS_MALFORMED);
    }
    for (size_t i = 0; i < COUNT_OF(macs); i++) {
        assert_int_equal(dhcp_class_mac_parse(macs[i], &mac), STATUS_MALFORMED);
    }
}

static void the_first_class_that_says_something_counts(void **state)
{
    (void)state;
    static struct dhcp_classes classes;
    memset(&classes, 0, sizeof classes);
    classes.count = 3;
    (void)text_copy(classes.items[0].match.vendor_class, DHCP_CLASS_PATTERN_BYTES, "Cisco*");
    (void)text_copy(classes.items[0].profile, PROFILE_NAME_BYTES, "never");
    classes.items[1].lease_s = 600;
    (void)text_copy(classes.items[2].profile, PROFILE_NAME_BYTES, "debian");
    classes.items[2].lease_s = 900;
    classes.items[2].unknown = POLICY_CHOICE_LOCAL;
    assert_int_equal(dhcp_option_put(&classes.items[1].options, 224, "\x01", 1, false), STATUS_OK);
    assert_int_equal(dhcp_option_put(&classes.items[2].options, 224, "\x02", 1, false), STATUS_OK);
    assert_int_equal(dhcp_option_put(&classes.items[2].options, 225, "\x03", 1, false), STATUS_OK);
    uint64_t members = dhcp_class_find(&classes, &client);
    assert_int_equal(members, 6);
    assert_int_equal(dhcp_class_pick_lease_s(&classes, members), 600);
    assert_int_equal(dhcp_class_pick_unknown(&classes, members), POLICY_CHOICE_LOCAL);
    assert_string_equal(dhcp_class_pick_profile(&classes, members), "debian");
    assert_string_equal(dhcp_class_pick_profile(&classes, 2), "");
    struct dhcp_option_set set = {0};
    dhcp_class_merge(&classes, members, &set);
    assert_int_equal(set.count, 2);
    assert_int_equal(*dhcp_option_data(&set, dhcp_option_find(&set, 224)), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(patterns_fit_the_whole_text, set_up),
        cmocka_unit_test_setup(a_pattern_of_stars_ends_soon, set_up),
        cmocka_unit_test_setup(all_that_is_given_must_hold, set_up),
        cmocka_unit_test_setup(uuids_are_compared_in_either_spelling, set_up),
        cmocka_unit_test_setup(bounds_that_are_none_are_refused, set_up),
        cmocka_unit_test_setup(the_first_class_that_says_something_counts, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
