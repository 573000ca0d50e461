// SPDX-License-Identifier: GPL-3.0-or-later
// Memory for the doing half. There is either memory or no program: a network-boot server that has no byte
// left cannot serve, so running out ends it with a message and its supervisor starts it anew. Sizes that
// strangers choose are capped before they come here.
#pragma once

#include "base/compiler.h"

/// `bytes` zeroed bytes (at least one), aligned for any type, yours: heap_free. Never NULL.
MUST_USE void *heap_new(size_t bytes) __attribute__((malloc, returns_nonnull));

/// `count` zeroed things of `each` bytes, yours: heap_free. Never NULL; a product that overflows ends the
/// program.
MUST_USE void *heap_new_array(size_t count, size_t each) __attribute__((malloc, returns_nonnull));

/// A copy of `bytes` bytes of `data` (NULL allowed when `bytes` is 0), yours: heap_free. Never NULL.
MUST_USE void *heap_copy(const void *data, size_t bytes) __attribute__((malloc, returns_nonnull));

/// A copy of the string `text`, yours: heap_free. Never NULL.
MUST_USE char *heap_copy_text(const char *text) __attribute__((malloc, returns_nonnull));

/// Gives back what the functions above returned; NULL is allowed.
void heap_free(void *taken);

/// A list that grows at its end. Its things move when it grows: keep positions, not pointers.
struct heap_array {
    void *items;
    size_t count;
    size_t capacity;
    size_t item_bytes;
};

/// An empty list of things of `item_bytes` (>= 1) bytes; takes no memory yet.
struct heap_array heap_array_init(size_t item_bytes);

/// Appends a copy of the thing at `item`.
void heap_array_add(struct heap_array *array, const void *item);

/// The thing at `position`, which must be below `count`; valid until the next heap_array_add.
void *heap_array_get(const struct heap_array *array, size_t position);

/// Empties the list and gives its memory back; it can be used again.
void heap_array_clear(struct heap_array *array);
