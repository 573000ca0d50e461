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
    [STORE_LEASE6] = {sizeof(struct store_lease6), memory_load_lease6},
    [STORE_INVENTORY] = {sizeof(struct store_inventory), memory_load_inventory},
    [STORE_BOOT] = {sizeof(struct store_boot), memory_load_boot},
    [STORE_EVENT] = {0, memory_load_event},
};

static struct store *store_new(struct journal *taken_journal)
{
    struct store *store = heap_new(sizeof *store);
    ssize_t random = getrandom(&store->hash, sizeof store->hash, 0);
    assert(random == (ssize_t)sizeof store->hash);
    (void)random;
    store->journal = taken_journal;
    store->fresh = row_marks_init();
    store->fresh_unsynced = row_marks_init();
    store->unsynced = row_marks_init();
    store->logged = row_marks_init();
    store->absorbed = row_marks_init();
    store->boots_gone = row_marks_init();
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
    memory_clear_boots(store);
    for (int kind = 0; kind < STORE_TABLE_COUNT; kind++) {
        row_table_clear(store->tables[kind]);
        heap_free(store->tables[kind]);
    }
    row_index_clear(&store->machine_by_mac);
    row_index_clear(&store->machine_by_uuid);
    row_index_clear(&store->machine_by_name);
    row_index_clear(&store->machine_by_address);
    row_index_clear(&store->machine_by_address6);
    row_index_clear(&store->image_by_name);
    row_index_clear(&store->profile_by_name);
    row_index_clear(&store->order_live);
    row_index_clear(&store->lease6_by_address);
    row_marks_clear(&store->fresh);
    row_marks_clear(&store->fresh_unsynced);
    row_marks_clear(&store->unsynced);
    row_marks_clear(&store->logged);
    row_marks_clear(&store->absorbed);
    row_marks_clear(&store->boots_gone);
    heap_free(store->events);
    lease_log_close(store->log);
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
    enum status status = store_load(store, problem);
    if (status == STATUS_OK && path != NULL) {
        struct lease_log_reader reader = memory_replay_leases(store);
        store->log = lease_log_open(path, &reader, problem);
        status = store->log == NULL ? STATUS_IO : STATUS_OK;
    }
    if (status != STATUS_OK) {
        store_free(store);
        return NULL;
    }
    return store;
}

void store_close(struct store *store)
{
    if (store != NULL) {
        enum status status = store_commit(store, NULL); // who must know calls store_commit before
        if (status == STATUS_OK) {
            status = store_absorb_all(store, NULL); // else the log has it the next time
        }
        (void)status;
        store_free(store);
    }
}

bool store_is_dirty(const struct store *store)
{
    for (int kind = 0; kind < STORE_TABLE_COUNT; kind++) {
        if (store->tables[kind]->changed.ids.count != 0) {
            return true;
        }
    }
    return false;
}

/// Removes the changed rows of a kind. Those that are still there are put anew after all removals, so that a
/// name or an address can go from one row to another inside a transaction.
static enum status store_write_removals(struct store *store, enum store_kind kind, struct problem *problem)
{
    const struct row_table *table = store->tables[kind];
    for (size_t i = 0; i < table->changed.ids.count; i++) {
        uint64_t id = *(const uint64_t *)heap_array_get(&table->changed.ids, i);
        enum status status = store->journal->remove(store->journal, kind, id, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status store_write_rows(struct store *store, enum store_kind kind, struct problem *problem)
{
    const struct row_table *table = store->tables[kind];
    struct journal *journal = store->journal;
    for (size_t i = 0; i < table->changed.ids.count; i++) {
        const void *row =
            row_table_find_row(table, *(const uint64_t *)heap_array_get(&table->changed.ids, i));
        enum status status = row == NULL ? STATUS_OK : journal->put(journal, kind, row, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return table->changed.ids.count == 0 || kind == STORE_INVENTORY // whose ids are the machines'
               ? STATUS_OK
               : journal->put_last_id(journal, kind, table->last_id, problem);
}

struct store_news { // the last events and boots that the journal has after a transaction
    uint64_t event;
    uint64_t boot;
};

/// Writes at most `most` of each.
static enum status store_write_news(struct store *store, uint64_t most, struct store_news *news,
                                    struct problem *problem)
{
    enum status status = memory_write_events(store, most, &news->event, problem);
    return status == STATUS_OK ? memory_write_boots(store, most, &news->boot, problem) : status;
}

static void store_wrote_news(struct store *store, const struct store_news *news)
{
    store->event_written = news->event;
    memory_wrote_boots(store, news->boot);
}

static enum status store_write(struct store *store, struct store_news *news, struct problem *problem)
{
    enum status status = store->journal->begin(store->journal, false, problem);
    for (int kind = 0; kind < STORE_TABLE_COUNT && status == STATUS_OK; kind++) {
        status = store_write_removals(store, (enum store_kind)kind, problem);
    }
    for (int kind = 0; kind < STORE_TABLE_COUNT && status == STATUS_OK; kind++) {
        status = store_write_rows(store, (enum store_kind)kind, problem);
    }
    if (status == STATUS_OK) {
        status = store_write_news(store, UINT64_MAX, news, problem);
    }
    return status == STATUS_OK ? store->journal->end(store->journal, problem) : status;
}

enum status store_commit(struct store *store, struct problem *problem)
{
    enum status status = memory_log_leases(store, problem); // from here on none of them is marked
    if (status != STATUS_OK || !store_is_dirty(store)) {
        return status;
    }
    struct store_news news = {0};
    status = store_write(store, &news, problem);
    if (status != STATUS_OK) {
        store->journal->abandon(store->journal);
        return status;
    }
    for (int kind = 0; kind < STORE_TABLE_COUNT; kind++) {
        row_table_unmark_all(store->tables[kind]);
    }
    store_wrote_news(store, &news);
    return STATUS_OK;
}

// What the lease log knows goes into the database, a piece at a time.

static enum status absorb_lease(struct store *store, uint64_t address, struct problem *problem)
{
    struct journal *journal = store->journal;
    const struct lease *lease = row_table_find_row(store->tables[STORE_LEASE], address);
    return lease == NULL ? journal->remove(journal, STORE_LEASE, address, problem)
                         : journal->put(journal, STORE_LEASE, lease, problem);
}

/// Writes the marked leases from `first` on, at most `most`.
static enum status absorb_leases(struct store *store, const struct row_marks *marks, size_t first,
                                 size_t most, struct problem *problem)
{
    for (size_t i = first; i < marks->ids.count && i - first < most; i++) {
        uint64_t address = *(const uint64_t *)heap_array_get(&marks->ids, i);
        enum status status = absorb_lease(store, address, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static void absorb_finish(struct store *store)
{
    lease_log_free_old(store->log);
    row_marks_clear(&store->absorbed);
    store->absorbed_count = 0;
}

static enum status absorb_turn(struct store *store, struct problem *problem)
{
    bool is_busy = store->absorbed.ids.count != 0 || store->unsynced.ids.count != 0;
    if (store->log == NULL || is_busy || !lease_log_may_turn(store->log)) {
        return STATUS_OK;
    }
    enum status status = lease_log_turn(store->log, problem);
    if (status == STATUS_OK) {
        store->absorbed = store->logged;
        store->logged = row_marks_init();
    }
    return status;
}

bool store_has_unabsorbed(const struct store *store)
{
    return store->absorbed.ids.count != 0 || store->event_written != store->event_last ||
           memory_has_new_boots(store) || (store->log != NULL && lease_log_may_turn(store->log));
}

enum status store_absorb(struct store *store, uint32_t most, struct problem *problem)
{
    enum status status = absorb_turn(store, problem);
    if (status != STATUS_OK || !store_has_unabsorbed(store)) {
        return status;
    }
    // Only the last piece has to wait for the disk: until then the log has it all.
    size_t left = store->absorbed.ids.count - store->absorbed_count;
    bool is_last = left != 0 && left <= most;
    struct store_news news = {0};
    status = store->journal->begin(store->journal, !is_last, problem);
    if (status == STATUS_OK) {
        status = absorb_leases(store, &store->absorbed, store->absorbed_count, most, problem);
    }
    if (status == STATUS_OK) {
        status = store_write_news(store, most, &news, problem);
    }
    if (status == STATUS_OK) {
        status = store->journal->end(store->journal, problem);
    }
    if (status != STATUS_OK) {
        store->journal->abandon(store->journal);
        return status;
    }
    store_wrote_news(store, &news);
    store->absorbed_count += size_min(left, most);
    if (is_last) {
        absorb_finish(store);
    }
    return STATUS_OK;
}

enum status store_absorb_all(struct store *store, struct problem *problem)
{
    if (store->log == NULL) {
        return STATUS_OK;
    }
    struct store_news news = {0};
    enum status status = store->journal->begin(store->journal, false, problem);
    if (status == STATUS_OK) {
        status = absorb_leases(store, &store->absorbed, store->absorbed_count, SIZE_MAX, problem);
    }
    if (status == STATUS_OK) {
        status = absorb_leases(store, &store->logged, 0, SIZE_MAX, problem);
    }
    if (status == STATUS_OK) {
        status = store_write_news(store, UINT64_MAX, &news, problem);
    }
    if (status == STATUS_OK) {
        status = store->journal->end(store->journal, problem);
    }
    if (status != STATUS_OK) {
        store->journal->abandon(store->journal);
        return status;
    }
    store_wrote_news(store, &news);
    absorb_finish(store);
    row_marks_clear(&store->logged);
    return lease_log_clear(store->log, problem);
}
