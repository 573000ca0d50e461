// SPDX-License-Identifier: GPL-3.0-or-later
// The inventory. Its texts come from hardware and from what lies on disks, so anything may stand in them.
#include "talk/talk.h"

#include "base/text.h"
#include "talk/talk_field.h"

#include <stdlib.h>
#include <string.h>

#define ALL(member)       offsetof(struct inventory, member)
#define CARD(member)      offsetof(struct inventory_card, member)
#define DISK(member)      offsetof(struct inventory_disk, member)
#define PARTITION(member) offsetof(struct inventory_partition, member)

#define PARTITIONS_COUNTED_MOST 65536
#define PROCESSORS_MOST         65536

static const char *const secure_names[] = {
    [INVENTORY_SECURE_UNKNOWN] = "unknown", [INVENTORY_SECURE_OFF] = "off", [INVENTORY_SECURE_ON] = "on"};

static const struct talk_field inventory_fields[] = {
    {"vendor", TALK_KIND_LINE, false, ALL(vendor), INVENTORY_TEXT_BYTES, NULL},
    {"product", TALK_KIND_LINE, false, ALL(product), INVENTORY_TEXT_BYTES, NULL},
    {"serial", TALK_KIND_LINE, false, ALL(serial), INVENTORY_TEXT_BYTES, NULL},
    {"uuid", TALK_KIND_LINE, false, ALL(uuid), UUID_TEXT_BYTES, NULL},
    {"processor", TALK_KIND_LINE, false, ALL(processor), INVENTORY_TEXT_BYTES, NULL},
    {"processor_count", TALK_KIND_U32, false, ALL(processor_count), PROCESSORS_MOST, NULL},
    {"memory_bytes", TALK_KIND_U64, false, ALL(memory_bytes), TALK_NUMBER_MOST, NULL},
    {"is_uefi", TALK_KIND_BOOL, false, ALL(is_uefi), 0, NULL},
    {"secure_boot", TALK_KIND_CHOICE, false, ALL(secure_boot), COUNT_OF(secure_names), secure_names},
    {"kernel", TALK_KIND_LINE, false, ALL(kernel), INVENTORY_TEXT_BYTES, NULL},
    {"agent", TALK_KIND_LINE, false, ALL(agent), INVENTORY_NAME_BYTES, NULL},
};

static const struct talk_field card_fields[] = {
    {"name", TALK_KIND_LINE, false, CARD(name), INVENTORY_NAME_BYTES, NULL},
    {"mac", TALK_KIND_HW, false, CARD(mac), 0, NULL},
    {"pci", TALK_KIND_LINE, false, CARD(pci), INVENTORY_NAME_BYTES, NULL},
    {"driver", TALK_KIND_LINE, false, CARD(driver), INVENTORY_NAME_BYTES, NULL},
    {"has_link", TALK_KIND_BOOL, false, CARD(has_link), 0, NULL},
};

static const struct talk_field disk_fields[] = {
    {"name", TALK_KIND_LINE, true, DISK(name), INVENTORY_NAME_BYTES, NULL},
    {"model", TALK_KIND_LINE, false, DISK(model), INVENTORY_TEXT_BYTES, NULL},
    {"serial", TALK_KIND_LINE, false, DISK(serial), INVENTORY_TEXT_BYTES, NULL},
    {"transport", TALK_KIND_LINE, false, DISK(transport), INVENTORY_NAME_BYTES, NULL},
    {"bytes", TALK_KIND_U64, true, DISK(bytes), TALK_NUMBER_MOST, NULL},
    {"sector_bytes", TALK_KIND_U32, false, DISK(sector_bytes), 1024 * 1024, NULL},
    {"is_removable", TALK_KIND_BOOL, false, DISK(is_removable), 0, NULL},
    {"is_read_only", TALK_KIND_BOOL, false, DISK(is_read_only), 0, NULL},
    // Absent would be "not blank", the careful answer; but an agent always knows.
    {"is_blank", TALK_KIND_BOOL, true, DISK(is_blank), 0, NULL},
    {"table", TALK_KIND_LINE, false, DISK(table), INVENTORY_NAME_BYTES, NULL},
    {"filesystem", TALK_KIND_LINE, false, DISK(content.filesystem), INVENTORY_NAME_BYTES, NULL},
    {"label", TALK_KIND_LINE, false, DISK(content.label), INVENTORY_TEXT_BYTES, NULL},
    {"system", TALK_KIND_LINE, false, DISK(content.system), INVENTORY_TEXT_BYTES, NULL},
    {"partition_count", TALK_KIND_U32, false, DISK(partition_count), PARTITIONS_COUNTED_MOST, NULL},
};

static const struct talk_field partition_fields[] = {
    {"name", TALK_KIND_LINE, false, PARTITION(name), INVENTORY_NAME_BYTES, NULL},
    {"bytes", TALK_KIND_U64, false, PARTITION(bytes), TALK_NUMBER_MOST, NULL},
    {"filesystem", TALK_KIND_LINE, false, PARTITION(content.filesystem), INVENTORY_NAME_BYTES, NULL},
    {"label", TALK_KIND_LINE, false, PARTITION(content.label), INVENTORY_TEXT_BYTES, NULL},
    {"system", TALK_KIND_LINE, false, PARTITION(content.system), INVENTORY_TEXT_BYTES, NULL},
};

// A new object at the end of `array`, filled in; NULL when that failed.
static json_t *append(json_t *array, const struct talk_field fields[], size_t count, const void *source)
{
    json_t *object = json_object();
    return json_array_append_new(array, object) == 0 && talk_fields_encode(object, fields, count, source)
               ? object
               : NULL;
}

static bool encode_disk(json_t *array, const struct inventory_disk *disk)
{
    json_t *object = append(array, disk_fields, COUNT_OF(disk_fields), disk);
    json_t *partitions = json_array();
    if (object == NULL || json_object_set_new(object, "partitions", partitions) != 0) {
        return false;
    }
    const size_t count = size_min(disk->partition_count, INVENTORY_PARTITIONS_MOST);
    for (size_t i = 0; i < count; i++) {
        if (append(partitions, partition_fields, COUNT_OF(partition_fields), &disk->partitions[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static bool encode_inventory(json_t *object, const struct inventory *inventory)
{
    json_t *cards = json_array();
    json_t *disks = json_array();
    bool ok = json_object_set_new(object, "cards", cards) == 0;
    ok = json_object_set_new(object, "disks", disks) == 0 && ok &&
         talk_fields_encode(object, inventory_fields, COUNT_OF(inventory_fields), inventory);
    for (size_t i = 0; ok && i < size_min(inventory->card_count, INVENTORY_CARDS_MOST); i++) {
        ok = append(cards, card_fields, COUNT_OF(card_fields), &inventory->cards[i]) != NULL;
    }
    for (size_t i = 0; ok && i < size_min(inventory->disk_count, INVENTORY_DISKS_MOST); i++) {
        ok = encode_disk(disks, &inventory->disks[i]);
    }
    return ok;
}

char *talk_inventory_encode(const struct inventory *inventory)
{
    json_t *object = json_object();
    return talk_object_print(object, encode_inventory(object, inventory));
}

struct list { // one that is being decoded
    const json_t *array;
    size_t length;
    const char *outer; // "disks[1]."
    const char *name;  // "partitions"
    char where[64];    // of the element at hand: "disks[1].partitions[2]."
};

static enum status list_find(const json_t *object, struct list *list, struct problem *problem)
{
    return talk_array_find(object, list->outer, list->name, &list->array, &list->length, problem);
}

// Decodes the element `i`, which must be an object, into `target`.
static enum status list_decode(struct list *list, size_t i, const struct talk_field fields[], size_t count,
                               void *target, struct problem *problem)
{
    struct text where;
    text_init(&where, list->where, sizeof list->where);
    text_add_format(&where, "%s%s[%zu].", list->outer, list->name, i);
    const json_t *element = json_array_get(list->array, i);
    if (!json_is_object(element)) {
        problem_set(problem, "the message's member \"%s%s[%zu]\" must be an object", list->outer, list->name,
                    i);
        return STATUS_MALFORMED;
    }
    return talk_fields_decode(element, list->where, fields, count, target, problem);
}

static enum status decode_partitions(const json_t *object, const char *where, struct inventory_disk *disk,
                                     struct problem *problem)
{
    struct list list = {.outer = where, .name = "partitions"};
    enum status status = list_find(object, &list, problem);
    if (!json_is_integer(json_object_get(object, "partition_count"))) {
        disk->partition_count = (uint32_t)size_min(list.length, PARTITIONS_COUNTED_MOST);
    }
    const size_t kept = size_min(disk->partition_count, INVENTORY_PARTITIONS_MOST);
    if (status == STATUS_OK && list.length < kept) {
        problem_set(problem, "the message's member \"%spartition_count\" is more than its list holds", where);
        return STATUS_MALFORMED;
    }
    for (size_t i = 0; status == STATUS_OK && i < kept; i++) {
        status = list_decode(&list, i, partition_fields, COUNT_OF(partition_fields), &disk->partitions[i],
                             problem);
    }
    return status;
}

static enum status decode_disks(const json_t *object, struct inventory *inventory, struct problem *problem)
{
    struct list list = {.outer = "", .name = "disks"};
    enum status status = list_find(object, &list, problem);
    for (size_t i = 0; status == STATUS_OK && i < size_min(list.length, INVENTORY_DISKS_MOST); i++) {
        struct inventory_disk *disk = &inventory->disks[i];
        status = list_decode(&list, i, disk_fields, COUNT_OF(disk_fields), disk, problem);
        if (status == STATUS_OK) {
            status = decode_partitions(json_array_get(list.array, i), list.where, disk, problem);
        }
        inventory->disk_count++;
    }
    return status;
}

static enum status decode_cards(const json_t *object, struct inventory *inventory, struct problem *problem)
{
    struct list list = {.outer = "", .name = "cards"};
    enum status status = list_find(object, &list, problem);
    for (size_t i = 0; status == STATUS_OK && i < size_min(list.length, INVENTORY_CARDS_MOST); i++) {
        status = list_decode(&list, i, card_fields, COUNT_OF(card_fields), &inventory->cards[i], problem);
        inventory->card_count++;
    }
    return status;
}

static enum status check_uuid(const struct inventory *inventory, struct problem *problem)
{
    struct uuid uuid;
    char text[UUID_TEXT_BYTES];
    if (inventory->uuid[0] != '\0' && (uuid_parse(inventory->uuid, &uuid) != STATUS_OK ||
                                       strcmp(uuid_print(&uuid, text), inventory->uuid) != 0)) {
        problem_set(problem, "the message's member \"uuid\" must be a UUID in small letters with dashes");
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

enum status talk_inventory_decode(const char *json, size_t bytes, struct inventory *inventory,
                                  struct problem *problem)
{
    json_t *object = NULL;
    enum status status = talk_object_parse(json, bytes, &object, problem);
    if (status != STATUS_OK) {
        return status;
    }
    struct inventory *decoded = calloc(1, sizeof *decoded);
    if (decoded == NULL) {
        problem_set(problem, "the inventory does not fit into memory");
        talk_object_free(object);
        return STATUS_FULL;
    }
    status = talk_fields_decode(object, "", inventory_fields, COUNT_OF(inventory_fields), decoded, problem);
    status = status == STATUS_OK ? check_uuid(decoded, problem) : status;
    status = status == STATUS_OK ? decode_cards(object, decoded, problem) : status;
    status = status == STATUS_OK ? decode_disks(object, decoded, problem) : status;
    if (status == STATUS_OK) {
        *inventory = *decoded;
    }
    free(decoded);
    talk_object_free(object);
    return status;
}
