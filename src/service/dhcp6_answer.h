// SPDX-License-Identifier: GPL-3.0-or-later
// One DHCPv6 datagram from bytes to actions, without sockets: decode, meet the client at the desk, choose its
// loader, let the session decide, keep the leases.
#pragma once

#include "config/config.h"
#include "io/interface.h"
#include "service/desk.h"
#include "service/dhcp_pools.h"
#include "session/dhcp6.h"

struct dhcp6_world { // borrowed
    struct desk *desk;
    const struct config *config;
    struct pool6 *pool;
    struct dhcp_full *full; // when it was told last that nothing is free
    const uint8_t *duid;    // ours
    size_t duid_bytes;
    uint32_t loaders; // the set of loaders that are there
};

struct dhcp6_question {
    const void *bytes;
    size_t count;
    struct ip6 from;
    uint16_t from_port;
    struct ip6 to;                     // our address or a group
    const struct interface *interface; // it came in by
    struct hw neighbour;               // who has `from`, as the kernel knows it; length 0 = not known
};

struct dhcp6_answer {
    struct dhcp6_message message; // decoded; borrows from the question's bytes
    struct boot_client client;
    struct dhcp6_actions actions;
    struct dhcp6_boot boot;
    uint32_t refused; // how many went without an address since that was told last; 0 = not to be told now
};

/// The address of ours on `interface` that clients of `network` (NULL = not known) reach: one of that network
/// before others, never a link-local one; none when there is none.
struct ip6 dhcp6_pick_own(const struct interface *interface, const struct network6 *network);

/// Answers. STATUS_MALFORMED (and the like of dhcp6_decode) when the bytes are no request; then nothing else
/// is filled. Leases that must be durable are in the store, uncommitted, when this returns: commit before
/// sending the reply.
MUST_USE enum status dhcp6_answer(const struct dhcp6_world *world, const struct dhcp6_question *question,
                                  struct dhcp6_answer *answer);
