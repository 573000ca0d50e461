// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/problem.h"

#include "unit/test.h"

static void the_one_who_knows_first_is_not_overwritten(void **state)
{
    (void)state;
    struct problem problem;
    problem_clear(&problem);
    assert_false(problem_is_set(&problem));
    problem_set(&problem, "port %d is taken", 69);
    problem_set(&problem, "cannot start");
    problem_set_remedy(&problem, "stop the other server");
    problem_set_remedy(&problem, "try again");
    problem_set_place(&problem, "imprint.yaml", 3, 5);
    problem_set_place(&problem, "other.yaml", 9, 9);
    assert_true(problem_is_set(&problem));
    char out[128];
    assert_string_equal(problem_print(&problem, out, sizeof out),
                        "imprint.yaml:3:5: port 69 is taken; stop the other server");
}

static void a_place_prints_as_far_as_it_is_known(void **state)
{
    (void)state;
    char out[64];
    struct problem problem;
    problem_clear(&problem);
    problem_set(&problem, "it broke");
    assert_string_equal(problem_print(&problem, out, sizeof out), "it broke");
    problem_set_place(&problem, "a.yaml", 0, 0);
    assert_string_equal(problem_print(&problem, out, sizeof out), "a.yaml: it broke");
    problem.line = 7;
    assert_string_equal(problem_print(&problem, out, sizeof out), "a.yaml:7: it broke");
}

static void nobody_has_to_listen(void **state)
{
    (void)state;
    problem_set(NULL, "lost");
    problem_set_remedy(NULL, "lost");
    problem_set_place(NULL, "lost", 1, 1);
}

static void a_text_too_long_is_cut_at_the_end_of_its_field(void **state)
{
    (void)state;
    char flood[2 * PROBLEM_TEXT_BYTES];
    memset(flood, 'x', sizeof flood - 1);
    flood[sizeof flood - 1] = '\0';
    struct problem problem;
    problem_clear(&problem);
    problem_set(&problem, "%s", flood);
    problem_set_remedy(&problem, "%s", flood);
    problem_set_place(&problem, flood, 1, 1);
    assert_int_equal(strlen(problem.text), PROBLEM_TEXT_BYTES - 1);
    assert_int_equal(strlen(problem.remedy), PROBLEM_REMEDY_BYTES - 1);
    assert_int_equal(strlen(problem.file), PROBLEM_PLACE_BYTES - 1);
    char out[32];
    assert_int_equal(strlen(problem_print(&problem, out, sizeof out)), sizeof out - 1);
}

static void a_cleared_problem_says_nothing(void **state)
{
    (void)state;
    struct problem problem;
    problem_clear(&problem);
    problem_set(&problem, "once");
    problem_clear(&problem);
    assert_false(problem_is_set(&problem));
    problem_set(&problem, "again");
    assert_string_equal(problem.text, "again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_who_knows_first_is_not_overwritten),
        cmocka_unit_test(a_place_prints_as_far_as_it_is_known),
        cmocka_unit_test(nobody_has_to_listen),
        cmocka_unit_test(a_text_too_long_is_cut_at_the_end_of_its_field),
        cmocka_unit_test(a_cleared_problem_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
