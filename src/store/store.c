// SPDX-License-Identifier: GPL-3.0-or-later
// Opening, committing and closing a store. The facts themselves are in memory_*.c, the disk is in sqlite.c.
#include "store/store.h"

#include "store/memory.h"
#include "store/sqlite.h"

#include <sys/random.h>

static const struct {
    size_t row_bytes; // 0 = no table
    void (*load)(void *store, const void *row);
} STORE_KINDS[STORE_KIND_COUNT] = {
    [STORE_MACHINE] = {sizeof(struct machine), memory_load_machine},
    [STORE_IMAGE] = {sizeof(struct image), memory_load_image},
    [STORE_PROFILE] = {sizeof(struct profile), memory_load_profile},
    [STORE_ORDER] = {sizeof(struct order), memory_load_order},
    [STORE_LEASE] = {sizeof(struct lease), memory_load_lease},
    [STORE_INVENTORY] = {sizeof(struct store_inventory), memory_load_inventory},
    [STORE_EVENT] = {0, memory_load_event},
};

static struct store *store_new(struct journal *taken_journal)
{
    struct store *store = heap_new(sizeof *store);
    ssize_t random = getrandom(&store->hash, sizeof store->hash, 0);
    assert(random == (ssize_t)sizeof store->hash);
    (void)random;
    store->journal = taken_journal;
    store->events = heap_new_array(STORE_EVENTS_MOST, sizeof *store->events);
    for (int kind = 0; kind < STORE_TABLE_COUNT; kind++) {
        store->tables[kind] = heap_new(sizeof *store->tables[kind]);
        row_table_init(store->tables[kind], STORE_KINDS[kind].row_bytes, store->hash);
    }
    return store;
}

static void store_free(struct store *taken_store)
{
    struct store *store = taken_store;
    memory_clear_profiles(store);
    memory_clear_inventories(store);
    for (int kind = 0; kind < STORE_TABLE_COUNT; kind++) {
        row_table_clear(store->tables[kind]);
        heap_free(store->tables[kind]);
    }
    row_index_clear(&store->machine_by_mac);
    row_index_clear(&store->machine_by_uuid);
    row_index_clear(&store->machine_by_name);
    row_index_clear(&store->machine_by_address);
    row_index_clear(&store->image_by_name);
    row_index_clear(&store->profile_by_name);
    row_index_clear(&store->order_live);
    heap_free(store->events);
    store->journal->close(store->journal);
    heap_free(store);
}

static enum status store_load(struct store *store, struct problem *problem)
{
    struct journal *journal = store->journal;
    for (int i = 0; i < STORE_KIND_COUNT; i++) {
        enum store_kind kind = (enum store_kind)i;
        uint64_t last_id = 0;
        enum status status = journal->load(journal, kind, STORE_KINDS[i].load, store, problem);
        if (status == STATUS_OK) {
            status = journal->load_last_id(journal, kind, &last_id, problem);
        }
        if (status != STATUS_OK) {
            return status;
        }
        if (i < STORE_TABLE_COUNT && store->tables[i]->last_id < last_id) {
            store->tables[i]->last_id = last_id;
        }
    }
    return STATUS_OK;
}

struct store *store_open(const char *path, struct problem *problem)
{
    struct journal *journal = path == NULL ? journal_none_open() : sqlite_open(path, problem);
    if (journal == NULL) {
        return NULL;
    }
    struct store *store = store_new(journal);
    if (store_load(store, problem) != STATUS_OK) {
        store_free(store);
        return NULL;
    }
    return store;
}

void store_close(struct store *store)
{
    if (store != NULL) {
        enum status status = store_commit(store, NULL); // who must know calls store_commit before
        (void)status;
        store_free(store);
    }
}

bool store_is_dirty(const struct store *store)
{
    for (int kind = 0; kind < STORE_TABLE_COUNT; kind++) {
        if (store->tables[kind]->changed.count != 0) {
            return true;
        }
    }
    return false;
}

/// Removes the changed rows of a kind. Those that are still there are put anew after all removals, so that a
/// name or an address can go from one row to another inside a transaction; leases need no such care.
static enum status store_write_removals(struct store *store, enum store_kind kind, struct problem *problem)
{
    const struct row_table *table = store->tables[kind];
    for (size_t i = 0; i < table->changed.count; i++) {
        uint64_t id = *(const uint64_t *)heap_array_get(&table->changed, i);
        if (kind == STORE_LEASE && row_table_find(table, id) != ROW_NONE) {
            continue;
        }
        enum status status = store->journal->remove(store->journal, kind, id, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

/// Whether a kind's ids are its own, not an address or a machine's.
static bool kind_gives_ids(enum store_kind kind)
{
    return kind != STORE_LEASE && kind != STORE_INVENTORY;
}

static enum status store_write_rows(struct store *store, enum store_kind kind, struct problem *problem)
{
    const struct row_table *table = store->tables[kind];
    struct journal *journal = store->journal;
    for (size_t i = 0; i < table->changed.count; i++) {
        const void *row = row_table_find_row(table, *(const uint64_t *)heap_array_get(&table->changed, i));
        enum status status = row == NULL ? STATUS_OK : journal->put(journal, kind, row, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return table->changed.count == 0 || !kind_gives_ids(kind)
               ? STATUS_OK
               : journal->put_last_id(journal, kind, table->last_id, problem);
}

static enum status store_write(struct store *store, struct problem *problem)
{
    enum status status = store->journal->begin(store->journal, problem);
    for (int kind = 0; kind < STORE_TABLE_COUNT && status == STATUS_OK; kind++) {
        status = store_write_removals(store, (enum store_kind)kind, problem);
    }
    for (int kind = 0; kind < STORE_TABLE_COUNT && status == STATUS_OK; kind++) {
        status = store_write_rows(store, (enum store_kind)kind, problem);
    }
    if (status == STATUS_OK && store->event_written != store->event_last) {
        status = memory_write_events(store, problem);
    }
    return status == STATUS_OK ? store->journal->end(store->journal, problem) : status;
}

enum status store_commit(struct store *store, struct problem *problem)
{
    if (!store_is_dirty(store) && store->event_written == store->event_last) {
        return STATUS_OK;
    }
    enum status status = store_write(store, problem);
    if (status != STATUS_OK) {
        store->journal->abandon(store->journal);
        return status;
    }
    for (int kind = 0; kind < STORE_TABLE_COUNT; kind++) {
        row_table_unmark_all(store->tables[kind]);
    }
    store->event_written = store->event_last;
    return STATUS_OK;
}
