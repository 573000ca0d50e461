// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/netascii.h"

#include "unit/test.h"

// However the text is cut into two pieces, the same comes out.
static void becomes(const char *wire, size_t bytes, const char *expected, size_t expected_bytes)
{
    for (size_t cut = 0; cut <= bytes; cut++) {
        uint8_t out[64];
        struct netascii netascii = {0};
        size_t count = netascii_decode(&netascii, (const uint8_t *)wire, cut, out);
        count += netascii_decode(&netascii, (const uint8_t *)wire + cut, bytes - cut, out + count);
        count += netascii_finish(&netascii, out + count);
        assert_int_equal(count, expected_bytes);
        assert_memory_equal(out, expected, expected_bytes);
        assert_int_equal(netascii_finish(&netascii, out), 0);
    }
}

static void line_ends_become_those_of_this_system(void **state)
{
    (void)state;
    becomes("one\r\ntwo\r\n\r\n", 12, "one\ntwo\n\n", 9);
    becomes("", 0, "", 0);
}

static void a_lone_cr_comes_back(void **state)
{
    (void)state;
    becomes("a\r\0b\r\0\r\n", 8, "a\rb\r\n", 5);
}

static void what_is_no_netascii_loses_nothing(void **state)
{
    (void)state;
    becomes("a\rb\nc\0\r\r\nd\r", 11, "a\rb\nc\0\r\nd\r", 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(line_ends_become_those_of_this_system),
                                       cmocka_unit_test(a_lone_cr_comes_back),
                                       cmocka_unit_test(what_is_no_netascii_loses_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
