// SPDX-License-Identifier: GPL-3.0-or-later
// ARP frames on Ethernet (RFC 826), for one question before an address is offered: does somebody use it
// already (RFC 5227 section 2.1)? When to ask and how long to wait is decided elsewhere.
#pragma once

#include "base/addr.h"

#define ARP_FRAME_BYTES 42 // Ethernet and ARP, without padding

enum arp_operation { ARP_REQUEST = 1, ARP_REPLY = 2 };

struct arp {
    struct hw to_hw, from_hw; // of the frame
    enum arp_operation operation;
    struct hw sender_hw;
    struct ip4 sender; // 0 in a probe
    struct hw target_hw;
    struct ip4 target;
};

/// A probe for `target`, broadcast, with sender address 0 so that nobody's cache is changed.
struct arp arp_probe(const struct hw *our_hw, struct ip4 target);

/// Whether `heard` says that somebody other than `our_hw` uses or is about to use `probed`: any ARP packet
/// from that address, or another's probe for it (RFC 5227 section 2.1.1).
bool arp_is_conflict(const struct arp *heard, struct ip4 probed, const struct hw *our_hw);

/// Writes the frame. STATUS_UNSUPPORTED when an address is not Ethernet, STATUS_TOO_LONG when `out_bytes` is
/// below ARP_FRAME_BYTES. `*written` untouched unless OK.
MUST_USE enum status arp_encode(const struct arp *arp, void *out, size_t out_bytes, size_t *written);

/// Reads a frame. STATUS_NOT_FOUND: not ARP. STATUS_UNSUPPORTED: not IPv4 over Ethernet, or another
/// operation. STATUS_MALFORMED: cut short. `*out` untouched unless OK.
MUST_USE enum status arp_decode(const void *bytes, size_t count, struct arp *out);
