// SPDX-License-Identifier: GPL-3.0-or-later
// A lease of DHCPv6: one address promised to one of a client's IA_NAs. The client is named by DUID and IAID,
// but those change between a machine's firmware, loader and system, so what was seen of its network card is
// kept too (docs/decisions/0063).
#pragma once

#include "base/ip.h"
#include "model/lease.h"

#define LEASE6_DUID_BYTES 130 // RFC 8415 section 11.1: type and at most 128 bytes

struct lease6_client { // which IA_NA of whom
    uint8_t duid_length;
    uint8_t duid[LEASE6_DUID_BYTES];
    uint8_t ordinal;  // which of the client's IA_NAs in its message it was, from 0
    bool has_seen_hw; // `hw` is what sent the message; else it only stands in the DUID
    bool is_boot;     // firmware or a loader; need not be stored
    uint32_t iaid;
    struct hw hw;        // length 0 = not known
    uint64_t machine_id; // 0 = none
};

struct lease6 {
    struct ip6 address; // never none
    struct lease6_client client;
    enum lease_state state;
    int64_t starts_s;    // Unix seconds: when it was given or last extended
    int64_t preferred_s; // Unix seconds: until then it is used for new connections
    int64_t ends_s; // Unix seconds; INT64_MAX = never. From then on others may have it: FREE = when given up
    char hostname[LEASE_HOSTNAME_BYTES];
};

/// Whether both are the same binding: DUID and IAID.
bool lease6_client_equal(const struct lease6_client *a, const struct lease6_client *b);

/// Whether both say the same of the same address.
bool lease6_equal(const struct lease6 *a, const struct lease6 *b);

/// Whether `heir` may have the address of `owner` though it names itself differently: the firmware, the
/// loader and the system of one machine, one after the other. Two IA_NAs of one system, two cards and two
/// machines never are.
bool lease6_client_is_heir(const struct lease6_client *owner, const struct lease6_client *heir);

/// Whether nobody but its client may have the address at `now_s`: it is offered, bound or set aside.
bool lease6_is_live(const struct lease6 *lease, int64_t now_s);
