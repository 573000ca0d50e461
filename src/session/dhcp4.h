// SPDX-License-Identifier: GPL-3.0-or-later
// The DHCPv4 server's conversation (RFC 2131, 2132, 3046, 4578, 5107, 6842): one decoded message and the
// facts about its sender in, a reply, a lease change and reasons out. No sockets, no clock, no store: the
// service gathers before and acts after.
#pragma once

#include "model/boot_plan.h"
#include "model/dhcp_option.h"
#include "model/network.h"
#include "model/pool.h"
#include "session/dhcp4_boot.h"
#include "wire/dhcp4.h"

struct dhcp4_facts {
    const struct dhcp4_message *message;
    const struct boot_client *client;
    struct ip4 server;             // our address on the interface: option 54 (unless 82.11) and siaddr
    bool is_unicast;               // the datagram was sent to our own address
    const struct network *network; // the one it asks from (dhcp4_pick_network), then the one of its wire that
                                   // it has an address in (dhcp4_pick_shared); or NULL
    const struct network *networks; // all, those of the same wire among them; may be NULL
    size_t network_count;
    struct pool *pool;     // that wire's pool, or NULL; its ranges name `networks` by index; read only here
    bool has_no_authority; // dhcp.authoritative is no: what contradicts our books may be another server's
    const struct machine *machine; // who it is, or NULL; any of its MACs may take over its address, no other
    struct ip4 reserved;           // address reserved for its machine, 0 = none
    const struct lease *reserved_lease; // what is stored about `reserved`, or NULL; needed outside the range
    const char *hostname;               // to tell it, or ""
    uint64_t classes;                   // bit N = class N of dhcp.classes
    uint32_t class_lease_s;             // what its class says in place of the network's lease; 0 = nothing
    const struct dhcp_option_set *options; // the administrator's, merged and resolved for it; NULL = none
    struct dhcp4_boot boot;
    int64_t now_s; // Unix seconds
};

struct dhcp4_actions {
    bool has_reply;
    struct dhcp4_reply reply;
    struct ip4 to; // where to: 255.255.255.255, the relay, ciaddr, or yiaddr (then by `to_hw`, without ARP)
    uint16_t to_port; // 67 for relays, 68 for clients, the client's own for the boot service port
    bool to_hw;       // `to` does not answer ARP yet: send the frame to chaddr
    bool has_lease;
    struct lease lease; // to store, durably before the reply leaves when it is BOUND; equal to the stored one
                        // when the same request came twice
    bool has_freed;
    struct lease freed; // to store too, before `lease`: the client's other address, which it gives up
    struct reasons reasons;
    enum dhcp4_kind reply_kind; // for the event; only with a reply
};

#define DHCP4_OFFER_HOLD_S   90
#define DHCP4_DECLINE_HOLD_S 600
#define DHCP4_REPEAT_S       5 // the same REQUEST within this time is a retransmission: same lease
#define DHCP4_HOPS_MOST      16

/// The network that `message` asks from: by link selection (82.5, RFC 3527), subnet selection (118, RFC
/// 3011), the relay's address, a unicast client's own address (renewals pass no relay), else `interface`, our
/// address where it came in. NULL when that one is not among the `count` `networks`.
const struct network *dhcp4_pick_network(const struct network *networks, size_t count,
                                         const struct dhcp4_message *message, bool is_unicast,
                                         struct ip4 interface);

/// The network of the wire in whose name `facts->message` is to be answered: the one that the client's
/// address is or will be in. `facts->network` itself unless it shares its wire.
const struct network *dhcp4_pick_shared(const struct dhcp4_facts *facts);

/// Decides what to do with one message (RFC 2131 section 4.3). Silence is `has_reply == false` with a reason
/// where there is one. `*actions` is overwritten.
void dhcp4_step(const struct dhcp4_facts *facts, struct dhcp4_actions *actions);
