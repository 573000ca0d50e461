// SPDX-License-Identifier: GPL-3.0-or-later
// Open addressing with linear probing; a removal closes the gap it leaves, so there are no tombstones.
#include "store/row_index.h"

#include "io/heap.h"

#define ROW_INDEX_FIRST 16u

static void row_index_place(struct row_index *index, struct row_index_entry entry)
{
    uint32_t mask = index->capacity - 1;
    uint32_t at = entry.hash & mask;
    while (index->entries[at].row_plus_1 != 0) {
        at = (at + 1) & mask;
    }
    index->entries[at] = entry;
}

static void row_index_grow(struct row_index *index)
{
    struct row_index old = *index;
    index->capacity = old.capacity == 0 ? ROW_INDEX_FIRST : old.capacity * 2;
    index->entries = heap_new_array(index->capacity, sizeof *index->entries);
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (old.entries[i].row_plus_1 != 0) {
            row_index_place(index, old.entries[i]);
        }
    }
    heap_free(old.entries);
}

void row_index_add(struct row_index *index, uint32_t hash, uint32_t row)
{
    if ((uint64_t)index->count * 4 >= (uint64_t)index->capacity * 3) {
        row_index_grow(index);
    }
    row_index_place(index, (struct row_index_entry){hash, row + 1});
    index->count++;
}

/// Closes the gap at `gap`: whatever stands behind it and belongs at or before it moves up.
static void row_index_close_gap(struct row_index *index, uint32_t gap)
{
    uint32_t mask = index->capacity - 1;
    for (uint32_t at = (gap + 1) & mask; index->entries[at].row_plus_1 != 0; at = (at + 1) & mask) {
        uint32_t home = index->entries[at].hash & mask;
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            index->entries[gap] = index->entries[at];
            gap = at;
        }
    }
    index->entries[gap] = (struct row_index_entry){0};
}

void row_index_remove(struct row_index *index, uint32_t hash, uint32_t row)
{
    assert(index->capacity != 0);
    uint32_t mask = index->capacity - 1;
    uint32_t at = hash & mask;
    while (index->entries[at].hash != hash || index->entries[at].row_plus_1 != row + 1) {
        assert(index->entries[at].row_plus_1 != 0);
        at = (at + 1) & mask;
    }
    row_index_close_gap(index, at);
    index->count--;
}

uint32_t row_index_find(const struct row_index *index, uint32_t hash, uint32_t *tries)
{
    uint32_t mask = index->capacity - 1;
    while (*tries < index->capacity) {
        const struct row_index_entry *entry = &index->entries[(hash + *tries) & mask];
        if (entry->row_plus_1 == 0) {
            return ROW_NONE;
        }
        (*tries)++;
        if (entry->hash == hash) {
            return entry->row_plus_1 - 1;
        }
    }
    return ROW_NONE;
}

void row_index_clear(struct row_index *index)
{
    heap_free(index->entries);
    *index = (struct row_index){0};
}
