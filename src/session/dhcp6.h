// SPDX-License-Identifier: GPL-3.0-or-later
// The DHCPv6 server's conversation (RFC 8415, 5970, 6939, 7083): one decoded message and the facts about its
// sender in, a reply, changes of leases and reasons out. No sockets, no clock, no store.
#pragma once

#include "model/boot_client.h"
#include "model/pool6.h"
#include "model/reason.h"
#include "wire/dhcp6.h"

#define DHCP6_IAS_MOST    4 // IA_NAs of one message that get an address; further ones get none
#define DHCP6_URL_BYTES   512
#define DHCP6_REPLY_BYTES 4096 // with the relays' headers; what is longer is not sent

struct dhcp6_boot {            // what this client is told to boot; filled by the service from plan and loader
    bool has_file;             // false: not one word about booting
    char url[DHCP6_URL_BYTES]; // option 59: tftp:// for PXE firmware, http:// for HTTP boot and iPXE
    char params[DHCP6_URL_BYTES]; // option 60, one parameter; "" = none, as EDK2 wants it
};

struct dhcp6_facts {
    const struct dhcp6_message *message;
    const struct boot_client *client; // client_from_dhcp6
    struct ip6 source;                // who sent the datagram: the client, or the relay next to us
    uint16_t source_port;             // of a relay, which is answered there (RFC 8357); 0 = 547
    bool is_unicast;                  // the datagram was sent to our own address, not to ff02::1:2
    bool is_stateless;                // dhcp6.mode: addresses are none of our business
    struct hw hw;                     // the client's card; length 0 = not known
    bool has_seen_hw;                 // it is what sent (79, EUI-64, neighbour table), not only in the DUID
    const struct network6 *network;   // the one it asks from (dhcp6_pick_network), or NULL
    const struct network6 *networks;  // all, those of the same wire among them; may be NULL
    size_t network_count;
    const struct pool6 *pool;   // of all networks; NULL only when stateless
    uint64_t machine_id;        // who it is; 0 = not known
    struct ip6 reserved;        // the address reserved for its machine; none = none
    const char *hostname;       // to be kept with the lease, or ""
    const uint8_t *server_duid; // option 2
    size_t server_duid_bytes;
    uint8_t preference; // option 7; 255 = the client need not wait for others
    struct dhcp6_boot boot;
    int64_t now_s; // Unix seconds
};

#define DHCP6_CHANGES_MOST (DHCP6_IAS_MOST * 3)

struct dhcp6_actions {
    bool has_reply;
    enum dhcp6_kind reply_kind;       // for the event; only with a reply
    uint8_t reply[DHCP6_REPLY_BYTES]; // ready to be sent, the relays' headers around it
    size_t reply_bytes;
    struct ip6 to; // link-local ones by the interface where the message came in
    uint16_t to_port;
    struct lease6 leases[DHCP6_CHANGES_MOST]; // to put into pool and store, in this order; BOUND ones durably
    size_t lease_count;                       // before the reply leaves. Equal to what is stored for repeats
    struct ip6 address; // what the client has or is offered, first of all; none = none. For the event
    struct reasons reasons;
};

/// The network that `message` asks from: by the link address of the relay nearest to the client that tells
/// one (RFC 8415 section 13.1), else by `own`, our `own_count` addresses on the interface. NULL when none of
/// `networks` has it.
const struct network6 *dhcp6_pick_network(const struct network6 *networks, size_t count,
                                          const struct dhcp6_message *message, const struct ip6 *own,
                                          size_t own_count);

/// Decides what to do with one message (RFC 8415 section 18.3). Silence is `has_reply == false`, with a
/// reason where there is one. `*actions` is overwritten.
void dhcp6_step(const struct dhcp6_facts *facts, struct dhcp6_actions *actions);
