// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/index.h"

#include "base/hash.h"
#include "base/text.h"
#include "content/beneath.h"
#include "content/local.h"
#include "io/heap.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INDEX_BUCKETS     1024
#define INDEX_YOUNG_NS    2000000000 // FAT's times are this coarse, and others' are finer
#define INDEX_READ_SHARE  10         // reading young folders takes at most one part in so many of the time
#define INDEX_BYTES_FIRST 4096
#define INDEX_TOLD_WAYS   4

struct index_folder {
    struct index_folder *next_in_bucket;
    struct index_folder *newer; // asked more recently
    struct index_folder *older;
    dev_t device;
    ino_t inode;
    struct timespec modified;
    struct timespec changed;
    bool is_young;        // when it was read: not to be believed
    int64_t read_ns;      // monotonic, when reading ended
    int64_t read_cost_ns; // how long it took
    size_t count;
    uint32_t *offsets; // sorted without regard to case, equal ones in byte order
    char *bytes;       // the names, each with its NUL, behind a byte that tells what it is (DT_DIR ...)
    size_t byte_count;
    char path[];
};

struct index {
    pthread_mutex_t reading; // held while a folder is read and used: as long as the disk takes; before `lock`
    pthread_mutex_t lock;    // of what follows, never held across a wait; folders go only under both
    struct hash_key key;
    struct index_folder *buckets[INDEX_BUCKETS];
    struct index_folder *newest;
    struct index_folder *oldest;
    unsigned count;
    size_t byte_count;
    uint64_t reads;
    uint64_t told[INDEX_TOLD_MOST]; // hashes of what was reported
};

static int64_t index_now_ns(clockid_t clock)
{
    struct timespec now = {0};
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static const char *index_name(const struct index_folder *folder, size_t position)
{
    return folder->bytes + folder->offsets[position];
}

/// As strcmp, without regard to ASCII case.
static int index_compare_nocase(const char *a, const char *b)
{
    for (; *a != '\0' && text_lower(*a) == text_lower(*b); a++, b++) {
    }
    return (int)(unsigned char)text_lower(*a) - (int)(unsigned char)text_lower(*b);
}

static int index_compare(const void *a, const void *b, void *bytes)
{
    const char *left = (const char *)bytes + *(const uint32_t *)a;
    const char *right = (const char *)bytes + *(const uint32_t *)b;
    int order = index_compare_nocase(left, right);
    return order != 0 ? order : strcmp(left, right);
}

// ---- the folders that are remembered ----

static struct index_folder **index_bucket(struct index *index, const char *path)
{
    return &index->buckets[hash_bytes(index->key, path, strlen(path)) % INDEX_BUCKETS];
}

static void index_unlink(struct index *index, struct index_folder *folder)
{
    *(folder->newer != NULL ? &folder->newer->older : &index->newest) = folder->older;
    *(folder->older != NULL ? &folder->older->newer : &index->oldest) = folder->newer;
    folder->newer = folder->older = NULL;
}

static void index_link(struct index *index, struct index_folder *folder)
{
    folder->older = index->newest;
    folder->newer = NULL;
    *(index->newest != NULL ? &index->newest->newer : &index->oldest) = folder;
    index->newest = folder;
}

static size_t index_size(const struct index_folder *folder)
{
    return sizeof *folder + strlen(folder->path) + folder->byte_count +
           folder->count * sizeof *folder->offsets;
}

static void index_free_folder(struct index_folder *folder)
{
    heap_free(folder->bytes);
    heap_free(folder->offsets);
    heap_free(folder);
}

static void index_forget(struct index *index, struct index_folder *folder)
{
    struct index_folder **at = index_bucket(index, folder->path);
    while (*at != folder) {
        at = &(*at)->next_in_bucket;
    }
    *at = folder->next_in_bucket;
    index_unlink(index, folder);
    index->count--;
    index->byte_count -= index_size(folder);
    index_free_folder(folder);
}

static void index_remember(struct index *index, struct index_folder *folder)
{
    struct index_folder **bucket = index_bucket(index, folder->path);
    folder->next_in_bucket = *bucket;
    *bucket = folder;
    index_link(index, folder);
    index->count++;
    index->byte_count += index_size(folder);
    while (index->oldest != NULL && index->oldest != folder &&
           (index->count > INDEX_FOLDERS_MOST || index->byte_count > INDEX_BYTES_MOST)) {
        index_forget(index, index->oldest);
    }
}

static struct index_folder *index_recall(struct index *index, const char *path)
{
    struct index_folder *folder = *index_bucket(index, path);
    while (folder != NULL && strcmp(folder->path, path) != 0) {
        folder = folder->next_in_bucket;
    }
    return folder;
}

// ---- reading one ----

static void index_add(struct index_folder *folder, size_t room[2], const char *name, unsigned char kind)
{
    size_t bytes = strlen(name) + 1;
    if (folder->byte_count + bytes + 1 > room[0]) {
        room[0] = size_max(room[0] * 2, INDEX_BYTES_FIRST);
        char *larger = heap_new(room[0]);
        if (folder->byte_count != 0) {
            memcpy(larger, folder->bytes, folder->byte_count);
        }
        heap_free(folder->bytes);
        folder->bytes = larger;
    }
    if (folder->count == room[1]) {
        room[1] = size_max(room[1] * 2, 64);
        uint32_t *larger = heap_new_array(room[1], sizeof *larger);
        if (folder->count != 0) {
            memcpy(larger, folder->offsets, folder->count * sizeof *larger);
        }
        heap_free(folder->offsets);
        folder->offsets = larger;
    }
    folder->bytes[folder->byte_count++] = (char)kind;
    folder->offsets[folder->count++] = (uint32_t)folder->byte_count;
    memcpy(folder->bytes + folder->byte_count, name, bytes);
    folder->byte_count += bytes;
}

static void index_list(struct index_folder *folder, DIR *listing)
{
    size_t room[2] = {0, 0}; // of bytes and offsets
    while (folder->count < INDEX_ENTRIES_MOST) {
        const struct dirent *entry = readdir(listing);
        if (entry == NULL) {
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            index_add(folder, room, entry->d_name, entry->d_type);
        }
    }
    if (folder->count > 1) {
        qsort_r(folder->offsets, folder->count, sizeof *folder->offsets, index_compare, folder->bytes);
    }
}

static int64_t index_to_ns(struct timespec at)
{
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

/// Reads a folder anew; NULL when it cannot be opened beneath the root.
static struct index_folder *index_read(const struct index_place *place)
{
    struct stat about;
    int64_t began_ns = index_now_ns(CLOCK_MONOTONIC);
    int64_t today_ns = index_now_ns(CLOCK_REALTIME);
    const char *path = place->folder[0] == '\0' ? "." : place->folder;
    int fd = beneath_open(place->root_fd, path, O_RDONLY | O_DIRECTORY);
    // Its times are taken before its names: a change in between shows the next time.
    bool is_known = fd >= 0 && fstat(fd, &about) == 0;
    DIR *listing = is_known ? fdopendir(fd) : NULL;
    if (listing == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return NULL;
    }
    struct index_folder *folder = heap_new(sizeof *folder + strlen(place->folder) + 1);
    memcpy(folder->path, place->folder, strlen(place->folder) + 1);
    folder->device = about.st_dev;
    folder->inode = about.st_ino;
    folder->modified = about.st_mtim;
    folder->changed = about.st_ctim;
    folder->is_young = today_ns - index_to_ns(about.st_mtim) < INDEX_YOUNG_NS ||
                       today_ns - index_to_ns(about.st_ctim) < INDEX_YOUNG_NS;
    index_list(folder, listing);
    local_learn(dirfd(listing));
    (void)closedir(listing);
    folder->read_ns = index_now_ns(CLOCK_MONOTONIC);
    folder->read_cost_ns = folder->read_ns - began_ns;
    return folder;
}

static bool index_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool index_is_good(const struct index_folder *folder, const struct stat *about)
{
    if (folder->device != about->st_dev || folder->inode != about->st_ino ||
        !index_same_time(folder->modified, about->st_mtim) ||
        !index_same_time(folder->changed, about->st_ctim)) {
        return false;
    }
    return !folder->is_young ||
           index_now_ns(CLOCK_MONOTONIC) - folder->read_ns < folder->read_cost_ns * INDEX_READ_SHARE;
}

static void index_use(struct index *index, struct index_folder *folder)
{
    index_unlink(index, folder);
    index_link(index, folder);
}

/// The folder as it was read, when it can be seen without waiting that it is still so; else NULL. Under the
/// lock.
static struct index_folder *index_get_known(struct index *index, const struct index_place *place)
{
    struct stat about;
    mode_t mode;
    struct index_folder *folder = index_recall(index, place->folder);
    if (folder == NULL) {
        return NULL;
    }
    int fd = beneath_open_known(place->root_fd, place->folder[0] == '\0' ? "." : place->folder, O_PATH);
    bool is_good = fd >= 0 && local_is(fd, &mode) && fstat(fd, &about) == 0 && index_is_good(folder, &about);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (!is_good) {
        return NULL;
    }
    index_use(index, folder);
    return folder;
}

/// The folder as it was read, when `about` says that it is still so. Under both locks.
static struct index_folder *index_get_good(struct index *index, const struct index_place *place,
                                           const struct stat *about)
{
    struct index_folder *folder = index_recall(index, place->folder);
    // A path that leads out of the tree by now shows as another folder, and index_read refuses it then.
    if (folder != NULL && about != NULL && index_is_good(folder, about)) {
        index_use(index, folder);
        return folder;
    }
    if (folder != NULL) {
        index_forget(index, folder);
    }
    return NULL;
}

/// The folder as it is now; NULL when there is none. Waits for the disk: under the lock `reading`, which
/// keeps the folder.
static struct index_folder *index_get(struct index *index, const struct index_place *place)
{
    struct stat about;
    const char *path = place->folder[0] == '\0' ? "." : place->folder;
    bool is_there = fstatat(place->root_fd, path, &about, AT_NO_AUTOMOUNT) == 0;
    (void)pthread_mutex_lock(&index->lock);
    struct index_folder *folder = index_get_good(index, place, is_there ? &about : NULL);
    (void)pthread_mutex_unlock(&index->lock);
    if (folder == NULL) {
        folder = index_read(place);
        if (folder != NULL) {
            (void)pthread_mutex_lock(&index->lock);
            index->reads++;
            index_remember(index, folder);
            (void)pthread_mutex_unlock(&index->lock);
        }
    }
    return folder;
}

// ---- what others ask ----

struct index *index_new(void)
{
    struct index *index = heap_new(sizeof *index);
    (void)pthread_mutex_init(&index->lock, NULL);
    (void)pthread_mutex_init(&index->reading, NULL);
    (void)!getrandom(&index->key, sizeof index->key, GRND_NONBLOCK);
    return index;
}

void index_free(struct index *index)
{
    if (index == NULL) {
        return;
    }
    while (index->oldest != NULL) {
        index_forget(index, index->oldest);
    }
    (void)pthread_mutex_destroy(&index->lock);
    (void)pthread_mutex_destroy(&index->reading);
    heap_free(index);
}

/// The position of the first name that is not less than `name` without regard to case.
static size_t index_search(const struct index_folder *folder, const char *name)
{
    size_t low = 0;
    size_t high = folder->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index_compare_nocase(index_name(folder, middle), name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void index_collect(const struct index_folder *folder, const char *name, struct index_names *names)
{
    size_t used = 0;
    for (size_t at = index_search(folder, name); at < folder->count && names->count < INDEX_NAMES_MOST;
         at++) {
        const char *found = index_name(folder, at);
        size_t bytes = strlen(found) + 1;
        if (index_compare_nocase(found, name) != 0 || used + bytes > sizeof names->bytes) {
            break;
        }
        memcpy(names->bytes + used, found, bytes);
        names->names[names->count++] = names->bytes + used;
        used += bytes;
    }
}

enum status index_find(struct index *index, const struct index_place *place, const char *name,
                       struct index_names *names)
{
    pthread_mutex_t *lock = place->is_quick ? &index->lock : &index->reading;
    names->count = 0;
    (void)pthread_mutex_lock(lock);
    const struct index_folder *folder = (place->is_quick ? index_get_known : index_get)(index, place);
    bool is_known = folder != NULL;
    if (is_known) {
        index_collect(folder, name, names);
    }
    (void)pthread_mutex_unlock(lock);
    if (!is_known && place->is_quick) {
        return STATUS_BUSY;
    }
    return names->count == 0 ? STATUS_NOT_FOUND : STATUS_OK;
}

static bool index_may_be_folder(unsigned char kind)
{
    return kind == DT_DIR || kind == DT_LNK || kind == DT_UNKNOWN;
}

void index_each(struct index *index, const struct index_place *place, size_t most,
                bool (*visit)(void *context, const char *name, bool may_be_folder), void *context)
{
    (void)pthread_mutex_lock(&index->reading);
    const struct index_folder *folder = index_get(index, place);
    size_t count = folder == NULL ? 0 : size_min(folder->count, most);
    for (size_t i = 0; i < count; i++) {
        const char *name = index_name(folder, i);
        if (!visit(context, name, index_may_be_folder((unsigned char)name[-1]))) {
            break;
        }
    }
    (void)pthread_mutex_unlock(&index->reading);
}

bool index_tell(struct index *index, const struct index_place *place, const struct index_names *names)
{
    uint64_t seen = hash_bytes(index->key, place->folder, strlen(place->folder));
    for (unsigned i = 0; i < names->count; i++) {
        const struct hash_key key = {index->key.k0 ^ seen, index->key.k1 + 1 + i};
        seen = hash_bytes(key, names->names[i], strlen(names->names[i]));
    }
    seen |= 1; // 0 is a free place
    (void)pthread_mutex_lock(&index->lock);
    uint64_t *told = &index->told[(seen >> 1) % (INDEX_TOLD_MOST / INDEX_TOLD_WAYS) * INDEX_TOLD_WAYS];
    bool is_told = false;
    for (size_t i = 0; i < INDEX_TOLD_WAYS; i++) {
        is_told = is_told || told[i] == seen;
    }
    if (!is_told) {
        memmove(told + 1, told, (INDEX_TOLD_WAYS - 1) * sizeof *told);
        told[0] = seen;
    }
    (void)pthread_mutex_unlock(&index->lock);
    return !is_told;
}

uint64_t index_reads(struct index *index)
{
    (void)pthread_mutex_lock(&index->lock);
    uint64_t reads = index->reads;
    (void)pthread_mutex_unlock(&index->lock);
    return reads;
}
