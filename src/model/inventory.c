// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/inventory.h"

#include <string.h>

#define SIZE_STEP  1000u // disk vendors count so
#define SIZE_ROUND 100u  // from so many units on no tenths are told

const char *inventory_disk_key(const struct inventory_disk *disk, char out[INVENTORY_KEY_BYTES])
{
    struct text text;
    text_init(&text, out, INVENTORY_KEY_BYTES);
    if (disk->serial[0] != '\0') {
        text_add(&text, disk->serial);
    } else {
        text_add_format(&text, "%s@%llu", disk->name, (unsigned long long)disk->bytes);
    }
    return out;
}

const struct inventory_disk *inventory_find_disk(const struct inventory *inventory, const char *key,
                                                 bool *shared)
{
    const struct inventory_disk *found = NULL;
    bool is_shared = false;
    for (unsigned i = 0; i < inventory->disk_count && i < INVENTORY_DISKS_MOST; i++) {
        char own[INVENTORY_KEY_BYTES];
        if (strcmp(inventory_disk_key(&inventory->disks[i], own), key) == 0) {
            is_shared = found != NULL;
            found = &inventory->disks[i];
        }
        if (is_shared) {
            break;
        }
    }
    if (shared != NULL) {
        *shared = is_shared;
    }
    return is_shared ? NULL : found;
}

void inventory_print_size(uint64_t bytes, struct text *out)
{
    static const char *const UNITS[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
    uint64_t unit = 1;
    size_t at = 0;
    while (at + 1 < COUNT_OF(UNITS) && bytes / unit >= SIZE_STEP) {
        unit *= SIZE_STEP;
        at++;
    }
    bool has_tenths = unit > 1 && bytes / unit < SIZE_ROUND;
    uint64_t part = has_tenths ? unit / 10 : unit;
    uint64_t parts = bytes / part + (bytes % part >= part / 2 && part > 1 ? 1 : 0);
    uint64_t whole = has_tenths ? parts / 10 : parts;
    uint64_t tenths = has_tenths ? parts % 10 : 0;
    if (whole == SIZE_STEP && at + 1 < COUNT_OF(UNITS)) { // 999.9 GB
        whole = 1;
        at++;
    }
    text_add_format(out, "%llu", (unsigned long long)whole);
    if (tenths != 0) {
        text_add_format(out, ".%u", (unsigned)tenths);
    }
    text_add_format(out, " %s", UNITS[at]);
}

static bool content_is_known(const struct inventory_content *content)
{
    return content->filesystem[0] != '\0' || content->label[0] != '\0' || content->system[0] != '\0';
}

static void print_escaped(const char *text, struct text *out)
{
    text_add_escaped(out, text, strlen(text));
}

// "ext4 'root', Debian 12"
static void print_content(const struct inventory_content *content, struct text *out)
{
    const char *before = "";
    if (content->filesystem[0] != '\0') {
        print_escaped(content->filesystem, out);
        before = " ";
    }
    if (content->label[0] != '\0') {
        text_add_format(out, "%s'", before);
        print_escaped(content->label, out);
        text_add_char(out, '\'');
        before = ", ";
    }
    if (content->system[0] != '\0') {
        text_add(out, before[0] == '\0' ? "" : ", ");
        print_escaped(content->system, out);
    }
}

static void print_partition(const struct inventory_partition *partition, struct text *out)
{
    if (content_is_known(&partition->content)) {
        print_content(&partition->content, out);
        return;
    }
    text_add(out, "a partition of ");
    inventory_print_size(partition->bytes, out);
    text_add(out, " with unknown content");
}

// What is on it, most telling first: a system, then other contents, then what nobody knows.
static unsigned partition_rank(const struct inventory_partition *partition)
{
    if (partition->content.system[0] != '\0') {
        return 0;
    }
    return content_is_known(&partition->content) ? 1 : 2;
}

static void print_partitions(const struct inventory_disk *disk, struct text *out)
{
    unsigned listed =
        disk->partition_count < INVENTORY_PARTITIONS_MOST ? disk->partition_count : INVENTORY_PARTITIONS_MOST;
    const char *before = "";
    for (unsigned rank = 0; rank <= 2; rank++) {
        for (unsigned i = 0; i < listed; i++) {
            if (partition_rank(&disk->partitions[i]) == rank) {
                text_add(out, before);
                print_partition(&disk->partitions[i], out);
                before = "; ";
            }
        }
    }
    if (disk->partition_count > listed) {
        text_add_format(out, "%s%u more partitions", before, disk->partition_count - listed);
    }
}

bool inventory_disk_is_blank(const struct inventory_disk *disk)
{
    return disk->is_blank && disk->table[0] == '\0' && disk->partition_count == 0 &&
           !content_is_known(&disk->content);
}

void inventory_print_disk(const struct inventory_disk *disk, struct text *out)
{
    char key[INVENTORY_KEY_BYTES];
    text_add(out, "disk ");
    print_escaped(inventory_disk_key(disk, key), out);
    text_add(out, ", ");
    inventory_print_size(disk->bytes, out);
    if (inventory_disk_is_blank(disk)) {
        text_add(out, ", blank");
        return;
    }
    text_add(out, ": ");
    if (content_is_known(&disk->content)) {
        print_content(&disk->content, out);
        text_add(out, disk->partition_count == 0 ? "" : "; ");
    }
    if (disk->partition_count != 0) {
        print_partitions(disk, out);
    } else if (!content_is_known(&disk->content) && disk->table[0] != '\0') {
        text_add(out, "a partition table (");
        print_escaped(disk->table, out);
        text_add(out, ") without partitions");
    } else if (!content_is_known(&disk->content)) {
        text_add(out, "not blank, but nothing that is known");
    }
}
