// SPDX-License-Identifier: GPL-3.0-or-later
// A network that we serve: its subnet, range and what its clients are told.
#pragma once

#include "base/addr.h"
#include "base/problem.h"
#include "base/status.h"

#define NETWORK_ROUTERS_MOST    4
#define NETWORK_SERVERS_MOST    4
#define NETWORK_DOMAIN_BYTES    128
#define NETWORK_LEASE_DEFAULT_S 3600u
#define NETWORK_LEASE_LEAST_S   120u

struct network {
    struct subnet subnet;
    struct ip4 first; // range, inclusive
    struct ip4 last;
    struct ip4 routers[NETWORK_ROUTERS_MOST];
    uint8_t router_count;
    struct ip4 dns[NETWORK_SERVERS_MOST];
    uint8_t dns_count;
    struct ip4 ntp[NETWORK_SERVERS_MOST];
    uint8_t ntp_count;
    char domain[NETWORK_DOMAIN_BYTES];
    uint32_t lease_s;
};

/// Checks that the range lies inside the subnet, in order, without its network and broadcast address, at most
/// 2^20 addresses, routers inside the subnet, and a lease of at least NETWORK_LEASE_LEAST_S.
MUST_USE enum status network_check(const struct network *network, struct problem *problem);

/// Parses "192.0.2.100-192.0.2.199".
MUST_USE enum status network_range_parse(const char *text, struct ip4 *first, struct ip4 *last);
