// SPDX-License-Identifier: GPL-3.0-or-later
// A table in memory: rows of one size, each with an id, found by it, visited in its order. Rows never move,
// so a pointer to one stays good until it is removed. It also remembers which ids changed since the last
// commit.
#pragma once

#include "base/hash.h"
#include "io/heap.h"
#include "store/row_index.h"

struct row_marks { // ids, each once
    struct heap_array ids;
    struct row_index by_id;
};

struct row_table {
    size_t row_bytes;
    struct hash_key hash;
    struct heap_array chunks; // of pointers to row_table_chunk_rows() rows
    struct heap_array unused; // row numbers that may be used again
    struct heap_array sorted; // ids and rows in order of id, while `is_sorted`
    bool is_sorted;
    uint32_t used; // row numbers ever given
    uint32_t count;
    uint64_t last_id; // the highest id ever seen
    struct row_index by_id;
    struct row_marks changed;
};

/// No ids yet.
struct row_marks row_marks_init(void);

/// Adds `id`, if it is not there; `hash` must be the same for all of a set.
void row_marks_add(struct row_marks *marks, struct hash_key hash, uint64_t id);

/// Whether `id` is there.
bool row_marks_has(const struct row_marks *marks, struct hash_key hash, uint64_t id);

/// Forgets all and gives the memory back; it can be used again.
void row_marks_clear(struct row_marks *marks);

/// An empty table of rows of `row_bytes` bytes.
void row_table_init(struct row_table *table, size_t row_bytes, struct hash_key hash);

/// Gives all its memory back.
void row_table_clear(struct row_table *table);

/// The row number of `id`, or ROW_NONE.
uint32_t row_table_find(const struct row_table *table, uint64_t id);

/// The row with that number, which must be in use; valid until it is removed.
void *row_table_get(const struct row_table *table, uint32_t row);

/// The row with that number, or NULL when it is not in use; `row` is below `used`.
void *row_table_find_at(const struct row_table *table, uint32_t row);

/// The row of `id`, or NULL.
void *row_table_find_row(const struct row_table *table, uint64_t id);

/// Adds a zeroed row for `id` (not 0, not there yet) and returns its number.
uint32_t row_table_add(struct row_table *table, uint64_t id);

/// Removes the row with that number.
void row_table_remove(struct row_table *table, uint32_t row);

/// The next row in order of id, or NULL after the last one. `*position` is 0 for the first and is moved on;
/// the table must not change in between.
void *row_table_find_next(struct row_table *table, size_t *position);

/// Remembers that the row of `id` changed or went.
void row_table_mark(struct row_table *table, uint64_t id);

/// Forgets all changes.
void row_table_unmark_all(struct row_table *table);
