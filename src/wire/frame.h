// SPDX-License-Identifier: GPL-3.0-or-later
// One Ethernet II frame with IPv4 and UDP around a payload: to answer a client that has no address yet (no
// ARP possible), and to read frames beside another DHCP server on the same machine. No fragments, no VLAN
// tags (the kernel keeps them apart), no IPv6.
#pragma once

#include "base/addr.h"

#define FRAME_ETHERNET_BYTES 14
#define FRAME_HEADER_BYTES   42 // Ethernet, IPv4 without options, UDP
#define FRAME_LEAST_BYTES    60
#define FRAME_MOST_BYTES     1514
#define FRAME_TYPE_IPV4      0x0800
#define FRAME_TYPE_ARP       0x0806

struct frame_udp4 {
    struct hw to_hw, from_hw; // Ethernet
    struct ip4 to, from;
    uint16_t to_port, from_port;
    uint16_t identification; // of the IPv4 packet; any value, no fragments are made
    uint8_t time_to_live;    // 0 stands for 64 when encoding
    bool is_sum_good;        // decoded: UDP checksum right or absent; wrong is normal for frames that this
                             // machine is only about to send (checksum offload)
    const uint8_t *payload;  // decoded: borrowed from the frame
    size_t payload_bytes;
};

/// ff:ff:ff:ff:ff:ff
struct hw frame_broadcast(void);

/// Writes the frame with right IPv4 and UDP checksums and DF clear (many ROMs choke on DF). Not padded to 60
/// bytes: the kernel or the card does that. STATUS_TOO_LONG: beyond FRAME_MOST_BYTES or `out_bytes`.
/// STATUS_UNSUPPORTED: an address that is not Ethernet. `*written` untouched unless OK.
MUST_USE enum status frame_encode_udp4(const struct frame_udp4 *frame, void *out, size_t out_bytes,
                                       size_t *written);

/// Reads a frame. `*out` borrows from `bytes` and is untouched unless OK. STATUS_NOT_FOUND: not IPv4 or not
/// UDP. STATUS_UNSUPPORTED: a fragment. STATUS_MALFORMED: lengths that lie, or a wrong IPv4 header checksum.
MUST_USE enum status frame_decode_udp4(const void *bytes, size_t count, struct frame_udp4 *out);
