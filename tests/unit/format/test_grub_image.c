// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/grub_image.h"

#include "unit/test.h"

#include <stdio.h>

static uint8_t section[8192];
static size_t count;
static struct grub_image image;

static void put(uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        section[count++] = (uint8_t)(i < 8 ? value >> (8 * i) : 0);
    }
}

static void put_text(const char *text)
{
    memcpy(section + count, text, strlen(text) + 1);
    count += strlen(text) + 1;
}

// An object file with a section ".modname", of 64 bits.
static void put_module(const char *name)
{
    size_t start = count;
    put(0, 4);
    size_t length_at = count;
    put(0, 4);
    size_t elf = count;
    put(0x464c457f, 4);
    put(0x010102, 3);
    put(0, 9 + 8 + 16);
    put(64, 8); // where the table of its sections is
    put(0, 4 + 2 + 4);
    put(64, 2);
    put(2, 2);
    put(0, 2); // the first has the names
    assert_int_equal(count - elf, 64);
    const uint64_t text_at = 64 + 2 * 64;
    const uint64_t rows[2][3] = {{0, text_at, 16}, {1, text_at + 16, strlen(name) + 1}};
    for (unsigned i = 0; i < 2; i++) {
        put(rows[i][0], 4);
        put(0, 4 + 8 + 8);
        put(rows[i][1], 8);
        put(rows[i][2], 8);
        put(0, 24);
    }
    put_text("");
    put_text(".modname");
    put(0, 6);
    put_text(name);
    size_t end = count;
    count = length_at;
    put(end - start, 4);
    count = end;
}

static void put_prefix(const char *prefix)
{
    put(3, 4);
    put(8 + strlen(prefix) + 1, 4);
    put_text(prefix);
}

static void begin(void)
{
    count = 0;
    put(0x676d696d, 4);
    put(0, 4);
    put(24, 8);
    put(0, 8);
}

static bool decode(void)
{
    size_t end = count;
    count = 16;
    put(end, 8);
    count = end;
    return grub_image_decode(section, end, &image);
}

static void what_is_built_in_is_found(void **state)
{
    (void)state;
    begin();
    put_module("efinet");
    put_module("tftp");
    put_module("linux");
    put_module("boot");
    put_prefix("/EFI/fedora");
    assert_true(decode());
    assert_int_equal(image.can, GRUB_IMAGE_EFINET | GRUB_IMAGE_TFTP | GRUB_IMAGE_LINUX);
    assert_int_equal(image.modules, 4);
    assert_string_equal(image.prefix, "/EFI/fedora");
}

static void a_grub_without_a_network_can_nothing_of_it(void **state)
{
    (void)state;
    begin();
    put_module("linuxefi");
    put_module("tftpx");
    put_prefix("/boot/grub");
    assert_true(decode());
    assert_int_equal(image.can, GRUB_IMAGE_LINUX);
}

static void what_is_cut_off_or_wrong_is_refused(void **state)
{
    (void)state;
    begin();
    put_module("efinet");
    size_t first = count;
    put_module("tftp");
    assert_true(decode());
    for (size_t i = 0; i < count; i++) {
        assert_false(grub_image_decode(section, i, &image));
    }
    section[first + 4] = 4; // a part shorter than its own head
    section[first + 5] = 0;
    assert_false(grub_image_decode(section, count, &image));
    section[0] = 'x';
    assert_false(grub_image_decode(section, count, &image));
    begin();
    assert_false(decode()); // nothing at all
}

static void a_module_that_is_broken_is_nobody(void **state)
{
    (void)state;
    begin();
    put_module("tftp");
    section[24 + 8 + 0x28 + 3] = 0x7f; // its table lies far outside
    assert_true(decode());
    assert_int_equal(image.can, 0);
    assert_int_equal(image.modules, 1);
}

static const char *corpus; // of the fuzz target

static void one_for_32_bits_is_read_too(void **state)
{
    (void)state;
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/ia32", corpus);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    count = fread(section, 1, sizeof section, file);
    (void)fclose(file);
    assert_true(grub_image_decode(section, count, &image));
    assert_int_equal(image.can, GRUB_IMAGE_EFINET | GRUB_IMAGE_HTTP | GRUB_IMAGE_LINUX);
    assert_string_equal(image.prefix, "/boot/grub");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_built_in_is_found),
        cmocka_unit_test(a_grub_without_a_network_can_nothing_of_it),
        cmocka_unit_test(what_is_cut_off_or_wrong_is_refused),
        cmocka_unit_test(a_module_that_is_broken_is_nobody),
        cmocka_unit_test(one_for_32_bits_is_read_too),
    };
    assert_int_equal(argc, 2);
    corpus = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
