// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/test.h"

#include "cli/help.h"
#include "unit/cli/output.h"

static char *print_manual(void)
{
    struct output output;
    output_open(&output);
    help_print_manual(output.file);
    (void)fclose(output.file);
    return output.text;
}

static void the_manual_has_the_list_of_commands(void **state)
{
    (void)state;
    char *commands = print_manual();
    FILE *file = fopen(getenv("MANUAL"), "r");
    char *manual = calloc(1, 200000);
    assert_non_null(file);
    assert_int_not_equal(fread(manual, 1, 199999, file), 0);
    (void)fclose(file);
    if (strstr(manual, commands) == NULL) {
        fail_msg("man/imprint.1 does not hold what 'imprint help-manual' prints:\n%s", commands);
    }
    free(manual);
    free(commands);
}

static void a_group_shows_its_own_commands_only(void **state)
{
    (void)state;
    struct output output;
    output_open(&output);
    help_print_group(output.file, "lease");
    output_check(&output,
                 "  lease list [MACHINE]              list the addresses that are given out\n"
                 "  lease release ADDRESS...          end leases, so that others may get the addresses\n"
                 "  lease import FILE...              take the leases of another DHCP server over\n");
}

static void hidden_commands_are_in_no_help(void **state)
{
    (void)state;
    struct output output;
    output_open(&output);
    help_print_group(output.file, "");
    (void)fclose(output.file);
    assert_null(strstr(output.text, "manual"));
    assert_non_null(strstr(output.text, "  machine approve MACHINE...  "));
    free(output.text);
}

static void a_command_is_explained_with_all_its_options(void **state)
{
    (void)state;
    struct output output;
    output_open(&output);
    help_print_command(output.file, command_find("deploy"));
    (void)fclose(output.file);
    assert_non_null(strstr(output.text, "imprint deploy MACHINE...: "));
    assert_non_null(
        strstr(output.text, "  --profile PROFILE         what to boot; what the machines' class"));
    assert_non_null(strstr(output.text, "--socket PATH"));
    assert_non_null(strstr(output.text, "MAC address or UUID"));
    free(output.text);
}

static void an_option_that_is_needed_says_so(void **state)
{
    (void)state;
    struct output output;
    output_open(&output);
    help_print_command(output.file, command_find("order confirm"));
    (void)fclose(output.file);
    assert_non_null(strstr(output.text, "; needed\n"));
    free(output.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manual_has_the_list_of_commands),
        cmocka_unit_test(a_group_shows_its_own_commands_only),
        cmocka_unit_test(hidden_commands_are_in_no_help),
        cmocka_unit_test(a_command_is_explained_with_all_its_options),
        cmocka_unit_test(an_option_that_is_needed_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
