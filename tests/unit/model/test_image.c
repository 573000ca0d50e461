// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/image.h"

#include "unit/test.h"

static void names_are_safe_in_paths_and_urls(void **state)
{
    (void)state;
    char longest[IMAGE_NAME_BYTES] = {0};
    memset(longest, 'x', IMAGE_NAME_BYTES - 1);
    char too_long[IMAGE_NAME_BYTES + 1] = {0};
    memset(too_long, 'x', IMAGE_NAME_BYTES);
    const struct {
        const char *name;
        enum status status;
    } cases[] = {
        {"debian-12", STATUS_OK},       {"Debian_12.5", STATUS_OK},  {"9front", STATUS_OK},
        {longest, STATUS_OK},           {too_long, STATUS_TOO_LONG}, {"", STATUS_MALFORMED},
        {".", STATUS_MALFORMED},        {"..", STATUS_MALFORMED},    {".hidden", STATUS_MALFORMED},
        {"-x", STATUS_MALFORMED},       {"_x", STATUS_MALFORMED},    {"a/b", STATUS_MALFORMED},
        {"a b", STATUS_MALFORMED},      {"a%2f", STATUS_MALFORMED},  {"a\n", STATUS_MALFORMED},
        {"\xc3\xa9", STATUS_MALFORMED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct problem problem = {0};
        assert_int_equal(image_check_name(cases[i].name, &problem), cases[i].status);
        assert_int_equal(problem_is_set(&problem), cases[i].status != STATUS_OK);
    }
}

static void paths_stay_inside_the_image(void **state)
{
    (void)state;
    char longest[IMAGE_PATH_BYTES] = {0};
    memset(longest, 'x', IMAGE_PATH_BYTES - 1);
    char too_long[IMAGE_PATH_BYTES + 1] = {0};
    memset(too_long, 'x', IMAGE_PATH_BYTES);
    const struct {
        const char *path;
        enum status status;
    } cases[] = {
        {"linux", STATUS_OK},           {"debian-installer/amd64/initrd.gz", STATUS_OK},
        {"a/..b/c..", STATUS_OK},       {"a/.hidden", STATUS_OK},
        {"with space", STATUS_OK},      {"\xc3\xa4/kern", STATUS_OK},
        {longest, STATUS_OK},           {too_long, STATUS_TOO_LONG},
        {"", STATUS_MALFORMED},         {"/linux", STATUS_MALFORMED},
        {"a/", STATUS_MALFORMED},       {"a//b", STATUS_MALFORMED},
        {".", STATUS_MALFORMED},        {"..", STATUS_MALFORMED},
        {"../linux", STATUS_MALFORMED}, {"a/../../etc/passwd", STATUS_MALFORMED},
        {"a/..", STATUS_MALFORMED},     {"a/./b", STATUS_MALFORMED},
        {"a\\..\\b", STATUS_MALFORMED}, {"a\nb", STATUS_MALFORMED},
        {"a\x7f", STATUS_MALFORMED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct problem problem = {0};
        assert_int_equal(image_check_path(cases[i].path, &problem), cases[i].status);
        assert_int_equal(problem_is_set(&problem), cases[i].status != STATUS_OK);
    }
}

static void kinds_are_read_back_from_their_texts(void **state)
{
    (void)state;
    static const char *const texts[IMAGE_KIND_COUNT] = {"boot", "disk", "root"};
    for (enum image_kind kind = 0; kind < IMAGE_KIND_COUNT; kind++) {
        enum image_kind parsed = IMAGE_KIND_COUNT;
        assert_string_equal(image_kind_text(kind), texts[kind]);
        assert_int_equal(image_kind_parse(texts[kind], &parsed), STATUS_OK);
        assert_int_equal(parsed, kind);
    }
    enum image_kind parsed = IMAGE_DISK;
    assert_int_equal(image_kind_parse("cd", &parsed), STATUS_NOT_FOUND);
    assert_int_equal(parsed, IMAGE_DISK);
}

static void what_an_image_starts_on_is_said(void **state)
{
    (void)state;
    static const struct {
        uint8_t starts;
        const char *text;
    } cases[] = {{0, "nothing"},
                 {IMAGE_STARTS_BIOS, "bios"},
                 {IMAGE_STARTS_UEFI, "uefi"},
                 {IMAGE_STARTS_BIOS | IMAGE_STARTS_SECURE, "bios, secure boot"},
                 {IMAGE_STARTS_BIOS | IMAGE_STARTS_UEFI | IMAGE_STARTS_SECURE, "bios, uefi, secure boot"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[64];
        struct text text;
        text_init(&text, out, sizeof out);
        image_starts_print(cases[i].starts, &text);
        assert_string_equal(out, cases[i].text);
    }
}

static void ways_grades_and_firmware_are_read_back_from_their_texts(void **state)
{
    (void)state;
    for (unsigned i = 0; i < IMAGE_WAY_COUNT; i++) {
        enum image_way way = IMAGE_WAY_COUNT;
        assert_int_equal(image_way_parse(image_way_text((enum image_way)i), &way), STATUS_OK);
        assert_int_equal(way, i);
    }
    for (unsigned i = 0; i < IMAGE_GRADE_COUNT; i++) {
        enum image_grade grade = IMAGE_GRADE_COUNT;
        assert_int_equal(image_grade_parse(image_grade_text((enum image_grade)i), &grade), STATUS_OK);
        assert_int_equal(grade, i);
        assert_true(i == 0 || strlen(image_grade_sentence(grade)) > 10);
    }
    for (unsigned bit = IMAGE_ON_BIOS; bit <= IMAGE_ON_ARM64; bit *= 2) {
        char out[64];
        struct text text;
        uint8_t on = 0;
        text_init(&text, out, sizeof out);
        image_on_print((uint8_t)bit, &text);
        assert_int_equal(image_on_parse(out, &on), STATUS_OK);
        assert_int_equal(on, bit);
    }
    enum image_way way;
    enum image_grade grade;
    uint8_t on;
    assert_int_equal(image_way_parse("floppy", &way), STATUS_NOT_FOUND);
    assert_int_equal(image_grade_parse("good", &grade), STATUS_NOT_FOUND);
    assert_int_equal(image_on_parse("uefi", &on), STATUS_NOT_FOUND);
}

static void the_first_method_that_fits_firmware_and_memory_is_taken(void **state)
{
    (void)state;
    const uint64_t gib = UINT64_C(1) << 30;
    static struct image image;
    image = (struct image){.method_count = 3,
                           .methods = {{.on = IMAGE_ON_BIOS | IMAGE_ON_X64, .memory_bytes = 8 * gib},
                                       {.on = IMAGE_ON_X64, .memory_bytes = 2 * gib},
                                       {.on = IMAGE_ON_ARM64}}};
    uint64_t needs = 1;
    assert_ptr_equal(image_find_method(&image, IMAGE_ON_X64, 16 * gib, &needs), &image.methods[0]);
    assert_int_equal(needs, 0);
    assert_ptr_equal(image_find_method(&image, IMAGE_ON_X64, 4 * gib, NULL), &image.methods[1]);
    assert_ptr_equal(image_find_method(&image, IMAGE_ON_X64, 0, NULL), &image.methods[0]);
    assert_ptr_equal(image_find_method(&image, IMAGE_ON_ARM64, 1, NULL), &image.methods[2]);
    assert_ptr_equal(image_find_method(&image, 0, 4 * gib, NULL), &image.methods[1]);
    assert_null(image_find_method(&image, IMAGE_ON_X64, gib, &needs));
    assert_int_equal(needs, 2 * gib);
    assert_null(image_find_method(&image, IMAGE_ON_BIOS, gib, &needs));
    assert_int_equal(needs, 8 * gib);
    assert_null(image_find_method(&image, IMAGE_ON_IA32, 0, &needs));
    assert_int_equal(needs, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_safe_in_paths_and_urls),
        cmocka_unit_test(paths_stay_inside_the_image),
        cmocka_unit_test(kinds_are_read_back_from_their_texts),
        cmocka_unit_test(what_an_image_starts_on_is_said),
        cmocka_unit_test(ways_grades_and_firmware_are_read_back_from_their_texts),
        cmocka_unit_test(the_first_method_that_fits_firmware_and_memory_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
