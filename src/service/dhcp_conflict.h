// SPDX-License-Identifier: GPL-3.0-or-later
// Is an address that we are about to offer in use by somebody who did not get it here? The question whose
// offer must wait for that is kept until the network was silent for CONFLICT_WAIT_MS or somebody spoke up,
// and is then answered anew. Many wait at once and nobody waits for another. Keeps and compares only:
// dhcp_receive.c sends the ARP probes, hears the answers, and sets taken addresses aside.
#pragma once

#include "io/udp.h"
#include "wire/arp.h"

#define CONFLICT_SLOTS   1024  // neighbouring addresses never share one
#define CONFLICT_WAIT_MS 200   // hosts on a wire answer ARP within a few
#define CONFLICT_KEEP_MS 30000 // how long silence is believed
#define CONFLICT_HOSTS   16    // strangers that are remembered
#define CONFLICT_MOST    8     // addresses of the range that one stranger may have

enum conflict_state { CONFLICT_NONE, CONFLICT_ASKING, CONFLICT_SILENT, CONFLICT_TAKEN };

struct conflict_slot {
    enum conflict_state state;
    uint32_t interface_index;
    struct ip4 address;
    struct hw client;         // for whom
    struct hw stranger;       // CONFLICT_TAKEN: who has it
    int64_t at_ms;            // monotonic: when we asked
    struct datagram datagram; // the client's question; its bytes are in `bytes`
    uint8_t bytes[UDP_DATAGRAM_BYTES];
};

struct conflict_host {
    struct hw hw;
    unsigned count;
    struct ip4 addresses[CONFLICT_MOST];
};

struct dhcp_conflict { // all zero is an empty one; large: keep it on the heap
    unsigned asking;   // questions that wait
    struct conflict_slot slots[CONFLICT_SLOTS];
    struct conflict_host hosts[CONFLICT_HOSTS];
    unsigned next_host; // whose place the next one takes
};

/// Whether the offer of `address` to `client`, asked for by `datagram`, may leave at once: the network was
/// silent about it a short time ago, or there is no room to wait. Else the question is kept: ask the network
/// now. A client that asks again meanwhile replaces its question.
bool dhcp_conflict_is_settled(struct dhcp_conflict *conflict, const struct datagram *datagram,
                              const struct hw *client, struct ip4 address, int64_t now_ms);

/// Somebody on the interface sent `arp`; `own` is our hardware address there. The client itself may use its
/// address.
void dhcp_conflict_hear(struct dhcp_conflict *conflict, uint32_t interface_index, const struct arp *arp,
                        const struct hw *own);

/// Whether `stranger`, who spoke up for `address`, is to be believed. One who has CONFLICT_MOST others
/// already is a router that answers for everybody, or empties the range on purpose; `*is_news` when that
/// shows now.
bool dhcp_conflict_is_believed(struct dhcp_conflict *conflict, const struct hw *stranger, struct ip4 address,
                               bool *is_news);

/// Moves the next question whose waiting is over at `now_ms` to `*out` (its datagram points into `*out`),
/// state CONFLICT_SILENT or CONFLICT_TAKEN. Its address counts as settled in both cases: set a taken one
/// aside. false when there is none.
bool dhcp_conflict_take(struct dhcp_conflict *conflict, int64_t now_ms, struct conflict_slot *out);
