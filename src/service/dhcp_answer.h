// SPDX-License-Identifier: GPL-3.0-or-later
// One DHCP datagram from bytes to actions, without sockets: decode, meet the client at the desk, choose its
// loader, let the session decide, keep the lease. The daemon and the scenario tests run this same code.
#pragma once

#include "io/log.h"
#include "model/quirk_book.h"
#include "service/desk.h"
#include "service/dhcp_pools.h"
#include "service/dhcp_terms.h"
#include "session/adapt.h"
#include "session/proxydhcp.h"

struct dhcp_answer_world { // borrowed
    struct desk *desk;
    struct dhcp_pools *pools;
    const struct config_dhcp *dhcp; // options and classes; NULL = none
    uint32_t loaders;               // the set of loaders that are there
    uint16_t http_port;
    uint16_t https_port;             // UEFI HTTP boot comes by HTTPS; 0 = by HTTP
    bool is_proxy;                   // the interface gives no addresses
    struct ip4 address;              // ours on the interface
    const struct quirk_book *quirks; // what is known of firmware models; NULL = nothing
    struct adapt *adapt;             // NULL: every reply has the shape of decision 0010
};

struct dhcp_question {
    const void *bytes;
    size_t count;
    uint16_t port; // of ours: 67 or 4011
    struct ip4 from;
    uint16_t from_port;
    bool is_unicast; // sent to our own address
};

struct dhcp_answer {
    struct dhcp4_message message; // decoded; borrows from the question's bytes and the arena
    struct boot_client client;
    struct dhcp4_actions actions;
    size_t limit_bytes; // for encoding the reply
    bool is_alone;      // its shape allows no second offer that completes another server's
    bool is_full_told;  // the pool is full, and the timeline is to say so now
    uint32_t refused;   // then: how many went without an address since it said so last
};

/// Answers. STATUS_MALFORMED (and the like of dhcp4_decode) when the bytes are no DHCP request; then nothing
/// else is filled. Leases that must be durable are in the store, uncommitted, when this returns: commit
/// before sending the reply.
MUST_USE enum status dhcp_answer(const struct dhcp_answer_world *world, const struct dhcp_question *question,
                                 struct arena *arena, struct dhcp_answer *answer);
