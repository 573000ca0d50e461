// SPDX-License-Identifier: GPL-3.0-or-later
// An address for a machine that has none yet, when an order needs to know it before the machine boots.
#pragma once

#include "config/config.h"
#include "service/dhcp.h"
#include "service/dhcp_pools.h"

struct server_address_facts { // all borrowed
    const struct config *config;
    struct dhcp_pools *pools; // as the DHCP service has them now, what is on offer included; NULL = none
    bool is_given_here;       // server_address_is_given_here
    int64_t now_s;            // Unix seconds
};

/// Whether machines get their addresses here: dhcp.mode says so, or `dhcp` (NULL = none) found out.
bool server_address_is_given_here(const struct config *config, const struct dhcp_service *dhcp);

/// Picks the address that nobody has used for the longest, and that nobody else is offered or seen with on
/// the wire, from the range of the only network that we serve, for the first card of `machine`. It is set
/// aside in the pools until they are built anew, so the next machine gets another one; nothing else changes.
/// STATUS_UNSUPPORTED and `problem` when other servers give the addresses, or there are several networks and
/// it is not known in which one the machine is; STATUS_FULL when none is free.
MUST_USE enum status server_address_pick(const struct server_address_facts *facts,
                                         const struct machine *machine, struct ip4 *address,
                                         struct problem *problem);
