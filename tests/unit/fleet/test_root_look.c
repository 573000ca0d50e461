// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/root_look.h"

#include "unit/test.h"

static void release(const char *text, const char *expected)
{
    char out[CHUNK_SYSTEM_BYTES];
    root_look_parse_release(text, out, sizeof out);
    assert_string_equal(out, expected);
}

static void the_systems_name_is_read_from_os_release(void **state)
{
    (void)state;
    release("NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION=1\n",
            "Debian GNU/Linux 12 (bookworm)");
    release("PRETTY_NAME='A B'\n", "A B");
    release("PRETTY_NAME=Arch\n", "Arch");
    release("PRETTY_NAME=Arch", "Arch");
    release("PRETTY_NAME=\"an \\\"odd\\\" one\"\n", "an \"odd\" one");
}

static void what_is_not_there_or_not_text_does_no_harm(void **state)
{
    (void)state;
    release("", "");
    release("NOT_PRETTY_NAME=x\n", "");
    release("PRETTY_NAME=\"open\nNAME=x", "open");
    release("PRETTY_NAME=\"a\033[31m\xc3\xa4\"", "a?[31m??");
    release("PRETTY_NAME=\"\\", "\\");
    char text[400] = "PRETTY_NAME=";
    char expected[CHUNK_SYSTEM_BYTES];
    memset(text + 12, 'x', 300);
    memset(expected, 'x', sizeof expected - 1);
    expected[sizeof expected - 1] = '\0';
    release(text, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_systems_name_is_read_from_os_release),
                                       cmocka_unit_test(what_is_not_there_or_not_text_does_no_harm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
