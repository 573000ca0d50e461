// SPDX-License-Identifier: GPL-3.0-or-later
// A server with all its TFTP sessions, many clients and a bad network between them, on a simulated clock: the
// pure machines of both ends talk to each other. What goes wrong is decided by the dice of a seed.
#pragma once

#include "session/tftp_fetch.h"
#include "session/tftp_write.h"

enum world_client {
    WORLD_GET,    // our own client reads
    WORLD_PUT,    // ... or sends
    WORLD_PROBE,  // wants to know the size and ends with ERROR
    WORLD_LIAR,   // says anything at all, for a while
    WORLD_FORGED, // asked in the name of another, who does not even know
    WORLD_CLIENT_COUNT
};

struct world_pair { // one client, and the session that the server has with it
    // what the test asks for
    enum world_client client;
    struct tftp_options asked;
    uint64_t size_bytes;
    uint64_t size_most; // of an upload
    uint16_t rollover;  // of this server for this client
    uint8_t next_window;
    int64_t start_us;
    int64_t delay_us; // one way
    unsigned loss_permille;
    unsigned double_permille;
    unsigned vanishes_after; // packets that the client still takes; 0 = it stays
    unsigned lies;           // of a liar
    // what came of it
    bool is_over; // for the client
    enum tftp_fetch_outcome outcome;
    int64_t over_us;
    bool is_stored; // the server has all of the upload
    uint64_t blocks_sent;
    // inside
    struct tftp_fetch fetch;
    unsigned taken;      // packets
    unsigned client_tid; // the server's port as the client knows it; 0 = none
    bool is_silent;
    int64_t client_wake_us;
    enum { WORLD_IDLE, WORLD_READS, WORLD_WRITES } serving;
    unsigned tid;
    int64_t server_wake_us;
    struct tftp_read read;
    struct tftp_write write;
};

struct world {
    struct world_pair *pairs;
    unsigned count;
    uint64_t seed;
    // what came of it
    int64_t now_us;
    uint64_t events;
    unsigned reads_started;
    unsigned writes_started;
    unsigned reads_ended[TFTP_OUTCOME_TIMEOUT + 1];
    unsigned writes_ended[TFTP_WRITE_BAD + 1];
    unsigned live; // sessions of the server
    unsigned live_most;
    // inside
    struct world_packet *packets; // a binary heap, the earliest on top
    size_t packet_count;
    size_t packet_room;
    uint64_t order;
    uint64_t dice;
};

/// Runs until nothing is left to happen.
void world_run(struct world *world);

/// The next number of the dice.
uint64_t world_roll(struct world *world);
