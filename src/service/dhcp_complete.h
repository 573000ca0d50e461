// SPDX-License-Identifier: GPL-3.0-or-later
// Completing another server's offers in proxy mode (session/complete says why and how): remembers which
// clients were told where to boot from, waits for the other server's offer to them, and says it again with
// the boot fields; likewise its acknowledgement. Keeps and builds only: dhcp_receive.c and dhcp_others.c hear
// and send.
#pragma once

#include "io/udp.h"
#include "session/complete.h"

#define COMPLETE_SLOTS   256 // neighbouring hardware addresses never share one
#define COMPLETE_KEEP_MS 60000

struct complete_slot {
    int64_t at_ms; // monotonic; 0 = empty
    uint32_t interface_index;
    struct dhcp4_reply ours; // our ProxyDHCP offer
    size_t count;            // of the other server's offer; 0 = not heard yet
    uint8_t bytes[UDP_DATAGRAM_BYTES];
};

struct dhcp_complete { // all zero is an empty one; large: keep it on the heap
    struct complete_slot slots[COMPLETE_SLOTS];
};

/// A client that needs it was sent `ours` on that interface.
void dhcp_complete_expect(struct dhcp_complete *complete, uint32_t interface_index,
                          const struct dhcp4_reply *ours, int64_t now_ms);

/// The client asks for offers anew: what it was told before counts no more. The next to ask may be the loader
/// that its firmware started, which is told something else.
void dhcp_complete_forget(struct dhcp_complete *complete, const struct hw *client);

/// Another server sent `theirs`, `count` bytes at `bytes`, on that interface. Whether `*actions` is what to
/// send now: its offer, completed. Only its first offer to a client is.
bool dhcp_complete_hear(struct dhcp_complete *complete, uint32_t interface_index,
                        const struct dhcp4_message *theirs, const void *bytes, size_t count,
                        struct dhcp4_actions *actions);

/// A client sent `request`. Whether it takes an offer that we completed; `*actions` is then what to send at
/// once, before the other server does. `arena` is for reading that offer again.
bool dhcp_complete_request(struct dhcp_complete *complete, const struct dhcp4_message *request,
                           int64_t now_ms, struct arena *arena, struct dhcp4_actions *actions);
