// SPDX-License-Identifier: GPL-3.0-or-later
// The world of a scenario: the daemon's own desk, DHCP answers, generated files and store (in memory only),
// with a clock that a script moves and files that are made up. No sockets.
#pragma once

#include "config/config.h"
#include "scenario/machine.h"
#include "service/desk.h"
#include "service/dhcp_answer.h"
#include "service/generated.h"
#include "service/server_notes.h"

#define WORLD_MACHINES_MOST 16
#define WORLD_FILE_BYTES    100000u

struct world {
    int64_t now_ms; // Unix milliseconds
    struct config config;
    struct store *store;
    struct desk *desk;
    struct server_notes notes;
    struct dhcp_pools pools;
    bool is_open;        // pools are made from the configuration; no network can be added any more
    struct ip4 server;   // our address; 0 = the first of the first network
    bool is_proxy;       // another server gives the addresses
    char missing[64];    // a loader's file that is not installed
    struct content tree; // generated, then made up
    struct generated generated;
    bool has_reason[REASON_COUNT]; // told since the last thing a client did
    struct machine_actor machines[WORLD_MACHINES_MOST];
    unsigned machine_count;
    struct machine_actor *current; // who acts now, or NULL
};

/// A world at 2026-01-01 with nothing in it. NULL when there is no memory. Yours; world_free frees it.
struct world *world_new(void);

/// Frees it; NULL is allowed.
void world_free(struct world *world);

/// Makes the pools, once networks and machines are told; later calls make them anew, leases stay.
bool world_refresh(struct world *world, struct problem *problem);

/// Forgets the reasons told so far: a client does something new.
void world_begin(struct world *world);

/// Lets `seconds` pass.
void world_wait(struct world *world, uint32_t seconds);

/// What dhcp_answer needs.
struct dhcp_answer_world world_answer(struct world *world);
