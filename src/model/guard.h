// SPDX-License-Identifier: GPL-3.0-or-later
// The wipe guard: which disk an order is for, whether it may be erased, and what a person must say first. It
// never guesses between disks, and only a blank disk is erased without a person's word.
#pragma once

#include "base/problem.h"
#include "model/image.h"
#include "model/inventory.h"
#include "model/order.h"

enum guard_kind {
    GUARD_GO,      // `disk` may be erased
    GUARD_CONFIRM, // a person must give up what is on `disk`: imprint order confirm N --erase KEY
    GUARD_CHOOSE,  // several disks fit: a person must name one: the same command, or --disk with the order
    GUARD_CANNOT,  // it cannot be done on this machine; nothing was erased; `reasons` and `text` say why
};

struct guard_facts {
    const struct inventory *inventory;
    const struct image *image;
    const struct order *order;
    const char *rule; // the order's, else the profile's; "" = the only disk
};

struct guard {
    enum guard_kind kind;
    const struct inventory_disk *disk; // of GO and CONFIRM; the same lifetime as the inventory
    // GO: DISK_BLANK, DISK_GIVEN_UP or DISK_BEGUN. CONFIRM: DISK_NOT_BLANK. CHOOSE: DISK_UNCLEAR. CANNOT:
    // DISK_NONE, DISK_TOO_SMALL, DISK_READ_ONLY, DISK_SECTORS, FIRMWARE_UNFIT, MEMORY_SMALL; ORDER_BROKEN (a
    // rule or image that cannot be); DISK_UNCLEAR (disks that share their serial number); DISK_NOT_BLANK (the
    // target is another disk now).
    struct reasons reasons;
    char text[ORDER_TROUBLE_BYTES]; // one or two sentences for the machine's screen and `order show`, ASCII
};

/// Decides. No candidates are disks that are read-only, smaller than 64 MiB, not what the rule asks for, or
/// removable (USB too) unless the rule names a serial number or a transport. `order->erase` counts for the
/// candidate with exactly that key, given ahead or when asked; while it names another disk, none is taken
/// without a question, not even a blank one. `order->target` (a write that had begun: the disk is ours and
/// half written) too, and then no other disk is ever taken, and the answer is GO or CANNOT: CANNOT also when
/// it has a partition table again, which only somebody else can have made, unless the disk was given up.
struct guard guard_decide(const struct guard_facts *facts);

/// Checks a disk rule: "" or words with blanks between, all of which must hold: "serial=S", "name=vda",
/// "transport=nvme", "model=TEXT" (part of it, any case), "size>=100G", "size<=2T" (K M G T, powers of 1000;
/// Ki ... of 1024), and at most one of "smallest" and "largest". STATUS_MALFORMED and `problem`.
MUST_USE enum status guard_check_rule(const char *rule, struct problem *problem);

#define GUARD_MEMORY_LEAST_BYTES                                                                             \
    (320ull * 1024 * 1024) // of what the agent sees: a machine with 512 MiB has more
