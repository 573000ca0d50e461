// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/address_list.h"

#include "unit/test.h"

#include <stdlib.h>

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8 ^ *state << 13;
}

static int compare(const void *a, const void *b)
{
    uint32_t first = ((const struct ip4 *)a)->value;
    uint32_t second = ((const struct ip4 *)b)->value;
    return first < second ? -1 : first > second;
}

static void sorted_in_pieces_is_sorted(size_t count, size_t piece)
{
    struct address_list list;
    struct ip4 *expected = heap_new_array(count + 1, sizeof *expected);
    uint32_t state = (uint32_t)(count * 31 + piece);
    address_list_init(&list);
    for (size_t i = 0; i < count; i++) {
        expected[i].value = next_random(&state);
        address_list_add(&list, expected[i]);
    }
    qsort(expected, count, sizeof *expected, compare);
    size_t turns = 0;
    while (!address_list_step(&list, piece)) {
        turns++;
    }
    assert_true(turns <= 6 * (count / piece + 1));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(address_list_get(&list, i).value, expected[i].value);
    }
    assert_true(address_list_step(&list, piece)); // and stays so
    address_list_clear(&list);
    heap_free(expected);
}

static void addresses_come_in_order_however_small_the_pieces(void **state)
{
    (void)state;
    sorted_in_pieces_is_sorted(0, 1);
    sorted_in_pieces_is_sorted(1, 1);
    sorted_in_pieces_is_sorted(2, 1);
    sorted_in_pieces_is_sorted(1000, 1);
    sorted_in_pieces_is_sorted(1000, 999);
    sorted_in_pieces_is_sorted(1000, 1000);
    sorted_in_pieces_is_sorted(70000, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_come_in_order_however_small_the_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
