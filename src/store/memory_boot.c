// SPDX-License-Identifier: GPL-3.0-or-later
// Boots that are over, in memory: one text each, found by the card that booted. A row is written once and
// never changes; old ones make room. As events they are written in batches and nobody waits for the disk.
#include "store/memory.h"

#include <string.h>

static struct row_table *boot_table(const struct store *store)
{
    return store->tables[STORE_BOOT];
}

static size_t boot_bytes(const struct store_boot *boot)
{
    return strlen(boot->json) + strlen(boot->verdict);
}

static void boot_keep(struct store *store, const struct store_boot *boot)
{
    struct store_boot *kept = row_table_get(boot_table(store), row_table_add(boot_table(store), boot->id));
    *kept = *boot;
    kept->json = heap_copy_text(boot->json);
    kept->verdict = heap_copy_text(boot->verdict);
    store->boot_bytes += boot_bytes(kept);
}

static void boot_free_texts(struct store_boot *boot)
{
    memory_free_text(boot->json);
    memory_free_text(boot->verdict);
    boot->json = boot->verdict = NULL;
}

void memory_load_boot(void *store, const void *boot)
{
    const struct store_boot *loaded = boot;
    boot_keep(store, loaded);
    ((struct store *)store)->boot_written = loaded->id;
}

void memory_clear_boots(struct store *store)
{
    struct row_table *table = boot_table(store);
    for (uint32_t row = 0; row < table->used; row++) {
        struct store_boot *boot = row_table_find_at(table, row);
        if (boot != NULL) {
            boot_free_texts(boot);
        }
    }
}

static void boot_forget(struct store *store, struct store_boot *boot)
{
    uint64_t id = boot->id;
    store->boot_bytes -= boot_bytes(boot);
    boot_free_texts(boot);
    row_table_remove(boot_table(store), row_table_find(boot_table(store), id));
    row_marks_add(&store->boots_gone, store->hash, id);
}

// The oldest boot, of one card or, with NULL, of all; `*count` of them there are. NULL = none.
static struct store_boot *boot_find_oldest(const struct store *store, const struct hw *mac, unsigned *count)
{
    struct row_table *table = boot_table(store);
    struct store_boot *oldest = NULL;
    *count = 0;
    for (uint32_t row = 0; row < table->used; row++) {
        struct store_boot *boot = row_table_find_at(table, row);
        if (boot != NULL && (mac == NULL || hw_equal(&boot->mac, mac))) {
            ++*count;
            oldest = oldest == NULL || boot->id < oldest->id ? boot : oldest;
        }
    }
    return oldest;
}

uint64_t store_boot_last_id(const struct store *store)
{
    return boot_table(store)->last_id;
}

void store_boot_add(struct store *store, const struct store_boot *boot)
{
    unsigned count;
    size_t bytes = boot_bytes(boot);
    if (row_table_find(boot_table(store), boot->id) != ROW_NONE || bytes > STORE_BOOT_BYTES_MOST) {
        return;
    }
    struct store_boot *oldest = boot_find_oldest(store, &boot->mac, &count);
    if (count >= STORE_BOOTS_OF_CARD) {
        boot_forget(store, oldest);
    }
    while ((oldest = boot_find_oldest(store, NULL, &count)) != NULL &&
           (count >= STORE_BOOTS_MOST || store->boot_bytes + bytes > STORE_BOOTS_BYTES_MOST)) {
        boot_forget(store, oldest);
    }
    boot_keep(store, boot);
}

const struct store_boot *store_boot_find(const struct store *store, const struct machine *machine,
                                         uint64_t before)
{
    struct row_table *table = boot_table(store);
    const struct store_boot *found = NULL;
    for (uint32_t row = 0; row < table->used; row++) {
        const struct store_boot *boot = row_table_find_at(table, row);
        if (boot != NULL && boot->id < before && (found == NULL || boot->id > found->id) &&
            machine_has_mac(machine, &boot->mac)) {
            found = boot;
        }
    }
    return found;
}

bool memory_has_new_boots(const struct store *store)
{
    return store->boot_written != boot_table(store)->last_id || store->boots_gone.ids.count != 0;
}

enum status memory_write_boots(const struct store *store, uint64_t most, uint64_t *last,
                               struct problem *problem)
{
    struct journal *journal = store->journal;
    struct row_table *table = boot_table(store);
    enum status status = STATUS_OK;
    *last = table->last_id;
    for (size_t i = 0; i < store->boots_gone.ids.count && status == STATUS_OK; i++) {
        uint64_t id = *(const uint64_t *)heap_array_get(&store->boots_gone.ids, i);
        status = journal->remove(journal, STORE_BOOT, id, problem);
    }
    const struct store_boot *boot;
    for (size_t at = 0; status == STATUS_OK && store->boot_written != table->last_id &&
                        (boot = row_table_find_next(table, &at)) != NULL;) {
        if (boot->id <= store->boot_written) {
            continue;
        }
        if (most-- == 0) {
            *last = boot->id - 1;
            break;
        }
        status = journal->put(journal, STORE_BOOT, boot, problem);
    }
    return status;
}

void memory_wrote_boots(struct store *store, uint64_t last)
{
    store->boot_written = last;
    row_marks_clear(&store->boots_gone);
}
