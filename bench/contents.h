// SPDX-License-Identifier: GPL-3.0-or-later
// What the file that everybody reads must hold: either a file given beforehand, or what the first reader of
// each byte got, so that all readers must at least have got the same.
#pragma once

#include "base/problem.h"
#include "base/status.h"

#define CONTENTS_MOST_BYTES (1u << 30) // of a file that is learned

struct contents {
    uint8_t *bytes;
    size_t known;
    size_t capacity;
    bool is_whole; // `known` is its size
};

/// Nothing is known yet.
void contents_init(struct contents *contents);

/// Reads the whole of the file at `path`. STATUS_IO and `problem` when that fails.
MUST_USE enum status contents_open(struct contents *contents, const char *path, struct problem *problem);

/// Whether `count` bytes at `offset` are right; what is not known yet is learned. `is_last`: the file ends
/// with them.
bool contents_check(struct contents *contents, size_t offset, const uint8_t *bytes, size_t count,
                    bool is_last);

/// Gives its memory back.
void contents_clear(struct contents *contents);
