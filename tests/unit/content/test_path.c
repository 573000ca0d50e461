// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/path.h"

#include "unit/test.h"

static void becomes(const char *path, const char *canonical)
{
    char out[CONTENT_PATH_BYTES];
    assert_int_equal(path_parse(path, strlen(path), out), STATUS_OK);
    assert_string_equal(out, canonical);
}

static void yields(const char *path, size_t length, enum status status)
{
    char out[CONTENT_PATH_BYTES] = "untouched";
    assert_int_equal(path_parse(path, length, out), status);
    assert_string_equal(out, "untouched");
}

static void separators_of_every_kind_become_one_slash(void **state)
{
    (void)state;
    becomes("pxelinux.0", "pxelinux.0");
    becomes("\\Boot\\BCD", "Boot/BCD");
    becomes("/boot\\bcd", "boot/bcd");
    becomes("//a//b", "a/b");
    becomes("\\\\a\\/b//", "a/b");
    becomes("/./a/././b/.", "a/b");
    becomes("a/./", "a");
}

static void a_drive_letter_goes(void **state)
{
    (void)state;
    becomes("C:\\x", "x");
    becomes("c:x", "x");
    becomes("/C:/x/y", "x/y");
    becomes("a/c:/b", "a/c:/b");
    becomes("1:x", "1:x");
}

static void junk_behind_the_name_goes(void **state)
{
    (void)state;
    becomes("name\xff", "name");
    becomes("name\xff\xff garbage/..", "name");
    becomes("name  \t\r\n", "name");
    becomes("two words", "two words");
    becomes("dir/ \xff", "dir");
}

static void other_bytes_stay(void **state)
{
    (void)state;
    becomes("b\xc3\xbc"
            "cher/\xfe",
            "b\xc3\xbc"
            "cher/\xfe");
    becomes(".../..a/b../. ./x", ".../..a/b../. ./x");
    becomes("%2e%2e/x", "%2e%2e/x"); // decoding is the business of HTTP, once
}

static void whatever_climbs_is_refused(void **state)
{
    static const char *const CLIMBERS[] = {
        "..",      "../a",  "a/../b", "a/..",     "/..",       "\\..\\a",  "a\\..\\b", "C:..",    "C:..\\a",
        "c:/../x", "a/.. ", "..\xff", "a/..\xff", "./../../b", "a/..//b/", "a/../",    "C:D:../b"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CLIMBERS); i++) {
        yields(CLIMBERS[i], strlen(CLIMBERS[i]), STATUS_DENIED);
    }
}

static void nothing_and_control_characters_are_malformed(void **state)
{
    static const char *const EMPTY[] = {"",
                                        "/",
                                        "\\",
                                        "//./",
                                        ".",
                                        "C:",
                                        "C:\\",
                                        "\xff"
                                        "abc",
                                        "  ",
                                        "/ "};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(EMPTY); i++) {
        yields(EMPTY[i], strlen(EMPTY[i]), STATUS_MALFORMED);
    }
    yields("a\nb", 3, STATUS_MALFORMED);
    yields("a\0b", 3, STATUS_MALFORMED);
    yields("a\x7f"
           "b",
           3, STATUS_MALFORMED);
    yields("a\x1b[2J", 5, STATUS_MALFORMED);
    yields(NULL, 0, STATUS_MALFORMED);
}

static void the_longest_name_fits_and_one_more_does_not(void **state)
{
    (void)state;
    char path[CONTENT_PATH_BYTES + 8];
    char out[CONTENT_PATH_BYTES];
    memset(path, 'a', sizeof path);
    path[0] = '/';
    assert_int_equal(path_parse(path, CONTENT_PATH_BYTES, out), STATUS_OK);
    assert_int_equal(strlen(out), CONTENT_PATH_BYTES - 1);
    yields(path, CONTENT_PATH_BYTES + 1, STATUS_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(separators_of_every_kind_become_one_slash),
        cmocka_unit_test(a_drive_letter_goes),
        cmocka_unit_test(junk_behind_the_name_goes),
        cmocka_unit_test(other_bytes_stay),
        cmocka_unit_test(whatever_climbs_is_refused),
        cmocka_unit_test(nothing_and_control_characters_are_malformed),
        cmocka_unit_test(the_longest_name_fits_and_one_more_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
