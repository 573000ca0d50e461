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
    uint64_t start; // where in the outer file it lies, and how much of it there is
    uint64_t part_bytes;
};

struct tftp_file {
    struct tftp_thread *thread;
    unsigned shares;
    bool is_listed;           // in thread->files
    struct content_node node; // what it owns: an open file, or shared memory
    void *mapping;            // NULL = none
    size_t mapping_bytes;
    const uint8_t *map; // its first byte in memory, by whichever way; NULL = it is read
    uint64_t bytes;
    uint64_t key;
    struct identity identity;
};

static bool identify(const struct content_node *node, struct identity *identity)
{
    struct stat about;
    if (fstat(node->fd, &about) != 0) {
        return false;
    }
    *identity = (struct identity){.device = about.st_dev,
                                  .inode = about.st_ino,
                                  .bytes = (uint64_t)about.st_size,
                                  .modified_s = (uint64_t)about.st_mtim.tv_sec,
                                  .modified_ns = (uint64_t)about.st_mtim.tv_nsec,
                                  .start = node->start,
                                  .part_bytes = node->size};
    return true;
}

static bool is_same(const struct identity *a, const struct identity *b)
{
    return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
           a->modified_s == b->modified_s && a->modified_ns == b->modified_ns && a->start == b->start &&
           a->part_bytes == b->part_bytes;
}

// Maps it if it is worth it and within the budget, and lies in one piece. Without a map it is read.
static void map_file(struct tftp_file *file)
{
    struct tftp_engine *engine = file->thread->engine;
    uint64_t at;
    uint64_t piece = content_node_find(&file->node, 0, &at);
    if (file->bytes == 0 || file->bytes > MAP_FILE_BYTES || piece != file->bytes) {
        return;
    }
    uint64_t before = at % (uint64_t)sysconf(_SC_PAGESIZE); // a mapping begins with a page
    size_t bytes = (size_t)(file->bytes + before);
    if (atomic_fetch_add(&engine->mapped_bytes, bytes) + bytes > MAP_ALL_BYTES) {
        atomic_fetch_sub(&engine->mapped_bytes, bytes);
        return;
    }
    void *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, file->node.fd, (off_t)(at - before));
    if (map == MAP_FAILED) {
        atomic_fetch_sub(&engine->mapped_bytes, bytes);
        return;
    }
    file->mapping = map;
    file->mapping_bytes = bytes;
    file->map = (const uint8_t *)map + before;
}

static struct tftp_file *take_memory(struct tftp_thread *thread, struct content_node *node)
{
    struct tftp_file *file = heap_new(sizeof *file);
    *file = (struct tftp_file){
        .thread = thread, .shares = 1, .node = *node, .map = node->bytes, .bytes = node->size};
    content_node_init(node); // its bytes are the file's now
    return file;
}

static struct tftp_file *take_descriptor(struct tftp_thread *thread, struct content_node *node,
                                         const struct identity *identity, uint64_t key)
{
    struct tftp_file *file = heap_new(sizeof *file);
    *file = (struct tftp_file){
        .thread = thread, .shares = 1, .node = *node, .bytes = node->size, .key = key, .identity = *identity};
    content_node_init(node);
    uint64_t at;
    uint64_t piece = content_node_find(&file->node, 0, &at);
    // A failure means that this file system reads ahead as it likes.
    (void)posix_fadvise(file->node.fd, (off_t)at, (off_t)(piece < AHEAD_BYTES ? piece : AHEAD_BYTES),
                        POSIX_FADV_WILLNEED);
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
    bool is_part = node->start != 0 || node->extents != NULL;
    if (!identify(node, &identity) || (identity.bytes != node->size && !is_part)) {
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
    if (file->mapping != NULL) {
        (void)munmap(file->mapping, file->mapping_bytes);
        atomic_fetch_sub(&file->thread->engine->mapped_bytes, file->mapping_bytes);
    }
    content_node_close(&file->node);
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
    return content_node_read(&file->node, offset, out, bytes) == (int64_t)bytes ? STATUS_OK : STATUS_IO;
}

bool tftp_file_is_unchanged(const struct tftp_file *file)
{
    struct identity now;
    return file->node.fd < 0 || (identify(&file->node, &now) && is_same(&now, &file->identity));
}
