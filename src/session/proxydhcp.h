// SPDX-License-Identifier: GPL-3.0-or-later
// ProxyDHCP (PXE 2.1): boot information beside the DHCP server that gives the addresses, on port 67 and on
// the boot service port 4011. Never gives an address, never answers a REQUEST on 67 (it names the other
// server), except broadcast boot server discovery (43.71). Port 4011 is the same in server mode.
#pragma once

#include "session/dhcp4.h"

struct proxydhcp_facts {
    const struct dhcp4_message *message;
    const struct boot_client *client;
    struct ip4 server;
    uint16_t port;   // the port of ours that it came to: 67 or 4011
    struct ip4 from; // source address and port of the datagram
    uint16_t from_port;
    struct dhcp4_boot boot;
};

/// Decides; fills has_reply, reply, to, to_port, reply_kind of `actions` (never a lease). The reply leaves
/// from the port that the message came to. `*actions` is overwritten.
void proxydhcp_step(const struct proxydhcp_facts *facts, struct dhcp4_actions *actions);
