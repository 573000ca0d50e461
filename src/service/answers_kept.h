// SPDX-License-Identifier: GPL-3.0-or-later
// What was rendered for machines, to be looked at afterwards: the newest answer files of each machine, in
// memory, bounded. They are rendered for people before they come here, so no secret and no token is among
// them.
#pragma once

#include "base/ip.h"
#include "model/profile.h"

#include <stddef.h>
#include <stdint.h>

#define ANSWERS_KEPT_MOST       1024
#define ANSWERS_KEPT_OF_MACHINE 8
#define ANSWERS_KEPT_BYTES_MOST ((size_t)16 * 1024 * 1024) // of all their texts

struct answers_kept;

struct answer_kept {
    uint64_t number; // counts up from 1 since the daemon started
    uint64_t machine_id;
    uint64_t order_id;
    int64_t first_s; // Unix seconds: given first
    int64_t last_s;  // and last, unchanged
    unsigned times;
    struct ip address; // to which it was given last
    char profile[PROFILE_NAME_BYTES];
    char file[IMAGE_NAME_BYTES];
    char *text; // NUL behind it
    size_t text_bytes;
};

/// An empty one, yours: answers_kept_free. Never NULL.
MUST_USE struct answers_kept *answers_kept_new(void);

/// Frees it and all that is in it; NULL is allowed.
void answers_kept_free(struct answers_kept *kept);

/// Keeps a copy of `text` as the newest; `given` has what else is known of it (its number, times, first_s and
/// text are ignored, last_s is when). The same text for the same order is counted, not kept twice. The oldest
/// go to make room, this machine's first. More than ANSWERS_KEPT_BYTES_MOST is not kept.
void answers_kept_add(struct answers_kept *kept, const struct answer_kept *given, const char *text,
                      size_t text_bytes);

/// The one at `position` of `machine_id`, 0 = the newest, NULL = there is none. Borrowed until the next call
/// that changes something.
const struct answer_kept *answers_kept_get(const struct answers_kept *kept, uint64_t machine_id,
                                           size_t position);

/// Drops all of a machine that is gone.
void answers_kept_forget(struct answers_kept *kept, uint64_t machine_id);
