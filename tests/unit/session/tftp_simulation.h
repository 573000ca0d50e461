// SPDX-License-Identifier: GPL-3.0-or-later
// A network, a clock and a client around one TFTP read, all of it simulated: packets get lost, doubled and
// overtaken by the dice of a seed, so that a failure comes back exactly.
#pragma once

#include "session/tftp.h"

enum simulated_client {
    CLIENT_PLAIN, // RFC 7440: says once where a gap is; repeats its last ACK when a block comes twice
    CLIENT_EDK2,  // says so for every block that is not the one it expects
    CLIENT_UBOOT, // ignores blocks that come twice; only its own timer repeats an ACK
    CLIENT_MUTE,  // takes everything and never acknowledges the last block
};

struct simulation {
    // what the test asks for
    enum simulated_client client;
    uint64_t size_bytes;
    uint16_t block_bytes; // 0 = the client asks for no options at all
    uint16_t window;      // 0 = not asked
    bool is_variable;     // asks for msftwindow, and another window with each ACK
    unsigned loss_permille;
    unsigned double_permille;
    int64_t delay_us;       // one way
    unsigned late_permille; // so many packets are overtaken by later ones ...
    int64_t late_us;        // ... since they come up to this much later
    int64_t client_timer_us;
    uint64_t seed;
    uint64_t loses_block; // the first copy of this block gets lost; 0 = none
    unsigned ring_blocks; // the client's network card holds so many; 0 = any number ...
    int64_t ring_us;      // ... and the client takes so long for each
    uint64_t vanishes_at; // the client says nothing any more after this block; 0 = never
    // what came of it
    struct tftp_read read;
    bool is_finished;
    enum tftp_outcome outcome;
    int64_t now_us;
    uint64_t got;         // blocks that arrived in order
    bool has_all;         // the whole file
    uint64_t blocks_sent; // by the server
    uint64_t acks_sent;   // by the client
    uint64_t events;
};

/// Runs to the end (or 10 simulated minutes, or 50 million events) and fills in what came of it.
void simulation_run(struct simulation *simulation);
