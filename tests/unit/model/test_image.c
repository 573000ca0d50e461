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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_safe_in_paths_and_urls),
        cmocka_unit_test(paths_stay_inside_the_image),
        cmocka_unit_test(kinds_are_read_back_from_their_texts),
        cmocka_unit_test(what_an_image_starts_on_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
