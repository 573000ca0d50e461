// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/config_check.h"
#include "config/key.h"

#include <stdlib.h>

enum status config_place_put(struct config_places *places, const void *base, unsigned row,
                             struct config_place place)
{
    if (places->count == places->capacity) {
        size_t capacity = places->capacity == 0 ? 256 : 2 * places->capacity;
        struct config_given *given = realloc(places->given, capacity * sizeof *given);
        if (given == NULL) {
            return STATUS_FULL;
        }
        places->given = given;
        places->capacity = capacity;
    }
    places->given[places->count++] = (struct config_given){base, row, place};
    return STATUS_OK;
}

struct config_place config_place_find(const struct config_places *places, const void *base, const char *name)
{
    unsigned count;
    const struct key *keys = key_table(&count);
    const struct key *key = key_find(name);
    assert(key != NULL && count <= CONFIG_KEYS_MOST);
    unsigned row = (unsigned)(key - keys);
    struct config_place start = {0};
    for (size_t i = 0; i < places->count; i++) {
        const struct config_given *given = &places->given[i];
        if (given->base == base && given->row == row) {
            return given->place;
        }
        if (given->base == base && given->row == CONFIG_KEYS_MOST) {
            start = given->place;
        }
    }
    return start;
}

enum status config_place_refuse(const struct config_places *places, const void *base, const char *name,
                                struct problem *problem)
{
    struct config_place place = config_place_find(places, base, name);
    if (problem != NULL) {
        problem->line = place.line;
        problem->column = place.column;
    }
    return STATUS_CONFLICT;
}

void config_place_clear(struct config_places *places)
{
    free(places->given);
    *places = (struct config_places){0};
}
