// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/quirk.h"

#include "unit/test.h"

#define RUNGS_MOST 16

static struct boot_client firmware(enum boot_platform platform, bool wants_http)
{
    return (struct boot_client){
        .stage = BOOT_STAGE_FIRMWARE, .platform = platform, .wants_http = wants_http, .architecture = 7};
}

static void neighbours_on_every_ladder_differ_in_one_thing_and_no_rung_comes_twice(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 12; kind++) {
        struct boot_client client = firmware((enum boot_platform)(kind / 4), (kind & 1) != 0);
        bool is_proxy = (kind & 2) != 0;
        struct quirk_shape seen[RUNGS_MOST] = {{0}};
        unsigned count = 1;
        struct quirk_shape next = quirk_shape_next(&seen[0], &client, is_proxy);
        while (!quirk_shape_equal(&next, &seen[0])) {
            assert_int_equal(quirk_shape_distance(&next, &seen[count - 1]), 1);
            for (unsigned i = 0; i < count; i++) {
                assert_false(quirk_shape_equal(&next, &seen[i]));
            }
            assert_true(count < RUNGS_MOST);
            seen[count++] = next;
            next = quirk_shape_next(&next, &client, is_proxy);
        }
        assert_true(count > 1);
    }
}

static void a_shape_on_no_rung_is_followed_by_the_default_one(void **state)
{
    (void)state;
    struct boot_client client = firmware(BOOT_PLATFORM_BIOS, false);
    struct quirk_shape odd = {.vendor = QUIRK_VENDOR_RASPBERRY, .is_late = true};
    struct quirk_shape none = {0};
    struct quirk_shape next = quirk_shape_next(&odd, &client, false);
    assert_true(quirk_shape_equal(&next, &none));
}

static void every_shape_is_read_as_it_is_written(void **state)
{
    (void)state;
    for (unsigned n = 0; n < QUIRK_VENDOR_COUNT * QUIRK_FIELDS_COUNT * 8; n++) {
        struct quirk_shape shape = {.vendor = (enum quirk_vendor)(n / 8 % QUIRK_VENDOR_COUNT),
                                    .fields = (enum quirk_fields)(n / 8 / QUIRK_VENDOR_COUNT),
                                    .has_no_class = (n & 1) != 0,
                                    .is_late = (n & 2) != 0,
                                    .is_alone = (n & 4) != 0};
        char text[QUIRK_SHAPE_TEXT_BYTES];
        struct quirk_shape read = {.is_late = true};
        assert_int_equal(quirk_shape_parse(quirk_shape_print(&shape, text), &read), STATUS_OK);
        assert_true(quirk_shape_equal(&shape, &read));
    }
}

static void what_is_no_shape_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "",         "43",           "43=menu 43=none", "43=default", "60=none 60=none",
        " 60=none", "file=header,", "default 60=none"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct quirk_shape shape = {0};
        assert_int_equal(quirk_shape_parse(TEXTS[i], &shape), STATUS_MALFORMED);
    }
}

static void put_class(struct boot_client *client, const char *class)
{
    client->vendor_class.length = (uint8_t)strlen(class);
    memcpy(client->vendor_class.bytes, class, strlen(class));
}

static void machines_of_one_model_have_one_name(void **state)
{
    (void)state;
    char name[QUIRK_KEY_BYTES];
    struct boot_client client = firmware(BOOT_PLATFORM_UEFI, false);
    client.mac = hw_ethernet((const uint8_t[]){0x52, 0x54, 0, 1, 2, 3});
    put_class(&client, "PXEClient:Arch:00007:UNDI:003016");
    assert_true(quirk_model_print(&client, name));
    assert_string_equal(name, "PXEClient/7/003016/525400");
    client.mac.octets[5] = 9;
    put_class(&client, "PXEClient:Arch:00007:UNDI:003016:SN12345");
    assert_true(quirk_model_print(&client, name));
    assert_string_equal(name, "PXEClient/7/003016/525400");
}

static void who_tells_too_little_or_garbage_has_no_model(void **state)
{
    (void)state;
    char name[QUIRK_KEY_BYTES];
    struct boot_client client = firmware(BOOT_PLATFORM_UEFI, false);
    assert_false(quirk_model_print(&client, name));
    client.mac = hw_ethernet((const uint8_t[]){0x52, 0x54, 0, 1, 2, 3});
    assert_false(quirk_model_print(&client, name));
    put_class(&client, "PXE\nClient:Arch:00007");
    assert_false(quirk_model_print(&client, name));
    put_class(&client, "PXEClient:Arch:00007:UNDI:\033[2J");
    assert_true(quirk_model_print(&client, name));
    assert_string_equal(name, "PXEClient/7/-/525400");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_on_every_ladder_differ_in_one_thing_and_no_rung_comes_twice),
        cmocka_unit_test(a_shape_on_no_rung_is_followed_by_the_default_one),
        cmocka_unit_test(every_shape_is_read_as_it_is_written),
        cmocka_unit_test(what_is_no_shape_is_refused),
        cmocka_unit_test(machines_of_one_model_have_one_name),
        cmocka_unit_test(who_tells_too_little_or_garbage_has_no_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
