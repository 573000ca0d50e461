// SPDX-License-Identifier: GPL-3.0-or-later
// One wire, a DHCPv6 server on it, and clients whose messages go through real bytes: written, decoded,
// answered, what was decided put into the pool, and the answer decoded again as a client would read it.
#pragma once

#include "session/client6.h"
#include "session/dhcp6.h"

#define WORLD6_LEASE_S 4000u
#define WORLD6_START_S 1000000

struct world6 {
    struct network6 networks[2]; // 2001:db8:1::/64, range ::100 to ::1ff; 2001:db8:2::/64 likewise, elsewhere
    struct pool6 pool;
    struct dhcp6_facts facts; // a test changes what it is about; message, client, source and hw are set
    struct dhcp6_actions actions;
    uint8_t bytes[4096]; // the message being written
    struct writer writer;
    size_t open; // the option being written, if any
    struct dhcp6_message request;
    struct dhcp6_message reply;
    struct boot_client client;
    struct ip6 link; // a relay's link address: messages come through it unless none
    uint8_t relayed[8192];
};

/// The address that `text` is; it must be one.
struct ip6 world6_address(const char *text);

/// A fresh world. The last one's pool memory is used again.
void world6_init(struct world6 *world);

/// Starts a message of client `number`: DUID "duid-N", link-local fe80::5054:ff:fe00:N.
void world6_start(struct world6 *world, enum dhcp6_kind kind, uint8_t number);

/// Starts one with DUID `duid`, NULL for none, from `source`.
void world6_start_as(struct world6 *world, enum dhcp6_kind kind, const char *duid, const char *source);

/// Adds our own server id, or another one.
void world6_add_server(struct world6 *world, bool is_ours);

/// Adds an IA_NA, with an address unless `address` is NULL.
void world6_add_ia(struct world6 *world, uint32_t iaid, const char *address);

/// Adds an option request.
void world6_add_wanted(struct world6 *world, const uint16_t *codes, size_t count);

/// Makes it a message of firmware: 61, 16 with `class`, and a wish for 59, 60 and 16.
void world6_add_firmware(struct world6 *world, const char *class, uint16_t architecture);

/// Sends what was written; true when there is a reply.
bool world6_send(struct world6 *world);

/// The address in IA_NA `iaid` of the reply with a time left; none when there is none.
struct ip6 world6_address_in(const struct world6 *world, uint32_t iaid, struct dhcp6_ia_address *found);

/// The status in IA_NA `iaid` of the reply, or of the reply itself with iaid 0; -1 when there is none.
int world6_status_in(const struct world6 *world, uint32_t iaid);

/// SOLICIT and REQUEST of client `number` with IAID 1: the address that it got, or none.
struct ip6 world6_lease(struct world6 *world, uint8_t number);

/// Whether `text` is `address`.
bool world6_is(struct ip6 address, const char *text);
