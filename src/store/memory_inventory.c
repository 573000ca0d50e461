// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent found, in memory: one text per machine, found by the machine's id. Each row owns its text.
#include "store/memory.h"

#include <string.h>

static struct row_table *inventory_table(const struct store *store)
{
    return store->tables[STORE_INVENTORY];
}

static void inventory_write_row(struct store_inventory *kept, const struct store_inventory *inventory)
{
    const char *old = kept->json; // `inventory` may be a copy of it, so that it goes last
    *kept = *inventory;
    kept->json = heap_copy_text(inventory->json);
    memory_free_text(old);
}

void memory_load_inventory(void *store, const void *inventory)
{
    const struct store_inventory *loaded = inventory;
    struct row_table *table = inventory_table(store);
    inventory_write_row(row_table_get(table, row_table_add(table, loaded->machine_id)), loaded);
}

void memory_clear_inventories(struct store *store)
{
    struct store_inventory *inventory;
    for (size_t at = 0; (inventory = row_table_find_next(inventory_table(store), &at)) != NULL;) {
        memory_free_text(inventory->json);
        inventory->json = NULL;
    }
}

void memory_remove_inventory(struct store *store, uint64_t machine_id)
{
    struct row_table *table = inventory_table(store);
    uint32_t row = row_table_find(table, machine_id);
    if (row != ROW_NONE) {
        struct store_inventory *inventory = row_table_get(table, row);
        memory_free_text(inventory->json);
        inventory->json = NULL;
        row_table_remove(table, row);
        row_table_mark(table, machine_id);
    }
}

const char *store_inventory_find(const struct store *store, uint64_t machine_id, int64_t *found_s)
{
    const struct store_inventory *inventory = row_table_find_row(inventory_table(store), machine_id);
    if (inventory == NULL) {
        return NULL;
    }
    if (found_s != NULL) {
        *found_s = inventory->found_s;
    }
    return inventory->json;
}

enum status store_inventory_put(struct store *store, uint64_t machine_id, const char *json, int64_t found_s)
{
    struct row_table *table = inventory_table(store);
    const struct store_inventory inventory = {.machine_id = machine_id, .found_s = found_s, .json = json};
    assert(strlen(json) <= STORE_INVENTORY_BYTES_MOST);
    if (store_machine_get(store, machine_id) == NULL) {
        return STATUS_NOT_FOUND;
    }
    struct store_inventory *kept = row_table_find_row(table, machine_id);
    if (kept == NULL) {
        kept = row_table_get(table, row_table_add(table, machine_id));
    }
    inventory_write_row(kept, &inventory);
    row_table_mark(table, machine_id);
    return STATUS_OK;
}
