// SPDX-License-Identifier: GPL-3.0-or-later
// The client's end of TFTP as a state machine: reading a file from a server or sending one to it (RFC 1350,
// 2347, 2348, 2349, 7440, msftwindow). Events in, actions out; it opens no socket and no file, and netascii
// is the caller's: what counts here are the bytes on the wire.
#pragma once

#include "session/tftp.h"
#include "session/tftp_receive.h"

enum tftp_fetch_event_kind {
    TFTP_FETCH_START,
    TFTP_FETCH_PACKET, // from the server's address; see tftp_fetch_step about its port
    TFTP_FETCH_WAKE,   // the instant asked for by WAKE_AT came
    TFTP_FETCH_CANCEL  // whoever wanted the file wants it no more: the server is told
};

struct tftp_fetch_event {
    enum tftp_fetch_event_kind kind;
    int64_t now_us; // monotonic microseconds
    const struct tftp_packet *packet;
};

enum tftp_fetch_action_kind {
    TFTP_FETCH_SEND_REQUEST, // to the port that the server listens on: `asked` and the caller's name and mode
    TFTP_FETCH_TAKE_DATA,    // the data of the packet at hand are the next of the file, at `offset`
    TFTP_FETCH_SEND_ACK,     // tftp_fetch_encode_ack
    TFTP_FETCH_SEND_BLOCKS,  // sending: blocks first .. first+count-1
    TFTP_FETCH_SEND_ERROR,   // `error` and `text`
    TFTP_FETCH_WAKE_AT,      // replaces the last one; comes with every step that does not finish
    TFTP_FETCH_FINISHED
};

enum tftp_fetch_outcome {
    TFTP_FETCH_DONE,        // the whole file is here, or all of it was acknowledged
    TFTP_FETCH_REFUSED,     // the server sent ERROR: code and text are in the packet at hand
    TFTP_FETCH_UNANSWERED,  // nobody answered the request
    TFTP_FETCH_SILENT,      // the server fell silent in the middle, or before the last ACK of what was sent
    TFTP_FETCH_BAD_OPTIONS, // the server acknowledged what was not asked for
    TFTP_FETCH_BAD_BLOCK,   // a block longer than agreed
    TFTP_FETCH_CANCELLED
};

struct tftp_fetch_action {
    enum tftp_fetch_action_kind kind;
    uint64_t offset;                 // TAKE_DATA
    uint64_t first;                  // SEND_BLOCKS: 1-based, does not wrap
    unsigned count;                  // SEND_BLOCKS
    enum tftp_error error;           // SEND_ERROR
    const char *text;                // SEND_ERROR: a constant
    int64_t at_us;                   // WAKE_AT
    enum tftp_fetch_outcome outcome; // FINISHED
};

#define TFTP_FETCH_ACTIONS_MOST 4

struct tftp_fetch_plan {
    bool is_write;               // send a file rather than read one
    struct tftp_options options; // to ask for; when sending put tsize to size_bytes. Not multicast
    uint64_t size_bytes;         // sending: bytes on the wire
    uint8_t next_window;         // reading with msftwindow: what every ACK asks for; 0 = windowsize
    int64_t patience_us;         // give up after so long without progress; 0 = TFTP_PATIENCE_US
};

struct tftp_fetch {
    struct tftp_fetch_plan plan;
    struct tftp_options granted; // what the server acknowledged, all of it asked for
    bool has_heard;              // the server's answer came: from here on its port is known
    bool is_finished;
    struct tftp_receive receive; // reading; `bytes` of it are here
    struct tftp_read send;       // sending; `acked` blocks of it arrived
    uint64_t resent;             // requests, ACKs or blocks sent again
    uint64_t sent;               // sending: highest block sent
    unsigned tries;              // timeouts in a row
    int64_t progress_us;
    int64_t wake_us;
};

/// Prepares to read or to send as `plan` says.
void tftp_fetch_init(struct tftp_fetch *fetch, const struct tftp_fetch_plan *plan);

/// Takes one event; writes what to do to `actions`, in the order in which to do it, and returns how many.
/// Until `has_heard` packets count from any port of the server, then only from the port of the packet that
/// made it true: others get ERROR 5 from the caller and are not handed in. After FINISHED only
/// `tftp_fetch_init` may follow.
unsigned tftp_fetch_step(struct tftp_fetch *fetch, const struct tftp_fetch_event *event,
                         struct tftp_fetch_action actions[TFTP_FETCH_ACTIONS_MOST]);

/// Encodes the ACK that SEND_ACK calls for and returns its bytes: 4, or 5 with msftwindow.
size_t tftp_fetch_encode_ack(const struct tftp_fetch *fetch, uint8_t out[TFTP_ACK_WINDOW_BYTES]);

/// The number on the wire of block `block` that SEND_BLOCKS names.
uint16_t tftp_fetch_wire_block(const struct tftp_fetch *fetch, uint64_t block);

/// Sending: how many bytes block `block` carries; they begin at (block - 1) * tftp_fetch_block_bytes_most.
size_t tftp_fetch_block_bytes(const struct tftp_fetch *fetch, uint64_t block);

/// The agreed block size.
uint16_t tftp_fetch_block_bytes_most(const struct tftp_fetch *fetch);

/// The bytes of the file that are here, or that the server acknowledged: for a progress bar.
uint64_t tftp_fetch_progress_bytes(const struct tftp_fetch *fetch);
