// SPDX-License-Identifier: GPL-3.0-or-later
// Leases of DHCPv6 in memory: found by address. They are far fewer than there are addresses, so each has a
// number as its id, and old ones make room.
#include "store/memory.h"

#include <string.h>

#define LOOKS 64 // rows that are looked at for old leases when one more comes

static struct row_table *lease6_table(const struct store *store)
{
    return store->tables[STORE_LEASE6];
}

static uint32_t lease6_hash(const struct store *store, struct ip6 address)
{
    return store_hash(store, address.octets, sizeof address.octets);
}

static uint32_t lease6_find_row(const struct store *store, struct ip6 address)
{
    uint32_t row;
    for (uint32_t tries = 0; (row = row_index_find(&store->lease6_by_address, lease6_hash(store, address),
                                                   &tries)) != ROW_NONE;) {
        const struct store_lease6 *kept = row_table_get(lease6_table(store), row);
        if (ip6_equal(kept->lease.address, address)) {
            break;
        }
    }
    return row;
}

static struct store_lease6 *lease6_add(struct store *store, uint64_t id, struct ip6 address)
{
    uint32_t row = row_table_add(lease6_table(store), id);
    struct store_lease6 *kept = row_table_get(lease6_table(store), row);
    kept->id = id;
    kept->lease.address = address;
    row_index_add(&store->lease6_by_address, lease6_hash(store, address), row);
    return kept;
}

void memory_load_lease6(void *store, const void *lease)
{
    struct store *self = store;
    const struct store_lease6 *loaded = lease;
    if (lease6_find_row(self, loaded->lease.address) == ROW_NONE) {
        *lease6_add(self, loaded->id, loaded->lease.address) = *loaded;
    }
}

static void lease6_remove_row(struct store *store, uint32_t row)
{
    struct row_table *table = lease6_table(store);
    const struct store_lease6 *kept = row_table_get(table, row);
    uint64_t id = kept->id;
    row_index_remove(&store->lease6_by_address, lease6_hash(store, kept->lease.address), row);
    row_table_remove(table, row);
    row_table_mark(table, id);
}

static void lease6_make_room(struct store *store, int64_t now_s)
{
    struct row_table *table = lease6_table(store);
    for (unsigned i = 0; i < LOOKS && table->used != 0; i++) {
        uint32_t at = store->lease6_hand++ % table->used;
        const struct store_lease6 *kept = row_table_find_at(table, at);
        if (kept != NULL && !lease6_is_live(&kept->lease, now_s)) {
            lease6_remove_row(store, at);
        }
    }
}

void store_lease6_put(struct store *store, const struct lease6 *lease, int64_t now_s)
{
    struct row_table *table = lease6_table(store);
    assert(!ip6_is_none(lease->address));
    uint32_t row = lease6_find_row(store, lease->address);
    if (row == ROW_NONE && table->count >= STORE_LEASES6_KEPT) {
        lease6_make_room(store, now_s);
    }
    struct store_lease6 *kept =
        row != ROW_NONE ? row_table_get(table, row) : lease6_add(store, table->last_id + 1, lease->address);
    bool is_marked = row != ROW_NONE && row_marks_has(&table->changed, table->hash, kept->id);
    bool is_same = row != ROW_NONE && kept->lease.state == LEASE_BOUND &&
                   lease6_client_equal(&kept->lease.client, &lease->client);
    kept->is_fresh = !is_same || (is_marked && kept->is_fresh);
    kept->lease = *lease;
    row_table_mark(table, kept->id);
}

const struct lease6 *store_lease6_find(const struct store *store, struct ip6 address)
{
    uint32_t row = lease6_find_row(store, address);
    const struct store_lease6 *kept = row == ROW_NONE ? NULL : row_table_get(lease6_table(store), row);
    return kept == NULL ? NULL : &kept->lease;
}

bool store_lease6_is_durable(const struct store *store, struct ip6 address)
{
    const struct row_table *table = lease6_table(store);
    uint32_t row = lease6_find_row(store, address);
    const struct store_lease6 *kept = row == ROW_NONE ? NULL : row_table_get(table, row);
    return kept != NULL && kept->lease.state == LEASE_BOUND &&
           (!kept->is_fresh || !row_marks_has(&table->changed, table->hash, kept->id));
}

void store_lease6_each(const struct store *store, bool (*visit)(const struct lease6 *, void *), void *context)
{
    const struct store_lease6 *kept;
    for (size_t at = 0; (kept = row_table_find_next(lease6_table(store), &at)) != NULL;) {
        if (!visit(&kept->lease, context)) {
            break;
        }
    }
}

uint32_t store_lease6_rows(const struct store *store)
{
    return lease6_table(store)->used;
}

const struct lease6 *store_lease6_at(const struct store *store, uint32_t row)
{
    const struct store_lease6 *kept = row_table_find_at(lease6_table(store), row);
    return kept == NULL ? NULL : &kept->lease;
}
