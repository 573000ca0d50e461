// SPDX-License-Identifier: GPL-3.0-or-later
// What the daemon makes of what its services tell: transfers that ended move orders on and go to the
// timeline; every event goes to the log.
#pragma once

#include "io/log.h"
#include "service/desk.h"
#include "service/transfer.h"

#define SERVER_ABSENT_CLIENTS_MOST 1024
#define SERVER_ABSENT_BYTES        176
#define SERVER_ABSENT_QUIET_MS     3000
#define SERVER_ABSENT_MOST_MS      30000

struct server_absent { // what one client looked for that need not be there; count 0 = nothing
    struct ip address;
    unsigned count;
    int64_t since_ms;
    int64_t last_ms;
    bool is_cut;
    char names[SERVER_ABSENT_BYTES]; // escaped
};

struct server_notes { // large: keep it on the heap or static; zero but for the first two
    struct desk *desk;
    struct log *log;
    unsigned absent_count; // those that are not told yet
    struct server_absent absent[SERVER_ABSENT_CLIENTS_MOST];
};

/// A transfer ended: steps its order, and tells the timeline what is worth a line there (what a machine
/// boots, and what went wrong). Files that loaders go on without are collected: server_notes_tick tells them.
void server_note_transfer(struct server_notes *notes, const struct transfer_end *end);

/// Tells what was collected for clients that are quiet again. Call every few seconds.
void server_notes_tick(struct server_notes *notes);

/// Tells that `client` was silent behind its first block of `stuck_bytes` and gets `block_bytes` from now on.
void server_note_blocks(struct desk *desk, struct ip client, uint16_t stuck_bytes, uint16_t block_bytes);

/// Tells that `count` TFTP requests were not answered, the last one of `client` (none = not known).
void server_note_dropped(struct desk *desk, uint64_t count, struct ip client);

/// Writes `event` to the log, with the machine's name and the reasons.
void server_log_event(const struct store *store, struct log *log, const struct event *event);
