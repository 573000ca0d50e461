// SPDX-License-Identifier: GPL-3.0-or-later
// A hash table from a number to a pointer, for what the engine looks up with every packet. Open addressing;
// keyed by chance, so that strangers cannot make it slow.
#pragma once

#include "base/ip.h"

struct tftp_table_slot {
    uint64_t key;
    void *value; // NULL = empty
};

struct tftp_table {
    struct tftp_table_slot *slots;
    uint32_t capacity; // a power of two
    uint32_t count;
    uint64_t seed;
};

/// The key of an IPv6 client's conversation by `port`; never that of an IPv4 client's.
uint64_t tftp_key_ip6(struct ip client, uint16_t port);

/// An empty table. tftp_table_clear gives it back.
void tftp_table_init(struct tftp_table *table);

/// Frees the table, not what it points to.
void tftp_table_clear(struct tftp_table *table);

/// What stands under `key`, or NULL.
void *tftp_table_find(const struct tftp_table *table, uint64_t key);

/// Puts `value` (not NULL) under `key`, in place of what stood there.
void tftp_table_put(struct tftp_table *table, uint64_t key, void *value);

/// Takes out what stands under `key`; NULL when nothing did.
void *tftp_table_remove(struct tftp_table *table, uint64_t key);
