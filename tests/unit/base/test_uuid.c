// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/uuid.h"

#include "unit/test.h"

#define CANONICAL "4c4c4544-0042-3510-8052-b4c04f4d3232"
#define SWAPPED   "44454c4c-4200-1035-8052-b4c04f4d3232"

static struct uuid uuid_of(const char *text)
{
    struct uuid uuid = {{0}};
    assert_int_equal(uuid_parse(text, &uuid), STATUS_OK);
    return uuid;
}

static void every_usual_spelling_is_read_and_one_is_printed(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {CANONICAL, "4C4C4544-0042-3510-8052-B4C04F4D3232",
                                        "{4c4c4544-0042-3510-8052-b4c04f4d3232}",
                                        "4c4c45440042351080"
                                        "52b4c04f4d3232"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct uuid uuid = uuid_of(TEXTS[i]);
        char out[UUID_TEXT_BYTES];
        assert_string_equal(uuid_print(&uuid, out), CANONICAL);
    }
}

static void what_is_not_sixteen_bytes_is_no_uuid(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"",
                                        "{",
                                        "4c4c4544-0042-3510-8052-b4c04f4d323",
                                        "4c4c4544-0042-3510-8052-b4c04f4d32321",
                                        "4c4c4544-0042-3510-8052-b4c04f4d3232}",
                                        "{4c4c4544-0042-3510-8052-b4c04f4d3232",
                                        "4c4c-45440042-3510-8052-b4c04f4d3232",
                                        "4c4c4544--0042-3510-8052-b4c04f4d3232",
                                        "4c4c4544-0042-3510-8052-b4c04f4d323g",
                                        " 4c4c4544-0042-3510-8052-b4c04f4d3232"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct uuid uuid = {{7}};
        assert_int_equal(uuid_parse(TEXTS[i], &uuid), STATUS_MALFORMED);
        assert_int_equal(uuid.bytes[0], 7);
    }
}

static void the_wire_has_the_first_three_fields_little_endian(void **state)
{
    (void)state;
    static const uint8_t WIRE[16] = {0x44, 0x45, 0x4c, 0x4c, 0x42, 0x00, 0x10, 0x35,
                                     0x80, 0x52, 0xb4, 0xc0, 0x4f, 0x4d, 0x32, 0x32};
    struct uuid uuid = uuid_from_wire(WIRE);
    char out[UUID_TEXT_BYTES];
    assert_string_equal(uuid_print(&uuid, out), CANONICAL);
}

static void swapping_twice_changes_nothing(void **state)
{
    (void)state;
    struct uuid uuid = uuid_of(CANONICAL);
    struct uuid once = uuid_swap(&uuid);
    struct uuid twice = uuid_swap(&once);
    assert_false(uuid_equal(&uuid, &once));
    assert_true(uuid_equal(&uuid, &twice));
}

static void two_spellings_of_one_uuid_are_one_machine(void **state)
{
    (void)state;
    struct uuid canonical = uuid_of(CANONICAL);
    struct uuid swapped = uuid_of(SWAPPED);
    struct uuid other = uuid_of("4c4c4544-0042-3510-8052-b4c04f4d3233");
    assert_true(uuid_is_same_machine(&canonical, &swapped));
    assert_true(uuid_is_same_machine(&swapped, &canonical));
    assert_false(uuid_is_same_machine(&canonical, &other));
}

static void a_uuid_that_vendors_never_set_identifies_nobody(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "03000200-0400-0500-0006-000700080009", "00020003-0004-0005-0006-000700080009", // both spellings
        "12345678-1234-5678-90ab-cddfabcddfab"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct uuid uuid = uuid_of(TEXTS[i]);
        assert_true(uuid_is_useless(&uuid));
    }
    struct uuid real = uuid_of(CANONICAL);
    assert_false(uuid_is_useless(&real));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_usual_spelling_is_read_and_one_is_printed),
        cmocka_unit_test(what_is_not_sixteen_bytes_is_no_uuid),
        cmocka_unit_test(the_wire_has_the_first_three_fields_little_endian),
        cmocka_unit_test(swapping_twice_changes_nothing),
        cmocka_unit_test(two_spellings_of_one_uuid_are_one_machine),
        cmocka_unit_test(a_uuid_that_vendors_never_set_identifies_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
