// SPDX-License-Identifier: GPL-3.0-or-later
// Words that nobody can guess.
#pragma once

#include "base/compiler.h"

#include <stddef.h>

#define TOKEN_BYTES_MOST 129

/// Fills `out`, of `bytes` (odd, at most TOKEN_BYTES_MOST), with random hexadecimal digits in small letters
/// and a NUL behind them: 4 bits of the kernel's randomness each (getrandom(2)). false, and `out` empty, when
/// it has none; errno tells.
MUST_USE bool token_make(char *out, size_t bytes);

/// Whether two tokens are the same; takes as long wherever they differ.
bool token_equal(const char *one, const char *other);
