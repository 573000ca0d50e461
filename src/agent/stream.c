// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/stream.h"

#include "agent/console.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#define FETCH_TRIES_MOST 5 // of one damaged chunk
#define PAUSE_MOST_S     15
#define SAY_S            60
#define PAGE             4096

struct slot {
    struct chunk chunk;
    uint8_t *frame;
    uint8_t *content;
};

struct ring {
    const struct stream_job *job;
    struct slot slots[STREAM_RING_CHUNKS];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t received, unpacked, put; // chunks so far; received >= unpacked >= put
    bool stopped;                     // somebody failed; nobody goes on
    uint64_t put_bytes;
    struct write_end end; // of the other threads
    ZSTD_DCtx *unpacker;
};

struct patience { // how long we have been without the server
    unsigned pause_s;
    unsigned waited_s;
    unsigned said_s; // when it was said last
    bool is_told;
};

static int64_t now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

// Waits a while after a failure, and says so once.
static enum status be_patient(const struct write_job *job, struct patience *patience,
                              const struct problem *problem, struct write_end *end)
{
    if (!patience->is_told && patience->pause_s > 0) { // a single broken connection is not worth a word
        patience->is_told = true;
        if (job->hooks.trouble != NULL) {
            job->hooks.trouble(job->hooks.context, "NETWORK_LOST", problem->text);
        }
    }
    if (patience->waited_s - patience->said_s >= SAY_S) {
        patience->said_s = patience->waited_s;
        console_say("%s; trying again, for %u s now", problem->text, patience->waited_s);
    } else {
        console_note("%s; trying again", problem->text);
    }
    patience->pause_s = patience->pause_s == 0 ? 1 : (unsigned)size_min(patience->pause_s * 2, PAUSE_MOST_S);
    for (unsigned waited = 0; waited < patience->pause_s; waited++) {
        if (write_may_go(job, end) != STATUS_OK) {
            return STATUS_IO;
        }
        (void)sleep(1);
        patience->waited_s++;
    }
    return STATUS_OK;
}

// What a failed request means: wait and try again (OK), or give up.
static enum status survive(const struct write_job *job, enum status failed, const char *path,
                           struct patience *patience, struct problem *problem, struct write_end *end)
{
    if (failed == STATUS_NOT_FOUND) {
        return write_end_set(end, "AGENT_FAILED", "the server has no %s", path);
    }
    if (failed == STATUS_DENIED) {
        if (job->hooks.renew_token == NULL) {
            return write_end_set(end, "AGENT_FAILED", "the server refuses %s: %s", path, problem->text);
        }
        if (job->hooks.renew_token(job->hooks.context)) {
            problem_clear(problem);
            problem_set(problem, "the server wanted a new token");
        }
    }
    enum status status = be_patient(job, patience, problem, end);
    problem_clear(problem);
    return status;
}

static enum status take_index(const struct write_job *job, struct stream_index *index, struct write_end *end)
{
    struct problem problem = {0};
    if (chunk_index_check(index->data, index->bytes, &index->header, &problem) != STATUS_OK) {
        return write_end_set(end, "IMAGE_DAMAGED", "the image's index is damaged: %s", problem.text);
    }
    if (index->header.kind != (uint8_t)job->kind) {
        return write_end_set(end, "IMAGE_DAMAGED", "the image is not of the kind that the order says");
    }
    return STATUS_OK;
}

enum status stream_fetch_index(const struct write_job *job, struct stream_index *index, struct write_end *end)
{
    struct patience patience = {0};
    struct problem problem = {0};
    *index = (struct stream_index){0};
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        struct fetch_answer answer = {0};
        enum status got = fetch(job->server, job->index_path, NULL, NULL, 0, &answer, &problem);
        if (got == STATUS_OK && answer.http_status == 200 && answer.bytes > 0) {
            index->data = (uint8_t *)answer.body;
            index->bytes = answer.bytes;
            return take_index(job, index, end);
        }
        if (got == STATUS_OK) {
            got = answer.http_status == 404                                ? STATUS_NOT_FOUND
                  : answer.http_status == 401 || answer.http_status == 403 ? STATUS_DENIED
                                                                           : STATUS_IO;
            problem_set(&problem, "the server answered %u to %s", answer.http_status, job->index_path);
        }
        fetch_answer_clear(&answer);
        status = survive(job, got, job->index_path, &patience, &problem, end);
    }
    return status;
}

void stream_index_clear(struct stream_index *index)
{
    free(index->data);
    *index = (struct stream_index){0};
}

static void stop(struct ring *ring)
{
    (void)pthread_mutex_lock(&ring->lock);
    ring->stopped = true;
    (void)pthread_cond_broadcast(&ring->changed);
    (void)pthread_mutex_unlock(&ring->lock);
}

// The slot of chunk `number` once `*before` (a stage's count) has passed it; NULL when it is over.
static struct slot *wait_for_stage(struct ring *ring, const uint32_t *before, uint32_t number)
{
    (void)pthread_mutex_lock(&ring->lock);
    while (!ring->stopped && *before <= number) {
        (void)pthread_cond_wait(&ring->changed, &ring->lock);
    }
    bool goes_on = !ring->stopped;
    (void)pthread_mutex_unlock(&ring->lock);
    return goes_on ? &ring->slots[number % STREAM_RING_CHUNKS] : NULL;
}

static void pass(struct ring *ring, uint32_t *stage, uint64_t bytes)
{
    (void)pthread_mutex_lock(&ring->lock);
    *stage += 1;
    ring->put_bytes += bytes;
    (void)pthread_cond_broadcast(&ring->changed);
    (void)pthread_mutex_unlock(&ring->lock);
}

static void *unpack_all(void *context)
{
    struct ring *ring = context;
    for (uint32_t number = 0; number < ring->job->count; number++) {
        struct slot *slot = wait_for_stage(ring, &ring->received, number);
        if (slot == NULL) {
            return NULL;
        }
        if (!slot->chunk.is_zero) {
            size_t bytes = ZSTD_decompressDCtx(ring->unpacker, slot->content, CHUNK_BYTES, slot->frame,
                                               slot->chunk.frame_bytes);
            if (bytes != slot->chunk.bytes) { // ZSTD's errors are sizes too
                struct write_end end = {0};
                (void)write_end_set(&end, "IMAGE_DAMAGED", "chunk %u of the image cannot be unpacked: %s",
                                    number,
                                    ZSTD_isError(bytes) ? ZSTD_getErrorName(bytes) : "its size is wrong");
                (void)pthread_mutex_lock(&ring->lock);
                ring->end = ring->end.reason == NULL ? end : ring->end;
                (void)pthread_mutex_unlock(&ring->lock);
                stop(ring);
                return NULL;
            }
        }
        pass(ring, &ring->unpacked, 0);
    }
    return NULL;
}

static void *put_all(void *context)
{
    struct ring *ring = context;
    uint64_t at = 0;
    for (uint32_t number = 0; number < ring->job->count; number++) {
        struct slot *slot = wait_for_stage(ring, &ring->unpacked, number);
        if (slot == NULL) {
            return NULL;
        }
        struct write_end end = {0};
        uint8_t *content = slot->chunk.is_zero ? NULL : slot->content;
        if (ring->job->put(ring->job->context, &slot->chunk, at, content, &end) != STATUS_OK) {
            (void)pthread_mutex_lock(&ring->lock);
            ring->end = ring->end.reason == NULL ? end : ring->end;
            (void)pthread_mutex_unlock(&ring->lock);
            stop(ring);
            return NULL;
        }
        at += slot->chunk.bytes;
        pass(ring, &ring->put, slot->chunk.bytes);
    }
    return NULL;
}

static void show_progress(struct ring *ring)
{
    const struct write_job *write = ring->job->write;
    (void)pthread_mutex_lock(&ring->lock);
    uint64_t done = ring->put_bytes;
    (void)pthread_mutex_unlock(&ring->lock);
    if (write->hooks.progress != NULL) {
        write->hooks.progress(write->hooks.context, "write", done, ring->job->index->header.content_bytes);
    }
}

// Waits until `*stage` is above `above`, telling how far it is meanwhile. false: it is over.
static bool wait_and_tell(struct ring *ring, const uint32_t *stage, uint32_t above, int64_t *asked_s,
                          struct write_end *end)
{
    bool goes_on = true;
    bool is_there = false;
    while (goes_on && !is_there) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += 1;
        (void)pthread_mutex_lock(&ring->lock);
        int waited = 0;
        while (!ring->stopped && *stage <= above && waited == 0) {
            waited = pthread_cond_timedwait(&ring->changed, &ring->lock, &until);
        }
        goes_on = !ring->stopped;
        is_there = *stage > above;
        (void)pthread_mutex_unlock(&ring->lock);
        show_progress(ring);
        if (goes_on && now_s() != *asked_s) {
            *asked_s = now_s();
            goes_on = write_may_go(ring->job->write, end) == STATUS_OK;
        }
    }
    return goes_on;
}

static bool is_whole(const struct chunk *chunk, const uint8_t *frame)
{
    struct sha256_ctx context;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&context);
    sha256_update(&context, chunk->frame_bytes, frame);
    sha256_digest(&context, sizeof digest, digest);
    return memcmp(digest, chunk->sha256, sizeof digest) == 0;
}

// Gets one frame, over as many connections as it takes.
static enum status receive_frame(const struct write_job *job, struct fetch_stream **connection,
                                 struct patience *patience, uint32_t number, struct slot *slot,
                                 struct write_end *end)
{
    struct problem problem = {0};
    unsigned damaged = 0;
    for (;;) {
        enum status status = STATUS_OK;
        if (*connection == NULL) {
            status =
                fetch_stream_open(job->server, job->stream_path, slot->chunk.offset, connection, &problem);
        }
        if (status == STATUS_OK) {
            status = fetch_stream_read(*connection, slot->frame, slot->chunk.frame_bytes, &problem);
        }
        if (status == STATUS_OK) {
            if (patience->is_told) {
                console_say("the server answers again; going on");
            }
            *patience = (struct patience){0};
            if (is_whole(&slot->chunk, slot->frame)) {
                return STATUS_OK;
            }
            damaged++;
            console_say("chunk %u of the image came damaged; fetching it again", number);
        }
        fetch_stream_close(*connection);
        *connection = NULL;
        if (damaged == FETCH_TRIES_MOST) {
            return write_end_set(end, "IMAGE_DAMAGED", "chunk %u of the image came damaged %u times", number,
                                 damaged);
        }
        if (status != STATUS_OK) {
            status = survive(job, status, job->stream_path, patience, &problem, end);
        } else {
            status = write_may_go(job, end);
        }
        if (status != STATUS_OK) {
            return status;
        }
    }
}

static enum status receive_all(struct ring *ring, struct write_end *end)
{
    const struct stream_index *index = ring->job->index;
    struct fetch_stream *connection = NULL;
    struct patience patience = {0};
    struct problem problem = {0};
    int64_t asked_s = now_s();
    enum status status = STATUS_OK;
    for (uint32_t number = 0; number < ring->job->count && status == STATUS_OK; number++) {
        if (number >= STREAM_RING_CHUNKS) { // the slot's last guest must have gone
            uint32_t guest = number - STREAM_RING_CHUNKS;
            if (!wait_and_tell(ring, &ring->put, guest, &asked_s, end)) {
                status = STATUS_IO;
                break;
            }
        }
        struct slot *slot = &ring->slots[number % STREAM_RING_CHUNKS];
        status = chunk_decode(index->data, index->bytes, &index->header, number, &slot->chunk, &problem);
        if (status != STATUS_OK || slot->chunk.frame_bytes > CHUNK_FRAME_BYTES_MOST ||
            slot->chunk.bytes > CHUNK_BYTES) {
            status = write_end_set(end, "IMAGE_DAMAGED", "the image's index is damaged: %s", problem.text);
            break;
        }
        status = receive_frame(ring->job->write, &connection, &patience, number, slot, end);
        if (status == STATUS_OK) {
            pass(ring, &ring->received, 0);
        }
    }
    fetch_stream_close(connection);
    if (status == STATUS_OK && ring->job->count > 0 &&
        !wait_and_tell(ring, &ring->put, ring->job->count - 1, &asked_s, end)) {
        status = STATUS_IO;
    }
    return status;
}

static bool open_ring(struct ring *ring)
{
    bool opened = (ring->unpacker = ZSTD_createDCtx()) != NULL;
    for (unsigned i = 0; i < STREAM_RING_CHUNKS && opened; i++) {
        void *content = NULL;
        opened = posix_memalign(&content, PAGE, CHUNK_BYTES) == 0;
        ring->slots[i].content = content;
        ring->slots[i].frame = malloc(CHUNK_FRAME_BYTES_MOST);
        opened = opened && ring->slots[i].frame != NULL;
    }
    return opened;
}

static void close_ring(struct ring *ring)
{
    for (unsigned i = 0; i < STREAM_RING_CHUNKS; i++) {
        free(ring->slots[i].frame);
        free(ring->slots[i].content);
    }
    (void)ZSTD_freeDCtx(ring->unpacker);
    (void)pthread_cond_destroy(&ring->changed);
    (void)pthread_mutex_destroy(&ring->lock);
    free(ring);
}

enum status stream_run(const struct stream_job *job, struct write_end *end)
{
    struct ring *ring = calloc(1, sizeof *ring);
    if (ring == NULL) {
        return write_end_set(end, "AGENT_FAILED", "there is no memory left to receive the image");
    }
    ring->job = job;
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&ring->lock, NULL);
    (void)pthread_cond_init(&ring->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    pthread_t unpacking;
    pthread_t putting;
    bool unpacks = false;
    bool puts = false;
    bool started = open_ring(ring);
    started = started && (unpacks = pthread_create(&unpacking, NULL, unpack_all, ring) == 0);
    started = started && (puts = pthread_create(&putting, NULL, put_all, ring) == 0);
    enum status status = started ? receive_all(ring, end) : STATUS_IO;
    if (status != STATUS_OK) {
        stop(ring);
    }
    if (unpacks) {
        (void)pthread_join(unpacking, NULL);
    }
    if (puts) {
        (void)pthread_join(putting, NULL);
    }
    if (ring->end.reason != NULL) { // the cause lies there
        *end = ring->end;
        status = STATUS_IO;
    } else if (status != STATUS_OK) {
        (void)write_end_set(end, "AGENT_FAILED", "there is no memory left to receive the image");
    }
    close_ring(ring);
    return status;
}
