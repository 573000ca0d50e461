// SPDX-License-Identifier: GPL-3.0-or-later
// A UDP socket of a service: bound to an address, a port and perhaps one interface; reads in batches, and
// knows by which interface and to which of our addresses a datagram came. Answers leave from the address that
// was asked. What the bytes mean is not known here.
#pragma once

#include "base/addr.h"
#include "base/problem.h"
#include "io/loop.h"

struct udp;

#define UDP_RECEIVE_BUFFER_BYTES (4u << 20) // room for a thousand machines that start at the same instant
#define UDP_DATAGRAM_BYTES       2048       // longer datagrams are cut and dropped

struct udp_options {
    struct ip4 address;          // 0 = any
    uint16_t port;               // 0 = the kernel picks one
    const char *interface;       // name, borrowed for the call; NULL = all
    bool is_shared;              // SO_REUSEADDR: several sockets for one port, one per interface
    bool may_broadcast;          // SO_BROADCAST
    size_t receive_buffer_bytes; // 0 = UDP_RECEIVE_BUFFER_BYTES
};

struct datagram {
    const uint8_t *bytes; // valid until the callback returns
    size_t count;
    struct ip4 from;
    uint16_t from_port;
    struct ip4 to;            // as the sender wrote it; broadcast too
    struct ip4 local;         // our address that an answer should come from; 0 = not known
    uint32_t interface_index; // it came in by; 0 = not known
};

struct udp_message { // one to send
    const void *bytes;
    size_t count;
    struct ip4 to;
    uint16_t to_port;
    struct ip4 from;          // one of our addresses, or 0: the kernel picks
    uint32_t interface_index; // leave by this one; 0: the kernel picks
};

/// Opens and binds; `receive` is called in the loop for each datagram. NULL with `problem` set: who holds the
/// port when it is in use, the missing right, the unknown interface. Yours; udp_close gives it back.
struct udp *udp_open(struct loop *loop, const struct udp_options *options,
                     void (*receive)(void *context, const struct datagram *datagram), void *context,
                     struct problem *problem);

/// Sends one datagram. STATUS_BUSY: the kernel's buffer or its table of neighbours (ARP) is full, the
/// datagram is lost as on a busy wire. STATUS_DENIED: broadcast without may_broadcast, or a firewall.
/// STATUS_IO: unreachable, no such source address.
enum status udp_send(struct udp *udp, const struct udp_message *message);

#define UDP_SEND_MOST 32

/// Sends `count` datagrams, at most UDP_SEND_MOST, with one call where the kernel takes them. Returns how
/// many left, from the first on; when that is fewer than `count`, `*status` tells why the next one did not,
/// as udp_send does.
unsigned udp_send_many(struct udp *udp, const struct udp_message *messages, unsigned count,
                       enum status *status);

/// The port it is bound to.
uint16_t udp_port(const struct udp *udp);

/// How large the kernel made the receive buffer, as it counts (about half of it holds data).
size_t udp_receive_buffer_bytes(const struct udp *udp);

/// Closes and frees it; NULL is allowed. May be called from its own callback.
void udp_close(struct udp *udp);
