// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/status.h"

#include "unit/test.h"

static void every_status_has_a_phrase_of_its_own(void **state)
{
    (void)state;
    for (unsigned a = 0; a < STATUS_COUNT; a++) {
        assert_non_null(status_text((enum status)a));
        for (unsigned b = 0; b < a; b++) {
            assert_string_not_equal(status_text((enum status)a), status_text((enum status)b));
        }
    }
}

static void a_number_that_is_no_status_is_still_printable(void **state)
{
    (void)state;
    assert_string_equal(status_text((enum status)999), "unknown status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_phrase_of_its_own),
        cmocka_unit_test(a_number_that_is_no_status_is_still_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
