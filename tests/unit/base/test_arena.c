// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/arena.h"

#include "unit/test.h"

#include <stdalign.h>

static void blocks_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    alignas(max_align_t) uint8_t memory[256];
    memset(memory, 0xff, sizeof memory);
    struct arena arena = arena_init(memory, sizeof memory);
    uint8_t *first = arena_get(&arena, 3);
    uint8_t *second = arena_get(&arena, 5);
    assert_non_null(first);
    assert_non_null(second);
    assert_int_equal((uintptr_t)second % alignof(max_align_t), 0);
    assert_true(second >= first + 3);
    assert_memory_equal(first, "\0\0\0", 3);
    assert_memory_equal(second, "\0\0\0\0\0", 5);
}

static void a_full_arena_says_so_and_stays_usable(void **state)
{
    (void)state;
    alignas(max_align_t) uint8_t memory[64];
    struct arena arena = arena_init(memory, sizeof memory);
    assert_null(arena_get(&arena, sizeof memory + 1));
    assert_non_null(arena_get(&arena, sizeof memory));
    assert_null(arena_get(&arena, 1));
}

static void a_size_near_the_largest_number_does_not_wrap(void **state)
{
    (void)state;
    alignas(max_align_t) uint8_t memory[64];
    struct arena arena = arena_init(memory, sizeof memory);
    assert_non_null(arena_get(&arena, 1));
    assert_null(arena_get(&arena, SIZE_MAX));
    assert_null(arena_get(&arena, SIZE_MAX - alignof(max_align_t)));
}

static void clearing_gives_everything_back(void **state)
{
    (void)state;
    alignas(max_align_t) uint8_t memory[64];
    struct arena arena = arena_init(memory, sizeof memory);
    uint8_t *first = arena_get(&arena, sizeof memory);
    assert_non_null(first);
    memset(first, 0xff, sizeof memory);
    arena_clear(&arena);
    uint8_t *again = arena_get(&arena, 8);
    assert_ptr_equal(again, first);
    assert_int_equal(again[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_zeroed_aligned_and_apart),
        cmocka_unit_test(a_full_arena_says_so_and_stays_usable),
        cmocka_unit_test(a_size_near_the_largest_number_does_not_wrap),
        cmocka_unit_test(clearing_gives_everything_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
