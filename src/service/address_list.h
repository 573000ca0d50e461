// SPDX-License-Identifier: GPL-3.0-or-later
// A list of IPv4 addresses that is put in order a piece at a time, so that a million of them hold nobody up.
#pragma once

#include "base/addr.h"
#include "io/heap.h"

#define ADDRESS_LIST_DIGIT_BITS 11

struct address_list {
    struct heap_array items; // of struct ip4
    struct ip4 *sorted;      // as many; the place that a pass writes to
    size_t at;               // of the pass
    unsigned pass;           // an even one counts, an odd one moves
    size_t places[1u << ADDRESS_LIST_DIGIT_BITS];
};

/// An empty list.
void address_list_init(struct address_list *list);

/// Appends `address`; only before the first address_list_step.
void address_list_add(struct address_list *list, struct ip4 address);

/// Goes on putting them in order, with the work of looking at `most` of them. Whether they are in order now.
bool address_list_step(struct address_list *list, size_t most);

/// The address at `position`, which must be below `items.count`.
struct ip4 address_list_get(const struct address_list *list, size_t position);

/// Gives the memory back.
void address_list_clear(struct address_list *list);
