// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/uri.h"

#include "unit/test.h"

static void path_becomes(const char *path, const char *expected)
{
    char out[256];
    struct text text;
    text_init(&text, out, sizeof out);
    uri_add_path(&text, path);
    assert_string_equal(out, expected);
}

static void a_plain_path_stays_as_it_is(void **state)
{
    (void)state;
    path_becomes("/images/debian-12/linux_x.y~1", "/images/debian-12/linux_x.y~1");
}

static void everything_else_is_escaped(void **state)
{
    (void)state;
    path_becomes("/a b/${x}#1?y&z%", "/a%20b/%24%7Bx%7D%231%3Fy%26z%25");
    path_becomes("/\xc3\xbc\n\"'", "/%C3%BC%0A%22%27");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_plain_path_stays_as_it_is),
                                       cmocka_unit_test(everything_else_is_escaped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
