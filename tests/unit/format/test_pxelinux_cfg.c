// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/pxelinux_cfg.h"

#include "unit/test.h"

static char out[256];
static struct text text;

static int start(void **state)
{
    (void)state;
    text_init(&text, out, sizeof out);
    return 0;
}

static void a_word_is_written_behind_its_key(void **state)
{
    (void)state;
    assert_int_equal(pxelinux_cfg_add_word(&text, "KERNEL", "/images/a/linux"), STATUS_OK);
    assert_string_equal(out, "KERNEL /images/a/linux\n");
}

static void a_word_that_would_end_early_is_refused(void **state)
{
    (void)state;
    const char *const bad[] = {"", "a b", "a,b", "a\nLOCALBOOT 0", "a\tb", "a\x7f"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(pxelinux_cfg_add_word(&text, "KERNEL", bad[i]), STATUS_UNSUPPORTED);
    }
    assert_string_equal(out, "");
}

static void a_path_that_would_be_read_as_a_url_is_refused(void **state)
{
    (void)state;
    const char *const bad[] = {"/images/a::b", "tftp://192.0.2.9/a", "/a#b", "/a;b", "/a%20b"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(pxelinux_cfg_add_word(&text, "LINUX", bad[i]), STATUS_UNSUPPORTED);
    }
    assert_string_equal(out, "");
    assert_int_equal(pxelinux_cfg_add_word(&text, "LINUX", "/images/a:b"), STATUS_OK);
}

static void a_line_keeps_quotes_and_signs(void **state)
{
    (void)state;
    assert_int_equal(pxelinux_cfg_add_line(&text, "APPEND", "a=\"b c\" $x;#y 'z'"), STATUS_OK);
    assert_string_equal(out, "APPEND a=\"b c\" $x;#y 'z'\n");
}

static void a_line_that_would_start_another_is_refused(void **state)
{
    (void)state;
    assert_int_equal(pxelinux_cfg_add_line(&text, "APPEND", "quiet\nKERNEL evil"), STATUS_UNSUPPORTED);
    assert_int_equal(pxelinux_cfg_add_line(&text, "APPEND", "quiet\rx"), STATUS_UNSUPPORTED);
    assert_int_equal(pxelinux_cfg_add_line(&text, "APPEND", "-"), STATUS_UNSUPPORTED);
    assert_int_equal(pxelinux_cfg_add_line(&text, "APPEND", ""), STATUS_UNSUPPORTED);
    assert_string_equal(out, "");
}

static void a_spoken_line_is_plain_ascii(void **state)
{
    (void)state;
    pxelinux_cfg_add_say(&text, "one\nKERNEL \xc3\xbc");
    assert_string_equal(out, "SAY one?KERNEL ??\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_word_is_written_behind_its_key, start),
        cmocka_unit_test_setup(a_word_that_would_end_early_is_refused, start),
        cmocka_unit_test_setup(a_path_that_would_be_read_as_a_url_is_refused, start),
        cmocka_unit_test_setup(a_line_keeps_quotes_and_signs, start),
        cmocka_unit_test_setup(a_line_that_would_start_another_is_refused, start),
        cmocka_unit_test_setup(a_spoken_line_is_plain_ascii, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
