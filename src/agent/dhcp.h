// SPDX-License-Identifier: GPL-3.0-or-later
// The agent's own DHCPv4 client as messages and decisions (RFC 2131); network.c has the sockets and the
// clock. It takes the first offer, sends no client identifier (the lease is the card's), and keeps what it
// has while nobody says no.
#pragma once

#include "base/addr.h"
#include "base/status.h"

#define DHCP_DNS_MOST     4
#define DHCP_DOMAIN_BYTES 128

enum dhcp_stage {
    DHCP_DISCOVER, // broadcast: who has an address for me?
    DHCP_REQUEST,  // broadcast: I take that one
    DHCP_RENEW,    // to the server or, later, to all: I keep the one I have
};

struct dhcp_lease {
    struct ip4 address;
    struct ip4 server;
    struct ip4 router; // 0 = none
    uint8_t prefix;
    struct ip4 dns[DHCP_DNS_MOST];  // 0 = none
    char domain[DHCP_DOMAIN_BYTES]; // letters, digits, dots and dashes; or ""
    uint32_t lease_s, renew_s, rebind_s;
};

struct dhcp_ask {
    enum dhcp_stage stage;
    struct hw mac;
    uint32_t xid;
    uint16_t secs;           // since the asking began
    struct dhcp_lease lease; // REQUEST: the offer; RENEW: the one it has
};

enum dhcp_answer { DHCP_ANSWER_OFFER, DHCP_ANSWER_ACK, DHCP_ANSWER_NAK };

/// Encodes the question. STATUS_TOO_LONG when `out` is too small (600 bytes are enough).
MUST_USE enum status dhcp_encode(const struct dhcp_ask *ask, void *out, size_t out_bytes, size_t *written);

/// Reads a datagram. STATUS_OK: it answers `ask`, and `*answer` says how; `lease` is filled in for OFFER and
/// ACK, with sane times. Anything else (another's, broken, an offer without an address): not ours, wait on.
MUST_USE enum status dhcp_decode(const void *data, size_t bytes, const struct dhcp_ask *ask,
                                 enum dhcp_answer *answer, struct dhcp_lease *lease);

/// How long to wait for an answer to try number `attempt` (0 first), 2, 4, 8, 16 s and then 16 s, give or
/// take up to a second by `random` (RFC 2131 section 4.1).
uint32_t dhcp_pause_ms(unsigned attempt, uint32_t random);
