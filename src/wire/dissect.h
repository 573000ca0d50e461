// SPDX-License-Identifier: GPL-3.0-or-later
// Takes a captured packet apart, down to what UDP, TCP, ICMP or ARP carry: Ethernet with VLAN tags (802.1Q,
// 802.1ad), Linux cooked captures, raw IP; IPv4 and IPv6 with extension headers. Of a fragmented datagram the
// first piece is taken for all of it, as far as it goes. For reading captures; what is served comes through
// sockets and wire/frame.
#pragma once

#include "base/addr.h"
#include "base/ip.h"

enum dissect_link { // what a capture's packets begin with
    DISSECT_ETHERNET,
    DISSECT_IP,            // with the IP header
    DISSECT_LINUX_COOKED,  // tcpdump -i any, version 1
    DISSECT_LINUX_COOKED2, // version 2
    DISSECT_LOOPBACK,      // BSD: four bytes of address family
};

enum dissect_kind {
    DISSECT_UDP,
    DISSECT_TCP,
    DISSECT_ICMP,  // 4 or 6
    DISSECT_ARP,   // IPv4 over Ethernet
    DISSECT_PIECE, // a later fragment of something
};

#define DISSECT_TCP_FIN 0x01
#define DISSECT_TCP_SYN 0x02
#define DISSECT_TCP_RST 0x04
#define DISSECT_TCP_ACK 0x10

struct dissect_tcp {
    uint32_t sequence;
    uint32_t acknowledged;
    uint8_t flags; // DISSECT_TCP_*
};

struct dissect_icmp {
    uint8_t type;
    uint8_t code;
    uint16_t mtu;       // of "fragmentation needed" and "packet too big"; else 0
    bool has_inner;     // the packet that it is about, as far as it is there
    struct ip from, to; // of that packet
    bool is_inner_udp;  // else TCP
    uint16_t from_port, to_port;
};

struct dissect_arp {
    uint16_t operation; // 1 = who has, 2 = is at
    struct hw sender_hw;
    struct ip4 sender, target;
};

struct dissect {
    enum dissect_kind kind;
    struct hw from_hw, to_hw; // length 0 = not in the capture
    struct ip from, to;
    uint16_t from_port, to_port; // of UDP and TCP
    const uint8_t *payload;      // of UDP and TCP: what was captured of it, borrowed
    size_t payload_bytes;
    size_t payload_whole; // how many bytes it had on the wire, its other fragments included
    struct dissect_tcp tcp;
    struct dissect_icmp icmp;
    struct dissect_arp arp;
};

/// Takes a packet apart of which `count` bytes were captured. STATUS_NOT_FOUND: none of the kinds above;
/// STATUS_MALFORMED: lengths that lie, or cut off before the ports. `*out` is untouched unless OK.
MUST_USE enum status dissect_packet(enum dissect_link link, const void *bytes, size_t count,
                                    struct dissect *out);
