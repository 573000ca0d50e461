// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/cpio.h"

#include "unit/test.h"

#include <sys/stat.h>

static uint8_t out[CPIO_HEADER_BYTES_MOST];
static size_t out_bytes;

static void a_file_has_the_header_the_kernel_expects(void **state)
{
    (void)state;
    const struct cpio_entry entry = {.name = "init", .mode = S_IFREG | 0755, .bytes = 0x1234, .inode = 7};
    assert_int_equal(cpio_encode(&entry, out, &out_bytes), STATUS_OK);
    // 110 bytes of header, the name with its NUL, padded to a multiple of 4.
    assert_int_equal(out_bytes, 116);
    assert_memory_equal(out,
                        "070701"
                        "00000007"
                        "000081ed"
                        "00000000"
                        "00000000"
                        "00000001"
                        "00000000"
                        "00001234"
                        "00000000"
                        "00000000"
                        "00000000"
                        "00000000"
                        "00000005"
                        "00000000"
                        "init\0\0",
                        116);
}

static void a_device_node_names_its_numbers(void **state)
{
    (void)state;
    const struct cpio_entry entry = {
        .name = "dev/console", .mode = S_IFCHR | 0600, .device_major = 5, .device_minor = 1, .inode = 1};
    assert_int_equal(cpio_encode(&entry, out, &out_bytes), STATUS_OK);
    assert_memory_equal(out + 6 + 9 * 8, "0000000500000001", 16);
    assert_int_equal(out_bytes % 4, 0);
}

static void the_end_is_the_trailer(void **state)
{
    (void)state;
    cpio_encode_end(out, &out_bytes);
    assert_int_equal(out_bytes, 124);
    assert_memory_equal(out + 110, "TRAILER!!!\0\0\0\0", 14);
}

static void names_have_at_most_a_thousand_bytes(void **state)
{
    (void)state;
    char name[1002];
    memset(name, 'x', sizeof name);
    name[1000] = '\0';
    struct cpio_entry entry = {.name = name, .mode = S_IFREG | 0644};
    assert_int_equal(cpio_encode(&entry, out, &out_bytes), STATUS_OK);
    name[1000] = 'x';
    name[1001] = '\0';
    assert_int_equal(cpio_encode(&entry, out, &out_bytes), STATUS_TOO_LONG);
}

static void a_head_fills_a_page_and_ends_its_name(void **state)
{
    (void)state;
    static uint8_t head[CPIO_HEAD_BYTES];
    const struct cpio_entry entry = {.name = "proxmox.iso", .mode = S_IFREG | 0644, .bytes = 0xabcdef01};
    assert_int_equal(cpio_encode_head(&entry, head), STATUS_OK);
    assert_memory_equal(head, "070701", 6);
    assert_memory_equal(head + 6 + 6 * 8, "abcdef01", 8);
    assert_memory_equal(head + 6 + 11 * 8, "00000f92", 8); // 4096 - 110, which the kernel takes: at most 4096
    assert_string_equal((const char *)head + 110, "proxmox.iso");
    assert_int_equal(head[CPIO_HEAD_BYTES - 1], '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_file_has_the_header_the_kernel_expects),
                                       cmocka_unit_test(a_device_node_names_its_numbers),
                                       cmocka_unit_test(the_end_is_the_trailer),
                                       cmocka_unit_test(a_head_fills_a_page_and_ends_its_name),
                                       cmocka_unit_test(names_have_at_most_a_thousand_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
