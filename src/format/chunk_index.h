// SPDX-License-Identifier: GPL-3.0-or-later
// The index of an image for disks (IMAGE_INDEX_FILE): what the stream beside it is, cut into chunks, each
// with its SHA-256, so that a damaged one is fetched again and never written. The stream (IMAGE_STREAM_FILE)
// is one zstd frame after the other, one per chunk, so `zstd -d` reads it whole too. Layout:
// docs/protocols/image-format.md.
#pragma once

#include "base/problem.h"
#include "base/status.h"

#define CHUNK_INDEX_MAGIC        "imprint1"
#define CHUNK_INDEX_HEADER_BYTES 256
#define CHUNK_INDEX_ENTRY_BYTES  56
#define CHUNK_INDEX_CHUNKS_MOST  (1024 * 1024)      // 4 TiB
#define CHUNK_BYTES              (4u * 1024 * 1024) // of content in each chunk but the last
#define CHUNK_FRAME_BYTES_MOST   (CHUNK_BYTES + CHUNK_BYTES / 128 + 512) // of one frame in the stream
#define CHUNK_SHA256_BYTES       32
#define CHUNK_SYSTEM_BYTES       96

struct chunk_index {        // the header
    uint8_t kind;           // enum image_kind: IMAGE_DISK or IMAGE_ROOT (model/image.h)
    uint8_t starts;         // IMAGE_STARTS_*
    uint64_t content_bytes; // uncompressed
    uint64_t needs_bytes;   // the smallest disk it fits on
    uint64_t stream_bytes;  // of the stream file
    uint32_t chunk_count;
    char system[CHUNK_SYSTEM_BYTES]; // what is in it, for people: "Debian GNU/Linux 12 (bookworm)"; may be
                                     // empty
};

struct chunk {                          // one entry
    uint64_t offset;                    // of its frame in the stream
    uint32_t frame_bytes;               // of its frame
    uint32_t bytes;                     // of its content: CHUNK_BYTES, the last one may have less
    bool is_zero;                       // its content is all zeros (its frame is there all the same)
    uint8_t sha256[CHUNK_SHA256_BYTES]; // of its frame, as it is in the stream
};

/// How many bytes the index of `chunk_count` chunks has.
uint64_t chunk_index_bytes(uint32_t chunk_count);

/// Encodes the header into exactly CHUNK_INDEX_HEADER_BYTES at `out`.
void chunk_index_encode(const struct chunk_index *index, uint8_t out[CHUNK_INDEX_HEADER_BYTES]);

/// Encodes one entry into exactly CHUNK_INDEX_ENTRY_BYTES at `out`.
void chunk_encode(const struct chunk *chunk, uint8_t out[CHUNK_INDEX_ENTRY_BYTES]);

/// Reads and checks the header of a whole index of `bytes` bytes: magic, version, sizes that agree, text that
/// is text. STATUS_MALFORMED or STATUS_TOO_LONG and `problem`; `*index` untouched unless OK.
MUST_USE enum status chunk_index_decode(const uint8_t *data, uint64_t bytes, struct chunk_index *index,
                                        struct problem *problem);

/// Reads entry `number` (below chunk_count) of an index that chunk_index_decode took, and checks it against
/// the header: frames lie one behind the other inside the stream, contents add up. STATUS_MALFORMED and
/// `problem`.
MUST_USE enum status chunk_decode(const uint8_t *data, uint64_t bytes, const struct chunk_index *index,
                                  uint32_t number, struct chunk *chunk, struct problem *problem);

/// Checks every entry (chunk_decode) and that they fill the stream and the content exactly.
MUST_USE enum status chunk_index_check(const uint8_t *data, uint64_t bytes, struct chunk_index *index,
                                       struct problem *problem);
