// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/row_table.h"

#include <stdlib.h>
#include <string.h>

#define ROW_TABLE_CHUNK_BYTES (32u * 1024)

struct row {     // in front of each row's bytes
    uint64_t id; // 0 = not in use
    uint8_t bytes[] __attribute__((aligned(8)));
};

struct row_place { // one entry of `sorted`
    uint64_t id;
    uint32_t row;
};

void row_table_init(struct row_table *table, size_t row_bytes, struct hash_key hash)
{
    *table = (struct row_table){
        .row_bytes = (row_bytes + 7) / 8 * 8,
        .hash = hash,
        .chunks = heap_array_init(sizeof(void *)),
        .unused = heap_array_init(sizeof(uint32_t)),
        .sorted = heap_array_init(sizeof(struct row_place)),
        .is_sorted = true,
        .changed = row_marks_init(),
    };
}

void row_table_clear(struct row_table *table)
{
    for (size_t i = 0; i < table->chunks.count; i++) {
        heap_free(*(void **)heap_array_get(&table->chunks, i));
    }
    heap_array_clear(&table->chunks);
    heap_array_clear(&table->unused);
    heap_array_clear(&table->sorted);
    row_marks_clear(&table->changed);
    row_index_clear(&table->by_id);
}

static uint32_t row_hash(struct hash_key hash, uint64_t id)
{
    return (uint32_t)hash_bytes(hash, &id, sizeof id);
}

static uint32_t row_table_chunk_rows(const struct row_table *table)
{
    size_t rows = ROW_TABLE_CHUNK_BYTES / (sizeof(struct row) + table->row_bytes);
    return (uint32_t)size_max(rows, 1);
}

static struct row *row_table_at(const struct row_table *table, uint32_t row)
{
    uint32_t per_chunk = row_table_chunk_rows(table);
    char *chunk = *(char **)heap_array_get(&table->chunks, row / per_chunk);
    return (struct row *)(void *)(chunk + (row % per_chunk) * (sizeof(struct row) + table->row_bytes));
}

void *row_table_get(const struct row_table *table, uint32_t row)
{
    struct row *found = row_table_at(table, row);
    assert(found->id != 0);
    return found->bytes;
}

void *row_table_find_at(const struct row_table *table, uint32_t row)
{
    assert(row < table->used);
    struct row *found = row_table_at(table, row);
    return found->id == 0 ? NULL : found->bytes;
}

uint32_t row_table_find(const struct row_table *table, uint64_t id)
{
    uint32_t tries = 0;
    uint32_t hash = row_hash(table->hash, id);
    for (;;) {
        uint32_t row = row_index_find(&table->by_id, hash, &tries);
        if (row == ROW_NONE || row_table_at(table, row)->id == id) {
            return row;
        }
    }
}

void *row_table_find_row(const struct row_table *table, uint64_t id)
{
    uint32_t row = row_table_find(table, id);
    return row == ROW_NONE ? NULL : row_table_get(table, row);
}

/// A row number that is not in use.
static uint32_t row_table_new_row(struct row_table *table)
{
    if (table->unused.count != 0) {
        table->unused.count--;
        return ((uint32_t *)table->unused.items)[table->unused.count];
    }
    uint32_t per_chunk = row_table_chunk_rows(table);
    if (table->used % per_chunk == 0) {
        void *chunk = heap_new_array(per_chunk, sizeof(struct row) + table->row_bytes);
        heap_array_add(&table->chunks, &chunk);
    }
    return table->used++;
}

/// Keeps `sorted` when a row comes that belongs at its end, as new ids do.
static void row_table_sort_new(struct row_table *table, struct row_place place)
{
    size_t count = table->sorted.count;
    const struct row_place *last = count == 0 ? NULL : heap_array_get(&table->sorted, count - 1);
    table->is_sorted = table->is_sorted && (last == NULL || last->id < place.id);
    if (table->is_sorted) {
        heap_array_add(&table->sorted, &place);
    }
}

uint32_t row_table_add(struct row_table *table, uint64_t id)
{
    assert(id != 0 && row_table_find(table, id) == ROW_NONE);
    uint32_t row = row_table_new_row(table);
    struct row *added = row_table_at(table, row);
    memset(added, 0, sizeof *added + table->row_bytes);
    added->id = id;
    row_index_add(&table->by_id, row_hash(table->hash, id), row);
    row_table_sort_new(table, (struct row_place){id, row});
    table->count++;
    table->last_id = id > table->last_id ? id : table->last_id;
    return row;
}

void row_table_remove(struct row_table *table, uint32_t row)
{
    struct row *removed = row_table_at(table, row);
    assert(removed->id != 0);
    row_index_remove(&table->by_id, row_hash(table->hash, removed->id), row);
    removed->id = 0;
    heap_array_add(&table->unused, &row);
    table->is_sorted = false;
    table->count--;
}

static int row_place_compare(const void *a, const void *b)
{
    const struct row_place *first = a;
    const struct row_place *second = b;
    return first->id < second->id ? -1 : first->id > second->id;
}

static void row_table_sort(struct row_table *table)
{
    table->sorted.count = 0;
    for (uint32_t row = 0; row < table->used; row++) {
        struct row_place place = {row_table_at(table, row)->id, row};
        if (place.id != 0) {
            heap_array_add(&table->sorted, &place);
        }
    }
    if (table->sorted.count != 0) {
        qsort(table->sorted.items, table->sorted.count, sizeof(struct row_place), row_place_compare);
    }
    table->is_sorted = true;
}

void *row_table_find_next(struct row_table *table, size_t *position)
{
    if (!table->is_sorted) {
        row_table_sort(table);
    }
    if (*position == table->sorted.count) {
        return NULL;
    }
    const struct row_place *place = heap_array_get(&table->sorted, (*position)++);
    return row_table_get(table, place->row);
}

struct row_marks row_marks_init(void)
{
    return (struct row_marks){.ids = heap_array_init(sizeof(uint64_t))};
}

static bool marks_have(const struct row_marks *marks, uint32_t key, uint64_t id)
{
    uint32_t tries = 0;
    uint32_t found;
    while ((found = row_index_find(&marks->by_id, key, &tries)) != ROW_NONE) {
        if (((const uint64_t *)marks->ids.items)[found] == id) {
            return true;
        }
    }
    return false;
}

bool row_marks_has(const struct row_marks *marks, struct hash_key hash, uint64_t id)
{
    return marks_have(marks, row_hash(hash, id), id);
}

void row_marks_add(struct row_marks *marks, struct hash_key hash, uint64_t id)
{
    uint32_t key = row_hash(hash, id);
    if (!marks_have(marks, key, id)) {
        row_index_add(&marks->by_id, key, (uint32_t)marks->ids.count);
        heap_array_add(&marks->ids, &id);
    }
}

void row_marks_clear(struct row_marks *marks)
{
    heap_array_clear(&marks->ids);
    row_index_clear(&marks->by_id);
}

void row_table_mark(struct row_table *table, uint64_t id)
{
    row_marks_add(&table->changed, table->hash, id);
}

void row_table_unmark_all(struct row_table *table)
{
    row_marks_clear(&table->changed);
}
