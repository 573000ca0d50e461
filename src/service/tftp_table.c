// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/tftp_table.h"

#include "base/hash.h"
#include "io/heap.h"

#include <string.h>
#include <sys/random.h>

#define CAPACITY_FIRST 64

uint64_t tftp_key_ip6(struct ip client, uint16_t port)
{
    struct hash_key key = {0x696d7072696e7436, 0x6b65790000000000 | port};
    return hash_bytes(key, &client, sizeof client) | UINT64_C(1) << 63;
}

void tftp_table_init(struct tftp_table *table)
{
    *table = (struct tftp_table){.capacity = CAPACITY_FIRST};
    table->slots = heap_new_array(CAPACITY_FIRST, sizeof *table->slots);
    ssize_t got = getrandom(&table->seed, sizeof table->seed, 0);
    assert(got == sizeof table->seed);
}

void tftp_table_clear(struct tftp_table *table)
{
    heap_free(table->slots);
    *table = (struct tftp_table){0};
}

// Mixes every bit of the key into every bit of the place (the finaliser of MurmurHash3).
static uint32_t home(const struct tftp_table *table, uint64_t key)
{
    uint64_t mixed = key ^ table->seed;
    mixed = (mixed ^ (mixed >> 33)) * 0xff51afd7ed558ccdu;
    mixed = (mixed ^ (mixed >> 33)) * 0xc4ceb9fe1a85ec53u;
    mixed ^= mixed >> 33;
    return (uint32_t)mixed & (table->capacity - 1);
}

// The slot of `key`, or the empty one where it would go.
static struct tftp_table_slot *look(const struct tftp_table *table, uint64_t key)
{
    uint32_t at = home(table, key);
    while (table->slots[at].value != NULL && table->slots[at].key != key) {
        at = (at + 1) & (table->capacity - 1);
    }
    return &table->slots[at];
}

void *tftp_table_find(const struct tftp_table *table, uint64_t key)
{
    return look(table, key)->value;
}

static void grow(struct tftp_table *table)
{
    struct tftp_table_slot *old = table->slots;
    uint32_t old_capacity = table->capacity;
    table->capacity *= 2;
    table->slots = heap_new_array(table->capacity, sizeof *table->slots);
    for (uint32_t i = 0; i < old_capacity; i++) {
        if (old[i].value != NULL) {
            *look(table, old[i].key) = old[i];
        }
    }
    heap_free(old);
}

void tftp_table_put(struct tftp_table *table, uint64_t key, void *value)
{
    assert(value != NULL);
    struct tftp_table_slot *slot = look(table, key);
    if (slot->value == NULL && table->count + 1 > table->capacity / 2) {
        grow(table);
        slot = look(table, key);
    }
    table->count += slot->value == NULL ? 1 : 0;
    *slot = (struct tftp_table_slot){.key = key, .value = value};
}

void *tftp_table_remove(struct tftp_table *table, uint64_t key)
{
    struct tftp_table_slot *slot = look(table, key);
    void *value = slot->value;
    if (value == NULL) {
        return NULL;
    }
    table->count--;
    uint32_t mask = table->capacity - 1;
    uint32_t hole = (uint32_t)(slot - table->slots);
    // Those behind the hole that were pushed away from their own place move up, so no search ends too soon.
    for (uint32_t at = (hole + 1) & mask; table->slots[at].value != NULL; at = (at + 1) & mask) {
        uint32_t wanted = home(table, table->slots[at].key);
        if (((at - wanted) & mask) >= ((at - hole) & mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole] = (struct tftp_table_slot){0};
    return value;
}
