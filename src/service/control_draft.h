// SPDX-License-Identifier: GPL-3.0-or-later
// A draft of orders: the machines that one request names, made ready for them. Some are added or approved by
// it, some get a number or an address that the profile's templates ask for; all of that is taken back when
// the request is refused.
#pragma once

#include "io/heap.h"
#include "service/control_request.h"

struct draft_change { // a machine that was changed
    struct machine before;
    bool is_added;
    bool is_approved;
    bool has_counter; // was given one
    bool has_address; // the same
};

struct draft_name { // a host name that is taken
    char hostname[MACHINE_NAME_BYTES];
    char machine[MACHINE_NAME_BYTES];
    uint64_t machine_id;
    uint64_t order_id; // 0 = it has that name without an order
};

struct draft {
    struct control_request *request;
    const struct profile *profile;
    const struct image *image;
    bool may_approve;          // new machines, too
    bool has_names;            // `names` were looked up
    struct heap_array ids;     // of uint64_t: the machines, ready
    struct heap_array changes; // of struct draft_change
    struct heap_array names;   // of struct draft_name
};

/// An empty draft; profile and image are borrowed. draft_clear must follow.
void draft_init(struct draft *draft, struct control_request *request, const struct profile *profile,
                const struct image *image);

/// Makes the machine called `name` ready. False when it cannot be; the answer is given then.
bool draft_add(struct draft *draft, const char *name);

/// Takes back what was changed.
void draft_undo(struct draft *draft);

/// Tells the timeline what was changed, by whom.
void draft_tell(const struct draft *draft);

/// The address that is kept for the machine from now on because of this draft, or 0.
struct ip4 draft_find_address(const struct draft *draft, uint64_t machine_id);

/// The host name that the machine gets by its order, or "".
const char *draft_find_hostname(const struct draft *draft, uint64_t machine_id);

/// Gives its memory back.
void draft_clear(struct draft *draft);
