// SPDX-License-Identifier: GPL-3.0-or-later
// What a found file is made of: an open file or shared bytes, with its size, age and etag.
#include "content/content.h"

#include "base/hash.h"
#include "base/text.h"
#include "io/heap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define NODE_FIRST_FD 3 // 0, 1 and 2 are never a node's, so an all-zero node owns nothing

struct content_memory {
    atomic_uint shares;
    size_t count;
    uint8_t bytes[];
};

struct content_extents {
    atomic_uint shares;
    size_t count;
    struct extent_place {
        uint64_t offset; // of its first byte in the node
        uint64_t start;  // in the outer file
    } places[];
};

struct content_memory *content_memory_new(const void *text, size_t bytes)
{
    struct content_memory *memory = heap_new(sizeof *memory + bytes);
    atomic_init(&memory->shares, 1);
    memory->count = bytes;
    if (bytes != 0) {
        memcpy(memory->bytes, text, bytes);
    }
    return memory;
}

struct content_memory *content_memory_share(struct content_memory *memory)
{
    unsigned before = atomic_fetch_add_explicit(&memory->shares, 1, memory_order_relaxed);
    assert(before != 0);
    return memory;
}

void content_memory_free(struct content_memory *taken_memory)
{
    if (taken_memory != NULL &&
        atomic_fetch_sub_explicit(&taken_memory->shares, 1, memory_order_acq_rel) == 1) {
        heap_free(taken_memory);
    }
}

void content_node_init(struct content_node *node)
{
    *node = (struct content_node){.fd = -1};
}

enum status content_node_copy(const struct content_node *node, struct content_node *copy)
{
    int fd = node->fd < NODE_FIRST_FD ? -1 : fcntl(node->fd, F_DUPFD_CLOEXEC, NODE_FIRST_FD);
    if (node->fd >= NODE_FIRST_FD && fd < 0) {
        return STATUS_IO;
    }
    *copy = *node;
    copy->fd = fd;
    if (copy->memory != NULL) {
        (void)content_memory_share(copy->memory);
    }
    if (copy->extents != NULL) {
        (void)atomic_fetch_add_explicit(&copy->extents->shares, 1, memory_order_relaxed);
    }
    return STATUS_OK;
}

void content_node_close(struct content_node *node)
{
    if (node->fd >= NODE_FIRST_FD) {
        (void)close(node->fd);
    }
    content_memory_free(node->memory);
    if (node->extents != NULL &&
        atomic_fetch_sub_explicit(&node->extents->shares, 1, memory_order_acq_rel) == 1) {
        heap_free(node->extents);
    }
    content_node_init(node);
}

/// An etag from `bytes` bytes of `data`, the same in every run: caches outlive us.
static void node_set_etag(struct content_node *node, const void *data, size_t bytes)
{
    uint64_t first = hash_bytes((struct hash_key){0x696d7072696e7430, 1}, data, bytes);
    uint64_t second = hash_bytes((struct hash_key){0x696d7072696e7431, 2}, data, bytes);
    (void)snprintf(node->etag, sizeof node->etag, "\"%016llx%016llx\"", (unsigned long long)first,
                   (unsigned long long)second);
}

void content_node_set_shared(struct content_node *node, struct content_memory *taken_memory)
{
    node->fd = -1;
    node->memory = taken_memory;
    node->bytes = taken_memory->bytes;
    node->size = taken_memory->count;
    node_set_etag(node, node->bytes, taken_memory->count);
}

void content_node_set_memory(struct content_node *node, const void *text, size_t bytes)
{
    content_node_set_shared(node, content_memory_new(text, bytes));
}

/// Moves a descriptor out of the way of standard input and output.
static int node_lift(int taken_fd)
{
    if (taken_fd >= NODE_FIRST_FD) {
        return taken_fd;
    }
    int lifted = fcntl(taken_fd, F_DUPFD_CLOEXEC, NODE_FIRST_FD);
    int reason = errno;
    (void)close(taken_fd);
    errno = reason;
    return lifted;
}

enum status content_node_set_file(struct content_node *node, int taken_fd)
{
    struct stat about;
    assert(taken_fd >= 0);
    int fd = node_lift(taken_fd);
    if (fd < 0) {
        return STATUS_IO;
    }
    bool is_known = fstat(fd, &about) == 0;
    if (!is_known || !S_ISREG(about.st_mode)) {
        (void)close(fd);
        return is_known ? STATUS_NOT_FOUND : STATUS_IO;
    }
    const uint64_t version[] = {about.st_ino, (uint64_t)about.st_size, (uint64_t)about.st_mtim.tv_sec,
                                (uint64_t)about.st_mtim.tv_nsec};
    node->fd = fd;
    node->size = (uint64_t)about.st_size;
    node->modified_s = about.st_mtim.tv_sec;
    node->changed_ns = (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec;
    node_set_etag(node, version, sizeof version);
    return STATUS_OK;
}

bool content_node_is_current(const struct content_node *node)
{
    struct stat about;
    return node->fd < NODE_FIRST_FD ||
           (fstat(node->fd, &about) == 0 && about.st_nlink != 0 &&
            (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec == node->changed_ns);
}

// The pieces that are not empty. `*size` is their sum. STATUS_MALFORMED when one leaves a file of `room`
// bytes.
static enum status extents_gather(struct content_extents *out, const struct content_extent *extents,
                                  size_t count, uint64_t room, uint64_t *size)
{
    *size = 0;
    for (size_t i = 0; i < count; i++) {
        if (extents[i].start > room || extents[i].bytes > room - extents[i].start ||
            extents[i].bytes > (uint64_t)INT64_MAX - *size) {
            return STATUS_MALFORMED;
        }
        if (extents[i].bytes != 0) {
            out->places[out->count++] = (struct extent_place){.offset = *size, .start = extents[i].start};
            *size += extents[i].bytes;
        }
    }
    return STATUS_OK;
}

enum status content_node_set_extents(struct content_node *node, int taken_fd,
                                     const struct content_extent *extents, size_t count)
{
    struct content_node outer;
    content_node_init(&outer);
    enum status status = content_node_set_file(&outer, taken_fd);
    if (status != STATUS_OK) {
        return status;
    }
    struct content_extents *gathered = heap_new(sizeof *gathered + count * sizeof gathered->places[0]);
    gathered->count = 0;
    atomic_init(&gathered->shares, 1);
    uint64_t size;
    status = extents_gather(gathered, extents, count, outer.size, &size);
    if (status != STATUS_OK) {
        heap_free(gathered);
        content_node_close(&outer);
        return status;
    }
    node->fd = outer.fd;
    node->size = size;
    node->modified_s = outer.modified_s;
    node->changed_ns = outer.changed_ns;
    node->start = gathered->count == 0 ? 0 : gathered->places[0].start;
    node->extents = gathered;
    if (gathered->count < 2) {
        heap_free(gathered);
        node->extents = NULL;
    }
    char version[sizeof outer.etag + 2 * sizeof(uint64_t)] = {0};
    memcpy(version, outer.etag, sizeof outer.etag);
    memcpy(version + sizeof outer.etag, &node->start, sizeof node->start);
    memcpy(version + sizeof outer.etag + sizeof node->start, &node->size, sizeof node->size);
    node_set_etag(node, version, sizeof version);
    return STATUS_OK;
}

// The last piece that begins at or before `offset`.
static size_t extents_find(const struct content_extents *extents, uint64_t offset)
{
    size_t low = 0;
    size_t high = extents->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (extents->places[middle].offset <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

uint64_t content_node_find(const struct content_node *node, uint64_t offset, uint64_t *at)
{
    if (offset >= node->size) {
        *at = 0;
        return 0;
    }
    if (node->extents == NULL) {
        *at = node->start + offset;
        return node->size - offset;
    }
    size_t piece = extents_find(node->extents, offset);
    const struct extent_place *place = &node->extents->places[piece];
    uint64_t end = piece + 1 < node->extents->count ? place[1].offset : node->size;
    *at = place->start + (offset - place->offset);
    return end - offset;
}

int64_t content_node_send(const struct content_node *node, int socket, uint64_t offset, uint64_t most)
{
    if (node->fd < NODE_FIRST_FD) {
        uint64_t count = offset < node->size ? node->size - offset : 0;
        count = count < most ? count : most;
        return count == 0 ? 0
                          : send(socket, node->bytes + offset, (size_t)count, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    uint64_t at;
    uint64_t count = content_node_find(node, offset, &at);
    count = count < most ? count : most;
    off_t place = (off_t)at;
    return count == 0 ? 0 : sendfile(socket, node->fd, &place, (size_t)count);
}

static int64_t node_read_memory(const struct content_node *node, uint64_t offset, void *out, size_t bytes)
{
    if (offset >= node->size) {
        return 0;
    }
    size_t count = size_min(bytes, (size_t)(node->size - offset));
    memcpy(out, node->bytes + offset, count);
    return (int64_t)count;
}

static int64_t node_read_file(const struct content_node *node, uint64_t offset, void *out, size_t bytes)
{
    size_t done = 0;
    while (done < bytes) {
        uint64_t at;
        uint64_t piece = content_node_find(node, offset + done, &at);
        if (piece == 0) {
            break;
        }
        ssize_t count = pread(node->fd, (char *)out + done,
                              piece < bytes - done ? (size_t)piece : bytes - done, (off_t)at);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return -1;
        }
        if (count == 0) { // it was cut off since
            break;
        }
        done += (size_t)count;
    }
    return (int64_t)done;
}

int64_t content_node_read(const struct content_node *node, uint64_t offset, void *out, size_t bytes)
{
    return node->fd >= NODE_FIRST_FD ? node_read_file(node, offset, out, bytes)
                                     : node_read_memory(node, offset, out, bytes);
}

static const struct node_type {
    const char *ending;
    const char *type;
} NODE_TYPES[] = {
    {".efi", "application/efi"}, // EDK2 takes these three only in exactly this spelling
    {".iso", "application/vnd.efi-iso"},
    {".img", "application/vnd.efi-img"},
    {".ipxe", "text/plain"},
    {".cfg", "text/plain"},
    {".conf", "text/plain"},
    {".txt", "text/plain"},
    {".html", "text/html"},
    {".json", "application/json"},
    {".xml", "application/xml"},
    {".yaml", "application/yaml"},
    {".yml", "application/yaml"},
    {".gz", "application/gzip"},
    {".xz", "application/x-xz"},
    {".zst", "application/zstd"},
    {".deb", "application/vnd.debian.binary-package"},
    {".udeb", "application/vnd.debian.binary-package"},
};

const char *content_type_find(const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < COUNT_OF(NODE_TYPES); i++) {
        size_t ending = strlen(NODE_TYPES[i].ending);
        if (length >= ending && text_equal_nocase(path + length - ending, NODE_TYPES[i].ending)) {
            return NODE_TYPES[i].type;
        }
    }
    return "application/octet-stream";
}
