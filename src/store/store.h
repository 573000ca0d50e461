// SPDX-License-Identifier: GPL-3.0-or-later
// All durable facts behind one interface: machines, images, profiles, orders, leases, events. Everything is
// in memory and found there; every change is written through to a journal (SQLite, or nothing in tests) and
// is durable after the next store_commit. One thread uses a store (but see store_lease_sync). Pointers that
// it returns are borrowed and valid until the next put or remove of the same kind.
#pragma once

#include "base/problem.h"
#include "model/event.h"
#include "model/image.h"
#include "model/lease.h"
#include "model/lease6.h"
#include "model/machine.h"
#include "model/order.h"
#include "model/profile.h"

struct store;

/// Opens the store in file `path` (created, mode 0600; its folder must exist) or, with NULL, in memory only.
/// NULL and `problem` on failure: not writable, damaged, made by a newer version, locked by another imprint.
/// Yours; store_close frees it.
struct store *store_open(const char *path, struct problem *problem);

/// Commits and frees; NULL is allowed. Who must know whether that worked calls store_commit before.
void store_close(struct store *store);

/// Whether there is something to commit that somebody waits for (events alone do not count).
bool store_is_dirty(const struct store *store);

/// Makes all changes so far durable, in one transaction (group commit). STATUS_IO and `problem` when the disk
/// says no: the changes stay in memory and are tried again at the next commit, and nothing may be
/// acknowledged to a client.
MUST_USE enum status store_commit(struct store *store, struct problem *problem);

/// Whether the database lacks something that store_absorb would write: leases that are only in the log of
/// leases beside it, or events, or boots.
bool store_has_unabsorbed(const struct store *store);

/// Brings the database nearer to what is durable anyway, by at most `most` leases, events and boots, without
/// waiting for the disk except now and then. Call it every few moments while store_has_unabsorbed. STATUS_IO
/// and `problem` when the disk says no: nothing is lost, it is tried again with the next call.
MUST_USE enum status store_absorb(struct store *store, uint32_t most, struct problem *problem);

/// Writes all that is durable into the database itself, so that this file alone is the store.
MUST_USE enum status store_absorb_all(struct store *store, struct problem *problem);

/// Visits every one of a kind, in order of id. The callback returns false to stop and must not change the
/// store.
void store_machine_each(const struct store *store, bool (*visit)(const struct machine *, void *),
                        void *context);
/// See store_machine_each.
void store_image_each(const struct store *store, bool (*visit)(const struct image *, void *), void *context);
/// See store_machine_each.
void store_profile_each(const struct store *store, bool (*visit)(const struct profile *, void *),
                        void *context);
/// See store_machine_each.
void store_order_each(const struct store *store, bool (*visit)(const struct order *, void *), void *context);
/// See store_machine_each; leases come in order of address.
void store_lease_each(const struct store *store, bool (*visit)(const struct lease *, void *), void *context);
/// Visits the remembered events after id `after` (0 = all that are remembered), oldest first.
void store_event_each(const struct store *store, uint64_t after, bool (*visit)(const struct event *, void *),
                      void *context);

/// The machine with that id, or NULL.
const struct machine *store_machine_get(const struct store *store, uint64_t id);
/// The machine that has `mac`, or NULL.
const struct machine *store_machine_find_mac(const struct store *store, const struct hw *mac);
/// The only machine with `uuid` in either spelling; NULL when there is none or several share it (`*shared`
/// then true; may be NULL).
const struct machine *store_machine_find_uuid(const struct store *store, const struct uuid *uuid,
                                              bool *shared);
/// The machine called `name`, or NULL.
const struct machine *store_machine_find_name(const struct store *store, const char *name);
/// The machine for which `address` is reserved, or NULL.
const struct machine *store_machine_find_address(const struct store *store, struct ip4 address);
/// The machine for which the IPv6 `address` is reserved, or NULL.
const struct machine *store_machine_find_address6(const struct store *store, struct ip6 address);
/// Stores a copy. id 0 = a new one, whose id is written back. STATUS_EXISTS and `problem` when its name, one
/// of its MACs or a reserved address belongs to another machine, or a MAC is given twice; STATUS_NOT_FOUND
/// when it has an id but was removed meanwhile.
MUST_USE enum status store_machine_put(struct store *store, struct machine *machine, struct problem *problem);
/// Removes the machine and its orders. STATUS_NOT_FOUND when there is none.
enum status store_machine_remove(struct store *store, uint64_t id);

/// The image called `name`, or NULL.
const struct image *store_image_find(const struct store *store, const char *name);
/// Stores a copy; id 0 = a new one. STATUS_EXISTS when the name belongs to another one; STATUS_NOT_FOUND when
/// it has an id but was removed meanwhile.
MUST_USE enum status store_image_put(struct store *store, struct image *image, struct problem *problem);
/// Removes it. STATUS_NOT_FOUND; STATUS_BUSY and `problem` while a profile names it.
MUST_USE enum status store_image_remove(struct store *store, const char *name, struct problem *problem);

/// The profile called `name`, or NULL.
const struct profile *store_profile_find(const struct store *store, const char *name);
/// Stores a copy, the texts that it points to as well; id 0 = a new one. STATUS_EXISTS when the name belongs
/// to another one; STATUS_NOT_FOUND when it has an id but was removed meanwhile.
MUST_USE enum status store_profile_put(struct store *store, struct profile *profile, struct problem *problem);
/// Removes it. STATUS_NOT_FOUND; STATUS_BUSY and `problem` while a live order names it.
MUST_USE enum status store_profile_remove(struct store *store, const char *name, struct problem *problem);

/// The order with that id, or NULL.
const struct order *store_order_get(const struct store *store, uint64_t id);
/// The live order (order_is_live) of a machine, or NULL; there is at most one.
const struct order *store_order_find_live(const struct store *store, uint64_t machine_id);
/// Stores a copy; id 0 = a new one. STATUS_EXISTS and `problem` when it is live and the machine has another
/// live one; STATUS_NOT_FOUND when its machine, or an order with its id, is not there. The newest
/// STORE_ORDERS_MOST that ended are remembered.
MUST_USE enum status store_order_put(struct store *store, struct order *order, struct problem *problem);

/// What the agent last found in a machine, as JSON (talk_inventory_encode), and when (`found_s` may be NULL);
/// NULL when it never ran there.
const char *store_inventory_find(const struct store *store, uint64_t machine_id, int64_t *found_s);
/// Stores a copy, at most STORE_INVENTORY_BYTES_MOST, for a machine; it goes when the machine goes.
/// STATUS_NOT_FOUND when there is no such machine.
MUST_USE enum status store_inventory_put(struct store *store, uint64_t machine_id, const char *json,
                                         int64_t found_s);

struct store_boot {      // a boot that is over
    uint64_t id;         // its number; later ones have higher ones
    struct hw mac;       // of the card that booted
    const char *verdict; // why it stopped, one sentence; "" when it did not, or nobody knows
    const char *json;    // the whole story
};

/// The highest number of a boot so far, or 0.
uint64_t store_boot_last_id(const struct store *store);
/// Stores a copy, under a number that no boot has yet; the oldest make room (STORE_BOOTS_*). One above
/// STORE_BOOT_BYTES_MOST is dropped. Written with the next commit; losing the last ones in a crash is
/// allowed.
void store_boot_add(struct store *store, const struct store_boot *boot);
/// The newest boot of one of the machine's cards whose number is below `before`; NULL when there is none.
const struct store_boot *store_boot_find(const struct store *store, const struct machine *machine,
                                         uint64_t before);

/// The newest image of IMAGE_AGENT_FAMILY, or NULL.
const struct image *store_image_find_agent(const struct store *store);

/// The smallest number from 1 that is no machine's `counter`.
uint32_t store_machine_next_counter(const struct store *store);

/// Stores a lease under its address, which must not be 0.
void store_lease_put(struct store *store, const struct lease *lease);
/// The lease of `address`, or NULL.
const struct lease *store_lease_find(const struct store *store, struct ip4 address);
/// How many rows there are for store_lease_at. A lease stays in its row as long as it is remembered, so rows
/// can be visited a few at a time, while leases come and go, and none that is there all the time is missed.
uint32_t store_lease_rows(const struct store *store);
/// The lease in `row`, below store_lease_rows, or NULL.
const struct lease *store_lease_at(const struct store *store, uint32_t row);
/// Whether leases wait for a commit and nothing else does, and none are on their way: then they may be made
/// durable beside the loop. Never so in a store in memory only.
bool store_lease_may_start(const struct store *store);
/// Writes the leases that wait, without waiting for the disk: they are durable when a store_lease_sync that
/// began afterwards returned 0 and store_lease_finish has been told. Only after store_lease_may_start.
/// STATUS_IO and `problem`: see store_commit.
MUST_USE enum status store_lease_start(struct store *store, struct problem *problem);
/// Waits for the disk; from another thread. 0, or the errno that tells why they are not durable.
MUST_USE int store_lease_sync(const struct store *store);
/// Says what came of store_lease_start: those that are not durable wait for a commit again.
void store_lease_finish(struct store *store, bool is_durable);
/// Whether `address` is bound to a client, and the disk knows to which, though perhaps until sooner. It may
/// say no of a client that changed hands and came back since the last commit.
bool store_lease_is_durable(const struct store *store, struct ip4 address);
/// Forgets the lease of `address`.
void store_lease_remove(struct store *store, struct ip4 address);

/// Stores a lease of DHCPv6 under its address. With STORE_LEASES6_KEPT of them, ones that are over at `now_s`
/// make room. Durable with the next store_commit.
void store_lease6_put(struct store *store, const struct lease6 *lease, int64_t now_s);
/// The lease of `address`, or NULL.
const struct lease6 *store_lease6_find(const struct store *store, struct ip6 address);
/// See store_lease_is_durable.
bool store_lease6_is_durable(const struct store *store, struct ip6 address);
/// See store_lease_rows.
uint32_t store_lease6_rows(const struct store *store);
/// See store_lease_at.
const struct lease6 *store_lease6_at(const struct store *store, uint32_t row);
/// See store_machine_each; leases come in no order.
void store_lease6_each(const struct store *store, bool (*visit)(const struct lease6 *, void *),
                       void *context);

/// Appends a copy and gives it the next id, which is returned. The newest STORE_EVENTS_MOST are remembered.
/// Written with the next commit; losing the last ones in a crash is allowed.
uint64_t store_event_add(struct store *store, const struct event *event);

#define STORE_EVENTS_MOST          10000
#define STORE_LEASES6_KEPT         131072 // beyond these, those that are over are forgotten
#define STORE_ORDERS_MOST          10000
#define STORE_INVENTORY_BYTES_MOST (1024 * 1024)
#define STORE_BOOTS_MOST           2048
#define STORE_BOOTS_OF_CARD        16
#define STORE_BOOT_BYTES_MOST      ((size_t)1024 * 1024)
#define STORE_BOOTS_BYTES_MOST     ((size_t)8 * 1024 * 1024) // of all
