// SPDX-License-Identifier: GPL-3.0-or-later
// Raw Ethernet frames on one interface: to answer clients that have no address yet, to hear which other DHCP
// servers answer, to hear clients while another program holds port 67, and to ask by ARP whether an address
// is in use. Decides nothing.
#pragma once

#include "base/problem.h"
#include "io/interface.h"
#include "io/loop.h"
#include "wire/arp.h"
#include "wire/frame.h"

struct packet;

#define PACKET_HEARS_SERVERS     1u // UDP from port 67 or 4011 of others
#define PACKET_HEARS_CLIENTS     2u // UDP to port 67 or 4011
#define PACKET_HEARS_ARP         4u
#define PACKET_HEARS_PROMISCUOUS 8u // also frames for other stations that come along (a mirror port, a hub)

struct packet_handler {
    unsigned hears;                                                  // PACKET_HEARS_ bits; 0 = only sends
    void (*hear_udp)(void *context, const struct frame_udp4 *frame); // the frame lives until it returns
    void (*hear_arp)(void *context, const struct arp *arp);
    void *context;
};

/// Opens a raw socket on `interface`. What this machine sends itself is not heard. NULL with `problem`: no
/// right to (CAP_NET_RAW), interface gone. Yours; packet_close gives it back.
struct packet *packet_open(struct loop *loop, const struct interface *interface,
                           const struct packet_handler *handler, struct problem *problem);

/// Sends UDP in a frame of its own: `from_hw` is filled with the interface's address when its length is 0.
/// STATUS_TOO_LONG: more than a frame holds. STATUS_BUSY: buffer full. STATUS_IO: interface down or gone.
enum status packet_send_udp(struct packet *packet, const struct frame_udp4 *frame);

/// Sends an ARP probe for `target` (RFC 5227); answers come to hear_arp (arp_is_conflict tells what they
/// mean).
enum status packet_send_probe(struct packet *packet, struct ip4 target);

/// The interface's hardware address.
struct hw packet_hw(const struct packet *packet);

/// Closes and frees it; NULL is allowed. May be called from its own callback.
void packet_close(struct packet *packet);
