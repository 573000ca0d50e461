// SPDX-License-Identifier: GPL-3.0-or-later
// Whoever receives the DATA of a TFTP transfer, a server taking an upload or a client reading: which block is
// the next of the file and when to acknowledge (RFC 1350, RFC 7440 section 4). Pure; timers are its users'.
#pragma once

#include "wire/tftp.h"

struct tftp_receive {
    uint16_t block_bytes;
    uint16_t window;          // blocks to one ACK
    uint16_t rollover;        // the number behind 65535 ...
    bool is_rollover_unknown; // ... or 0 or 1, whichever the sender takes
    uint64_t got;             // blocks that came in order
    uint64_t bytes;           // in them
    uint64_t acked;           // highest block acknowledged
    unsigned in_window;       // blocks since the last ACK
    unsigned ones;            // times a 1 followed 65535
    bool has_told_gap;        // since the last progress
    bool has_all;             // the last block came
    int64_t acked_us;         // instant of the last ACK
};

enum tftp_receive_verdict {
    TFTP_RECEIVE_IGNORE,   // a repeat, or beyond a gap that was told already
    TFTP_RECEIVE_ACK,      // take nothing, say again where we stand
    TFTP_RECEIVE_TAKE,     // the next block of the file
    TFTP_RECEIVE_TAKE_ACK, // ... and acknowledge it
    TFTP_RECEIVE_BAD       // longer than agreed
};

/// Begins with what was agreed. `rollover` 0 .. TFTP_ROLLOVER_MOST, or -1 for 0 or 1, whichever comes.
void tftp_receive_init(struct tftp_receive *receive, uint16_t block_bytes, uint16_t window, int rollover);

/// Takes the next DATA: number, length, and the instant (monotonic).
enum tftp_receive_verdict tftp_receive_block(struct tftp_receive *receive, uint16_t number, size_t bytes,
                                             int64_t now_us);

/// The number to acknowledge: of the last block that came in order. To be called for each ACK sent, since a
/// fresh window begins behind it.
uint16_t tftp_receive_ack(struct tftp_receive *receive, int64_t now_us);

/// The number on the wire of block `block`.
uint16_t tftp_receive_wire_block(const struct tftp_receive *receive, uint64_t block);
