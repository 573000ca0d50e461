// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/ipxe_script.h"

#include "unit/test.h"

static char out[256];
static struct text text;

static int start(void **state)
{
    (void)state;
    text_init(&text, out, sizeof out);
    return 0;
}

static void plain_arguments_follow_a_blank(void **state)
{
    (void)state;
    assert_int_equal(ipxe_script_add_arguments(&text, "quiet a=\"b c\" url=http://x/?a&b|c#d --- $x"),
                     STATUS_OK);
    assert_string_equal(out, " quiet a=\"b c\" url=http://x/?a&b|c#d --- $x");
}

static void no_arguments_are_nothing(void **state)
{
    (void)state;
    assert_int_equal(ipxe_script_add_arguments(&text, ""), STATUS_OK);
    assert_string_equal(out, "");
}

static void what_would_be_a_command_is_refused(void **state)
{
    (void)state;
    const char *const bad[] = {"a ${net0/mac}", "a && shell", "a || shell", "a #b",
                               "a\nshell",      "a\tb",       "||",         "a=\"b  c\""};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(ipxe_script_add_arguments(&text, bad[i]), STATUS_UNSUPPORTED);
    }
    assert_string_equal(out, "");
}

static void a_screen_line_holds_no_commands(void **state)
{
    (void)state;
    ipxe_script_add_echo(&text, "it's ${mac} && # x || y\nshell");
    assert_string_equal(out, "echo it's ?{mac} ?? ? x ?? y?shell\n");
}

static void a_screen_line_takes_no_other_line_along(void **state)
{
    (void)state;
    ipxe_script_add_echo(&text, "serial a\\b\\");
    assert_string_equal(out, "echo serial a?b?\n");
}

static void a_screen_line_has_no_options(void **state)
{
    (void)state;
    ipxe_script_add_echo(&text, "  --profile -n");
    ipxe_script_add_echo(&text, "-");
    assert_string_equal(out, "echo   ?-profile -n\necho ?\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(plain_arguments_follow_a_blank, start),
        cmocka_unit_test_setup(no_arguments_are_nothing, start),
        cmocka_unit_test_setup(what_would_be_a_command_is_refused, start),
        cmocka_unit_test_setup(a_screen_line_holds_no_commands, start),
        cmocka_unit_test_setup(a_screen_line_takes_no_other_line_along, start),
        cmocka_unit_test_setup(a_screen_line_has_no_options, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
