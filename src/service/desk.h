// SPDX-License-Identifier: GPL-3.0-or-later
// The desk: where a client is met. It gathers what the store knows about whoever asks, lets the model decide,
// keeps the order in step with what really happened, and writes the timeline. DHCP, TFTP, HTTP and the
// control API all come here, so one machine gets one answer. It speaks no protocol and opens no socket.
#pragma once

#include "base/ip.h"
#include "model/boot_plan.h"
#include "service/desk_news.h"
#include "store/store.h"

#define DESK_UNKNOWN_MACHINES_MOST 10000
#define DESK_UNKNOWN_GONE_S        600  // not seen for so long: may be forgotten when there are too many
#define DESK_ADDRESS_S             3600 // how long somebody seen with an address is believed to have it
#define DESK_ADDRESSES_MOST        8192
#define DESK_SHOWN_MOST            4096

struct answers_kept;
struct boots;
struct menus;

struct desk_address { // who was seen with an address
    struct ip address;
    struct hw mac;
    struct uuid uuid; // as its firmware said over DHCP; all zero = not known
    uint16_t architecture;
    enum boot_platform platform;
    bool is_leased; // we gave it to them; else they only said so
    int64_t seen_s; // Unix seconds
};

struct desk_shown { // the last decision told about a machine, so that a poll every ten seconds is not an
                    // event every ten seconds
    uint64_t machine_id;
    enum plan_kind kind;
    enum reason_id reason;
};

struct desk {
    struct store *store;
    struct policy policy;
    struct menus *menus;          // NULL = there are none
    struct boots *boots;          // who watches them; NULL = nobody does
    struct answers_kept *answers; // what was rendered for machines; NULL = nothing is kept
    bool
        cannot_store; // the last commit failed: no order is started, for it might start again after a restart
    int64_t (*now_ms)(void *context);                       // Unix milliseconds
    void (*told)(void *context, const struct event *event); // after each event; may be NULL
    // At this address a machine starts anew, or another one has it now; may be NULL.
    void (*booted)(void *context, struct ip address);
    void *context;
    uint32_t unknown_count; // machines in state new
    uint32_t forgotten;     // how often what machines taught about their firmware was taken back
    struct desk_address addresses[DESK_ADDRESSES_MOST];
    struct desk_shown shown[DESK_SHOWN_MOST];
    struct desk_news news;
};

struct desk_meeting {
    const struct machine *machine; // NULL = nobody recorded; borrowed from the store
    struct identity identity;
    struct boot_plan plan;
};

/// A desk over `store`, which must outlive it. Counts the unknown machines. `desk` is large: keep it on the
/// heap or static.
void desk_init(struct desk *desk, struct store *store, struct policy policy);

/// Counts the unknown machines anew, after people approved or removed some.
void desk_recount(struct desk *desk);

/// Unix seconds now, by the desk's clock.
int64_t desk_now_s(const struct desk *desk);

/// Meets a client: finds or records its machine, learns what it tells about itself, and decides its plan. A
/// client of stage BOOT_STAGE_SYSTEM is looked up but never recorded. `*meeting` borrows from the store: use
/// it before the next change.
void desk_meet(struct desk *desk, const struct boot_client *client, struct desk_meeting *meeting);

/// Meets a client whose firmware starts anew (a DHCP DISCOVER for booting): before deciding, a used order is
/// ended, so the machine that comes back after its installation boots its own disk.
void desk_meet_firmware(struct desk *desk, const struct boot_client *client, struct desk_meeting *meeting);

/// Turns the plan of `meeting` into waiting, for the reason `why`: what the order says cannot be done.
void desk_hold(struct desk_meeting *meeting, enum reason_id why);

/// Something happened to an order: steps it, stores it, tells the timeline. Nothing happens when it is gone
/// or over.
void desk_step_order(struct desk *desk, uint64_t order_id, enum order_event event);

struct desk_change { // what else is written into an order together with a step; NULL = stays as it is
    const char *target;
    const char *trouble;
    const char *erase; // with `eraser`, and erase_s becomes now
    const char *eraser;
    const char *text;       // the end of the timeline's sentence; NULL or "" = the reason's
    struct reasons reasons; // told besides the step's own
};

/// As desk_step_order, and writes `change` into the order in the same breath. Whether it was written: not
/// when the event did not move the order (so the target of a write that has begun never changes), or its time
/// ran out instead.
bool desk_change_order(struct desk *desk, uint64_t order_id, enum order_event event,
                       const struct desk_change *change);

/// Lets time pass: ends expired orders, forgets unknown machines when there are too many, tells how many
/// events were left out. Call every few seconds.
void desk_tick(struct desk *desk);

/// Remembers for DESK_ADDRESS_S that `client` said to have `address`, for the file requests that come from
/// there, and stores it as the machine's last address. Anybody can say so: it is good for configurations,
/// never for secrets.
void desk_note_address(struct desk *desk, const struct boot_client *client, struct ip address);

/// Who was last seen with `address`: the lease (`is_leased`), else what desk_note_address remembered. false
/// when nobody. `out` may be NULL.
bool desk_find_address(const struct desk *desk, struct ip address, struct desk_address *out);

/// Whether a MAC address can be one card's: all zeros and group addresses are nobody's, and come from broken
/// firmware.
bool desk_is_card(const struct hw *mac);

/// Writes an event: gives it the time when it has none, stores it, tells. One that is no news (desk_news_may)
/// is left out. The text must be safe for a terminal.
void desk_tell(struct desk *desk, struct event *event);

/// Tells a boot decision, unless the last one told about that machine was the same. `detail` is added to the
/// sentence ("" = none).
void desk_tell_plan(struct desk *desk, const struct desk_meeting *meeting, const struct boot_client *client,
                    struct ip address, const char *detail);
