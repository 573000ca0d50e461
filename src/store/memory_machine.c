// SPDX-License-Identifier: GPL-3.0-or-later
// Machines in memory: found by id, MAC, UUID in both spellings, name and reserved address.
#include "store/memory.h"

#include <string.h>

static struct row_table *machine_table(const struct store *store)
{
    return store->tables[STORE_MACHINE];
}

static uint32_t machine_hash_mac(const struct store *store, const struct hw *mac)
{
    uint8_t key[1 + HW_BYTES] = {mac->type};
    memcpy(key + 1, mac->octets, mac->length);
    return store_hash(store, key, 1u + mac->length);
}

static bool machine_has_uuid(const struct machine *machine)
{
    const struct uuid none = {0};
    return !uuid_equal(&machine->uuid, &none);
}

/// One hash for both spellings.
static uint32_t machine_hash_uuid(const struct store *store, const struct uuid *uuid)
{
    struct uuid other = uuid_swap(uuid);
    const struct uuid *smaller = memcmp(uuid->bytes, other.bytes, sizeof other.bytes) <= 0 ? uuid : &other;
    return store_hash(store, smaller->bytes, sizeof smaller->bytes);
}

static uint32_t machine_hash_name(const struct store *store, const char *name)
{
    return store_hash(store, name, strlen(name));
}

static uint32_t machine_hash_address(const struct store *store, struct ip4 address)
{
    return store_hash(store, &address.value, sizeof address.value);
}

static uint32_t machine_hash_address6(const struct store *store, struct ip6 address)
{
    return store_hash(store, address.octets, sizeof address.octets);
}

/// Adds a machine's row to the indexes, or takes it out: `change` is row_index_add or row_index_remove.
static void machine_change_indexes(struct store *store, uint32_t row,
                                   void (*change)(struct row_index *index, uint32_t hash, uint32_t row))
{
    const struct machine *machine = row_table_get(machine_table(store), row);
    change(&store->machine_by_name, machine_hash_name(store, machine->name), row);
    for (unsigned i = 0; i < machine->mac_count; i++) {
        change(&store->machine_by_mac, machine_hash_mac(store, &machine->macs[i]), row);
    }
    if (machine_has_uuid(machine)) {
        change(&store->machine_by_uuid, machine_hash_uuid(store, &machine->uuid), row);
    }
    if (machine->address.value != 0) {
        change(&store->machine_by_address, machine_hash_address(store, machine->address), row);
    }
    if (!ip6_is_none(machine->address6)) {
        change(&store->machine_by_address6, machine_hash_address6(store, machine->address6), row);
    }
}

/// Puts a copy of `machine` into `row`, new or used before, and into the indexes.
static void machine_write_row(struct store *store, uint32_t row, const struct machine *machine)
{
    memcpy(row_table_get(machine_table(store), row), machine, sizeof *machine);
    machine_change_indexes(store, row, row_index_add);
}

void memory_load_machine(void *store, const void *machine)
{
    const struct machine *loaded = machine;
    struct store *self = store;
    machine_write_row(self, row_table_add(machine_table(self), loaded->id), loaded);
}

void store_machine_each(const struct store *store, bool (*visit)(const struct machine *, void *),
                        void *context)
{
    const struct machine *machine;
    for (size_t at = 0; (machine = row_table_find_next(machine_table(store), &at)) != NULL;) {
        if (!visit(machine, context)) {
            return;
        }
    }
}

const struct machine *store_machine_get(const struct store *store, uint64_t id)
{
    return row_table_find_row(machine_table(store), id);
}

const struct machine *store_machine_find_mac(const struct store *store, const struct hw *mac)
{
    uint32_t hash = machine_hash_mac(store, mac);
    uint32_t row;
    for (uint32_t tries = 0; (row = row_index_find(&store->machine_by_mac, hash, &tries)) != ROW_NONE;) {
        const struct machine *machine = row_table_get(machine_table(store), row);
        if (machine_has_mac(machine, mac)) {
            return machine;
        }
    }
    return NULL;
}

const struct machine *store_machine_find_uuid(const struct store *store, const struct uuid *uuid,
                                              bool *shared)
{
    uint32_t hash = machine_hash_uuid(store, uuid);
    const struct machine *found = NULL;
    bool is_shared = false;
    uint32_t row;
    for (uint32_t tries = 0; (row = row_index_find(&store->machine_by_uuid, hash, &tries)) != ROW_NONE;) {
        const struct machine *machine = row_table_get(machine_table(store), row);
        if (uuid_is_same_machine(&machine->uuid, uuid)) {
            is_shared = found != NULL;
            found = machine;
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

const struct machine *store_machine_find_name(const struct store *store, const char *name)
{
    uint32_t hash = machine_hash_name(store, name);
    uint32_t row;
    for (uint32_t tries = 0; (row = row_index_find(&store->machine_by_name, hash, &tries)) != ROW_NONE;) {
        const struct machine *machine = row_table_get(machine_table(store), row);
        if (strcmp(machine->name, name) == 0) {
            return machine;
        }
    }
    return NULL;
}

const struct machine *store_machine_find_address(const struct store *store, struct ip4 address)
{
    uint32_t hash = machine_hash_address(store, address);
    uint32_t row;
    for (uint32_t tries = 0; (row = row_index_find(&store->machine_by_address, hash, &tries)) != ROW_NONE;) {
        const struct machine *machine = row_table_get(machine_table(store), row);
        if (ip4_equal(machine->address, address)) {
            return machine;
        }
    }
    return NULL;
}

const struct machine *store_machine_find_address6(const struct store *store, struct ip6 address)
{
    uint32_t hash = machine_hash_address6(store, address);
    uint32_t row;
    for (uint32_t tries = 0; (row = row_index_find(&store->machine_by_address6, hash, &tries)) != ROW_NONE;) {
        const struct machine *machine = row_table_get(machine_table(store), row);
        if (ip6_equal(machine->address6, address)) {
            return machine;
        }
    }
    return NULL;
}

/// Whether another machine, or this one twice, has one of its MACs.
static enum status machine_check_macs(const struct store *store, const struct machine *machine,
                                      struct problem *problem)
{
    char text[HW_TEXT_BYTES];
    for (unsigned i = 0; i < machine->mac_count; i++) {
        const struct hw *mac = &machine->macs[i];
        const struct machine *other = store_machine_find_mac(store, mac);
        if (other != NULL && other->id != machine->id) {
            problem_set(problem, "the MAC address %s belongs to the machine '%s'", hw_print(mac, text),
                        other->name);
            problem_set_remedy(problem, "take it from that machine first");
            return STATUS_EXISTS;
        }
        for (unsigned j = 0; j < i; j++) {
            if (hw_equal(mac, &machine->macs[j])) {
                problem_set(problem, "the MAC address %s is given twice", hw_print(mac, text));
                return STATUS_EXISTS;
            }
        }
    }
    return STATUS_OK;
}

/// Whether name, MACs and reserved addresses are its own.
static enum status machine_check_unique(const struct store *store, const struct machine *machine,
                                        struct problem *problem)
{
    const struct machine *other = store_machine_find_name(store, machine->name);
    if (other != NULL && other->id != machine->id) {
        problem_set(problem, "there is a machine called '%s' already", machine->name);
        problem_set_remedy(problem, "choose another name");
        return STATUS_EXISTS;
    }
    other = machine->address.value == 0 ? NULL : store_machine_find_address(store, machine->address);
    if (other != NULL && other->id != machine->id) {
        char text[IP4_TEXT_BYTES];
        problem_set(problem, "the address %s is reserved for the machine '%s'",
                    ip4_print(machine->address, text), other->name);
        problem_set_remedy(problem, "choose another address, or take it from that machine first");
        return STATUS_EXISTS;
    }
    other = ip6_is_none(machine->address6) ? NULL : store_machine_find_address6(store, machine->address6);
    if (other != NULL && other->id != machine->id) {
        char text[IP6_TEXT_BYTES];
        problem_set(problem, "the address %s is reserved for the machine '%s'",
                    ip6_print(machine->address6, text), other->name);
        problem_set_remedy(problem, "choose another address, or take it from that machine first");
        return STATUS_EXISTS;
    }
    return machine_check_macs(store, machine, problem);
}

enum status store_machine_put(struct store *store, struct machine *machine, struct problem *problem)
{
    struct row_table *table = machine_table(store);
    assert(machine->mac_count <= MACHINE_MACS_MOST && machine->name[0] != '\0');
    if (machine->id != 0 && row_table_find(table, machine->id) == ROW_NONE) {
        problem_set(problem, "the machine '%s' was removed meanwhile", machine->name);
        return STATUS_NOT_FOUND;
    }
    enum status status = machine_check_unique(store, machine, problem);
    if (status != STATUS_OK) {
        return status;
    }
    uint32_t row;
    if (machine->id == 0) {
        machine->id = table->last_id + 1;
        row = row_table_add(table, machine->id);
    } else {
        row = row_table_find(table, machine->id);
        machine_change_indexes(store, row, row_index_remove);
    }
    machine_write_row(store, row, machine);
    row_table_mark(table, machine->id);
    return STATUS_OK;
}

enum status store_machine_remove(struct store *store, uint64_t id)
{
    struct row_table *table = machine_table(store);
    uint32_t row = row_table_find(table, id);
    if (row == ROW_NONE) {
        return STATUS_NOT_FOUND;
    }
    memory_remove_orders(store, id);
    memory_remove_inventory(store, id);
    machine_change_indexes(store, row, row_index_remove);
    row_table_remove(table, row);
    row_table_mark(table, id);
    return STATUS_OK;
}

uint32_t store_machine_next_counter(const struct store *store)
{
    uint32_t count = machine_table(store)->count;
    bool *is_taken = heap_new_array(count + 1u, sizeof *is_taken); // one of 1..count + 1 is free
    const struct machine *machine;
    for (size_t at = 0; (machine = row_table_find_next(machine_table(store), &at)) != NULL;) {
        if (machine->counter >= 1 && machine->counter <= count) {
            is_taken[machine->counter - 1] = true;
        }
    }
    uint32_t counter = 1;
    while (is_taken[counter - 1]) {
        counter++;
    }
    heap_free(is_taken);
    return counter;
}
