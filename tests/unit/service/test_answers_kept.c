// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/answers_kept.h"

#include "io/heap.h"
#include "unit/test.h"

#include <string.h>

static int begin(void **state)
{
    *state = answers_kept_new();
    return 0;
}

static int end(void **state)
{
    answers_kept_free(*state);
    return 0;
}

static void add(struct answers_kept *kept, uint64_t machine_id, uint64_t order_id, int64_t at_s,
                const char *text)
{
    struct answer_kept given = {
        .machine_id = machine_id, .order_id = order_id, .last_s = at_s, .file = "ks.cfg"};
    answers_kept_add(kept, &given, text, strlen(text));
}

static size_t count(const struct answers_kept *kept, uint64_t machine_id)
{
    size_t rows = 0;
    while (answers_kept_get(kept, machine_id, rows) != NULL) {
        rows++;
    }
    return rows;
}

static void the_newest_of_a_machine_comes_first(void **state)
{
    add(*state, 1, 10, 100, "one");
    add(*state, 2, 11, 101, "another's");
    add(*state, 1, 12, 102, "two");
    assert_int_equal(count(*state, 1), 2);
    const struct answer_kept *newest = answers_kept_get(*state, 1, 0);
    assert_string_equal(newest->text, "two");
    assert_int_equal(newest->number, 3);
    assert_int_equal(newest->order_id, 12);
    assert_string_equal(answers_kept_get(*state, 1, 1)->text, "one");
    assert_null(answers_kept_get(*state, 3, 0));
}

static void the_same_text_for_the_same_order_is_counted(void **state)
{
    add(*state, 1, 10, 100, "one");
    add(*state, 1, 10, 160, "one");
    const struct answer_kept *newest = answers_kept_get(*state, 1, 0);
    assert_int_equal(count(*state, 1), 1);
    assert_int_equal(newest->times, 2);
    assert_int_equal(newest->first_s, 100);
    assert_int_equal(newest->last_s, 160);
    add(*state, 1, 11, 170, "one");
    add(*state, 1, 11, 180, "on");
    assert_int_equal(count(*state, 1), 3);
}

static void a_machine_keeps_its_newest_only(void **state)
{
    add(*state, 2, 1, 1, "another's");
    for (uint64_t order_id = 1; order_id <= ANSWERS_KEPT_OF_MACHINE + 5; order_id++) {
        add(*state, 1, order_id, 100, "text");
    }
    assert_int_equal(count(*state, 1), ANSWERS_KEPT_OF_MACHINE);
    assert_int_equal(answers_kept_get(*state, 1, 0)->order_id, ANSWERS_KEPT_OF_MACHINE + 5);
    assert_int_equal(answers_kept_get(*state, 1, ANSWERS_KEPT_OF_MACHINE - 1)->order_id, 6);
    assert_int_equal(count(*state, 2), 1);
}

static void the_oldest_goes_when_there_are_too_many_machines(void **state)
{
    for (uint64_t machine_id = 1; machine_id <= ANSWERS_KEPT_MOST + 1; machine_id++) {
        add(*state, machine_id, 1, 100, "text");
    }
    assert_int_equal(count(*state, 1), 0);
    assert_int_equal(count(*state, 2), 1);
    assert_int_equal(count(*state, ANSWERS_KEPT_MOST + 1), 1);
}

static void the_oldest_go_when_there_are_too_many_bytes(void **state)
{
    size_t bytes = ANSWERS_KEPT_BYTES_MOST / 4;
    char *text = heap_new(ANSWERS_KEPT_BYTES_MOST + 1);
    for (uint64_t machine_id = 1; machine_id <= 5; machine_id++) {
        struct answer_kept given = {.machine_id = machine_id};
        answers_kept_add(*state, &given, text, bytes);
    }
    assert_int_equal(count(*state, 1), 0);
    assert_int_equal(count(*state, 2), 1);
    struct answer_kept huge = {.machine_id = 9};
    answers_kept_add(*state, &huge, text, ANSWERS_KEPT_BYTES_MOST + 1);
    assert_int_equal(count(*state, 9), 0);
    assert_int_equal(count(*state, 2), 1);
    answers_kept_add(*state, &huge, text, ANSWERS_KEPT_BYTES_MOST);
    assert_int_equal(count(*state, 9), 1);
    assert_int_equal(count(*state, 5), 0);
    heap_free(text);
}

static void a_machine_that_is_gone_is_forgotten(void **state)
{
    add(*state, 1, 10, 100, "one");
    add(*state, 2, 11, 100, "another's");
    add(*state, 1, 12, 100, "two");
    answers_kept_forget(*state, 1);
    assert_int_equal(count(*state, 1), 0);
    assert_int_equal(count(*state, 2), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_newest_of_a_machine_comes_first, begin, end),
        cmocka_unit_test_setup_teardown(the_same_text_for_the_same_order_is_counted, begin, end),
        cmocka_unit_test_setup_teardown(a_machine_keeps_its_newest_only, begin, end),
        cmocka_unit_test_setup_teardown(the_oldest_goes_when_there_are_too_many_machines, begin, end),
        cmocka_unit_test_setup_teardown(the_oldest_go_when_there_are_too_many_bytes, begin, end),
        cmocka_unit_test_setup_teardown(a_machine_that_is_gone_is_forgotten, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
