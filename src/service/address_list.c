// SPDX-License-Identifier: GPL-3.0-or-later
// A radix sort that can be left and taken up anywhere: for each digit, the last one first, one pass counts
// how many have which digit, and another one moves each address to its place.
#include "service/address_list.h"

#include <string.h>

#define DIGIT_COUNT (1u << ADDRESS_LIST_DIGIT_BITS)
#define PASSES      (2 * ((32 + ADDRESS_LIST_DIGIT_BITS - 1) / ADDRESS_LIST_DIGIT_BITS))

void address_list_init(struct address_list *list)
{
    *list = (struct address_list){.items = heap_array_init(sizeof(struct ip4))};
}

void address_list_add(struct address_list *list, struct ip4 address)
{
    assert(list->sorted == NULL);
    heap_array_add(&list->items, &address);
}

static uint32_t digit_of(const struct address_list *list, struct ip4 address)
{
    return address.value >> (list->pass / 2 * ADDRESS_LIST_DIGIT_BITS) & (DIGIT_COUNT - 1);
}

// From how many have a digit to where the first of them goes.
static void places_from_counts(struct address_list *list)
{
    size_t place = 0;
    for (uint32_t digit = 0; digit < DIGIT_COUNT; digit++) {
        size_t count = list->places[digit];
        list->places[digit] = place;
        place += count;
    }
}

static void end_pass(struct address_list *list)
{
    if (list->pass % 2 == 0) {
        places_from_counts(list);
    } else {
        struct ip4 *moved = list->sorted;
        list->sorted = list->items.items;
        list->items.items = moved;
        memset(list->places, 0, sizeof list->places);
    }
    list->pass++;
    list->at = 0;
}

bool address_list_step(struct address_list *list, size_t most)
{
    size_t count = list->items.count;
    if (count < 2 || list->pass == PASSES) {
        return true;
    }
    if (list->sorted == NULL) {
        list->sorted = heap_new_array(list->items.capacity, sizeof(struct ip4));
    }
    const struct ip4 *items = list->items.items;
    for (size_t end = size_min(count, list->at + most); list->at < end; list->at++) {
        size_t *place = &list->places[digit_of(list, items[list->at])];
        if (list->pass % 2 != 0) {
            list->sorted[*place] = items[list->at];
        }
        ++*place;
    }
    if (list->at == count) {
        end_pass(list);
    }
    return list->pass == PASSES;
}

struct ip4 address_list_get(const struct address_list *list, size_t position)
{
    return *(const struct ip4 *)heap_array_get(&list->items, position);
}

void address_list_clear(struct address_list *list)
{
    heap_array_clear(&list->items);
    heap_free(list->sorted);
    list->sorted = NULL;
}
