// SPDX-License-Identifier: GPL-3.0-or-later
// Leases in memory: their address is their id.
#include "store/memory.h"

#include <string.h>

static struct row_table *lease_table(const struct store *store)
{
    return store->tables[STORE_LEASE];
}

/// The row of an address, made when there is none.
static struct lease *lease_make_row(const struct store *store, struct ip4 address)
{
    struct row_table *table = lease_table(store);
    struct lease *kept = row_table_find_row(table, address.value);
    return kept != NULL ? kept : row_table_get(table, row_table_add(table, address.value));
}

void memory_load_lease(void *store, const void *lease)
{
    const struct lease *loaded = lease;
    *lease_make_row(store, loaded->address) = *loaded;
}

static void replay_put(void *context, const struct lease *lease, bool is_old)
{
    struct store *store = context;
    memory_load_lease(store, lease);
    row_marks_add(is_old ? &store->absorbed : &store->logged, store->hash, lease->address.value);
}

static void replay_remove(void *context, struct ip4 address, bool is_old)
{
    struct store *store = context;
    uint32_t row = row_table_find(lease_table(store), address.value);
    if (row != ROW_NONE) {
        row_table_remove(lease_table(store), row);
    }
    row_marks_add(is_old ? &store->absorbed : &store->logged, store->hash, address.value);
}

struct lease_log_reader memory_replay_leases(struct store *store)
{
    return (struct lease_log_reader){.put = replay_put, .remove = replay_remove, .context = store};
}

/// Adds all changed leases to what the log writes next.
static void log_changed(const struct store *store)
{
    const struct row_table *table = lease_table(store);
    const struct heap_array *changed = &table->changed.ids;
    for (size_t i = 0; i < changed->count; i++) {
        uint64_t address = *(const uint64_t *)heap_array_get(changed, i);
        const struct lease *lease = row_table_find_row(table, address);
        if (lease != NULL) {
            lease_log_put(store->log, lease);
        } else {
            lease_log_remove(store->log, (struct ip4){(uint32_t)address});
        }
    }
}

static void add_marks(const struct store *store, struct row_marks *to, const struct row_marks *from)
{
    for (size_t i = 0; i < from->ids.count; i++) {
        row_marks_add(to, store->hash, *(const uint64_t *)heap_array_get(&from->ids, i));
    }
}

enum status memory_log_leases(struct store *store, struct problem *problem)
{
    struct row_table *table = lease_table(store);
    if (store->log != NULL) { // nothing outlives a store in memory
        log_changed(store);
        enum status status = lease_log_write(store->log, problem);
        if (status != STATUS_OK) {
            return status;
        }
        add_marks(store, &store->logged, &table->changed);
    }
    row_marks_clear(&store->fresh);
    row_table_unmark_all(table);
    return STATUS_OK;
}

bool store_lease_may_start(const struct store *store)
{
    for (int kind = 0; kind < STORE_TABLE_COUNT; kind++) {
        if (kind != STORE_LEASE && store->tables[kind]->changed.ids.count != 0) {
            return false;
        }
    }
    return store->log != NULL && lease_table(store)->changed.ids.count != 0 && store->unsynced.ids.count == 0;
}

enum status store_lease_start(struct store *store, struct problem *problem)
{
    assert(store_lease_may_start(store));
    struct row_table *table = lease_table(store);
    log_changed(store);
    enum status status = lease_log_append(store->log, problem);
    if (status != STATUS_OK) {
        return status;
    }
    add_marks(store, &store->logged, &table->changed);
    store->unsynced = table->changed;
    table->changed = row_marks_init();
    store->fresh_unsynced = store->fresh;
    store->fresh = row_marks_init();
    return STATUS_OK;
}

int store_lease_sync(const struct store *store)
{
    return lease_log_sync(store->log);
}

void store_lease_finish(struct store *store, bool is_durable)
{
    struct row_table *table = lease_table(store);
    if (!is_durable) {
        add_marks(store, &table->changed, &store->unsynced);
        add_marks(store, &store->fresh, &store->fresh_unsynced);
    }
    row_marks_clear(&store->unsynced);
    row_marks_clear(&store->fresh_unsynced);
}

void store_lease_each(const struct store *store, bool (*visit)(const struct lease *, void *), void *context)
{
    const struct lease *lease;
    for (size_t at = 0; (lease = row_table_find_next(lease_table(store), &at)) != NULL;) {
        if (!visit(lease, context)) {
            return;
        }
    }
}

void store_lease_put(struct store *store, const struct lease *lease)
{
    struct lease *kept = lease_make_row(store, lease->address);
    bool is_same = kept->state == LEASE_BOUND && lease_key_equal(&kept->key, &lease->key);
    if (lease->state == LEASE_BOUND && !is_same) {
        row_marks_add(&store->fresh, store->hash, lease->address.value);
    }
    memmove(kept, lease, sizeof *kept); // it may be the row itself
    row_table_mark(lease_table(store), lease->address.value);
}

const struct lease *store_lease_find(const struct store *store, struct ip4 address)
{
    return row_table_find_row(lease_table(store), address.value);
}

uint32_t store_lease_rows(const struct store *store)
{
    return lease_table(store)->used;
}

const struct lease *store_lease_at(const struct store *store, uint32_t row)
{
    return row_table_find_at(lease_table(store), row);
}

bool store_lease_is_durable(const struct store *store, struct ip4 address)
{
    const struct lease *lease = store_lease_find(store, address);
    return lease != NULL && lease->state == LEASE_BOUND &&
           !row_marks_has(&store->fresh, store->hash, address.value) &&
           !row_marks_has(&store->fresh_unsynced, store->hash, address.value);
}

void store_lease_remove(struct store *store, struct ip4 address)
{
    uint32_t row = row_table_find(lease_table(store), address.value);
    if (row != ROW_NONE) {
        row_table_remove(lease_table(store), row);
        row_table_mark(lease_table(store), address.value);
    }
}
