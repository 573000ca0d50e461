// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of imprint selftest: a virtual client on a served interface, and what it asks.
#pragma once

#include "base/ip.h"
#include "base/problem.h"
#include "base/status.h"

#include <jansson.h>
#include <net/if.h>
#include <sys/types.h>

#define SELFTEST_CLIENT "198.18.255.254" // the client's own address (RFC 2544: nobody's on a real network)

enum selftest_grade { SELFTEST_GOOD, SELFTEST_NOTE, SELFTEST_WARNING, SELFTEST_ERROR, SELFTEST_GRADE_COUNT };

/// "good", "note", "warning" or "error".
const char *selftest_grade_text(enum selftest_grade grade);

/// One finding as JSON {grade, check, about, text, remedy}, yours; `remedy` "" = nothing is to be done.
json_t *selftest_finding(enum selftest_grade grade, const char *check, const char *about, const char *text,
                         const char *remedy);

struct selftest_link { // a cable from a network namespace to a served interface
    char interface[IF_NAMESIZE];
    char host[IF_NAMESIZE]; // our end of the cable
    char mac[18];           // the client's
    bool has_qdisc;         // the interface got its clsact from us
    bool has_filters;
    bool has_route;
};

/// Whether there is a live cable in `interface`, as far as the kernel can tell.
bool selftest_link_is_up(const char *interface);

/// Joins the network namespace of process `pid` to `interface`, as if its client were on the wire there: what
/// the interface sends to the client, or to all, reaches it, and what it sends comes in by the interface. The
/// wire itself hears nothing of it. The client's end is called "st0" and is down. On failure `problem` says
/// what; selftest_link_close must follow in any case.
MUST_USE enum status selftest_link_open(struct selftest_link *link, const char *interface, pid_t pid,
                                        struct problem *problem);

/// Takes it away again, whatever there is of it.
void selftest_link_close(struct selftest_link *link);

/// Sets up the network namespace that this process has made for the client, before its cable comes.
void selftest_link_prepare(void);

/// Brings the client's end up, in its network namespace. `problem` may be NULL.
MUST_USE enum status selftest_link_enter(struct problem *problem);

struct selftest_wire { // what the client is to ask
    struct ip4 server;
    uint16_t http_port;
    bool asks_dhcp;    // the daemon answers DHCP on the interface
    bool is_proxy;     // without addresses
    const char *about; // the interface, for people
};

/// Asks it all, in the network namespace that st0 is in. Each finding goes to `tell` as it is made, which
/// takes it.
void selftest_wire_run(const struct selftest_wire *wire, void (*tell)(void *context, json_t *taken),
                       void *context);
