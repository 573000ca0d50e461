// SPDX-License-Identifier: GPL-3.0-or-later
// Words that nobody can guess, and comparing them.
#include "io/token.h"

#include "unit/test.h"

static void a_token_is_hexadecimal_and_never_the_same(void **state)
{
    (void)state;
    char seen[64][17];
    for (size_t i = 0; i < COUNT_OF(seen); i++) {
        assert_true(token_make(seen[i], sizeof seen[i]));
        assert_int_equal(strlen(seen[i]), 16);
        assert_int_equal(strspn(seen[i], "0123456789abcdef"), 16);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(seen[i], seen[j]);
        }
    }
}

static void only_the_same_is_equal(void **state)
{
    (void)state;
    static const char *const OTHERS[] = {"0123456789abcdee",  "1123456789abcdef", "0123456789abcde", "",
                                         "0123456789abcdef0", "0123456789ABCDEF"};
    assert_true(token_equal("0123456789abcdef", "0123456789abcdef"));
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
        assert_false(token_equal("0123456789abcdef", OTHERS[i]));
        assert_false(token_equal(OTHERS[i], "0123456789abcdef"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_hexadecimal_and_never_the_same),
        cmocka_unit_test(only_the_same_is_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
