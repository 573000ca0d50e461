// SPDX-License-Identifier: GPL-3.0-or-later
// Router advertisements and solicitations (RFC 4861, 8106): what a router says of an IPv6 network. The kernel
// computes the checksum and checks the hop limit.
#pragma once

#include "base/ip.h"
#include "base/writer.h"

#define ICMP6_ADVERTISEMENT_BYTES 1232 // of the 1,280 that every link carries, without the IPv6 header
#define ICMP6_FOREVER             UINT32_MAX

struct icmp6_prefix { // RFC 4861 section 4.6.2
    struct ip6 prefix;
    uint8_t bits;
    bool is_on_link;    // L: others of the prefix are reached without a router
    bool is_autonomous; // A: hosts make addresses of it
    uint32_t valid_s;
    uint32_t preferred_s;
};

/// Starts a router advertisement. `is_managed` (M): addresses come by DHCPv6; `has_other` (O): the rest does;
/// `router_s`: how long we are a default router, 0 = we are none.
void icmp6_put_advertisement(struct writer *writer, bool is_managed, bool has_other, uint16_t router_s);

/// Appends our link-layer address; only Ethernet's six octets, else nothing.
void icmp6_put_source(struct writer *writer, const struct hw *hw);

/// Appends a prefix.
void icmp6_put_prefix(struct writer *writer, const struct icmp6_prefix *prefix);

/// Appends `count` (1 to 127) DNS servers that are good for `valid_s`.
void icmp6_put_dns(struct writer *writer, const struct ip6 *servers, size_t count, uint32_t valid_s);

/// Appends a search domain. Nothing is written, and STATUS_MALFORMED returned, when `domain` is none.
MUST_USE enum status icmp6_put_domain(struct writer *writer, const char *domain, uint32_t valid_s);

/// Whether `bytes` are a router solicitation whose options are whole (RFC 4861 section 6.1.1).
bool icmp6_is_solicitation(const void *bytes, size_t count);
