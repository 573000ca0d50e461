// SPDX-License-Identifier: GPL-3.0-or-later
// The machine on the other side: writes the messages that its kind of firmware or system would send, as
// bytes, and remembers what it was told.
#pragma once

#include "base/uuid.h"
#include "content/content.h"
#include "unit/session/tftp_simulation.h"
#include "wire/dhcp4.h"

struct world;

struct machine_kind { // what speaks: one row of one table
    const char *name;
    const char *class; // option 60, or ""
    uint16_t architecture;
    bool is_netboot; // sends 93, 94 and 97
    bool is_ipxe;
    bool broadcasts;
};

struct machine_actor {
    const struct machine_kind *kind;
    struct hw mac;
    struct uuid uuid;
    struct ip4 relay;   // 0 = on our own wire
    struct ip4 address; // what it goes by
    // what came last
    bool has_reply;
    uint8_t bytes[DHCP4_DATAGRAM_BYTES];
    uint8_t arena[DHCP4_ARENA_BYTES] __attribute__((aligned(16)));
    struct dhcp4_message reply;
    struct ip4 reply_to; // where the reply went
    uint16_t reply_port;
    // what it read last
    bool has_file; // it was found
    bool has_all;
    char head[16384]; // of the file, NUL-terminated
    struct simulation transfer;
};

struct machine_message { // what it says, beyond what its kind says anyway
    enum dhcp4_kind kind;
    struct ip4 requested; // option 50; 0 = none
    struct ip4 server;    // option 54; 0 = none
    struct ip4 ciaddr;
    uint16_t port; // of ours
    bool is_unicast;
};

struct machine_request { // for a file
    const char *path;    // may have a query behind '?'
    bool is_http;
    struct simulation tftp; // how it asks, what gets lost
};

/// The kind called `name`, or NULL.
const struct machine_kind *machine_kind_find(const char *name);

/// Sends `message` and takes the reply, if any. False and `problem` when the server's own bytes are broken.
bool machine_send(struct world *world, struct machine_actor *machine, const struct machine_message *message,
                  struct problem *problem);

/// Reads a file to its end, or as far as it gets; orders move on as in the daemon.
void machine_read(struct world *world, struct machine_actor *machine, const struct machine_request *request);
