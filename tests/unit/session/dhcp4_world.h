// SPDX-License-Identifier: GPL-3.0-or-later
// One network of ten addresses, a server in it, and clients whose messages go through real bytes: written,
// decoded, answered, and the answer decoded again as a client would read it.
#pragma once

#include "session/dhcp4.h"
#include "session/proxydhcp.h"

#define WORLD_ADDRESSES 10
#define WORLD_LEASE_S   3600u

struct world {
    struct network network; // 10.0.0.0/24, range .100 to .109, server .1
    struct pool pool;
    struct dhcp4_facts facts;     // server, network, pool, now_s are filled; a test changes what it is about
    struct dhcp4_reply request;   // the message being written
    struct dhcp4_actions actions; // what came of it
    // the reply as bytes and decoded
    uint8_t bytes[DHCP4_DATAGRAM_BYTES];
    size_t byte_count;
    struct dhcp4_message reply;
    struct boot_client client; // of the last message
};

/// A fresh world at 1,000,000 s. The last one's pool memory is used again.
void world_init(struct world *world);

/// Starts a message of a client 52:54:00:00:00:`last` with transaction id 0x01020304, broadcast flag unset.
void world_request(struct world *world, enum dhcp4_kind kind, uint8_t last);

/// Makes it one of PXE firmware: 60, 93, 94, 97 and the broadcast flag as EDK2 sends them.
void world_add_pxe(struct world *world, const char *class, uint16_t architecture);

/// Makes it one of iPXE: 60, 77, 93, 97 and 175 with HTTP.
void world_add_ipxe(struct world *world, uint16_t architecture);

/// Tells a boot file for the next steps.
void world_set_boot(struct world *world, const char *file);

/// Sends the message to the DHCP server; true when there is a reply.
bool world_send(struct world *world);

/// Sends it to ProxyDHCP, to our `port` from `from`:`from_port`.
bool world_send_proxy(struct world *world, uint16_t port, struct ip4 from, uint16_t from_port);

/// Sends DISCOVER from 52:54:00:00:00:`last`; true when there is a reply.
bool world_discover(struct world *world, uint8_t last);

/// Sends REQUEST as the four states do; addresses that are 0 are left out. True when there is a reply.
bool world_request_with(struct world *world, uint8_t last, struct ip4 server, struct ip4 requested,
                        struct ip4 ciaddr, bool is_unicast);

/// The same for one state each: SELECTING our offer, INIT-REBOOT, RENEWING, REBINDING.
bool world_select_offer(struct world *world, uint8_t last, struct ip4 requested);
bool world_reboot(struct world *world, uint8_t last, struct ip4 requested);
bool world_renew(struct world *world, uint8_t last, struct ip4 ciaddr);
bool world_rebind(struct world *world, uint8_t last, struct ip4 ciaddr);

/// Asserts that the reply is a NAK that says no more than it may, and went to `to`.
void world_assert_nak(const struct world *world, struct ip4 to);

/// DISCOVER, REQUEST of what was offered: the address acknowledged to 52:54:00:00:00:`last`.
struct ip4 world_bind(struct world *world, uint8_t last);

/// 10.0.0.`last`.
struct ip4 world_ip(uint8_t last);

/// Whether the reply has option `code` with exactly these bytes.
bool world_has(const struct world *world, uint8_t code, const void *data, size_t bytes);

/// Whether the reply has option `code` with this address.
bool world_has_ip4(const struct world *world, uint8_t code, struct ip4 address);
