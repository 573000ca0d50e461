// SPDX-License-Identifier: GPL-3.0-or-later
// A keyed hash for tables whose keys come from strangers (SipHash-1-3, Aumasson and Bernstein 2012): with a
// random key nobody outside can choose keys that collide. Not for anything that must resist forgery.
#pragma once

#include "base/compiler.h"

struct hash_key {
    uint64_t k0;
    uint64_t k1;
};

/// The hash of `bytes` bytes of `data` under `key`.
uint64_t hash_bytes(struct hash_key key, const void *data, size_t bytes);
