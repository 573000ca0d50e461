// SPDX-License-Identifier: GPL-3.0-or-later
// A socket of IPv6 on one interface: UDP, or router solicitations and advertisements of ICMPv6. Reads in
// batches, a bounded number in each turn, and knows where each datagram was sent to. What the bytes mean is
// not known here.
#pragma once

#include "base/ip.h"
#include "base/problem.h"
#include "io/loop.h"

#define SOCKET6_GROUPS_MOST    2
#define SOCKET6_DATAGRAM_BYTES 4096 // longer datagrams are dropped

struct socket6;

struct socket6_options {
    const char *interface; // name, borrowed for the call
    uint32_t interface_index;
    uint16_t port;                          // of UDP; 0 = ICMPv6, for which one needs CAP_NET_RAW
    struct ip6 groups[SOCKET6_GROUPS_MOST]; // multicast groups to join; none ends them
};

struct datagram6 {
    const uint8_t *bytes; // valid until the callback returns
    size_t count;
    struct ip6 from;
    uint16_t from_port; // 0 = ICMPv6
    struct ip6 to;      // one of our addresses, or a group
    int hop_limit;      // that it came with; -1 = not known
};

struct datagram6_out {
    const void *bytes;
    size_t count;
    struct ip6 to;
    uint16_t to_port;
    struct ip6 from; // one of our addresses; none: the kernel picks
};

/// Opens and binds; `receive` is called in the loop for each datagram. NULL with `problem` set: who holds the
/// port when it is in use, the missing right, the interface that is gone. Yours; socket6_close gives it back.
struct socket6 *socket6_open(struct loop *loop, const struct socket6_options *options,
                             void (*receive)(void *context, const struct datagram6 *datagram), void *context,
                             struct problem *problem);

/// Sends one datagram out of the interface. STATUS_BUSY: the kernel's buffer is full; STATUS_IO: unreachable,
/// or no such source address.
enum status socket6_send(struct socket6 *socket, const struct datagram6_out *datagram);

/// How many datagrams were dropped since they were too long.
uint64_t socket6_dropped(const struct socket6 *socket);

/// Closes and frees it; NULL is allowed. May be called from its own callback.
void socket6_close(struct socket6 *socket);
