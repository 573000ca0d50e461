// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/checksum_list.h"
#include "unit/test.h"

#include <stdio.h>

#define A "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define B "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"

static struct checksum checksum;

static struct checksum_list list_of(const char *text)
{
    return checksum_list_init(text, strlen(text));
}

static void expect(struct checksum_list *list, const char *name)
{
    assert_true(checksum_list_next(list, &checksum));
    assert_string_equal(checksum.hex, A);
    assert_string_equal(checksum.name, name);
}

static void the_list_of_sha256sum_is_read(void **state)
{
    (void)state;
    struct checksum_list list =
        list_of(A "  ./netboot/netboot.tar.gz\n" B " *with a blank.iso\r\n" A "  last, without line end");
    expect(&list, "netboot/netboot.tar.gz");
    expect(&list, "with a blank.iso");
    expect(&list, "last, without line end");
    assert_false(checksum_list_next(&list, &checksum));
}

static void the_list_of_bsd_is_read(void **state)
{
    (void)state;
    struct checksum_list list = list_of("# a.iso: 12 bytes\nSHA256 (a (1).iso) = " A "\nSHA512 (b) = " A
                                        "\nMD5 (c) = d41d8cd98f00b204e9800998ecf8427e\nSHA256 (d) = " B "\n");
    expect(&list, "a (1).iso");
    expect(&list, "d");
    assert_false(checksum_list_next(&list, &checksum));
}

static void a_release_file_is_read(void **state)
{
    (void)state;
    struct checksum_list list =
        list_of("MD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 78509 main/SHA256SUMS\nSHA256:\n " A
                "    78509 main/SHA256SUMS\n");
    expect(&list, "main/SHA256SUMS");
    assert_false(checksum_list_next(&list, &checksum));
}

static void what_is_no_checksum_is_passed_over(void **state)
{
    (void)state;
    struct checksum_list list =
        list_of(A "x  name\n" A "\n" A "  \n" A "  a\tb\x01\n" A " 12\n\n \nSHA256 () = " A
                  "\nSHA256 (\nSHA256 (a) = 12\n " A " name\n " A " 12\n" A "  good\n");
    expect(&list, "12");
    expect(&list, "good");
    assert_false(checksum_list_next(&list, &checksum));
}

static void a_pattern_stays_inside_of_a_folder(void **state)
{
    (void)state;
    assert_true(
        checksum_is_like("ubuntu-24.04.2-live-server-amd64.iso", "ubuntu-24.04*-live-server-amd64.iso"));
    assert_true(checksum_is_like("a.iso", "a.iso"));
    assert_true(checksum_is_like("aXbXc", "*X*c"));
    assert_false(checksum_is_like("gtk/netboot.tar.gz", "*.tar.gz"));
    assert_false(checksum_is_like("a.iso.zsync", "a.iso"));
    assert_false(checksum_is_like("a", "a*b"));
}

static void numbers_in_names_count_as_numbers(void **state)
{
    (void)state;
    assert_true(checksum_is_older("Rocky-9.6-boot.iso", "Rocky-9.10-boot.iso"));
    assert_false(checksum_is_older("Rocky-9.10-boot.iso", "Rocky-9.6-boot.iso"));
    assert_true(checksum_is_older("AlmaLinux-9-latest", "AlmaLinux-9.6"));
    assert_true(checksum_is_older("24.04-live", "24.04.1-live"));
    assert_true(checksum_is_older("a", "a1"));
    assert_false(checksum_is_older("same", "same"));
    assert_false(checksum_is_older("007", "7"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_of_sha256sum_is_read),
        cmocka_unit_test(the_list_of_bsd_is_read),
        cmocka_unit_test(a_release_file_is_read),
        cmocka_unit_test(what_is_no_checksum_is_passed_over),
        cmocka_unit_test(a_pattern_stays_inside_of_a_folder),
        cmocka_unit_test(numbers_in_names_count_as_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
