// SPDX-License-Identifier: GPL-3.0-or-later
// One TFTP read (RFC 1350, 2347, 2348, 2349, 7440) as a state machine: events in, actions out. It says WHICH
// blocks to send, never which bytes; time comes in with the event. Adaptive timer (RFC 6298), one rewind per
// loss, quiet ends for size probes. It opens no file and knows no name.
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
    uint8_t window; // of ACK: its fifth byte (tftp_packet.ack_window), 0 = none
    uint16_t code;  // of ERROR
};

enum tftp_action_kind {
    TFTP_ACTION_SEND_OACK,
    TFTP_ACTION_SEND_BLOCKS, // blocks first .. first+count-1; tftp_read_wire_block has their numbers
    TFTP_ACTION_WAKE_AT,     // replaces the last one; comes with every step that does not finish
    TFTP_ACTION_FINISHED,
};

enum tftp_outcome {
    TFTP_OUTCOME_DONE,    // everything acknowledged (or all sent and the last ACK lost)
    TFTP_OUTCOME_PROBED,  // the client asked for the size only (ERROR right after OACK)
    TFTP_OUTCOME_ABORTED, // the client sent ERROR in the middle
    TFTP_OUTCOME_TIMEOUT, // no progress for TFTP_PATIENCE_US, or never an answer
};

struct tftp_action {
    enum tftp_action_kind kind;
    uint64_t first; // SEND_BLOCKS: 1-based, does not wrap
    unsigned count;
    int64_t at_us;             // WAKE_AT
    enum tftp_outcome outcome; // FINISHED
};

#define TFTP_ACTIONS_MOST 4
#define TFTP_WINDOW_MOST  64
#define TFTP_BURST_BYTES  262144u // of one window; large blocks get fewer of them
#define TFTP_PATIENCE_US  60000000
#define TFTP_SILENT_US    1000000 // behind the first block: no client takes that long for one that it got
#define TFTP_LAST_TRIES   5       // at least, of the last window, when only its ACK may be missing ...
#define TFTP_LAST_US      5000000 // ... and this long: EDK2 speaks up after 4 s when it lost that window
#define TFTP_FIRST_TRIES  6       // of the first block to one who never answered: the request may be forged

#define TFTP_OACK_TRIES 16 // of the OACK, which is smaller, to the same

#define TFTP_ROLLOVER_MOST 64511 // so that at least 1024 numbers are told apart behind it

struct tftp_limits {
    uint16_t block_most;  // largest blksize we grant, >= 8 (interface MTU - 32, or more where fragments are
                          // allowed)
    uint16_t window_most; // 1..64
    uint16_t rollover;    // the number behind 65535 unless the client asks for another; 0..TFTP_ROLLOVER_MOST
    uint16_t refused;     // options to leave out of the OACK: bits 1u << enum tftp_option
    bool may_multicast;   // for who sends to the group; one read never grants multicast by itself
};

struct tftp_read {
    uint64_t size_bytes;
    uint64_t block_count; // >= 1; the last one is shorter than block_bytes, perhaps empty
    uint16_t block_bytes;
    uint16_t window;
    uint16_t window_most; // of a window that the client may change with each ACK (msftwindow); 0 = it may not
    uint16_t rollover;    // the number behind 65535
    struct tftp_options granted; // what the OACK says; count 0 = no OACK
    bool must_know;              // a lost last ACK is not forgiven: who uploads must know that all arrived
    bool is_oack_acked;
    bool has_heard;      // an ACK came
    uint64_t acked;      // all blocks up to this one arrived
    uint64_t sent;       // highest one sent
    uint64_t rest_first; // what is sent of the window after a pause begins here; 0 = nothing
    uint16_t burst;      // most blocks back to back to one who lost the tails of windows; 0 = a whole window
    bool is_tail_doubtful; // the timer ran out: the next ACK tells whether the tail got lost
    uint8_t tails;         // grows with each tail lost, shrinks with each window that arrived
    uint8_t wholes;        // windows that arrived in a row
    bool has_rewound;      // blocks were sent twice ...
    uint64_t recover;  // ... the last of them is this: duplicate ACKs count for nothing until one passes it
    bool is_measuring; // the round trip, on block `measured`, sent at sent_at_us and only once (Karn)
    bool is_doubtful;  // `measured` was sent again since: the round trip takes this long at most
    unsigned doubts;   // round trips in a row that were doubtful ...
    int64_t doubt_us;  // ... and the shortest of them
    uint64_t measured; // 0 = the OACK
    int64_t sent_at_us;
    int64_t srtt_us; // 0 = no sample yet
    int64_t rttvar_us;
    int64_t progress_us; // instant of the last progress
    int64_t wake_us;
    unsigned tries; // timeouts in a row
    bool is_finished;
};

/// Starts a read of a file of `size_bytes` for a read request with `asked` options: grants them within
/// `limits`. For netascii `size_bytes` is what goes over the wire.
void tftp_read_init(struct tftp_read *read, const struct tftp_options *asked, uint64_t size_bytes,
                    const struct tftp_limits *limits);

/// Takes one event; writes what to do to `actions` and returns how many. After FINISHED only `tftp_read_init`
/// may follow.
unsigned tftp_read_step(struct tftp_read *read, const struct tftp_event *event,
                        struct tftp_action actions[TFTP_ACTIONS_MOST]);

/// The block size when the client acknowledged the OACK and then fell silent behind the first block, which is
/// larger than 512 bytes: it, or the network, may be unable to take such blocks. 0 otherwise.
uint16_t tftp_read_silent_block_bytes(const struct tftp_read *read, int64_t now_us);

/// Encodes the OACK (RFC 2347): the options granted, in lower case, in the client's order. Bytes written, 0
/// when there is none or `out_bytes` is too small (TFTP_REQUEST_BYTES are enough).
size_t tftp_read_encode_oack(const struct tftp_read *read, void *out, size_t out_bytes);

/// The number on the wire of block `block`, 0 .. (RFC 1350 has sixteen bits for it): 65535 is followed by
/// `rollover`.
uint16_t tftp_wire_block(uint64_t block, uint16_t rollover);

/// The number on the wire of block `block` (0 .. block_count): sixteen bits, and what follows 65535 was
/// agreed.
uint16_t tftp_read_wire_block(const struct tftp_read *read, uint64_t block);

/// How many bytes block `block` (1 .. block_count) carries.
size_t tftp_read_block_bytes(const struct tftp_read *read, uint64_t block);
