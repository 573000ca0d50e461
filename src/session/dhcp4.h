// SPDX-License-Identifier: GPL-3.0-or-later
// The DHCPv4 server's conversation (RFC 2131, 2132, 3046, 4578, 6842): one decoded message and the facts
// about its sender in, a reply, a lease change and reasons out. No sockets, no clock, no store: the service
// gathers before and acts after.
#pragma once

#include "model/boot_plan.h"
#include "model/network.h"
#include "model/pool.h"
#include "wire/dhcp4.h"

#define DHCP4_BOOT_FILE_BYTES 256

struct dhcp4_boot { // what this client is told to boot; filled by the service from plan and loader
    bool has_file;
    char file[DHCP4_BOOT_FILE_BYTES];
    bool is_url; // for UEFI HTTP boot and iPXE
};

struct dhcp4_facts {
    const struct dhcp4_message *message;
    const struct boot_client *client;
    struct ip4 server;             // our address on the interface (option 54), or from option 82.11
    bool is_unicast;               // the datagram was sent to our own address
    const struct network *network; // the network it asks from, or NULL
    struct pool *pool;             // that network's pool, or NULL; read only here
    struct ip4 reserved;           // address reserved for its machine, 0 = none
    const char *hostname;          // to tell it, or ""
    struct dhcp4_boot boot;
    int64_t now_s; // Unix seconds
};

struct dhcp4_actions {
    bool has_reply;
    struct dhcp4_out reply; // as wire/dhcp4.h builds it
    struct ip4 to; // where to: 255.255.255.255, the relay, ciaddr, or yiaddr (then by `to_hw`, without ARP)
    uint16_t to_port; // 67 for relays, 68 for clients
    bool to_hw;       // `to` does not answer ARP yet: send the frame to chaddr
    bool has_lease;
    struct lease lease; // to store, durably before the reply leaves when it is BOUND
    struct reasons reasons;
    enum dhcp4_kind reply_kind; // for the event
};

#define DHCP4_OFFER_HOLD_S   90
#define DHCP4_DECLINE_HOLD_S 600

/// Decides what to do with one message (RFC 2131 section 4.3). Silence is `has_reply == false` with a reason
/// where there is one.
void dhcp4_step(const struct dhcp4_facts *facts, struct dhcp4_actions *actions);
