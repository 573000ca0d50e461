// SPDX-License-Identifier: GPL-3.0-or-later
// The DHCP service: sockets 67 and 4011 on each interface, in server or proxy mode, or in auto mode after
// listening first. It gathers facts for session/dhcp4 and session/proxydhcp, stores what they decide, and
// lets an ACK leave when its lease is durable; replies that promise nothing leave at the end of their turn.
#pragma once

#include "config/config.h"
#include "io/interface.h"
#include "io/log.h"
#include "service/desk.h"

#define DHCP_OTHERS_MOST 16

struct dhcp_pools;
struct dhcp_service;

struct dhcp_settings { // all borrowed, must outlive the service
    struct loop *loop;
    struct desk *desk;
    const struct config *config;
    struct log *log;
    /// The set of loaders whose files are there (bit N = enum loader_id N), asked for each boot client.
    uint32_t (*find_loaders)(void *context);
    /// Makes the store's changes durable. false: it could not, and said so; nothing may be acknowledged.
    bool (*commit)(void *context);
    void *context;
};

enum dhcp_port_state {
    DHCP_PORT_LISTENING, // auto mode, has not decided yet
    DHCP_PORT_SERVER,
    DHCP_PORT_PROXY,
};

enum dhcp_other_kind { DHCP_OTHER_SERVER, DHCP_OTHER_PROXY, DHCP_OTHER_IMPRINT };

struct dhcp_other { // somebody else who answers DHCP on one of our networks
    enum dhcp_other_kind kind;
    char interface[INTERFACE_NAME_BYTES];
    struct ip4 address; // option 54, or the source
    struct hw hw;
    char name[64];        // an imprint's server name, or ""
    bool gives_addresses; // a DHCP server, or an imprint that is one
    bool is_unexpected;   // dhcp.expected_servers names others, and not this one
    int64_t last_seen_s;  // Unix seconds
};

struct dhcp_port_status {
    char interface[INTERFACE_NAME_BYTES];
    struct ip4 address;
    enum dhcp_port_state state;
    bool lacks_subnet; // serves only boot information because no subnet is configured and nobody else gives
                       // addresses
};

struct dhcp_counters {
    uint64_t received;
    uint64_t malformed;
    uint64_t replied;
    uint64_t silent;
    uint64_t unsent; // the kernel did not take the reply
};

struct dhcp_status {
    struct dhcp_port_status ports[INTERFACES_MOST];
    unsigned port_count;
    struct dhcp_other others[DHCP_OTHERS_MOST];
    unsigned other_count;
    struct dhcp_counters counters;
};

/// A service without interfaces yet; its pools are filled from the store. NULL and `problem` when memory for
/// the pools is not to be had. Yours; dhcp_service_free ends it.
struct dhcp_service *dhcp_service_new(const struct dhcp_settings *settings, struct problem *problem);

/// Starts on `interface` (copied), which must have an address. STATUS_EXISTS when it is served already;
/// STATUS_IO and `problem` when a socket cannot be had.
MUST_USE enum status dhcp_service_add(struct dhcp_service *service, const struct interface *interface,
                                      struct problem *problem);

/// The served interface got another hardware address (a bridge takes that of its ports), or further addresses
/// came or went: goes on with those, without losing what its sockets have received. Nothing when it is not
/// served. STATUS_IO and `problem` when the raw socket cannot be had again; the old one then stays.
MUST_USE enum status dhcp_service_change(struct dhcp_service *service, const struct interface *interface,
                                         struct problem *problem);

/// Stops on the interface with that index; nothing when it is not served.
void dhcp_service_remove(struct dhcp_service *service, uint32_t interface_index);

/// Whether it serves the interface with that index.
bool dhcp_service_has(const struct dhcp_service *service, uint32_t interface_index);

/// Machines or the configuration changed: builds pools and reservations anew; leases stay. In auto mode an
/// interface that lacked a subnet serves addresses once it has one. STATUS_FULL and `problem` when memory for
/// the new pools is not to be had: the old ones stay.
MUST_USE enum status dhcp_service_refresh(struct dhcp_service *service, struct problem *problem);

/// The pools as they are now. Borrowed; good until the next dhcp_service_refresh. NULL when there is no
/// service.
struct dhcp_pools *dhcp_service_pools(struct dhcp_service *service);

/// Somebody at `address` asked for a file; with `is_whole` it has it. Its firmware's reply was of a shape
/// that it takes, which is remembered. NULL is allowed.
void dhcp_service_note_fetch(struct dhcp_service *service, struct ip address, bool is_whole);

/// The end of a turn: replies leave that promise nothing; for the others a sync of their leases begins,
/// unless one is under way, and they leave behind it. Call it after the events of every turn; NULL is
/// allowed.
void dhcp_service_flush(struct dhcp_service *service);

/// Whether replies wait for the disk. The flush that follows commits what else changed, so a commit meanwhile
/// is only for those who cannot wait for it. NULL is allowed.
bool dhcp_service_is_waiting(const struct dhcp_service *service);

/// Tells how it is.
void dhcp_service_status(const struct dhcp_service *service, struct dhcp_status *status);

/// Ends it; NULL is allowed.
void dhcp_service_free(struct dhcp_service *service);
