// SPDX-License-Identifier: GPL-3.0-or-later
// The one way outside bytes come in: a bounds-checked cursor with a sticky error. A failed read yields zero
// and marks the reader failed; ask once, at the end. Child readers see only their own bytes, so the body of
// one option cannot reach its neighbour. It interprets nothing and copies nothing.
#pragma once

#include "base/compiler.h"

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

/// A reader over `bytes` of `data`, which stays the caller's and must outlive it.
struct reader reader_init(const void *data, size_t bytes);

/// Bytes not read yet; 0 once failed.
size_t reader_left(const struct reader *reader);

/// Whether all bytes were read and nothing failed.
bool reader_is_done(const struct reader *reader);

/// The next byte, or 0 and failed.
uint8_t read_u8(struct reader *reader);

/// The next two bytes, big-endian (network order), or 0 and failed.
uint16_t read_be16(struct reader *reader);

/// The next four bytes, big-endian (network order), or 0 and failed.
uint32_t read_be32(struct reader *reader);

/// The next two bytes, little-endian, or 0 and failed.
uint16_t read_le16(struct reader *reader);

/// The next four bytes, little-endian, or 0 and failed.
uint32_t read_le32(struct reader *reader);

/// The next `bytes` bytes, borrowed from the data, or NULL and failed. NULL only on failure.
const uint8_t *read_bytes(struct reader *reader, size_t bytes);

/// Copies the next `bytes` bytes to `out`; on failure `out` is filled with zeros.
void read_copy(struct reader *reader, void *out, size_t bytes);

/// Skips `bytes` bytes.
void read_skip(struct reader *reader, size_t bytes);

/// A child that sees only the next `bytes` bytes; the parent moves past them. When they are not there both
/// fail.
struct reader read_inside(struct reader *reader, size_t bytes);

/// The text up to the next NUL, which is consumed: borrowed, NUL-terminated, `*length` (may be NULL) without
/// the NUL. NULL and failed when no NUL is left.
const char *read_string(struct reader *reader, size_t *length);
