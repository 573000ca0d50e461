// SPDX-License-Identifier: GPL-3.0-or-later
// The sockets of all simulated TFTP clients. Each client has an address of its own (the namespace calls a
// whole network local), and a socket as a plain client has, connected after the first answer; or all share
// one socket, so that one system call brings many clients' packets. It loses and delays on purpose, since
// this kernel need not have netem. Knows no protocol.
#pragma once

#include "base/addr.h"
#include "base/problem.h"
#include "base/status.h"

#define LOAD_LINK_SEND_BYTES 192 // the longest datagram that can be sent

struct load_link;

struct load_link_options {
    struct ip4 first_address; // of the first client; the others follow
    struct ip4 server;
    uint32_t receive_bytes; // longest datagram that is read whole
    uint32_t loss_permille; // of the packets, each way
    uint64_t delay_us;      // of everything that is sent: a round trip's worth
    uint64_t seed;
    bool has_gro;     // the kernel may hand over many datagrams of one sender as one
    bool is_shared;   // one socket for all
    uint32_t clients; // how many there can be
};

struct load_packet {
    uint32_t client; // whose: its address less the first one
    uint16_t server_port;
    const uint8_t *bytes;
    size_t count;
};

/// Opens the socket. NULL and `problem` when it cannot be had. Yours; load_link_close gives it back.
struct load_link *load_link_open(const struct load_link_options *options, struct problem *problem);

/// The client begins: it gets a socket. False when there is none left.
bool load_link_begin(struct load_link *link, uint32_t client);

/// The client talks to this port of the server from now on, and hears no other.
void load_link_settle(struct load_link *link, uint32_t client, uint16_t port);

/// The client is through: its socket is closed.
void load_link_end(struct load_link *link, uint32_t client);

/// Queues `count` (<= LOAD_LINK_SEND_BYTES) bytes from `client` to a port of the server, due after the delay;
/// or loses them.
void load_link_send(struct load_link *link, uint64_t now_us, uint32_t client, uint16_t port,
                    const void *bytes, size_t count);

/// Sends what is due.
void load_link_flush(struct load_link *link, uint64_t now_us);

/// Hands every datagram of one batch that did not get lost to `take`, valid for the call. Returns how many
/// there were, lost ones too.
unsigned load_link_receive(struct load_link *link,
                           void (*take)(void *context, const struct load_packet *packet), void *context);

/// Sleeps until a datagram comes or something is due, at most `most_us`.
void load_link_wait(struct load_link *link, uint64_t now_us, uint64_t most_us);

/// Datagrams that the kernel dropped since we were too slow, on a shared socket. Above 0, the measurement
/// shows us, not the server.
uint64_t load_link_dropped(struct load_link *link);

/// How many packets were lost on purpose, both ways.
uint64_t load_link_lost(const struct load_link *link);

/// Closes and frees it; NULL is allowed.
void load_link_close(struct load_link *link);
