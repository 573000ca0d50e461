// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAP_ARRAY_FIRST 16

static _Noreturn void heap_end(size_t count, size_t each)
{
    (void)fprintf(stderr,
                  "imprint: no memory left (asked for %zu x %zu bytes); give it more memory, or raise "
                  "MemoryMax= of its service\n",
                  count, each);
    abort();
}

void *heap_new(size_t bytes)
{
    return heap_new_array(1, bytes);
}

void *heap_new_array(size_t count, size_t each)
{
    bool is_empty = count == 0 || each == 0;
    void *memory = calloc(is_empty ? 1 : count, is_empty ? 1 : each);
    if (memory == NULL) {
        heap_end(count, each);
    }
    return memory;
}

void *heap_copy(const void *data, size_t bytes)
{
    void *memory = heap_new(bytes);
    if (bytes != 0) {
        memcpy(memory, data, bytes);
    }
    return memory;
}

char *heap_copy_text(const char *text)
{
    return heap_copy(text, strlen(text) + 1);
}

void heap_free(void *taken)
{
    free(taken);
}

struct heap_array heap_array_init(size_t item_bytes)
{
    assert(item_bytes != 0);
    return (struct heap_array){.item_bytes = item_bytes};
}

void heap_array_add(struct heap_array *array, const void *item)
{
    if (array->count == array->capacity) {
        size_t capacity = array->capacity == 0 ? HEAP_ARRAY_FIRST : array->capacity * 2;
        void *items = reallocarray(array->items, capacity, array->item_bytes);
        if (items == NULL) {
            heap_end(capacity, array->item_bytes);
        }
        array->items = items;
        array->capacity = capacity;
    }
    memcpy((char *)array->items + array->count * array->item_bytes, item, array->item_bytes);
    array->count++;
}

void *heap_array_get(const struct heap_array *array, size_t position)
{
    assert(position < array->count);
    return (char *)array->items + position * array->item_bytes;
}

void heap_array_clear(struct heap_array *array)
{
    free(array->items);
    *array = heap_array_init(array->item_bytes);
}
