// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/inventory_show.h"

#include "cli/fact.h"
#include "cli/moment.h"
#include "cli/show.h"
#include "io/heap.h"
#include "talk/talk.h"

#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 768

// Appends `text` behind a comma; nothing when it is empty.
static void add_part(struct text *line, const char *before, const char *text)
{
    if (text[0] != '\0') {
        text_add_format(line, "%s%s%s", line->length == 0 ? "" : ", ", before, text);
    }
}

static void show_board(const struct call *call, const struct inventory *inventory)
{
    char line[LINE_BYTES];
    struct text text;
    text_init(&text, line, sizeof line);
    text_add(&text, inventory->vendor);
    if (inventory->product[0] != '\0') {
        text_add_format(&text, "%s%s", text.length == 0 ? "" : " ", inventory->product);
    }
    add_part(&text, "serial ", inventory->serial);
    show_field(call, "hardware", SCREEN_PLAIN, line);
    text_init(&text, line, sizeof line);
    if (inventory->processor_count != 0) {
        text_add_format(&text, "%u x ", (unsigned)inventory->processor_count);
    }
    text_add(&text, inventory->processor[0] == '\0' ? "unknown" : inventory->processor);
    show_field(call, "processor", SCREEN_PLAIN, line);
    char size[MOMENT_TEXT_BYTES];
    if (inventory->memory_bytes != 0) {
        show_field(call, "memory", SCREEN_PLAIN, moment_print_size(inventory->memory_bytes, size));
    }
    show_field(call, "boots by", SCREEN_PLAIN,
               !inventory->is_uefi                              ? "BIOS"
               : inventory->secure_boot == INVENTORY_SECURE_ON  ? "UEFI, Secure Boot on"
               : inventory->secure_boot == INVENTORY_SECURE_OFF ? "UEFI, Secure Boot off"
                                                                : "UEFI");
}

static void show_card(const struct call *call, const struct inventory_card *card, bool is_first)
{
    char line[LINE_BYTES];
    char mac[HW_TEXT_BYTES];
    struct text text;
    text_init(&text, line, sizeof line);
    text_add_format(&text, "%s  %s", card->name, hw_print(&card->mac, mac));
    add_part(&text, "", card->pci);
    text_add_format(&text, ", %s, %s", card->driver[0] == '\0' ? "no driver" : card->driver,
                    card->has_link ? "link" : "no link");
    show_field(call, is_first ? "network" : "", SCREEN_PLAIN, line);
}

// "ext4 'root', Debian GNU/Linux 12 (bookworm)"
static void add_content(struct text *line, const struct inventory_content *content)
{
    size_t before = line->length;
    text_add(line, content->filesystem);
    if (content->label[0] != '\0') {
        text_add_format(line, "%s'%s'", line->length == before ? "" : " ", content->label);
    }
    if (content->system[0] != '\0') {
        text_add_format(line, "%s%s", line->length == before ? "" : ", ", content->system);
    }
    if (line->length == before) {
        text_add(line, "nothing known");
    }
}

static void show_partitions(const struct call *call, const struct inventory_disk *disk)
{
    char line[LINE_BYTES];
    struct text text;
    unsigned listed =
        disk->partition_count < INVENTORY_PARTITIONS_MOST ? disk->partition_count : INVENTORY_PARTITIONS_MOST;
    for (unsigned i = 0; i < listed; i++) {
        char size[MOMENT_TEXT_BYTES];
        const struct inventory_partition *partition = &disk->partitions[i];
        text_init(&text, line, sizeof line);
        text_add_format(&text, "  %s  %s  ", partition->name, moment_print_size(partition->bytes, size));
        add_content(&text, &partition->content);
        show_field(call, "", SCREEN_PLAIN, line);
    }
    if (disk->partition_count > listed) {
        show_field_format(call, "", "  and %u more partitions", (unsigned)(disk->partition_count - listed));
    }
}

static void show_disk(const struct call *call, const struct inventory_disk *disk, bool is_first)
{
    char line[LINE_BYTES];
    char key[INVENTORY_KEY_BYTES];
    char size[MOMENT_TEXT_BYTES];
    struct text text;
    text_init(&text, line, sizeof line);
    text_add_format(&text, "%s  %s", disk->name, moment_print_size(disk->bytes, size));
    add_part(&text, "", disk->model);
    add_part(&text, disk->serial[0] == '\0' ? "called " : "serial ", inventory_disk_key(disk, key));
    add_part(&text, "", disk->transport);
    add_part(&text, "", disk->is_removable ? "removable" : "");
    add_part(&text, "", disk->is_read_only ? "write-protected" : "");
    if (disk->is_blank) {
        add_part(&text, "", "blank");
    } else if (disk->table[0] != '\0') {
        add_part(&text, "partition table ", disk->table);
    } else {
        text_add(&text, ", ");
        add_content(&text, &disk->content);
    }
    show_field(call, is_first ? "disks" : "", SCREEN_PLAIN, line);
    show_partitions(call, disk);
}

void inventory_show(const struct call *call, const struct inventory *inventory)
{
    show_board(call, inventory);
    for (unsigned i = 0; i < inventory->card_count; i++) {
        show_card(call, &inventory->cards[i], i == 0);
    }
    for (unsigned i = 0; i < inventory->disk_count; i++) {
        show_disk(call, &inventory->disks[i], i == 0);
    }
    if (inventory->disk_count == 0) {
        show_field(call, "disks", SCREEN_WARN, "none was found");
    }
}

void inventory_show_machine(const struct call *call, const json_t *machine)
{
    char time[SHOW_TIME_BYTES];
    const json_t *found = fact_get(machine, "inventory");
    if (!json_is_object(found)) {
        return;
    }
    char *text = json_dumps(found, JSON_COMPACT);
    struct inventory *inventory = heap_new(sizeof *inventory);
    if (text != NULL && talk_inventory_decode(text, strlen(text), inventory, NULL) == STATUS_OK) {
        show_field_format(call, "inventory", "%s, by agent %s on Linux %s",
                          show_time(call, fact_number(machine, "found_s"), time), inventory->agent,
                          inventory->kernel);
        inventory_show(call, inventory);
    }
    heap_free(inventory);
    free(text);
}
