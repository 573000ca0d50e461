// SPDX-License-Identifier: GPL-3.0-or-later
// Where the store writes its changes: a struct of functions, one per way of keeping them. A new way is one
// file that fills this struct. Ids of leases are their addresses,
// those of inventories their machines'.
#pragma once

#include "base/problem.h"
#include "base/status.h"

enum store_kind { // in the order in which they are loaded and written
    STORE_MACHINE,
    STORE_IMAGE,
    STORE_PROFILE,
    STORE_ORDER,
    STORE_LEASE,
    STORE_LEASE6,
    STORE_INVENTORY,
    STORE_BOOT,
    STORE_EVENT,
    STORE_KIND_COUNT
};

struct journal {
    /// Starts a transaction. With `is_lazy` its end does not wait for the disk: it is durable with the end of
    /// the next one that does.
    enum status (*begin)(struct journal *journal, bool is_lazy, struct problem *problem);
    /// Writes the row (struct machine, image, profile, order, lease, store_lease6, store_inventory,
    /// store_boot or event)
    /// with its id.
    enum status (*put)(struct journal *journal, enum store_kind kind, const void *row,
                       struct problem *problem);
    /// Removes the row with that id, if it is there; for events it and all older ones.
    enum status (*remove)(struct journal *journal, enum store_kind kind, uint64_t id,
                          struct problem *problem);
    /// Writes the highest id that a kind ever had, so that none is used twice.
    enum status (*put_last_id)(struct journal *journal, enum store_kind kind, uint64_t last_id,
                               struct problem *problem);
    /// Ends the transaction; on STATUS_OK all of it is durable, unless it is a lazy one.
    enum status (*end)(struct journal *journal, struct problem *problem);
    /// Takes the transaction back after any of these failed.
    void (*abandon)(struct journal *journal);
    /// Hands every row of a kind to `take`, in order of id; it is borrowed for the call.
    enum status (*load)(struct journal *journal, enum store_kind kind,
                        void (*take)(void *context, const void *row), void *context, struct problem *problem);
    /// What put_last_id wrote last, or 0.
    enum status (*load_last_id)(struct journal *journal, enum store_kind kind, uint64_t *last_id,
                                struct problem *problem);
    /// Frees it.
    void (*close)(struct journal *taken_journal);
};

/// A journal that keeps nothing: everything succeeds, nothing is loaded. Never NULL; its close frees it.
struct journal *journal_none_open(void);
