// SPDX-License-Identifier: GPL-3.0-or-later
// A member of a multicast transfer (RFC 2090) as a state machine: blocks come to a group in any order, and
// only the master client acknowledges. As a listener it collects; when the server makes it master it says
// what it lacks. Events in, actions out: it opens no socket and no file. A server that has no multicast is
// not followed: it is for tftp_fetch then.
#pragma once

#include "session/tftp_fetch.h"

#define TFTP_LISTEN_BLOCKS_MOST 65535 // the numbers of blocks jump, so none may mean two of them

enum tftp_listen_event_kind {
    TFTP_LISTEN_START,
    TFTP_LISTEN_PACKET, // from the server: to us from the port that answered first, or to the group
    TFTP_LISTEN_WAKE,   // the instant asked for by WAKE_AT came
    TFTP_LISTEN_CANCEL
};

struct tftp_listen_event {
    enum tftp_listen_event_kind kind;
    int64_t now_us; // monotonic microseconds
    const struct tftp_packet *packet;
};

enum tftp_listen_action_kind {
    TFTP_LISTEN_SEND_REQUEST, // to the port that the server listens on
    TFTP_LISTEN_JOIN,         // the group `group`, UDP port `port`; leave another one
    TFTP_LISTEN_TAKE_DATA,    // the data of the packet at hand belong at `offset` of the file
    TFTP_LISTEN_SEND_ACK,     // of `block`
    TFTP_LISTEN_SEND_ERROR,   // `error` and `text`
    TFTP_LISTEN_WAKE_AT,      // replaces the last one; comes with every step that does not finish
    TFTP_LISTEN_FINISHED,
    TFTP_LISTEN_ALONE // finished, since the server has no multicast: read it with tftp_fetch
};

struct tftp_listen_action {
    enum tftp_listen_action_kind kind;
    struct ip4 group;
    uint16_t port;
    uint64_t offset;
    uint16_t block;
    enum tftp_error error;
    const char *text; // a constant
    int64_t at_us;
    enum tftp_fetch_outcome outcome; // FINISHED
};

#define TFTP_LISTEN_ACTIONS_MOST 4

struct tftp_listen {
    struct tftp_options asked;
    int64_t patience_us;
    struct tftp_options granted; // by the first OACK
    bool has_heard;              // the server's answer came
    bool is_finished;
    bool is_master;
    struct ip4 group;
    uint16_t port;
    uint16_t block_bytes;
    uint32_t block_count; // 0 = not known yet
    uint32_t got;         // blocks that are here
    uint32_t missing;     // the first that is not
    uint64_t bytes;       // that are here
    uint64_t resent;      // requests and ACKs sent again
    uint64_t led;         // times it became master
    unsigned tries;       // timeouts in a row
    int64_t progress_us;
    int64_t acked_us; // instant of the last ACK
    int64_t wake_us;
    uint8_t here[(TFTP_LISTEN_BLOCKS_MOST + 8) / 8];
};

/// Prepares to read with the options `asked`, to which multicast is added if it is not there. `patience_us`:
/// give up after so long without anything new; 0 = TFTP_PATIENCE_US.
void tftp_listen_init(struct tftp_listen *listen, const struct tftp_options *asked, int64_t patience_us);

/// Takes one event; writes what to do to `actions`, in the order in which to do it, and returns how many.
/// After FINISHED or ALONE only tftp_listen_init may follow.
unsigned tftp_listen_step(struct tftp_listen *listen, const struct tftp_listen_event *event,
                          struct tftp_listen_action actions[TFTP_LISTEN_ACTIONS_MOST]);
