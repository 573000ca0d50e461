// SPDX-License-Identifier: GPL-3.0-or-later
// Brings an image's chunks from the server, checked and unpacked, one after the other. Three threads: the
// caller receives and checks, one unpacks, one hands over what is unpacked; between them a ring of a few
// chunks, so little memory is enough. A broken connection is picked up where it broke, for as long as it
// takes.
#pragma once

#include "agent/write.h"
#include "format/chunk_index.h"

#define STREAM_RING_CHUNKS 5 // about 42 MiB: the agent must live with 512 MiB

struct stream_index { // a whole index, checked
    struct chunk_index header;
    uint8_t *data; // owned
    uint64_t bytes;
};

/// Takes the next chunk, in order, in a thread of its own. `content` has `chunk->bytes` bytes, lies on a
/// page's border, has room for CHUNK_BYTES and may be written to; it is NULL when all of it is zeros. On
/// failure sets `end`.
typedef enum status stream_put(void *context, const struct chunk *chunk, uint64_t at, uint8_t *content,
                               struct write_end *end);

struct stream_job {
    const struct write_job *write;
    const struct stream_index *index;
    uint32_t count; // of chunks, from the first one
    stream_put *put;
    void *context;
};

/// Fetches and checks the index. Waits while the network is away.
MUST_USE enum status stream_fetch_index(const struct write_job *job, struct stream_index *index,
                                        struct write_end *end);

/// Frees; a zeroed one is allowed.
void stream_index_clear(struct stream_index *index);

/// Brings the chunks. `end` says why not: IMAGE_DAMAGED, ORDER_CANCELLED, AGENT_FAILED, or what `put` said.
MUST_USE enum status stream_run(const struct stream_job *job, struct write_end *end);

/// Says how it ended: keeps the first reason. STATUS_IO, always, so that it can be returned.
enum status write_end_set(struct write_end *end, const char *reason, const char *format, ...)
    PRINTF_LIKE(3, 4);

/// The order may go on; else ORDER_CANCELLED and STATUS_IO.
MUST_USE enum status write_may_go(const struct write_job *job, struct write_end *end);
