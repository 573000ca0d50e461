// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's form of an address with a port, of either family.
#pragma once

#include "base/ip.h"

#include <netinet/in.h>
#include <sys/socket.h>

union socket_address {
    struct sockaddr any;
    struct sockaddr_in ip4;
    struct sockaddr_in6 ip6;
};

/// Its address; none for a family that is neither.
struct ip socket_address_ip(const union socket_address *address);

/// Its port, in the machine's order.
uint16_t socket_address_port(const union socket_address *address);

/// Fills in `ip` (none: any IPv4 address) and `port`; a link-local address gets `interface_index` (0 = none).
/// Returns the length that the kernel wants to know.
socklen_t socket_address_set(union socket_address *address, struct ip ip, uint16_t port,
                             uint32_t interface_index);
