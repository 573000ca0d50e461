// SPDX-License-Identifier: GPL-3.0-or-later
// One TFTP transfer of a client: a socket and a loop around session/tftp_fetch. What the bytes are and where
// they go is the caller's; what a person is told about it, too.
#pragma once

#include "session/tftp_fetch.h"

#define TFTP_CLIENT_TEXT_BYTES 256

struct tftp_client_job {
    struct ip4 server;
    uint16_t port; // that it listens on
    const char *name;
    enum tftp_mode mode;
    struct tftp_fetch_plan plan;
    void *context;
    // Reading: the next `count` bytes, as they are on the wire. False: stop, the caller knows why.
    bool (*take)(void *context, const uint8_t *bytes, size_t count);
    // Sending: `count` bytes at `offset`. False: stop, the caller knows why.
    bool (*give)(void *context, uint64_t offset, uint8_t *out, size_t count);
    // `done` bytes are through; `total` is 0 when nobody knows.
    void (*tell)(void *context, uint64_t done, uint64_t total);
};

enum tftp_client_end {
    TFTP_CLIENT_FINISHED,    // see `outcome`
    TFTP_CLIENT_UNREACHABLE, // the network or the server's kernel said so: `error`
    TFTP_CLIENT_STOPPED,     // take or give said so
    TFTP_CLIENT_INTERRUPTED, // a signal
    TFTP_CLIENT_NO_SOCKET    // `error`
};

struct tftp_client_result {
    enum tftp_client_end end;
    enum tftp_fetch_outcome outcome;
    int error;                         // an errno
    uint16_t code;                     // REFUSED: the server's ...
    char text[TFTP_CLIENT_TEXT_BYTES]; // ... and its text, printable
    uint16_t server_port;              // that the transfer came from; 0 = no answer
    struct ip4 stranger;               // who answered instead; 0 = nobody
    struct tftp_options granted;
    uint16_t block_bytes;
    uint16_t window;
    uint64_t bytes; // on the wire
    int64_t duration_us;
    uint64_t resent;  // requests, ACKs or blocks sent again
    uint64_t lost;    // reading: blocks that were missing when later ones came
    uint64_t surplus; // reading: blocks that came once more or out of turn
    struct ip4 group; // by multicast; 0 = not
    uint16_t group_port;
    uint64_t led; // by multicast: times it was made master
};

/// Carries `job` out. Comes back when it is over, which may be after the plan's patience, or at SIGINT or
/// SIGTERM, of which the server is told.
void tftp_client_run(const struct tftp_client_job *job, struct tftp_client_result *result);
