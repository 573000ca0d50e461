// SPDX-License-Identifier: GPL-3.0-or-later
// LEASEQUERY (RFC 4388): an access concentrator that lost its memory asks who has an address, or which
// addresses somebody has. It changes nothing.
#pragma once

#include "model/lease.h"
#include "session/dhcp4.h"

#define DHCP4_LEASEQUERY_LEASES_MOST 16

struct dhcp4_leasequery_facts {
    const struct dhcp4_message *message;
    struct ip4 server;
    bool is_ours; // asked about an address: it lies in a network of ours
    // Asked about an address: its lease, if there is one. About a client: its leases.
    const struct lease *leases[DHCP4_LEASEQUERY_LEASES_MOST];
    uint8_t lease_count;
    int64_t now_s;
};

/// Whether `message` asks about an address, and not about a client.
bool dhcp4_leasequery_is_by_address(const struct dhcp4_message *message);

/// Which client `message` asks about: by chaddr, else by option 61; one made of a hardware address counts as
/// that. lease_key_is_none when it names nobody.
struct lease_key dhcp4_leasequery_key(const struct dhcp4_message *message);

/// Answers: LEASEACTIVE for a lease that runs, LEASEUNASSIGNED for an address of ours without one, else
/// LEASEUNKNOWN. Silence when no relay asks or nobody is named. Only has_reply, reply, reply_kind, to and
/// to_port of `*actions` are filled.
void dhcp4_leasequery_step(const struct dhcp4_leasequery_facts *facts, struct dhcp4_actions *actions);
