// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/arena.h"

#include <string.h>

#define ARENA_ALIGN (_Alignof(max_align_t))

struct arena arena_init(void *memory, size_t bytes)
{
    assert((uintptr_t)memory % ARENA_ALIGN == 0);
    return (struct arena){.start = memory, .capacity = bytes};
}

void *arena_get(struct arena *arena, size_t bytes)
{
    size_t start = (arena->used + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (start > arena->capacity || arena->capacity - start < bytes) {
        return NULL;
    }
    arena->used = start + bytes;
    return memset(arena->start + start, 0, bytes);
}

void arena_clear(struct arena *arena)
{
    arena->used = 0;
}
