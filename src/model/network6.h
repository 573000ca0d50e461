// SPDX-License-Identifier: GPL-3.0-or-later
// An IPv6 network that we serve: its prefix, the range of its addresses, what its clients are told.
#pragma once

#include "base/ip.h"
#include "base/problem.h"
#include "model/network.h"

#define NETWORK6_EXCLUDED_MOST   16
#define NETWORK6_SERVERS_MOST    4
#define NETWORK6_LEASE_DEFAULT_S 3600u
#define NETWORK6_RANGE_BITS      64 // a range lies within one /64

enum network6_advertise {       // what routers' advertisements of ours say
    NETWORK6_ADVERTISE_NO,      // none are sent: a router does it
    NETWORK6_ADVERTISE_MANAGED, // M and O: addresses come by DHCPv6
    NETWORK6_ADVERTISE_OTHER,   // O and A: addresses are made by hosts, the rest comes by DHCPv6
    NETWORK6_ADVERTISE_SLAAC,   // A: addresses are made by hosts
    NETWORK6_ADVERTISE_COUNT
};

struct network6_span { // inclusive
    struct ip6 first;
    struct ip6 last;
};

struct network6 {
    struct ip6 prefix; // the bits behind `prefix_bits` are zero
    uint8_t prefix_bits;
    struct network6_span range; // none = stateless: no addresses are given away
    struct network6_span excluded[NETWORK6_EXCLUDED_MOST];
    uint8_t excluded_count;
    char shared[NETWORK_SHARED_BYTES]; // networks with one name are one wire; "" = alone
    struct ip6 dns[NETWORK6_SERVERS_MOST];
    uint8_t dns_count;
    char domain[NETWORK_DOMAIN_BYTES];
    uint32_t valid_s;      // how long a lease is
    uint32_t preferred_s;  // 0 = valid_s * 5 / 8
    uint32_t lease_boot_s; // to firmware and loaders, until the system comes; 0 = valid_s
    bool has_rapid_commit; // SOLICIT with option 14 is answered with a lease at once
    enum network6_advertise advertise;
    bool is_router; // our advertisements make us the default router
};

/// Checks prefix (zero behind its bits, 1 to 127 bits), range (in order, inside the prefix and one /64),
/// excluded ones inside the prefix and in order, the domain, and a lease of at least NETWORK_LEASE_LEAST_S.
MUST_USE enum status network6_check(const struct network6 *network, struct problem *problem);

/// Whether `address` lies in the prefix.
bool network6_has(const struct network6 *network, struct ip6 address);

/// Whether `address` may be given to anybody: in the range, not excluded, not one that hosts make from their
/// MAC address or that is reserved for anycast (RFC 4291 section 2.6.1, RFC 5453).
bool network6_is_dynamic(const struct network6 *network, struct ip6 address);

/// Whether both are on one wire: the same network, or two with one `shared` name.
bool network6_is_same_wire(const struct network6 *a, const struct network6 *b);

/// The first of `count` networks whose prefix has `address`, the longest prefix first; NULL when none has.
const struct network6 *network6_find(const struct network6 *networks, size_t count, struct ip6 address);

/// The network of `network`'s wire whose prefix has `address`; NULL when none has. `networks` may be NULL.
const struct network6 *network6_find_on_wire(const struct network6 *networks, size_t count,
                                             const struct network6 *network, struct ip6 address);

/// Parses "2001:db8::1000-2001:db8::1fff", or one address.
MUST_USE enum status network6_span_parse(const char *text, struct network6_span *span);

/// Parses "2001:db8::/64". STATUS_CONFLICT when bits behind the prefix are set.
MUST_USE enum status network6_prefix_parse(const char *text, struct ip6 *prefix, uint8_t *bits);

/// "no", "managed", "other" or "slaac".
const char *network6_advertise_text(enum network6_advertise advertise);
