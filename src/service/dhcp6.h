// SPDX-License-Identifier: GPL-3.0-or-later
// The DHCPv6 service: a socket on port 547 of each interface, and router advertisements where they are wanted
// (service/dhcp6_advertise.c). It gathers facts for session/dhcp6, stores what it decides, and sends all
// replies of one turn after one commit, so a lease is durable before its REPLY leaves.
#pragma once

#include "service/dhcp.h"

#define DHCP6_DUID_UUID_BYTES 18 // RFC 6355: type 4 and a UUID

struct dhcp6_service;

struct dhcp6_port_status {
    char interface[INTERFACE_NAME_BYTES];
    struct ip6 address;  // files are fetched from it; none = only link-local ones
    bool is_open;        // else another program has port 547, or IPv6 is off there; it is tried again
    bool has_network;    // an address of ours is in one of dhcp6.subnets
    uint64_t advertised; // router advertisements sent
    bool is_advertised;  // some are to be sent
};

struct dhcp6_counters {
    uint64_t received;
    uint64_t malformed;
    uint64_t replied;
    uint64_t silent;
    uint64_t unsent; // the kernel did not take the reply, or its lease could not be stored
};

struct dhcp6_report {
    struct dhcp6_port_status ports[INTERFACES_MOST];
    unsigned port_count;
    struct dhcp6_counters counters;
    uint32_t leases; // that are bound
};

/// Reads our DUID from the state folder, or makes it there. STATUS_IO and `problem`.
MUST_USE enum status dhcp6_duid_load(const char *state, uint8_t duid[DHCP6_DUID_UUID_BYTES],
                                     struct problem *problem);

/// A service without interfaces yet; its leases are filled from the store. NULL and `problem` when memory is
/// not to be had or there is no DUID. Yours; dhcp6_service_free ends it.
struct dhcp6_service *dhcp6_service_new(const struct dhcp_settings *settings, struct problem *problem);

/// Starts on `interface` (copied). When a socket cannot be had now, that is logged and tried again every few
/// seconds: IPv4 goes on. Nothing when it is served already.
void dhcp6_service_add(struct dhcp6_service *service, const struct interface *interface);

/// The served interface may have other addresses now.
void dhcp6_service_change(struct dhcp6_service *service, const struct interface *interface);

/// Stops on the interface with that index; nothing when it is not served.
void dhcp6_service_remove(struct dhcp6_service *service, uint32_t interface_index);

/// The configuration changed. NULL is allowed.
void dhcp6_service_refresh(struct dhcp6_service *service);

/// Machines changed: keeps back what is reserved for them now, and what servers have. NULL is allowed.
void dhcp6_service_keep(struct dhcp6_service *service);

/// The end of a turn: one commit for all leases, then all replies. NULL is allowed.
void dhcp6_service_flush(struct dhcp6_service *service);

/// Tells how it is.
void dhcp6_service_status(const struct dhcp6_service *service, struct dhcp6_report *status);

/// Ends it: where it was a default router, hosts are told that it is none any more. NULL is allowed.
void dhcp6_service_free(struct dhcp6_service *service);
