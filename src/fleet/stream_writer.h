// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the stream of an image for disks and its index (docs/protocols/image-format.md): takes the content
// as it comes, cuts it into chunks, compresses them on all processors, and writes them in their order.
#pragma once

#include "base/problem.h"
#include "base/status.h"
#include "format/chunk_index.h"

struct stream_writer;

/// Starts `file`; `level` of zstd. STATUS_IO and `problem`.
MUST_USE enum status stream_writer_open(const char *file, int level, struct stream_writer **writer,
                                        struct problem *problem);

/// Appends content. STATUS_FULL, STATUS_IO, or STATUS_TOO_LONG above CHUNK_INDEX_CHUNKS_MOST, and `problem`.
MUST_USE enum status stream_writer_add(struct stream_writer *writer, const void *data, uint64_t bytes,
                                       struct problem *problem);

/// Appends `bytes` zero bytes. Fails as above.
MUST_USE enum status stream_writer_add_zeros(struct stream_writer *writer, uint64_t bytes,
                                             struct problem *problem);

/// How much content came so far.
uint64_t stream_writer_content(const struct stream_writer *writer);

/// Writes what is left, and the index to `index_file`: content, sizes and number of chunks are filled in,
/// the rest of `index` is the caller's. Always ends the writer. STATUS_MALFORMED when nothing came; fails as
/// above.
MUST_USE enum status stream_writer_close(struct stream_writer *taken_writer, const char *index_file,
                                         struct chunk_index *index, struct problem *problem);

/// Ends the writer without an index; NULL is allowed.
void stream_writer_drop(struct stream_writer *taken_writer);
