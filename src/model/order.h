// SPDX-License-Identifier: GPL-3.0-or-later
// An order: deploy one profile to one machine, once. It arms, is used, and is over; nothing makes it fire
// twice.
#pragma once

#include "base/status.h"
#include "model/reason.h"

#define ORDER_OWNER_BYTES       64
#define ORDER_PROFILE_BYTES     64
#define ORDER_EXPIRES_DEFAULT_S (24u * 3600)

enum order_state {
    ORDER_ARMED,     // waits for the machine to boot from the network
    ORDER_BOOTING,   // its boot configuration was handed out; a failed download may be tried again
    ORDER_USED,      // the machine has all it needs (initrd sent whole, or answer file fetched)
    ORDER_FINISHED,  // used, and the machine has come back since or the time ran out: never again
    ORDER_EXPIRED,   // its time ran out before it was used
    ORDER_CANCELLED, // taken back
    ORDER_STATE_COUNT
};

enum order_event {
    ORDER_EVENT_FIRMWARE_BOOT, // the machine's firmware asks for an address and a loader
    ORDER_EVENT_CONFIGURED,    // the configuration that boots this order was sent whole to the machine
    ORDER_EVENT_DELIVERED, // the last part it needs (initrd, or the kernel when there is none) was sent whole
    ORDER_EVENT_ANSWERED,  // its answer file was fetched
    ORDER_EVENT_CANCEL,    // a person took it back
    ORDER_EVENT_TICK,      // time passed
};

struct order {
    uint64_t id; // shown to people; 0 = not stored
    uint64_t machine_id;
    char profile[ORDER_PROFILE_BYTES];
    char owner[ORDER_OWNER_BYTES]; // who ordered: user name of the control socket's peer
    enum order_state state;
    int64_t created_s;
    int64_t expires_s; // Unix seconds
    int64_t started_s; // BOOTING first; 0 = not yet
    int64_t used_s;    // USED; 0 = not yet
    int64_t ended_s;   // FINISHED, EXPIRED or CANCELLED; 0 = not yet
    uint32_t boots;    // how often its boot configuration was handed out
};

/// What `event` at `now_s` makes of `order`: changes `order` and tells why in `reasons` (added to). Whether
/// anything changed. Expiry counts for ARMED and BOOTING at every event; USED orders end at the next firmware
/// boot or after their expiry.
bool order_step(struct order *order, enum order_event event, int64_t now_s, struct reasons *reasons);

/// Whether it still may act: ARMED, BOOTING or USED.
bool order_is_live(const struct order *order);

/// Whether a boot loader may be sent this order's kernel now: ARMED or BOOTING, not past expiry.
bool order_may_boot(const struct order *order, int64_t now_s);

/// Whether the machine may be given this order's answer file now: BOOTING or USED, not past expiry.
bool order_may_answer(const struct order *order, int64_t now_s);

/// "armed", "booting", "used", "finished", "expired", "cancelled".
const char *order_state_text(enum order_state state);

/// The state called `text`, or STATUS_NOT_FOUND.
MUST_USE enum status order_state_parse(const char *text, enum order_state *state);
