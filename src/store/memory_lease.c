// SPDX-License-Identifier: GPL-3.0-or-later
// Leases in memory: their address is their id.
#include "store/memory.h"

#include <string.h>

static struct row_table *lease_table(const struct store *store)
{
    return store->tables[STORE_LEASE];
}

void memory_load_lease(void *store, const void *lease)
{
    const struct lease *loaded = lease;
    struct row_table *table = lease_table(store);
    memcpy(row_table_get(table, row_table_add(table, loaded->address.value)), loaded, sizeof *loaded);
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
    struct row_table *table = lease_table(store);
    struct lease *kept = row_table_find_row(table, lease->address.value);
    if (kept == NULL) {
        kept = row_table_get(table, row_table_add(table, lease->address.value));
    }
    memmove(kept, lease, sizeof *kept);
    row_table_mark(table, lease->address.value);
}

const struct lease *store_lease_find(const struct store *store, struct ip4 address)
{
    return row_table_find_row(lease_table(store), address.value);
}

void store_lease_remove(struct store *store, struct ip4 address)
{
    uint32_t row = row_table_find(lease_table(store), address.value);
    if (row != ROW_NONE) {
        row_table_remove(lease_table(store), row);
        row_table_mark(lease_table(store), address.value);
    }
}
