// SPDX-License-Identifier: GPL-3.0-or-later
// One TFTP read (RFC 1350, 2347, 2348, 2349, 7440) as a state machine: events in, actions out. It says WHICH
// blocks to send, never which bytes; time comes in with the event. Adaptive timer (RFC 6298), one rewind per
// loss, quiet ends for size probes.
#pragma once

#include "wire/tftp.h"

enum tftp_event_kind {
    TFTP_EVENT_START, // the request was accepted
    TFTP_EVENT_ACK,
    TFTP_EVENT_ERROR, // the client sent ERROR
    TFTP_EVENT_WAKE,  // the instant asked for by WAKE_AT came
};

struct tftp_event {
    enum tftp_event_kind kind;
    int64_t now_us; // monotonic microseconds
    uint16_t block; // of ACK
    uint16_t code;  // of ERROR
};

enum tftp_action_kind {
    TFTP_ACTION_SEND_OACK,
    TFTP_ACTION_SEND_BLOCKS, // blocks first .. first+count-1; numbers on the wire are (uint16_t)
    TFTP_ACTION_WAKE_AT,     // replaces the last one; comes with every step that does not finish
    TFTP_ACTION_FINISHED,
};

enum tftp_outcome {
    TFTP_OUTCOME_DONE,    // everything acknowledged (or all sent and the last ACK lost)
    TFTP_OUTCOME_PROBED,  // the client asked for the size only (ERROR right after OACK)
    TFTP_OUTCOME_ABORTED, // the client sent ERROR in the middle
    TFTP_OUTCOME_TIMEOUT,
};

struct tftp_action {
    enum tftp_action_kind kind;
    uint64_t first; // SEND_BLOCKS: 1-based, does not wrap
    unsigned count;
    int64_t at_us;             // WAKE_AT
    enum tftp_outcome outcome; // FINISHED
};

#define TFTP_ACTIONS_MOST  4
#define TFTP_WINDOW_MOST   64
#define TFTP_BLOCK_DEFAULT 512

struct tftp_limits {
    uint16_t block_most;  // largest blksize we grant (interface MTU - 32, or more when fragments are allowed)
    uint16_t window_most; // 1..64
};

struct tftp_read {
    uint64_t size_bytes;
    uint64_t block_count; // >= 1; the last one is shorter than block_bytes, perhaps empty
    uint16_t block_bytes;
    uint16_t window;
    bool has_oack;
    bool wants_timeout;
    uint8_t timeout_s; // granted, when wants_timeout
    bool tells_size;
    bool is_oack_acked;
    uint64_t acked;     // all blocks up to this one arrived
    uint64_t sent;      // highest one sent
    uint64_t recover;   // ignore duplicate ACKs until one passes this
    int64_t sent_at_us; // of the block the round trip is measured on; 0 = not measuring (Karn)
    uint64_t measured;
    int64_t srtt_us; // 0 = no sample yet
    int64_t rttvar_us;
    int64_t progress_us; // instant of the last progress
    int64_t wake_us;
    unsigned tries; // timeouts in a row
    bool is_finished;
};

/// Starts a read of a file of `size_bytes` for `request` (a decoded RRQ in octet mode): grants options within
/// `limits`.
void tftp_read_init(struct tftp_read *read, const struct tftp_request *request, uint64_t size_bytes,
                    const struct tftp_limits *limits);

/// Takes one event; writes what to do to `actions` and returns how many. After FINISHED only `tftp_read_init`
/// may follow.
unsigned tftp_read_step(struct tftp_read *read, const struct tftp_event *event,
                        struct tftp_action actions[TFTP_ACTIONS_MOST]);

/// Encodes the OACK for `read` (RFC 2347): the options granted, in lower case, in the client's order. Bytes
/// written, 0 when none.
size_t tftp_read_encode_oack(const struct tftp_read *read, const struct tftp_request *request, void *out,
                             size_t out_bytes);

/// How many bytes block `block` (1-based) carries.
size_t tftp_read_block_bytes(const struct tftp_read *read, uint64_t block);
