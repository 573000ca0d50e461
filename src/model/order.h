// SPDX-License-Identifier: GPL-3.0-or-later
// An order: deploy one profile to one machine, once. It arms, is carried out, and is over; nothing makes it
// fire twice. An order whose image the agent writes to the disk goes through more states than one that boots
// an installer; the two that matter:
//   WRITING   the machine's disk may be erased, and cannot be booted (no partition table, no boot code);
//   SEALING   everything is written, nothing may be erased any more, and the disk becomes bootable.
// The agent asks for each of them and waits until it is durable here. So a disk that boots is never erased by
// the order that made it, whatever is cut off when.
#pragma once

#include "base/status.h"
#include "model/reason.h"

#define ORDER_OWNER_BYTES       64
#define ORDER_PROFILE_BYTES     64
#define ORDER_DISK_BYTES        96 // a disk rule or a disk's key, see model/guard.h
#define ORDER_WHY_BYTES         128
#define ORDER_HOSTNAME_BYTES    64
#define ORDER_TOKEN_BYTES       33 // 128 bits in hexadecimal digits, and the end
#define ORDER_TROUBLE_BYTES     512
#define ORDER_EXPIRES_DEFAULT_S (24u * 3600)
#define ORDER_TRIES_DEFAULT     5
#define ORDER_TRIES_MOST        100
#define ORDER_SKIP_S            600         // nobody pressed the key: so long the machine boots its own disk
#define ORDER_CLOCK_SLACK_S     3600        // so far a clock may be put right without orders being doubted
#define ORDER_WRITING_GRACE_S   (6u * 3600) // past its expiry, a write that has begun may go on so long

enum order_state {
    ORDER_ARMED,     // waits for the machine to boot from the network
    ORDER_BOOTING,   // its boot configuration was handed out; a failed download may be tried again
    ORDER_RUNNING,   // the agent runs on the machine and looks; nothing is erased yet
    ORDER_CONFIRM,   // "needs-confirmation": the disk is not blank, or it is not clear which disk; a person
                     // decides
    ORDER_WRITING,   // the agent was allowed to erase the disk `target`
    ORDER_SEALING,   // all is written; the agent was allowed to make the disk bootable, and may not erase it
    ORDER_USED,      // (installers) the machine has all it needs: initrd sent whole, or answer file fetched
    ORDER_FINISHED,  // carried out: never again
    ORDER_FAILED,    // given up: `trouble` says why
    ORDER_EXPIRED,   // its time ran out before it was carried out
    ORDER_CANCELLED, // taken back
    ORDER_STATE_COUNT
};

enum order_event {
    ORDER_EVENT_FIRMWARE_BOOT, // the machine's firmware asks for an address and a loader
    ORDER_EVENT_CONFIGURED,    // the configuration that boots this order was sent whole to the machine
    ORDER_EVENT_DELIVERED, // the last part it needs (initrd, or the kernel when there is none) was sent whole
    ORDER_EVENT_ANSWERED,  // its answer file was fetched
    ORDER_EVENT_INSTALLED, // the installer, or the new system, says that it is done: USED -> FINISHED
    ORDER_EVENT_CANCEL,    // a person took it back
    ORDER_EVENT_TICK,      // time passed

    ORDER_EVENT_HELLO,     // the agent is there: RUNNING, unless it already is WRITING or SEALING
    ORDER_EVENT_HELD,      // the guard wants a person's word: RUNNING -> CONFIRM
    ORDER_EVENT_CONFIRMED, // the person gave it: CONFIRM -> RUNNING
    ORDER_EVENT_DECLINED,  // nobody pressed the key: back to ARMED, own disk for ORDER_SKIP_S, the boot not
                           // counted
    ORDER_EVENT_WRITE,     // the agent asks to erase: RUNNING (or WRITING again) -> WRITING
    ORDER_EVENT_SEAL,      // the agent has written all: WRITING (or SEALING again) -> SEALING
    ORDER_EVENT_DONE,      // the disk is bootable: SEALING -> FINISHED
    ORDER_EVENT_FAIL,      // the agent gives up: -> FAILED
};

struct order {
    uint64_t id; // shown to people; 0 = not stored
    uint64_t machine_id;
    char profile[ORDER_PROFILE_BYTES];
    char owner[ORDER_OWNER_BYTES]; // who ordered: user name of the control socket's peer
    char why[ORDER_WHY_BYTES];     // the reason they gave; may be empty
    enum order_state state;
    bool by_agent; // the agent writes its image; else a kernel and initrd are booted (installer, live system)
    uint32_t tries; // how often it may be booted before it is given up
    uint32_t boots; // how often its boot configuration was handed out
    int64_t created_s;
    int64_t expires_s;                   // Unix seconds
    int64_t started_s;                   // BOOTING first; 0 = not yet
    int64_t used_s;                      // USED, or WRITING first; 0 = not yet
    int64_t ended_s;                     // FINISHED, FAILED, EXPIRED or CANCELLED; 0 = not yet
    int64_t skip_until_s;                // ARMED, but the machine boots its own disk until then; 0 = no
    char disk[ORDER_DISK_BYTES];         // the rule that picks the disk (guard.h); empty = the profile's
    char erase[ORDER_DISK_BYTES];        // key of the disk whose contents a person gave up; empty = none
    char eraser[ORDER_OWNER_BYTES];      // who did
    int64_t erase_s;                     // when; 0 = not yet
    char target[ORDER_DISK_BYTES];       // key of the disk that is WRITING or later; empty = none yet
    char hostname[ORDER_HOSTNAME_BYTES]; // by_agent: the name that the machine gets; empty = not known
    char trouble[ORDER_TROUBLE_BYTES];   // CONFIRM: what would be lost; FAILED and others: what happened; one
                                         // sentence
    char token[ORDER_TOKEN_BYTES];       // a secret, in the URLs of its answer files; the store makes it
};

/// Whether `text` (`length` bytes, hostile) is the order's token; it takes as long whether it is or not.
/// false for an order without one.
bool order_is_token(const struct order *order, const char *text, size_t length);

/// What `event` at `now_s` makes of `order`: changes `order` and tells why in `reasons` (added to). Whether
/// anything changed. An event that does not fit the state changes nothing. Expiry counts for ARMED, BOOTING,
/// RUNNING and CONFIRM at every event; a WRITING or SEALING order past it may go on (SEAL, DONE) but ends at
/// the next boot or after ORDER_WRITING_GRACE_S; USED orders end at the next firmware boot or after
/// their expiry. FIRMWARE_BOOT after `tries` boots that came to nothing: FAILED with ORDER_TRIES_OVER.
bool order_step(struct order *order, enum order_event event, int64_t now_s, struct reasons *reasons);

/// Whether it still may act: any state before USED, or USED.
bool order_is_live(const struct order *order);

/// Whether a boot loader may be sent this order's kernel now: ARMED (unless it is skipped) or BOOTING and,
/// for the agent's, RUNNING, CONFIRM, WRITING or SEALING; not past expiry, nor when order_is_doubtful.
bool order_may_boot(const struct order *order, int64_t now_s);

/// Whether the clock is so far before the order's making that nobody can say whether its time is over: then
/// nothing begins to be written for it.
bool order_is_doubtful(const struct order *order, int64_t now_s);

/// Whether ARMED, but nobody pressed the key, so that the machine boots its own disk this time.
bool order_is_skipped(const struct order *order, int64_t now_s);

/// Whether the machine may be given this order's answer file now: an installer's, BOOTING or USED, not past
/// expiry.
bool order_may_answer(const struct order *order, int64_t now_s);

/// Whether an agent may work for it now (say hello, ask for its task, fetch its image): by_agent, live,
/// BOOTING or later, and not past expiry unless WRITING or SEALING.
bool order_may_work(const struct order *order, int64_t now_s);

/// "armed", "booting", "running", "needs-confirmation", "writing", "sealing", "used", "finished", "failed",
/// "expired", "cancelled".
const char *order_state_text(enum order_state state);

/// The state called `text`, or STATUS_NOT_FOUND.
MUST_USE enum status order_state_parse(const char *text, enum order_state *state);
