// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/control_order_disk.h"

#include "io/heap.h"
#include "model/guard.h"
#include "service/agents.h"
#include "service/control_json.h"
#include "service/control_order.h"

#include <string.h>

#define CHOICES_MOST 4

// What the agent last found in the machine, yours; NULL when it was never there.
static struct inventory *find_inventory(const struct store *store, uint64_t machine_id)
{
    int64_t found_s;
    const char *json = store_inventory_find(store, machine_id, &found_s);
    struct inventory *inventory = json == NULL ? NULL : heap_new(sizeof *inventory);
    if (inventory != NULL && talk_inventory_decode(json, strlen(json), inventory, NULL) != STATUS_OK) {
        heap_free(inventory);
        inventory = NULL;
    }
    return inventory;
}

void control_order_print_disk(const struct store *store, uint64_t machine_id, const char *key,
                              struct text *out)
{
    struct inventory *inventory = find_inventory(store, machine_id);
    const struct inventory_disk *disk = inventory == NULL ? NULL : inventory_find_disk(inventory, key, NULL);
    if (disk != NULL) {
        inventory_print_disk(disk, out);
    } else {
        text_add(out, "disk ");
        text_add_escaped(out, key, strlen(key));
    }
    heap_free(inventory);
}

// "QEMU_1 (8 GB), vda@4000000000 (4 GB)"
static void print_disks(const struct inventory *inventory, struct text *out)
{
    for (unsigned i = 0; i < inventory->disk_count; i++) {
        char key[INVENTORY_KEY_BYTES];
        const struct inventory_disk *disk = &inventory->disks[i];
        (void)inventory_disk_key(disk, key);
        text_add(out, i == 0 ? "" : ", ");
        text_add_escaped(out, key, strlen(key));
        text_add(out, " (");
        inventory_print_size(disk->bytes, out);
        text_add_char(out, ')');
    }
    if (inventory->disk_count == 0) {
        text_add(out, "none");
    }
}

bool control_order_check_disk(struct control_request *request, uint64_t machine_id, const char *key,
                              bool may_be_unknown)
{
    const struct store *store = request->world->store;
    const struct machine *machine = store_machine_get(store, machine_id);
    struct inventory *inventory = find_inventory(store, machine_id);
    bool shared = false;
    bool good = inventory == NULL ? may_be_unknown : inventory_find_disk(inventory, key, &shared) != NULL;
    if (!good && inventory == NULL) {
        control_refuse_text(request, MHD_HTTP_CONFLICT, "the agent tells them at the machine's next boot",
                            "it is not known which disks %s has", machine->name);
    } else if (!good) {
        char remedy[PROBLEM_REMEDY_BYTES];
        struct text text;
        text_init(&text, remedy, sizeof remedy);
        text_add(&text, "its disks are: ");
        print_disks(inventory, &text);
        control_refuse_text(request, MHD_HTTP_CONFLICT, remedy,
                            shared        ? "several disks of %s are called '%s', so none of them is erased"
                            : key[0] == 0 ? "which disk of %s may be erased? '%s' names none"
                                          : "%s has no disk '%s'",
                            machine->name, key);
    }
    heap_free(inventory);
    return good;
}

// "imprint order confirm 1 --erase Q1, or " with the key as a word for a shell. Not with one that holds what
// no quotes make harmless.
static void print_erase(unsigned long long id, const char *key, struct text *out)
{
    bool is_word = strpbrk(key, " '\"\\$`&|;<>()*?#~!\t") == NULL;
    text_add_format(out, "imprint order confirm %llu --erase %s%s%s, or ", id, is_word ? "" : "'", key,
                    is_word ? "" : "'");
}

// Several disks fit: a command for each, as long as they are few enough to read.
static void print_choices(unsigned long long id, const struct inventory *inventory, struct text *out)
{
    for (unsigned i = 0; i < inventory->disk_count && inventory->disk_count <= CHOICES_MOST; i++) {
        char key[INVENTORY_KEY_BYTES];
        (void)inventory_disk_key(&inventory->disks[i], key);
        if (strchr(key, '\'') == NULL) {
            print_erase(id, key, out);
        }
    }
    if (out->length == 0) {
        print_erase(id, "SERIAL", out);
    }
}

// Which disk the machine asks about is decided as the machine was told, from the same facts.
static void print_confirm(const struct store *store, const struct order *order, struct text *out)
{
    const struct profile *profile = store_profile_find(store, order->profile);
    const struct image *image = profile == NULL ? NULL : store_image_find(store, profile->image);
    struct inventory *inventory = find_inventory(store, order->machine_id);
    unsigned long long id = order->id;
    char key[INVENTORY_KEY_BYTES] = "SERIAL";
    bool is_choice = false;
    if (inventory != NULL && image != NULL) {
        const struct guard_facts facts = {.inventory = inventory,
                                          .image = image,
                                          .order = order,
                                          .rule = order->disk[0] == '\0' ? profile->disk : order->disk};
        struct guard *guard = heap_new(sizeof *guard);
        *guard = guard_decide(&facts);
        is_choice = guard->kind == GUARD_CHOOSE;
        if (guard->kind == GUARD_CONFIRM && strchr(guard->disk->serial, '\'') == NULL) { // for a shell
            (void)inventory_disk_key(guard->disk, key);
        }
        heap_free(guard);
    }
    if (is_choice) {
        print_choices(id, inventory, out);
    } else {
        print_erase(id, key, out);
    }
    heap_free(inventory);
    text_add_format(out, "imprint order cancel %llu", id);
}

void control_order_print_remedy(const struct store *store, const struct order *order, struct text *out)
{
    const struct machine *machine = store_machine_get(store, order->machine_id);
    const char *name = machine == NULL ? "MACHINE" : machine->name;
    unsigned long long id = order->id;
    switch (order->state) {
    case ORDER_ARMED:
        text_add_format(out, "let %s boot from the network", name);
        text_add(out, order->skip_until_s == 0 ? "" : " 10 minutes after nobody pressed the key, or later");
        break;
    case ORDER_CONFIRM:
        print_confirm(store, order, out);
        break;
    case ORDER_FAILED:
        if (order->by_agent) {
            text_add_format(out, "imprint order log %llu tells all of it; ", id);
        }
        text_add_format(out, "put that right, then: imprint deploy %s --profile %s", name, order->profile);
        break;
    case ORDER_CANCELLED:
        if (order->by_agent && order->target[0] != '\0') {
            text_add_format(out, "imprint deploy %s --profile %s writes its disk anew", name, order->profile);
        }
        break;
    case ORDER_EXPIRED:
        text_add_format(out, "imprint deploy %s --profile %s --expires 2h", name, order->profile);
        break;
    case ORDER_BOOTING:
    case ORDER_RUNNING:
    case ORDER_WRITING:
    case ORDER_SEALING:
    case ORDER_USED:
    case ORDER_FINISHED:
    case ORDER_STATE_COUNT:
        break;
    }
}

json_t *control_order_json(struct control_request *request, const struct order *order)
{
    const struct control_world *world = request->world;
    struct agents_progress progress;
    char remedy[PROBLEM_REMEDY_BYTES];
    struct text text;
    json_t *json = control_json_order(world->store, order);
    json_t *told = json_null();
    text_init(&text, remedy, sizeof remedy);
    control_order_print_remedy(world->store, order, &text);
    json_object_set_new(json, "remedy", remedy[0] == '\0' ? json_null() : control_json_text(remedy));
    if (order_is_live(order) && world->agents != NULL &&
        agents_find_progress(world->agents, order->id, &progress)) {
        told = json_object();
        json_object_set_new(told, "stage", control_json_text(progress.stage));
        json_object_set_new(told, "done_bytes", json_integer((json_int_t)progress.done_bytes));
        json_object_set_new(told, "all_bytes", json_integer((json_int_t)progress.all_bytes));
        json_object_set_new(told, "text", control_json_text(progress.text));
        json_object_set_new(told, "told_s", json_integer(progress.told_s));
    }
    json_object_set_new(json, "progress", told);
    return json;
}
