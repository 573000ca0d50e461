// SPDX-License-Identifier: GPL-3.0-or-later
// The inside of the DHCPv6 service, for its own files only: dhcp6.c (its life), dhcp6_receive.c (questions
// and replies), dhcp6_advertise.c (router advertisements).
#pragma once

#include "io/socket6.h"
#include "service/dhcp6.h"
#include "service/dhcp6_answer.h"
#include "session/radv.h"

#define DHCP6_PENDING_MOST 256
#define DHCP6_LEASES_MOST  65536 // leases that are remembered at once

struct dhcp6_port {
    struct dhcp6_service *service;
    struct interface interface;
    struct socket6 *server; // port 547; NULL = could not be opened yet
    struct socket6 *router; // ICMPv6; NULL = no advertisements, or could not be opened yet
    struct radv radv;
    struct loop_timer *timer; // of advertisements, and of another try
    uint64_t advertised;
    struct dhcp6_port *next;
};

struct dhcp6_pending {                 // a reply that waits for the turn's end
    struct ip6 leased[DHCP6_IAS_MOST]; // what it promises, which must be durable before it leaves
    unsigned leased_count;
    struct hw hw;
    uint32_t interface_index;
    struct ip6 from;
    struct ip6 to;
    uint16_t to_port;
    size_t count;
    uint8_t bytes[DHCP6_REPLY_BYTES];
};

struct dhcp6_service {
    struct dhcp_settings settings;
    uint8_t duid[DHCP6_DUID_UUID_BYTES];
    struct pool6 pool;
    void *pool_memory;
    struct dhcp_full full;
    struct dhcp6_port *ports;
    struct dhcp6_counters counters;
    unsigned pending_count;
    struct dhcp6_pending pending[DHCP6_PENDING_MOST];
    struct dhcp6_answer answer; // scratch of the datagram at hand
};

/// The port on the interface with that index, or NULL.
struct dhcp6_port *dhcp6_port_find(const struct dhcp6_service *service, uint32_t interface_index);

/// A datagram came to port 547 (`context` is the port).
void dhcp6_receive(void *context, const struct datagram6 *datagram);

/// A message of ICMPv6 came (`context` is the port).
void dhcp6_hear_router(void *context, const struct datagram6 *datagram);

/// Whether the interface has an address of a network that is to be advertised.
bool dhcp6_port_is_advertised(const struct dhcp6_port *port);

/// Sends an advertisement when one is due, and sets the timer for the next.
void dhcp6_advertise(struct dhcp6_port *port);

/// Where hosts were told that we are their router: tells them that we are not.
void dhcp6_advertise_end(struct dhcp6_port *port);
