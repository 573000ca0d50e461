// SPDX-License-Identifier: GPL-3.0-or-later
// A hash index: from the hash of a key to the rows that may have it. It keeps hashes and row numbers only;
// the caller hashes, and compares the keys of what it finds. Several rows may share a key.
#pragma once

#include "base/compiler.h"

#define ROW_NONE UINT32_MAX

struct row_index_entry {
    uint32_t hash;
    uint32_t row_plus_1; // 0 = empty
};

struct row_index { // all zero = empty
    struct row_index_entry *entries;
    uint32_t capacity; // 0 or a power of two
    uint32_t count;
};

/// Adds `row` under `hash`.
void row_index_add(struct row_index *index, uint32_t hash, uint32_t row);

/// Takes `row` under `hash` out; it must be there.
void row_index_remove(struct row_index *index, uint32_t hash, uint32_t row);

/// The next row under `hash`, or ROW_NONE. `*tries` is 0 for the first and is moved on; the index must not
/// change in between.
uint32_t row_index_find(const struct row_index *index, uint32_t hash, uint32_t *tries);

/// Empties it and gives its memory back.
void row_index_clear(struct row_index *index);
