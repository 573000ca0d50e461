// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/row_table.h"

#include "unit/test.h"

static struct row_table new_table(void)
{
    struct row_table table;
    row_table_init(&table, sizeof(uint64_t), (struct hash_key){1, 2});
    return table;
}

static uint64_t *add(struct row_table *table, uint64_t id)
{
    uint64_t *row = row_table_get(table, row_table_add(table, id));
    assert_int_equal(*row, 0);
    *row = id * 10;
    return row;
}

static void rows_do_not_move_when_the_table_grows(void **state)
{
    (void)state;
    struct row_table table = new_table();
    const uint64_t *first = add(&table, 1);
    for (uint64_t id = 2; id <= 50000; id++) {
        add(&table, id);
    }
    assert_ptr_equal(row_table_find_row(&table, 1), first);
    assert_int_equal(*first, 10);
    assert_int_equal(*(uint64_t *)row_table_find_row(&table, 50000), 500000);
    assert_null(row_table_find_row(&table, 50001));
    row_table_clear(&table);
}

static void rows_come_in_order_of_id_however_they_were_added(void **state)
{
    (void)state;
    struct row_table table = new_table();
    const uint64_t ids[] = {7, 3, 900, 1, 12};
    const uint64_t sorted[] = {10, 30, 120, 9000, 110000};
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        add(&table, ids[i]);
    }
    row_table_remove(&table, row_table_find(&table, 7));
    add(&table, 11000);
    size_t at = 0;
    for (size_t i = 0; i < COUNT_OF(sorted); i++) {
        const uint64_t *row = row_table_find_next(&table, &at);
        assert_non_null(row);
        assert_int_equal(*row, sorted[i]);
    }
    assert_null(row_table_find_next(&table, &at));
    row_table_clear(&table);
}

static void a_removed_row_is_not_visited_any_more(void **state)
{
    (void)state;
    struct row_table table = new_table();
    size_t at = 0;
    add(&table, 1);
    add(&table, 2);
    assert_non_null(row_table_find_next(&table, &at));
    row_table_remove(&table, row_table_find(&table, 1));
    at = 0;
    assert_int_equal(*(uint64_t *)row_table_find_next(&table, &at), 20);
    assert_null(row_table_find_next(&table, &at));
    row_table_clear(&table);
}

static void a_removed_row_is_used_again_and_starts_empty(void **state)
{
    (void)state;
    struct row_table table = new_table();
    const uint64_t *gone = add(&table, 5);
    row_table_remove(&table, row_table_find(&table, 5));
    assert_null(row_table_find_row(&table, 5));
    assert_ptr_equal(add(&table, 6), gone); // add() checks that it is zeroed
    assert_int_equal(table.count, 1);
    assert_int_equal(table.last_id, 6);
    row_table_clear(&table);
}

static void a_change_is_remembered_once(void **state)
{
    (void)state;
    struct row_table table = new_table();
    for (unsigned round = 0; round < 3; round++) {
        for (uint64_t id = 1; id <= 1000; id++) {
            row_table_mark(&table, id);
        }
    }
    assert_int_equal(table.changed.ids.count, 1000);
    row_table_unmark_all(&table);
    assert_int_equal(table.changed.ids.count, 0);
    row_table_mark(&table, 1);
    assert_int_equal(table.changed.ids.count, 1);
    row_table_clear(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_do_not_move_when_the_table_grows),
        cmocka_unit_test(rows_come_in_order_of_id_however_they_were_added),
        cmocka_unit_test(a_removed_row_is_not_visited_any_more),
        cmocka_unit_test(a_removed_row_is_used_again_and_starts_empty),
        cmocka_unit_test(a_change_is_remembered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
