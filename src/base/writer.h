// SPDX-License-Identifier: GPL-3.0-or-later
// The mirror of the reader: bytes go out through a bounds-checked cursor with a sticky error. Writing past
// the end writes nothing more and marks the writer failed; ask once, at the end.
#pragma once

#include "base/compiler.h"

struct writer {
    uint8_t *start;
    uint8_t *at;
    uint8_t *end;
    bool failed;
};

/// A writer into `bytes` bytes at `out`, which stays the caller's.
struct writer writer_init(void *out, size_t bytes);

/// Bytes written so far.
size_t writer_length(const struct writer *writer);

/// Bytes that still fit; 0 once failed.
size_t writer_left(const struct writer *writer);

/// Appends one byte.
void write_u8(struct writer *writer, uint8_t value);

/// Appends two bytes, big-endian (network order).
void write_be16(struct writer *writer, uint16_t value);

/// Appends four bytes, big-endian (network order).
void write_be32(struct writer *writer, uint32_t value);

/// Appends two bytes, little-endian.
void write_le16(struct writer *writer, uint16_t value);

/// Appends `bytes` bytes of `data`; all or nothing.
void write_bytes(struct writer *writer, const void *data, size_t bytes);

/// Appends `text` and its NUL; all or nothing.
void write_string(struct writer *writer, const char *text);

/// Appends `bytes` zero bytes; all or nothing.
void write_zeros(struct writer *writer, size_t bytes);
