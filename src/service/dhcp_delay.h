// SPDX-License-Identifier: GPL-3.0-or-later
// Who answers first? With dhcp.delay a DISCOVER waits here so that another server's offer is there before
// ours; with dhcp.standby nobody is answered who has not tried for so long. Keeps and compares only:
// dhcp_receive.c asks it and answers what it gives back. Bounded: with no room to wait, or to remember, a
// client is answered at once rather than never.
#pragma once

#include "io/udp.h"
#include "wire/dhcp4.h"

#define DELAY_SLOTS     256
#define DELAY_TRIES     1024  // clients whose first DISCOVER is remembered for dhcp.standby
#define DELAY_FORGET_MS 60000 // after that silence a client tries anew: UEFI waits 32 s at most

struct delay_slot { // a question that waits
    bool is_used;
    int64_t due_ms;
    struct hw client;
    struct datagram datagram; // its bytes are in `bytes`
    uint8_t bytes[UDP_DATAGRAM_BYTES];
};

struct delay_try {
    struct hw client;
    int64_t first_ms;
    int64_t last_ms;
};

struct dhcp_delay { // all zero is an empty one; large: keep it on the heap
    unsigned waiting;
    struct delay_slot slots[DELAY_SLOTS];
    struct delay_try tries[DELAY_TRIES];
};

/// For how many whole seconds the sender of the DISCOVER `message` has tried: what it says (`secs`) or what
/// we saw ourselves, whichever is more. `has_secs` is false for iPXE, which puts other things into `secs`.
uint32_t dhcp_delay_tried_s(struct dhcp_delay *delay, const struct dhcp4_message *message, bool has_secs,
                            int64_t now_ms);

/// Keeps the question in `datagram` of `client` until `now_ms` + `delay_ms`. A newer one of the same client
/// takes its place and its time. false when there is no room: answer at once.
bool dhcp_delay_keep(struct dhcp_delay *delay, const struct datagram *datagram, const struct hw *client,
                     int64_t now_ms, int64_t delay_ms);

/// Forgets what waits of `client`: it has taken somebody's offer.
void dhcp_delay_forget(struct dhcp_delay *delay, const struct hw *client);

/// Moves the next question whose waiting is over at `now_ms` to `*out` (its datagram points into `*out`).
/// false when there is none.
bool dhcp_delay_take(struct dhcp_delay *delay, int64_t now_ms, struct delay_slot *out);
