// SPDX-License-Identifier: GPL-3.0-or-later
// What map.c reads and map_apply.c runs. Not for others: they include map.h.
#pragma once

#include "content/map.h"
#include "io/heap.h"

#include <regex.h>
#include <string.h>

enum map_flag {
    MAP_REPLACE = 1 << 0,       // r
    MAP_REPEAT = 1 << 1,        // g
    MAP_REPEAT_BEHIND = 1 << 2, // gg: only behind what was replaced
    MAP_END = 1 << 3,           // e
    MAP_END_IF_FILE = 1 << 4,   // E
    MAP_RESTART = 1 << 5,       // s
    MAP_REFUSE = 1 << 6,        // a
    MAP_JUMP = 1 << 7,          // j
    MAP_CASE_BLIND = 1 << 8,    // i
    MAP_INVERSE = 1 << 9,       // ~
    MAP_ONLY_GET = 1 << 10,     // G
    MAP_ONLY_PUT = 1 << 11,     // P
    MAP_ONLY_4 = 1 << 12,       // 4
    MAP_ONLY_6 = 1 << 13,       // 6
    MAP_LABEL = 1 << 14,
};

struct map_rule {
    unsigned line;
    unsigned flags; // of enum map_flag
    regex_t pattern;
    bool has_pattern;
    char *replacement; // escapes still in it; of a label its name
    char *text;        // for the trace; NULL for a label
};

struct map {
    struct heap_array rules; // of struct map_rule
};

/// The rule at `position`.
static inline struct map_rule *map_rule_get(const struct map *map, size_t position)
{
    return heap_array_get(&map->rules, position);
}

/// The position of the first label called `name`, or the number of rules.
static inline size_t map_rule_find_label(const struct map *map, const char *name)
{
    size_t at = 0;
    for (; at < map->rules.count; at++) {
        const struct map_rule *rule = map_rule_get(map, at);
        if ((rule->flags & MAP_LABEL) != 0 && strcmp(rule->replacement, name) == 0) {
            break;
        }
    }
    return at;
}
