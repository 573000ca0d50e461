// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/heap.h"

#include "unit/test.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void memory_comes_zeroed(void **state)
{
    (void)state;
    const uint8_t *bytes = heap_new_array(100, 3);
    for (size_t i = 0; i < 300; i++) {
        assert_int_equal(bytes[i], 0);
    }
    void *taken = heap_new(0);
    assert_non_null(taken);
    heap_free(taken);
    heap_free(heap_copy(bytes, 300));
    heap_free(heap_copy(NULL, 0));
    heap_free(NULL);
    union {
        const uint8_t *borrowed;
        void *owned;
    } all = {bytes};
    heap_free(all.owned);
}

static void a_copy_is_apart_from_what_was_copied(void **state)
{
    (void)state;
    char text[] = "text";
    char *copy = heap_copy_text(text);
    text[0] = 'n';
    assert_string_equal(copy, "text");
    heap_free(copy);
}

static void a_size_that_overflows_ends_the_program(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit none = {0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
        heap_free(heap_new_array(SIZE_MAX, 2));
        _exit(0);
    }
    int ended = 0;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_not_equal(ended, 0);
}

static void a_list_keeps_what_was_added_in_order(void **state)
{
    (void)state;
    struct heap_array array = heap_array_init(sizeof(uint32_t));
    for (uint32_t i = 0; i < 1000; i++) {
        heap_array_add(&array, &i);
    }
    assert_int_equal(array.count, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(*(uint32_t *)heap_array_get(&array, i), i);
    }
    heap_array_clear(&array);
    assert_int_equal(array.count, 0);
    heap_array_add(&array, &(uint32_t){7});
    assert_int_equal(*(uint32_t *)heap_array_get(&array, 0), 7);
    heap_array_clear(&array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_comes_zeroed),
        cmocka_unit_test(a_copy_is_apart_from_what_was_copied),
        cmocka_unit_test(a_size_that_overflows_ends_the_program),
        cmocka_unit_test(a_list_keeps_what_was_added_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
