// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/found.h"

#include "io/heap.h"
#include "talk/talk.h"

#include <string.h>

static void add_disks(const struct inventory *inventory, struct render_found *found)
{
    struct text disks;
    unsigned count = 0;
    text_init(&disks, found->disks, sizeof found->disks);
    for (unsigned i = 0; i < inventory->disk_count; i++) {
        const struct inventory_disk *disk = &inventory->disks[i];
        if (!disk->is_removable && !disk->is_read_only) {
            text_add_format(&disks, "%s%s", count == 0 ? "" : " ", disk->name);
            (void)text_copy(found->disk, sizeof found->disk, disk->name);
            count++;
        }
    }
    if (count != 1) {
        found->disk[0] = '\0'; // nobody shall guess which one
    }
    if (disks.cut) {
        found->disks[0] = '\0';
    }
}

static void add_inventory(const char *json, struct render_found *found)
{
    struct inventory *inventory = heap_new(sizeof *inventory);
    struct problem ignored;
    problem_clear(&ignored);
    if (talk_inventory_decode(json, strlen(json), inventory, &ignored) == STATUS_OK) {
        (void)text_copy(found->vendor, sizeof found->vendor, inventory->vendor);
        (void)text_copy(found->product, sizeof found->product, inventory->product);
        (void)text_copy(found->firmware, sizeof found->firmware, inventory->is_uefi ? "uefi" : "bios");
        found->processors = inventory->processor_count;
        found->memory_mib = inventory->memory_bytes / (1024 * 1024);
        add_disks(inventory, found);
    }
    heap_free(inventory);
}

void found_gather(const struct store *store, uint64_t machine_id, struct ip4 address,
                  struct render_found *found)
{
    const char *json = store_inventory_find(store, machine_id, NULL);
    const struct lease *lease = address.value == 0 ? NULL : store_lease_find(store, address);
    *found = (struct render_found){0};
    if (json != NULL) {
        add_inventory(json, found);
    }
    if (lease != NULL && lease->state == LEASE_BOUND) {
        (void)text_copy(found->lease_hostname, sizeof found->lease_hostname, lease->hostname);
        found->lease_ends_s = lease->ends_s;
    }
}
