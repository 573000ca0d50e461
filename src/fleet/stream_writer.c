// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/stream_writer.h"

#include "io/heap.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define WORKERS_MOST 16

static_assert(ZSTD_COMPRESSBOUND(CHUNK_BYTES) <= CHUNK_FRAME_BYTES_MOST, "no frame is too large");

enum slot_state { SLOT_FREE, SLOT_FILLED, SLOT_BUSY, SLOT_DONE };

struct slot { // one chunk on its way
    enum slot_state state;
    struct chunk chunk;
    bool is_failed;
    uint8_t *content; // CHUNK_BYTES
    uint8_t *frame;   // CHUNK_FRAME_BYTES_MOST
};

struct stream_writer {
    FILE *file;
    int level;
    struct heap_array chunks; // of struct chunk, those that are written
    uint64_t content_bytes;
    uint64_t stream_bytes;
    struct slot slots[WORKERS_MOST * 2];
    unsigned slot_count;
    uint64_t filled;  // chunks handed out so far; the next one goes to slot filled % slot_count
    uint64_t written; // chunks written so far
    size_t at;        // bytes in the slot being filled
    pthread_t workers[WORKERS_MOST];
    unsigned worker_count;
    uint64_t taken; // chunks that a worker took so far
    bool is_ending;
    pthread_mutex_t lock;
    pthread_cond_t work;
    pthread_cond_t done;
};

static bool is_zeros(const uint8_t *data, size_t bytes)
{
    return data[0] == 0 && memcmp(data, data + 1, bytes - 1) == 0;
}

static void compress(ZSTD_CCtx *zstd, struct slot *slot)
{
    size_t bytes = slot->chunk.bytes;
    size_t frame = ZSTD_compress2(zstd, slot->frame, CHUNK_FRAME_BYTES_MOST, slot->content, bytes);
    slot->is_failed = ZSTD_isError(frame) != 0;
    if (slot->is_failed) {
        return;
    }
    struct sha256_ctx sha256;
    sha256_init(&sha256);
    sha256_update(&sha256, frame, slot->frame);
    sha256_digest(&sha256, CHUNK_SHA256_BYTES, slot->chunk.sha256);
    slot->chunk.frame_bytes = (uint32_t)frame;
    slot->chunk.is_zero = is_zeros(slot->content, bytes);
}

static ZSTD_CCtx *make_compressor(int level)
{
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    assert(zstd != NULL);
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, level);
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, 1);
    return zstd;
}

static void *work(void *context)
{
    struct stream_writer *writer = context;
    ZSTD_CCtx *zstd = make_compressor(writer->level);
    (void)pthread_mutex_lock(&writer->lock);
    while (true) {
        while (writer->taken == writer->filled && !writer->is_ending) {
            (void)pthread_cond_wait(&writer->work, &writer->lock);
        }
        if (writer->taken == writer->filled) {
            break;
        }
        struct slot *slot = &writer->slots[writer->taken++ % writer->slot_count];
        slot->state = SLOT_BUSY;
        (void)pthread_mutex_unlock(&writer->lock);
        compress(zstd, slot);
        (void)pthread_mutex_lock(&writer->lock);
        slot->state = SLOT_DONE;
        (void)pthread_cond_signal(&writer->done);
    }
    (void)pthread_mutex_unlock(&writer->lock);
    (void)ZSTD_freeCCtx(zstd);
    return NULL;
}

enum status stream_writer_open(const char *file, int level, struct stream_writer **writer,
                               struct problem *problem)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct stream_writer *fresh = heap_new(sizeof *fresh);
    fresh->level = level;
    fresh->chunks = heap_array_init(sizeof(struct chunk));
    fresh->file = fopen(file, "wbe");
    if (fresh->file == NULL) {
        problem_set(problem, "%.200s cannot be written: %s", file, strerror(errno));
        heap_free(fresh);
        return STATUS_IO;
    }
    unsigned wanted = processors < 1 ? 1 : (unsigned)size_min((size_t)processors, WORKERS_MOST);
    fresh->slot_count = wanted * 2;
    for (unsigned i = 0; i < fresh->slot_count; i++) {
        fresh->slots[i].content = heap_new(CHUNK_BYTES);
        fresh->slots[i].frame = heap_new(CHUNK_FRAME_BYTES_MOST);
    }
    (void)pthread_mutex_init(&fresh->lock, NULL);
    (void)pthread_cond_init(&fresh->work, NULL);
    (void)pthread_cond_init(&fresh->done, NULL);
    while (fresh->worker_count < wanted &&
           pthread_create(&fresh->workers[fresh->worker_count], NULL, work, fresh) == 0) {
        fresh->worker_count++;
    }
    if (fresh->worker_count == 0) {
        problem_set(problem, "no thread can be started");
        stream_writer_drop(fresh);
        return STATUS_IO;
    }
    *writer = fresh;
    return STATUS_OK;
}

static enum status refuse_write(struct problem *problem)
{
    enum status status = errno == ENOSPC || errno == EDQUOT ? STATUS_FULL : STATUS_IO;
    problem_set(problem, "the image cannot be written: %s", strerror(errno));
    if (status == STATUS_FULL) {
        problem_set_remedy(problem, "make room, or set TMPDIR to a folder that has it");
    }
    return status;
}

// Waits for the oldest chunk and writes it, so that its slot is free.
static enum status write_oldest(struct stream_writer *writer, struct problem *problem)
{
    struct slot *slot = &writer->slots[writer->written % writer->slot_count];
    (void)pthread_mutex_lock(&writer->lock);
    while (slot->state != SLOT_DONE) {
        (void)pthread_cond_wait(&writer->done, &writer->lock);
    }
    slot->state = SLOT_FREE;
    (void)pthread_mutex_unlock(&writer->lock);
    writer->written++;
    if (slot->is_failed) {
        problem_set(problem, "zstd cannot compress a chunk");
        return STATUS_IO;
    }
    slot->chunk.offset = writer->stream_bytes;
    if (fwrite(slot->frame, 1, slot->chunk.frame_bytes, writer->file) != slot->chunk.frame_bytes) {
        return refuse_write(problem);
    }
    writer->stream_bytes += slot->chunk.frame_bytes;
    heap_array_add(&writer->chunks, &slot->chunk);
    return STATUS_OK;
}

// Hands the chunk being filled to the workers, and makes the next slot free.
static enum status hand_out(struct stream_writer *writer, struct problem *problem)
{
    struct slot *slot = &writer->slots[writer->filled % writer->slot_count];
    slot->chunk = (struct chunk){.bytes = (uint32_t)writer->at};
    if (writer->filled == CHUNK_INDEX_CHUNKS_MOST) {
        problem_set(problem, "the image is larger than 4 TiB");
        return STATUS_TOO_LONG;
    }
    (void)pthread_mutex_lock(&writer->lock);
    slot->state = SLOT_FILLED;
    writer->filled++;
    (void)pthread_cond_signal(&writer->work);
    (void)pthread_mutex_unlock(&writer->lock);
    writer->at = 0;
    return writer->filled - writer->written == writer->slot_count ? write_oldest(writer, problem) : STATUS_OK;
}

// `data` NULL = zeros.
static enum status add(struct stream_writer *writer, const uint8_t *data, uint64_t bytes,
                       struct problem *problem)
{
    enum status status = STATUS_OK;
    while (bytes > 0 && status == STATUS_OK) {
        struct slot *slot = &writer->slots[writer->filled % writer->slot_count];
        size_t room = CHUNK_BYTES - writer->at;
        size_t count = bytes < room ? (size_t)bytes : room;
        if (data == NULL) {
            memset(slot->content + writer->at, 0, count);
        } else {
            memcpy(slot->content + writer->at, data, count);
            data += count;
        }
        writer->at += count;
        writer->content_bytes += count;
        bytes -= count;
        status = writer->at == CHUNK_BYTES ? hand_out(writer, problem) : STATUS_OK;
    }
    return status;
}

enum status stream_writer_add(struct stream_writer *writer, const void *data, uint64_t bytes,
                              struct problem *problem)
{
    return add(writer, data, bytes, problem);
}

enum status stream_writer_add_zeros(struct stream_writer *writer, uint64_t bytes, struct problem *problem)
{
    return add(writer, NULL, bytes, problem);
}

uint64_t stream_writer_content(const struct stream_writer *writer)
{
    return writer->content_bytes;
}

static enum status write_index(const struct stream_writer *writer, const char *file,
                               const struct chunk_index *index, struct problem *problem)
{
    uint8_t header[CHUNK_INDEX_HEADER_BYTES];
    uint8_t entry[CHUNK_INDEX_ENTRY_BYTES];
    FILE *out = fopen(file, "wbe");
    if (out == NULL) {
        return refuse_write(problem);
    }
    chunk_index_encode(index, header);
    bool good = fwrite(header, 1, sizeof header, out) == sizeof header;
    for (size_t i = 0; i < writer->chunks.count && good; i++) {
        chunk_encode(heap_array_get(&writer->chunks, i), entry);
        good = fwrite(entry, 1, sizeof entry, out) == sizeof entry;
    }
    return fclose(out) == 0 && good ? STATUS_OK : refuse_write(problem);
}

enum status stream_writer_close(struct stream_writer *taken_writer, const char *index_file,
                                struct chunk_index *index, struct problem *problem)
{
    struct stream_writer *writer = taken_writer;
    enum status status = writer->at == 0 ? STATUS_OK : hand_out(writer, problem);
    while (status == STATUS_OK && writer->written < writer->filled) {
        status = write_oldest(writer, problem);
    }
    if (status == STATUS_OK && writer->chunks.count == 0) {
        problem_set(problem, "there is nothing in it");
        status = STATUS_MALFORMED;
    }
    if (status == STATUS_OK && fflush(writer->file) != 0) {
        status = refuse_write(problem);
    }
    if (status == STATUS_OK) {
        index->content_bytes = writer->content_bytes;
        index->stream_bytes = writer->stream_bytes;
        index->chunk_count = (uint32_t)writer->chunks.count;
        status = write_index(writer, index_file, index, problem);
    }
    stream_writer_drop(writer);
    return status;
}

void stream_writer_drop(struct stream_writer *taken_writer)
{
    if (taken_writer == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&taken_writer->lock);
    taken_writer->is_ending = true;
    (void)pthread_cond_broadcast(&taken_writer->work);
    (void)pthread_mutex_unlock(&taken_writer->lock);
    for (unsigned i = 0; i < taken_writer->worker_count; i++) {
        (void)pthread_join(taken_writer->workers[i], NULL);
    }
    for (unsigned i = 0; i < taken_writer->slot_count; i++) {
        heap_free(taken_writer->slots[i].content);
        heap_free(taken_writer->slots[i].frame);
    }
    (void)pthread_mutex_destroy(&taken_writer->lock);
    (void)pthread_cond_destroy(&taken_writer->work);
    (void)pthread_cond_destroy(&taken_writer->done);
    (void)fclose(taken_writer->file);
    heap_array_clear(&taken_writer->chunks);
    heap_free(taken_writer);
}
