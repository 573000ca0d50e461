// SPDX-License-Identifier: GPL-3.0-or-later
// One simulated TFTP client that reads a file and checks every byte of it: RFC 1350, 2347, 2348, 2349 (tsize)
// and 7440, on its own few lines and not on the server's codec, so that both cannot be wrong alike. Its only
// means against loss is its timer, as with firmware: it repeats the request, or its last ACK.
#pragma once

#include "tftp_load_link.h"

#define LOAD_CLIENT_TRIES_MOST 10

enum load_client_state {
    LOAD_CLIENT_OFF,
    LOAD_CLIENT_OPENING, // has asked
    LOAD_CLIENT_READING,
    LOAD_CLIENT_HELD, // has acknowledged the OACK and falls silent (mode idle)
    LOAD_CLIENT_DONE,
    LOAD_CLIENT_FAILED
};

struct load_client {
    enum load_client_state state;
    uint16_t server_port; // 0 = has not answered yet
    uint16_t last_block;
    uint32_t block_bytes, window_blocks; // as granted
    uint32_t window_seen;                // blocks since the last ACK
    uint32_t stray_ahead;                // how far the last block behind a gap was ahead; 0 = no gap
    unsigned tries;
    uint64_t received_bytes;
    uint64_t started_us, finished_us, deadline_us;
};

struct load_plan { // what every client does
    const char *file;
    const uint8_t *expected;
    uint64_t expected_bytes;
    uint32_t block_bytes, window_blocks; // to ask for; 0 and 1 = do not ask
    uint64_t timer_us;
    bool acks_all; // an ACK for each block behind a gap, as EDK2
    bool holds;    // mode idle
    bool has_no_tsize;
};

struct load_tally { // of all clients
    uint64_t bytes;
    uint64_t blocks;
    uint64_t retransmissions; // of ours, by the timer
    uint64_t duplicates;      // blocks that the client had already
    uint64_t strays;          // blocks behind a gap
    uint32_t done, held, failed;
    char first_failure[160];
};

struct load_world {
    struct load_link *link;
    struct load_plan plan;
    struct load_tally tally;
    struct load_client *clients;
    uint32_t count;
    uint64_t now_us;
};

/// The client asks for the file.
void load_client_start(struct load_world *world, uint32_t index);

/// It takes a packet from the server.
void load_client_take(struct load_world *world, const struct load_packet *packet);

/// Its deadline has passed: it repeats what it said last, or gives up.
void load_client_wake(struct load_world *world, uint32_t index);

/// Gives up, with the reason.
void load_client_fail(struct load_world *world, uint32_t index, const char *why);

/// The read request for the plan, in at most LOAD_LINK_SEND_BYTES; its length, 0 when the name is too long.
size_t load_client_encode_request(const struct load_plan *plan, uint8_t bytes[LOAD_LINK_SEND_BYTES]);
