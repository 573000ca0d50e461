// SPDX-License-Identifier: GPL-3.0-or-later
// Memory with one lifetime, handed out from a block that the caller owns (a packet's scratch buffer, say) and
// given back all at once. Nothing here touches the heap.
#pragma once

#include "base/compiler.h"

struct arena {
    uint8_t *start;
    size_t used;
    size_t capacity;
};

/// An arena over `bytes` bytes at `memory`, which must be aligned for any type and outlive the arena.
struct arena arena_init(void *memory, size_t bytes);

/// `bytes` zeroed bytes, aligned for any type, valid until arena_clear; NULL when the arena is full.
MUST_USE void *arena_get(struct arena *arena, size_t bytes);

/// Takes everything back.
void arena_clear(struct arena *arena);
