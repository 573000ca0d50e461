// SPDX-License-Identifier: GPL-3.0-or-later
// The few compiler attributes and size helpers every room uses. No code of its own.
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The result must be looked at.
#define MUST_USE __attribute__((warn_unused_result))
/// The function formats like printf; `text_at` and `first_at` are 1-based argument positions.
#define PRINTF_LIKE(text_at, first_at) __attribute__((format(printf, text_at, first_at)))
/// How many elements a real array (never a pointer) has.
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/// The smaller of two sizes.
static inline size_t size_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/// The larger of two sizes.
static inline size_t size_max(size_t a, size_t b)
{
    return a > b ? a : b;
}
