// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/grub_cfg.h"

#include "unit/test.h"

static char out[256];
static struct text text;

static int start(void **state)
{
    (void)state;
    text_init(&text, out, sizeof out);
    return 0;
}

static void a_word_is_quoted_whole(void **state)
{
    (void)state;
    assert_int_equal(grub_cfg_add_word(&text, "(tftp,192.0.2.1)/a b/$x;y#z\\"), STATUS_OK);
    assert_string_equal(out, "'(tftp,192.0.2.1)/a b/$x;y#z\\'");
}

static void a_single_quote_inside_a_word_survives(void **state)
{
    (void)state;
    assert_int_equal(grub_cfg_add_word(&text, "it's"), STATUS_OK);
    assert_string_equal(out, "'it'\\''s'");
}

static void a_newline_in_a_word_is_refused(void **state)
{
    (void)state;
    assert_int_equal(grub_cfg_add_word(&text, "a\nreboot"), STATUS_UNSUPPORTED);
    assert_string_equal(out, "");
}

static void arguments_are_split_where_the_kernel_splits_them(void **state)
{
    (void)state;
    assert_int_equal(grub_cfg_add_arguments(&text, " quiet  ds=nocloud;s=http://192.0.2.1/x/ --- "),
                     STATUS_OK);
    assert_string_equal(out, " 'quiet' 'ds=nocloud;s=http://192.0.2.1/x/' '---'");
}

static void quotes_around_a_value_are_left_to_grub(void **state)
{
    (void)state;
    assert_int_equal(grub_cfg_add_arguments(&text, "a=\"b  c\" \"d=e f\" g"), STATUS_OK);
    assert_string_equal(out, " 'a=b  c' 'd=e f' 'g'");
}

static void what_grub_would_alter_is_refused(void **state)
{
    (void)state;
    const char *const bad[] = {"a='b'", "a\\b", "a=b\"c\"", "a=\"b\"c", "a=\"open", "a\nreboot"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(grub_cfg_add_arguments(&text, bad[i]), STATUS_UNSUPPORTED);
    }
}

static void a_screen_line_is_quoted_ascii(void **state)
{
    (void)state;
    grub_cfg_add_echo(&text, "it's\n$x");
    grub_cfg_add_echo(&text, "");
    assert_string_equal(out, "echo 'it'\\''s?$x'\necho ' '\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_word_is_quoted_whole, start),
        cmocka_unit_test_setup(a_single_quote_inside_a_word_survives, start),
        cmocka_unit_test_setup(a_newline_in_a_word_is_refused, start),
        cmocka_unit_test_setup(arguments_are_split_where_the_kernel_splits_them, start),
        cmocka_unit_test_setup(quotes_around_a_value_are_left_to_grub, start),
        cmocka_unit_test_setup(what_grub_would_alter_is_refused, start),
        cmocka_unit_test_setup(a_screen_line_is_quoted_ascii, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
