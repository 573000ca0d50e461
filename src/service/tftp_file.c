// SPDX-License-Identifier: GPL-3.0-or-later
// The files that an engine thread sends: one descriptor and one mapping for all transfers of the same file.
#include "base/hash.h"
#include "io/heap.h"
#include "service/tftp_thread.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_FILE_BYTES (64u << 20)  // larger ones are read: their page tables would be ours to pay for
#define MAP_ALL_BYTES  (256u << 20) // of all threads
#define AHEAD_BYTES    (4u << 20)   // asked of the disk at once, before the client does

struct identity { // what tells one version of a file from another
    uint64_t device;
    uint64_t inode;
    uint64_t bytes;
    uint64_t modified_s;
    uint64_t modified_ns;
};

struct tftp_file {
    struct tftp_thread *thread;
    unsigned shares;
    bool is_listed; // in thread->files
    int fd;         // -1 = memory
    const uint8_t *map;
    struct content_memory *memory;
    uint64_t bytes;
    uint64_t key;
    struct identity identity;
};

static bool identify(int fd, struct identity *identity)
{
    struct stat about;
    if (fstat(fd, &about) != 0) {
        return false;
    }
    *identity = (struct identity){.device = about.st_dev,
                                  .inode = about.st_ino,
                                  .bytes = (uint64_t)about.st_size,
                                  .modified_s = (uint64_t)about.st_mtim.tv_sec,
                                  .modified_ns = (uint64_t)about.st_mtim.tv_nsec};
    return true;
}

static bool is_same(const struct identity *a, const struct identity *b)
{
    return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
           a->modified_s == b->modified_s && a->modified_ns == b->modified_ns;
}

// Maps it if it is worth it and within the budget. Without a map it is read.
static void map_file(struct tftp_file *file)
{
    struct tftp_engine *engine = file->thread->engine;
    if (file->bytes == 0 || file->bytes > MAP_FILE_BYTES) {
        return;
    }
    if (atomic_fetch_add(&engine->mapped_bytes, file->bytes) + file->bytes > MAP_ALL_BYTES) {
        atomic_fetch_sub(&engine->mapped_bytes, file->bytes);
        return;
    }
    void *map = mmap(NULL, (size_t)file->bytes, PROT_READ, MAP_SHARED, file->fd, 0);
    if (map == MAP_FAILED) {
        atomic_fetch_sub(&engine->mapped_bytes, file->bytes);
        return;
    }
    file->map = map;
}

static struct tftp_file *take_memory(struct tftp_thread *thread, struct content_node *node)
{
    struct tftp_file *file = heap_new(sizeof *file);
    *file = (struct tftp_file){.thread = thread,
                               .shares = 1,
                               .fd = -1,
                               .map = node->bytes,
                               .memory = node->memory,
                               .bytes = node->size};
    content_node_init(node); // its bytes are the file's now
    return file;
}

static struct tftp_file *take_descriptor(struct tftp_thread *thread, struct content_node *node,
                                         const struct identity *identity, uint64_t key)
{
    struct tftp_file *file = heap_new(sizeof *file);
    *file = (struct tftp_file){.thread = thread,
                               .shares = 1,
                               .fd = node->fd,
                               .bytes = node->size,
                               .key = key,
                               .identity = *identity};
    node->fd = -1;
    content_node_close(node);
    // A failure means that this file system reads ahead as it likes.
    (void)posix_fadvise(file->fd, 0, (off_t)size_min(file->bytes, AHEAD_BYTES), POSIX_FADV_WILLNEED);
    map_file(file);
    if (tftp_table_find(&thread->files, key) == NULL) { // two that collide are kept apart
        tftp_table_put(&thread->files, key, file);
        file->is_listed = true;
    }
    return file;
}

struct tftp_file *tftp_file_take(struct tftp_thread *thread, struct content_node *node)
{
    if (node->fd < 0) {
        return take_memory(thread, node);
    }
    struct identity identity;
    if (!identify(node->fd, &identity) || identity.bytes != node->size) {
        content_node_close(node);
        return NULL;
    }
    uint64_t key = hash_bytes((struct hash_key){thread->files.seed, 0}, &identity, sizeof identity);
    struct tftp_file *same = tftp_table_find(&thread->files, key);
    if (same != NULL && is_same(&same->identity, &identity)) {
        content_node_close(node);
        same->shares++;
        return same;
    }
    return take_descriptor(thread, node, &identity, key);
}

void tftp_file_drop(struct tftp_file *file)
{
    if (file == NULL || --file->shares != 0) {
        return;
    }
    if (file->is_listed) {
        (void)tftp_table_remove(&file->thread->files, file->key);
    }
    if (file->fd >= 0) {
        if (file->map != NULL) {
            void *map;
            memcpy(&map, &file->map, sizeof map); // munmap(2) knows no const
            (void)munmap(map, (size_t)file->bytes);
            atomic_fetch_sub(&file->thread->engine->mapped_bytes, file->bytes);
        }
        (void)close(file->fd);
    }
    content_memory_free(file->memory);
    heap_free(file);
}

uint64_t tftp_file_bytes(const struct tftp_file *file)
{
    return file->bytes;
}

const uint8_t *tftp_file_map(const struct tftp_file *file)
{
    return file->map;
}

enum status tftp_file_read(const struct tftp_file *file, uint64_t offset, void *out, size_t bytes)
{
    size_t done = 0;
    while (done < bytes) {
        ssize_t count = pread(file->fd, (uint8_t *)out + done, bytes - done, (off_t)(offset + done));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return STATUS_IO;
        }
        done += (size_t)count;
    }
    return STATUS_OK;
}

bool tftp_file_is_unchanged(const struct tftp_file *file)
{
    struct identity now;
    return file->fd < 0 || (identify(file->fd, &now) && is_same(&now, &file->identity));
}
