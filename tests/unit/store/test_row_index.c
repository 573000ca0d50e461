// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/row_index.h"

#include "unit/test.h"

static bool has(const struct row_index *index, uint32_t hash, uint32_t row)
{
    uint32_t found;
    for (uint32_t tries = 0; (found = row_index_find(index, hash, &tries)) != ROW_NONE;) {
        if (found == row) {
            return true;
        }
    }
    return false;
}

static void an_empty_index_finds_nothing(void **state)
{
    (void)state;
    struct row_index index = {0};
    uint32_t tries = 0;
    assert_true(row_index_find(&index, 7, &tries) == ROW_NONE);
}

static void rows_with_one_hash_are_all_found(void **state)
{
    (void)state;
    struct row_index index = {0};
    for (uint32_t row = 0; row < 5; row++) {
        row_index_add(&index, 42, row);
    }
    for (uint32_t row = 0; row < 5; row++) {
        assert_true(has(&index, 42, row));
    }
    assert_false(has(&index, 42, 5));
    assert_false(has(&index, 43, 0));
    row_index_clear(&index);
}

static void a_removal_in_a_chain_loses_no_neighbour(void **state)
{
    (void)state;
    struct row_index index = {0};
    const uint32_t hashes[] = {15, 15, 31, 0, 16, 1, 15}; // wrap around the end of 16 places
    for (uint32_t row = 0; row < COUNT_OF(hashes); row++) {
        row_index_add(&index, hashes[row], row);
    }
    for (uint32_t gone = 0; gone < COUNT_OF(hashes); gone++) {
        row_index_remove(&index, hashes[gone], gone);
        for (uint32_t row = 0; row < COUNT_OF(hashes); row++) {
            assert_int_equal(has(&index, hashes[row], row), row > gone);
        }
    }
    assert_int_equal(index.count, 0);
    row_index_clear(&index);
}

/// A fixed sequence of numbers without pattern.
static uint32_t next_number(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void many_random_changes_agree_with_a_plain_list(void **state)
{
    (void)state;
    enum { ROWS = 512 };
    struct row_index index = {0};
    uint32_t hashes[ROWS] = {0};
    bool is_there[ROWS] = {false};
    uint32_t seed = 1;
    for (unsigned change = 0; change < 20000; change++) {
        uint32_t row = next_number(&seed) % ROWS;
        if (is_there[row]) {
            row_index_remove(&index, hashes[row], row);
        } else {
            hashes[row] = next_number(&seed) % 64; // many collisions
            row_index_add(&index, hashes[row], row);
        }
        is_there[row] = !is_there[row];
        uint32_t asked = next_number(&seed) % ROWS;
        assert_int_equal(has(&index, hashes[asked], asked), is_there[asked]);
    }
    row_index_clear(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_index_finds_nothing),
        cmocka_unit_test(rows_with_one_hash_are_all_found),
        cmocka_unit_test(a_removal_in_a_chain_loses_no_neighbour),
        cmocka_unit_test(many_random_changes_agree_with_a_plain_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
