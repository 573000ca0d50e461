// SPDX-License-Identifier: GPL-3.0-or-later
// The inside of a store, for the files of this room only: its tables, its indexes and its ring of events.
#pragma once

#include "store/journal.h"
#include "store/lease_log.h"
#include "store/row_table.h"
#include "store/store.h"

#define STORE_TABLE_COUNT  STORE_EVENT // every kind but events has a table
#define STORE_ORDERS_SLACK 256         // ended orders are forgotten so many at once

struct store_inventory { // what the agent found in a machine
    uint64_t machine_id;
    int64_t found_s;
    const char *json; // owned by its row
};

struct store_lease6 {
    uint64_t id;
    bool is_fresh; // when it waits for a commit: the disk does not know that this client has the address
    struct lease6 lease;
};

struct store {
    struct hash_key hash;
    struct journal *journal;
    struct lease_log *log;           // of leases; NULL in a store in memory only
    struct row_marks fresh;          // leases to clients of whom the disk does not know that they have them
    struct row_marks fresh_unsynced; // those among `unsynced`
    struct row_marks unsynced; // leases appended to the log by store_lease_start, perhaps not durable yet
    struct row_marks logged;   // leases that the log's file in use speaks of, and the journal not yet
    struct row_marks absorbed; // those of the other file, which the journal is taking over
    size_t absorbed_count;     // how many of those it has
    struct row_table *tables[STORE_TABLE_COUNT];
    struct row_index machine_by_mac;
    struct row_index machine_by_uuid; // under the smaller of its two spellings
    struct row_index machine_by_name;
    struct row_index machine_by_address;
    struct row_index machine_by_address6;
    struct row_index image_by_name;
    struct row_index profile_by_name;
    struct row_index order_live; // by machine
    struct row_index lease6_by_address;
    uint32_t lease6_hand; // where the search for old leases goes on
    uint32_t orders_ended;
    struct row_marks boots_gone; // that the journal may have
    uint64_t boot_written;       // the last one that the journal has
    size_t boot_bytes;           // the texts of all
    struct event *events;        // a ring: event N is in slot N % STORE_EVENTS_MOST
    uint64_t event_last;
    uint64_t event_written; // the last one that the journal has
};

/// The hash of a key for an index.
static inline uint32_t store_hash(const struct store *store, const void *key, size_t bytes)
{
    return (uint32_t)hash_bytes(store->hash, key, bytes);
}

/// Takes a machine as the journal has it into memory.
void memory_load_machine(void *store, const void *machine);
/// See memory_load_machine.
void memory_load_image(void *store, const void *image);
/// See memory_load_machine.
void memory_load_profile(void *store, const void *profile);
/// See memory_load_machine.
void memory_load_order(void *store, const void *order);
/// See memory_load_machine.
void memory_load_lease(void *store, const void *lease);
/// See memory_load_machine.
void memory_load_lease6(void *store, const void *lease);
/// What the lease log says happened after the journal was written.
struct lease_log_reader memory_replay_leases(struct store *store);
/// See memory_load_machine.
void memory_load_inventory(void *store, const void *inventory);
/// See memory_load_machine.
void memory_load_boot(void *store, const void *boot);
/// See memory_load_machine.
void memory_load_event(void *store, const void *event);

/// Wipes and frees a text that a row owns; NULL is allowed.
void memory_free_text(const char *taken_text);

/// Frees what the rows of profiles own and wipes their secrets.
void memory_clear_profiles(struct store *store);

/// Frees what the rows of inventories own.
void memory_clear_inventories(struct store *store);

/// Removes the inventory of a machine that goes.
void memory_remove_inventory(struct store *store, uint64_t machine_id);

/// Removes all orders of a machine that goes.
void memory_remove_orders(struct store *store, uint64_t machine_id);

/// Whether a live order names the profile `name`; its id in `*id`.
bool memory_find_order_of(const struct store *store, const char *name, uint64_t *id);

/// Whether a profile names the image `name`; that profile's name, borrowed, or NULL.
const char *memory_find_profile_of(const struct store *store, const char *name);

/// Writes up to `most` of the events that the journal does not have yet, and takes out the oldest. `*last` is
/// the last one that the journal has then; does not note that it did.
MUST_USE enum status memory_write_events(const struct store *store, uint64_t most, uint64_t *last,
                                         struct problem *problem);

/// Frees what the rows of boots own.
void memory_clear_boots(struct store *store);

/// Whether the journal lacks boots, or has ones that are forgotten.
bool memory_has_new_boots(const struct store *store);

/// Writes up to `most` of the boots that the journal does not have yet, and takes out what is forgotten.
/// `*last` is the last one that the journal has then; memory_wrote_boots notes that it did.
MUST_USE enum status memory_write_boots(const struct store *store, uint64_t most, uint64_t *last,
                                        struct problem *problem);

/// The journal has the boots up to `last`.
void memory_wrote_boots(struct store *store, uint64_t last);

/// Makes all changed leases durable in the log and forgets that they changed. STATUS_IO and `problem`: see
/// store_commit.
MUST_USE enum status memory_log_leases(struct store *store, struct problem *problem);
