// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the database near to what is durable already (store_absorb), a little now and then while the loop
// serves.
#pragma once

#include "io/log.h"
#include "io/loop.h"
#include "store/store.h"

struct server_absorb {
    struct store *store;
    struct log *log;
    struct loop_timer *timer;
    bool is_due;     // the timer runs
    bool has_failed; // the last time, and that was told
};

/// Begins to look after `store`; all borrowed, must outlive it. server_absorb_clear ends it.
void server_absorb_init(struct server_absorb *absorb, struct loop *loop, struct store *store,
                        struct log *log);

/// The end of a turn: when there is something to absorb, it happens soon.
void server_absorb_note(struct server_absorb *absorb);

/// Ends it; one that is all zero is allowed.
void server_absorb_clear(struct server_absorb *absorb);
