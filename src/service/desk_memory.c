// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/desk_memory.h"

#include "io/heap.h"
#include "talk/talk.h"

#include <string.h>

uint64_t desk_memory_find(const struct store *store, uint64_t machine_id)
{
    const char *json = store_inventory_find(store, machine_id, NULL);
    if (json == NULL) {
        return 0;
    }
    struct inventory *inventory = heap_new(sizeof *inventory);
    uint64_t bytes = 0;
    if (talk_inventory_decode(json, strlen(json), inventory, NULL) == STATUS_OK) {
        bytes = inventory->memory_bytes;
    }
    heap_free(inventory);
    return bytes;
}
