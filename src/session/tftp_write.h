// SPDX-License-Identifier: GPL-3.0-or-later
// The server's end of a TFTP write (WRQ): an upload as a state machine (RFC 1350, 2347, 2348, 2349, 7440).
// Events in, actions out. It opens no file: TAKE_DATA says that the data at hand are the next of it, and what
// is acknowledged was taken before, the last block too.
#pragma once

#include "session/tftp.h"
#include "session/tftp_receive.h"

enum tftp_write_event_kind {
    TFTP_WRITE_START, // the request was accepted
    TFTP_WRITE_DATA,
    TFTP_WRITE_ERROR, // the client sent ERROR
    TFTP_WRITE_WAKE   // the instant asked for by WAKE_AT came
};

struct tftp_write_event {
    enum tftp_write_event_kind kind;
    int64_t now_us;    // monotonic microseconds
    uint16_t block;    // of DATA
    size_t data_bytes; // of DATA
};

enum tftp_write_action_kind {
    TFTP_WRITE_SEND_OACK,
    TFTP_WRITE_TAKE_DATA,  // the data at hand are the next of the file, at `offset`; `is_last`: the file is
                           // whole. Where that fails: send ERROR, forget what else is to be done, and the
                           // session
    TFTP_WRITE_SEND_ACK,   // `number`
    TFTP_WRITE_SEND_ERROR, // `error` and `text`
    TFTP_WRITE_WAKE_AT,    // replaces the last one; comes with every step that does not finish
    TFTP_WRITE_FINISHED
};

enum tftp_write_outcome {
    TFTP_WRITE_DONE,      // the file is whole, and the client had time to ask for the last ACK again
    TFTP_WRITE_ABORTED,   // the client sent ERROR
    TFTP_WRITE_TIMEOUT,   // the client fell silent
    TFTP_WRITE_TOO_LARGE, // the file is larger than allowed
    TFTP_WRITE_BAD        // a block longer than agreed
};

struct tftp_write_action {
    enum tftp_write_action_kind kind;
    uint64_t offset;                 // TAKE_DATA
    bool is_last;                    // TAKE_DATA
    uint16_t number;                 // SEND_ACK
    enum tftp_error error;           // SEND_ERROR
    const char *text;                // SEND_ERROR: a constant
    int64_t at_us;                   // WAKE_AT
    enum tftp_write_outcome outcome; // FINISHED
};

#define TFTP_WRITE_ACTIONS_MOST 4
#define TFTP_WRITE_DALLY_US     11000000 // the last ACK may be lost; clients say so every 1 to 5 s

struct tftp_write {
    struct tftp_options granted; // what the OACK says; count 0 = no OACK, ACK 0
    struct tftp_receive receive; // `bytes` of it came
    uint64_t size_most;          // of the file
    bool has_heard;              // a block came
    bool is_finished;
    unsigned tries; // timeouts in a row
    int64_t progress_us;
    int64_t wake_us;
    uint64_t resent; // ACKs said again: that many blocks or ACKs got lost at least
};

/// Starts a write for a request with `asked` options: grants them within `limits`; not multicast and not
/// msftwindow. A file of more than `size_most` bytes on the wire is refused: by its tsize, or where it
/// becomes larger.
void tftp_write_init(struct tftp_write *write, const struct tftp_options *asked, uint64_t size_most,
                     const struct tftp_limits *limits);

/// Takes one event; writes what to do to `actions`, in the order in which to do it, and returns how many.
/// After FINISHED only `tftp_write_init` may follow.
unsigned tftp_write_step(struct tftp_write *write, const struct tftp_write_event *event,
                         struct tftp_write_action actions[TFTP_WRITE_ACTIONS_MOST]);

/// Encodes the OACK: bytes written, 0 when there is none or `out_bytes` is too small.
size_t tftp_write_encode_oack(const struct tftp_write *write, void *out, size_t out_bytes);
