// SPDX-License-Identifier: GPL-3.0-or-later
// The inside of the DHCP service, for its own files only: dhcp_port.c (our addresses), dhcp_send.c (replies
// wait for the turn's commit), dhcp_others.c (who else answers, and auto mode), dhcp_first.c (who answers
// first), dhcp_receive.c (questions, those that wait for the network's silence, and those for another server
// whose offer we completed), dhcp.c (its life).
#pragma once

#include "io/packet.h"
#include "io/udp.h"
#include "io/worker.h"
#include "service/dhcp.h"
#include "service/dhcp_answer.h"
#include "service/dhcp_complete.h"
#include "service/dhcp_conflict.h"
#include "service/dhcp_delay.h"
#include "session/adapt.h"
#include "session/auto_mode.h"

#define DHCP_PENDING_MOST 512
#define DHCP_CROWDED_MS   1000 // so long a full table of neighbours is not tried again
#define DHCP_GATHER_MS                                                                                       \
    1 // a sync for a few leases waits so long after the one before, so that more go with it
#define DHCP_GATHER_MOST 16 // so many do not wait

struct dhcp_port {
    struct dhcp_service *service;
    struct interface interface;
    struct udp *server; // port 67
    struct udp *boot;   // port 4011
    struct packet *packet;
    struct loop_timer *timer;
    enum dhcp_port_state state;
    bool lacks_subnet;
    unsigned probes;
    struct auto_mode mode;    // of auto mode
    int64_t crowded_until_ms; // the kernel knows no more neighbours
    struct dhcp_port *next;
};

struct dhcp_pending {  // a reply that waits for the turn's end
    bool is_promise;   // of what must be durable before it leaves
    struct ip4 leased; // the address promised
    uint32_t interface_index;
    uint16_t port; // of ours
    struct ip4 from;
    struct ip4 to;
    uint16_t to_port;
    bool to_hw;
    struct hw hw;
    size_t count;
    uint8_t bytes[DHCP4_MOST_BYTES];
};

struct dhcp_replies {
    unsigned count;
    struct dhcp_pending replies[DHCP_PENDING_MOST];
};

struct dhcp_service {
    struct dhcp_settings settings;
    struct dhcp_pools pools;
    struct dhcp_port *ports;
    struct dhcp_other others[DHCP_OTHERS_MOST];
    unsigned other_count;
    struct dhcp_counters counters;
    struct dhcp_replies *waiting; // for their leases to be written
    struct dhcp_replies *leaving; // as soon as `syncer` says that their leases are durable
    struct worker *syncer;
    struct loop_timer *gather_timer;
    int64_t synced_ms; // when `syncer` last began
    bool is_gathering; // `gather_timer` runs
    bool is_ending;
    struct dhcp_conflict conflict;
    struct loop_timer *conflict_timer;
    struct dhcp_delay delay;
    struct adapt adapt;
    struct quirk_book quirks;
    uint32_t quirks_forgotten; // desk's count when `quirks` was read
    struct loop_timer *delay_timer;
    struct dhcp_complete complete;
    struct dhcp_answer answer; // scratch of the datagram at hand
    _Alignas(max_align_t) uint8_t memory[DHCP4_ARENA_BYTES];
    _Alignas(max_align_t) uint8_t
        memory_of_theirs[DHCP4_ARENA_BYTES]; // of another server's message beside it
};

/// The primary one of our addresses: for what concerns no client.
struct ip4 dhcp_port_address(const struct dhcp_port *port);

/// Whether `address` is one of ours on this interface.
bool dhcp_port_has(const struct dhcp_port *port, struct ip4 address);

/// The first of our addresses that lies in a configured network, or 0.
struct ip4 dhcp_port_find_served(const struct dhcp_port *port);

/// By which of our addresses the sender knows us, or can reach us: the one it wrote to, the one in its own
/// network, the one in the network that we serve here.
struct ip4 dhcp_port_pick_address(const struct dhcp_port *port, const struct datagram *datagram);

/// Whether `address` is on the wire itself, with no router in between.
bool dhcp_port_is_on_link(const struct dhcp_port *port, struct ip4 address);

/// The port on the interface with that index, or NULL.
struct dhcp_port *dhcp_port_find(const struct dhcp_service *service, uint32_t interface_index);

/// The work of the service's `syncer`, and what follows from it; `context` is the service.
int dhcp_sync(void *context);
/// See dhcp_sync.
void dhcp_synced(void *context, int reason);
/// `gather_timer` fires.
void dhcp_gathered(void *context);

/// Lets the reply in `actions` (encoded here, at most `limit_bytes`) wait for the end of the turn; it leaves
/// from our address `from` and port `own_port`.
void dhcp_queue(struct dhcp_port *port, struct ip4 from, uint16_t own_port,
                const struct dhcp4_actions *actions, size_t limit_bytes);

/// Sends the reply in `actions` at once, without waiting for a commit: for what promises nothing of ours.
void dhcp_send_now(struct dhcp_port *port, struct ip4 from, const struct dhcp4_actions *actions);

/// In auto mode: serves addresses, or boot information only, and tells why.
void dhcp_port_decide(struct dhcp_port *port, bool is_other_there);

/// A client on this interface asked for something in `message`; one that names another server says that this
/// one gives addresses.
void dhcp_hear_choice(struct dhcp_port *port, const struct dhcp4_message *message);

/// The timer of a port (`context`, as in all callbacks here unless they say otherwise): asks who else
/// answers; in auto mode decides after enough silence.
void dhcp_port_probe(void *context);

/// Somebody else sent from a server's port.
void dhcp_hear_server(void *context, const struct frame_udp4 *frame);

/// Whether `datagram` is another imprint asking who is here. It is then answered, and both learn of each
/// other.
bool dhcp_answer_probe(struct dhcp_port *port, const struct datagram *datagram);

/// A datagram came to port 67.
void dhcp_receive_server(void *context, const struct datagram *datagram);

/// A datagram came to port 4011.
void dhcp_receive_boot(void *context, const struct datagram *datagram);

/// Answers a question that came to our port `own_port`.
void dhcp_receive_question(struct dhcp_port *port, const struct datagram *datagram, uint16_t own_port);

/// Whether the question that came to port 67 is answered now. Else it waits for dhcp.delay, and is answered
/// by dhcp_delay_tick, or is left to another server (dhcp.standby).
bool dhcp_may_answer_now(struct dhcp_port *port, const struct datagram *datagram);

/// The timer of questions that wait for dhcp.delay (`context` is the service).
void dhcp_delay_tick(void *context);

/// Somebody sent ARP: perhaps from an address that we are about to offer.
void dhcp_hear_arp(void *context, const struct arp *arp);

/// The timer of questions that wait for the network's silence (`context` is the service): answers those whose
/// time is over.
void dhcp_conflict_tick(void *context);
