// SPDX-License-Identifier: GPL-3.0-or-later
// A network that we serve: its subnet, range and what its clients are told.
#pragma once

#include "base/addr.h"
#include "base/problem.h"
#include "base/status.h"
#include "model/dhcp_option.h"
#include "model/policy.h"

#define NETWORK_ROUTERS_MOST    4
#define NETWORK_RANGES_MOST     16
#define NETWORK_EXCLUDED_MOST   64
#define NETWORK_SHARED_BYTES    32
#define NETWORK_SERVERS_MOST    4
#define NETWORK_DOMAIN_BYTES    128
#define NETWORK_LEASE_DEFAULT_S 3600u
#define NETWORK_LEASE_LEAST_S   120u

struct network_range { // one more range, inclusive
    struct ip4 first;
    struct ip4 last;
    uint64_t classes; // bit N = class N of dhcp.classes: only members of one of them; 0 = everybody
    bool has_bootp;   // dynamic BOOTP too
};

struct network_span { // inclusive
    struct ip4 first;
    struct ip4 last;
};

struct network {
    struct subnet subnet;
    struct ip4 first; // range, inclusive, for everybody; both 0 = only `ranges`
    struct ip4 last;
    struct network_range ranges[NETWORK_RANGES_MOST];
    uint8_t range_count;
    struct network_span excluded[NETWORK_EXCLUDED_MOST]; // never given away from a range
    uint8_t excluded_count;
    char shared[NETWORK_SHARED_BYTES]; // networks with one name are one wire; "" = alone
    struct ip4 routers[NETWORK_ROUTERS_MOST];
    uint8_t router_count;
    struct ip4 dns[NETWORK_SERVERS_MOST];
    uint8_t dns_count;
    struct ip4 ntp[NETWORK_SERVERS_MOST];
    uint8_t ntp_count;
    char domain[NETWORK_DOMAIN_BYTES];
    uint32_t lease_s;       // for those that do not ask for a time
    uint32_t lease_least_s; // the shortest that a client may ask for (51); 0 = NETWORK_LEASE_LEAST_S
    uint32_t lease_most_s;  // the longest; 0 = lease_s
    uint32_t lease_boot_s;  // for firmware and loaders, until the system comes; 0 = lease_s
    enum policy_choice unknown;
    struct dhcp_option_set options;
};

/// Checks that the range lies inside the subnet, in order, without its network and broadcast address, at most
/// 2^20 addresses, routers inside the subnet, and a lease of at least NETWORK_LEASE_LEAST_S.
MUST_USE enum status network_check(const struct network *network, struct problem *problem);

/// Whether both are on one wire: the same network, or two with one `shared` name.
bool network_is_same_wire(const struct network *a, const struct network *b);

/// The network of `network`'s wire whose subnet holds `address`: itself, or one of the `count` `networks`
/// (may be NULL) that share the wire; NULL when there is none.
const struct network *network_find_on_wire(const struct network *networks, size_t count,
                                           const struct network *network, struct ip4 address);

/// Parses "192.0.2.100-192.0.2.199".
MUST_USE enum status network_range_parse(const char *text, struct ip4 *first, struct ip4 *last);
