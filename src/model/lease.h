// SPDX-License-Identifier: GPL-3.0-or-later
// A lease: one address promised to one client. The key is the link-layer address (option 61 changes up to
// four times during one network boot, so it only serves clients without one); see docs/decisions.
#pragma once

#include "base/addr.h"

#define LEASE_HOSTNAME_BYTES 64
#define LEASE_KEY_BYTES      20

enum lease_state {
    LEASE_FREE,     // remembered: the client may have it again
    LEASE_OFFERED,  // set aside for a moment
    LEASE_BOUND,    // acknowledged, until ends_s
    LEASE_DECLINED, // somebody else uses it; set aside until ends_s
    LEASE_STATE_COUNT
};

struct lease_key { // who: type, length, address; or 255, length, client identifier for clients without one
    uint8_t bytes[LEASE_KEY_BYTES];
};

struct lease {
    struct ip4 address;
    struct lease_key key;
    enum lease_state state;
    int64_t starts_s; // Unix seconds: when it was given or last extended
    int64_t ends_s; // Unix seconds; INT64_MAX = never. From then on others may have it: FREE = when given up
    char hostname[LEASE_HOSTNAME_BYTES];
};

/// The key of a client: `mac` (NULL or length 0 = none) if it has one, else `client_id` (option 61, `length`
/// bytes; of one longer than 18 its start and a hash of it all, for what tells clients apart is at the end of
/// a DUID). Without either, nobody's key.
struct lease_key lease_key_from(const struct hw *mac, const void *client_id, size_t length);

/// Whether both are the same client.
bool lease_key_equal(const struct lease_key *a, const struct lease_key *b);

/// Whether it is nobody's key: made from nothing.
bool lease_key_is_none(const struct lease_key *key);

/// Reads a key in hexadecimal, as leases are told. False when it is none, or nobody's; `*key` is spoilt then.
bool lease_key_parse(const char *hex, struct lease_key *key);

/// The link-layer address inside `key`; length 0 when it was made from a client identifier.
struct hw lease_key_hw(const struct lease_key *key);

/// "free", "offered", "bound" or "declined".
const char *lease_state_text(enum lease_state state);
