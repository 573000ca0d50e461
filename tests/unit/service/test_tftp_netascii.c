// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/heap.h"
#include "service/tftp_netascii.h"
#include "unit/test.h"

static void expect(const char *text, size_t bytes, const char *wanted, size_t wanted_bytes)
{
    uint8_t out[64];
    assert_int_equal(tftp_netascii_bytes((const uint8_t *)text, bytes), wanted_bytes);
    tftp_netascii_encode((const uint8_t *)text, bytes, out);
    assert_memory_equal(out, wanted, wanted_bytes);
}

static void line_ends_become_two_bytes(void **state)
{
    (void)state;
    expect("a\nb", 3, "a\r\nb", 4);
    expect("\n\n", 2, "\r\n\r\n", 4);
    expect("a\rb", 3, "a\r\0b", 4);
    expect("a\r\n", 3, "a\r\0\r\n", 5);
    expect("\0\xff", 2, "\0\xff", 2);
}

static void a_converted_file_keeps_its_name_and_owner(void **state)
{
    (void)state;
    struct content_node node;
    content_node_init(&node);
    content_node_set_memory(&node, "one\ntwo\n", 8);
    node.machine_id = 7;
    strcpy(node.path, "lines.txt");
    assert_int_equal(tftp_netascii_convert(&node, 100), STATUS_OK);
    assert_int_equal(node.size, 10);
    assert_memory_equal(node.bytes, "one\r\ntwo\r\n", 10);
    assert_int_equal(node.machine_id, 7);
    assert_string_equal(node.path, "lines.txt");
    content_node_close(&node);
}

static void a_file_that_grows_too_large_is_left_as_it_was(void **state)
{
    (void)state;
    struct content_node node;
    content_node_init(&node);
    content_node_set_memory(&node, "one\ntwo\n", 8);
    assert_int_equal(tftp_netascii_convert(&node, 9), STATUS_TOO_LONG);
    assert_int_equal(tftp_netascii_convert(&node, 7), STATUS_TOO_LONG);
    assert_int_equal(node.size, 8);
    assert_memory_equal(node.bytes, "one\ntwo\n", 8);
    content_node_close(&node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_ends_become_two_bytes),
        cmocka_unit_test(a_converted_file_keeps_its_name_and_owner),
        cmocka_unit_test(a_file_that_grows_too_large_is_left_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
