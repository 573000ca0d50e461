// SPDX-License-Identifier: GPL-3.0-or-later
// What no single key can know: whether the keys of a configuration go together.
#pragma once

#include "config/config.h"

#include <stddef.h>

#define CONFIG_KEYS_MOST 160

struct config_place { // where a key stood; line 0 = it was not given
    unsigned line;
    unsigned column;
};

struct config_given { // a key that was given, or the beginning of an element of a table
    const void *base; // the struct config or element that it is in
    unsigned row;     // of the table of keys; CONFIG_KEYS_MOST = the element's beginning
    struct config_place place;
};

struct config_places {
    struct config_given *given; // on the heap
    size_t count;
    size_t capacity;
};

/// Notes that row `row` stood at `place` of `base`. STATUS_FULL when there is no memory.
MUST_USE enum status config_place_put(struct config_places *places, const void *base, unsigned row,
                                      struct config_place place);

/// Where the key `name` of `base` stood, else where `base` began, else no place at all.
struct config_place config_place_find(const struct config_places *places, const void *base, const char *name);

/// Says in `problem` (may be NULL) where that is; always STATUS_CONFLICT.
enum status config_place_refuse(const struct config_places *places, const void *base, const char *name,
                                struct problem *problem);

/// Frees what `places` holds.
void config_place_clear(struct config_places *places);

/// Checks the combinations of `config`, whose keys stood at `places`. STATUS_CONFLICT and `problem` with the
/// place (but not the file) of the key to change.
MUST_USE enum status config_check(const struct config *config, const struct config_places *places,
                                  struct problem *problem);

/// The part of config_check that is about what DHCP serves: networks, classes, definitions.
MUST_USE enum status config_check_dhcp(const struct config *config, const struct config_places *places,
                                       struct problem *problem);

/// The part of config_check that is about DHCPv6 and router advertisements.
MUST_USE enum status config_check_dhcp6(const struct config *config, const struct config_places *places,
                                        struct problem *problem);
