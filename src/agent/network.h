// SPDX-License-Identifier: GPL-3.0-or-later
// Brings up the one card that the machine was booted by, and keeps its address. It is patient: what does not
// work is told on the console and tried again.
#pragma once

#include "agent/dhcp.h"

#include <net/if.h>

struct network {
    char card[IF_NAMESIZE];
    struct hw mac;
    struct dhcp_lease lease;
};

/// Finds the card with the address `mac`, switches it on and gets an address for it; returns when it has one.
/// `look` is called now and then while the card is missing: it may load drivers.
void network_start(struct network *network, const struct hw *mac, void (*look)(void));

/// Starts the thread that renews the lease; `network` must live for ever and belongs to it from now on.
void network_keep(struct network *network);
