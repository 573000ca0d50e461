// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/mirror_store.h"

#include "base/hash.h"
#include "base/text.h"
#include "content/beneath.h"
#include "content/local.h"
#include "content/opener.h"
#include "io/heap.h"
#include "io/job.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_TITLE      "imprint-mirror 1"
#define SLOTS_FIRST     1024u
#define USED_AGAIN_S    600 // how old the note of the last use may be
#define SHA256_OCTETS   32
#define GONE_NAME_BYTES 40

// ---- names on the disk ----

char *mirror_store_name(const char *path, char out[MIRROR_FILE_NAME_BYTES])
{
    uint8_t digest[SHA256_OCTETS];
    struct text text;
    int failed = gnutls_hash_fast(GNUTLS_DIG_SHA256, path, strlen(path), digest);
    assert(failed == 0);
    (void)failed;
    text_init(&text, out, MIRROR_FILE_NAME_BYTES);
    for (size_t i = 0; i < sizeof digest; i++) {
        text_add_format(&text, "%02x", digest[i]);
    }
    return out;
}

void mirror_store_print_head(const char *path, const struct mirror_validators *validators, uint64_t bytes,
                             char out[MIRROR_HEAD_BYTES])
{
    struct text text;
    memset(out, 0, MIRROR_HEAD_BYTES);
    text_init(&text, out, MIRROR_HEAD_BYTES);
    text_add_format(&text, "%s\npath %s\nbytes %llu\n", HEAD_TITLE, path, (unsigned long long)bytes);
    if (validators->etag[0] != '\0') {
        text_add_format(&text, "etag %s\n", validators->etag);
    }
    if (validators->modified[0] != '\0') {
        text_add_format(&text, "modified %s\n", validators->modified);
    }
    assert(!text.cut);
}

// One line "WORD value" of a head. false when it breaks the grammar.
static bool read_line(char *line, struct mirror_found *found)
{
    char *blank = strchr(line, ' ');
    if (blank == NULL) {
        return false;
    }
    *blank = '\0';
    const char *value = blank + 1;
    if (strcmp(line, "path") == 0) {
        return text_copy(found->path, sizeof found->path, value) == STATUS_OK;
    }
    if (strcmp(line, "bytes") == 0) {
        return text_parse_u64(value, INT64_MAX, &found->bytes) == STATUS_OK;
    }
    if (strcmp(line, "etag") == 0) {
        return text_copy(found->validators.etag, sizeof found->validators.etag, value) == STATUS_OK;
    }
    return strcmp(line, "modified") == 0 &&
           text_copy(found->validators.modified, sizeof found->validators.modified, value) == STATUS_OK;
}

static bool read_head(char head[MIRROR_HEAD_BYTES], struct mirror_found *found)
{
    static const char TITLE[] = HEAD_TITLE "\n";
    *found = (struct mirror_found){.path = ""};
    head[MIRROR_HEAD_BYTES - 1] = '\0';
    if (!text_starts(head, TITLE)) {
        return false;
    }
    for (char *line = head + strlen(TITLE); *line != '\0';) {
        char *end = strchr(line, '\n');
        if (end == NULL) {
            return false;
        }
        *end = '\0';
        if (!read_line(line, found)) {
            return false;
        }
        line = end + 1;
    }
    return found->path[0] != '\0';
}

static bool read_file(int folder, const char *name, struct mirror_found *found)
{
    char head[MIRROR_HEAD_BYTES];
    char expected[MIRROR_FILE_NAME_BYTES];
    struct stat about;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool is_good = fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
                   pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head && read_head(head, found) &&
                   found->bytes == (uint64_t)about.st_size - MIRROR_HEAD_BYTES &&
                   strcmp(mirror_store_name(found->path, expected), name) == 0;
    if (is_good) {
        found->used_s = about.st_atim.tv_sec;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return is_good;
}

void mirror_store_scan(int folder, const bool *is_stopping,
                       void (*found)(void *context, const struct mirror_found *file), void *context)
{
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    struct mirror_found file;
    const struct dirent *entry;
    while (entries != NULL && !__atomic_load_n(is_stopping, __ATOMIC_RELAXED) &&
           (entry = readdir(entries)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        if (read_file(folder, entry->d_name, &file)) {
            found(context, &file);
        } else {
            (void)unlinkat(folder, entry->d_name, 0); // the folder is nobody's but ours
        }
    }
    if (entries != NULL) {
        (void)closedir(entries);
    } else if (copy >= 0) {
        (void)close(copy);
    }
}

// ---- the table ----

static size_t find_slot(const struct mirror_store *store, const char *path)
{
    static struct hash_key key; // of this run: paths come from strangers
    if (key.k0 == 0 && getrandom(&key, sizeof key, 0) != (ssize_t)sizeof key) {
        key.k0 = (uint64_t)loop_now_us() | 1;
    }
    return (size_t)hash_bytes(key, path, strlen(path)) & (store->slot_count - 1);
}

static void grow(struct mirror_store *store)
{
    struct mirror_file **before = store->slots;
    size_t count = store->slot_count;
    store->slot_count = count == 0 ? SLOTS_FIRST : count * 2;
    store->slots = heap_new_array(store->slot_count, sizeof(struct mirror_file *));
    for (size_t i = 0; i < count; i++) {
        while (before[i] != NULL) {
            struct mirror_file *file = before[i];
            before[i] = file->next_same_slot;
            struct mirror_file **slot = &store->slots[find_slot(store, file->path)];
            file->next_same_slot = *slot;
            *slot = file;
        }
    }
    heap_free(before);
}

static struct mirror_list *list_of(struct mirror_store *store, const struct mirror_file *file)
{
    return file->is_here ? &store->here : &store->absent;
}

static void list_remove(struct mirror_list *list, struct mirror_file *file)
{
    *(file->newer != NULL ? &file->newer->older : &list->newest) = file->older;
    *(file->older != NULL ? &file->older->newer : &list->oldest) = file->newer;
    list->count--;
}

static void list_add(struct mirror_list *list, struct mirror_file *file)
{
    file->newer = NULL;
    file->older = list->newest;
    *(list->newest != NULL ? &list->newest->newer : &list->oldest) = file;
    list->newest = file;
    list->count++;
}

static void forget(struct mirror_store *store, struct mirror_file *file)
{
    struct mirror_file **at = &store->slots[find_slot(store, file->path)];
    while (*at != file) {
        at = &(*at)->next_same_slot;
    }
    *at = file->next_same_slot;
    list_remove(list_of(store, file), file);
    heap_free(file->path);
    heap_free(file->etag);
    heap_free(file->modified);
    heap_free(file);
}

// Whoever asks for names that do not exist gets no more memory than this.
static void forget_some_absent(struct mirror_store *store)
{
    struct mirror_file *at = store->absent.oldest;
    while (at != NULL && store->absent.count > MIRROR_ABSENT_MOST) {
        struct mirror_file *newer = at->newer;
        if (at->fetch == NULL) {
            forget(store, at);
        }
        at = newer;
    }
}

// In any thread: the bytes behind the head of the file "VERSION/NAME".
static enum status open_file(void *self, const char *path, const struct content_client *client,
                             struct content_node *node, struct reasons *reasons)
{
    const struct mirror_store *store = self;
    const char *name = strchr(path, '/') + 1;
    struct stat about;
    (void)reasons;
    int fd = client->is_quick ? beneath_open_quick(store->folder, name)
                              : beneath_open(store->folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return client->is_quick && errno == EAGAIN ? STATUS_BUSY
               : errno == ENOENT                   ? STATUS_NOT_FOUND
                                                   : STATUS_IO;
    }
    if (!client->is_quick) {
        local_learn(fd);
    }
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size < MIRROR_HEAD_BYTES) {
        (void)close(fd);
        return STATUS_NOT_FOUND;
    }
    const struct content_extent body = {MIRROR_HEAD_BYTES, (uint64_t)about.st_size - MIRROR_HEAD_BYTES};
    return content_node_set_extents(node, fd, &body, 1);
}

void mirror_store_init(struct mirror_store *store)
{
    *store = (struct mirror_store){.folder = -1};
    store->files = (struct content_source){
        .name = "mirror", .lookup = open_file, .is_shared = true, .may_wait = true, .self = store};
    grow(store);
}

enum status mirror_store_open(struct mirror_store *store, int parent, const char *name,
                              struct problem *problem)
{
    if (mkdirat(parent, name, 0750) != 0 && errno != EEXIST) {
        problem_set(problem, "the folder mirror/%s cannot be made in the state folder: %s", name,
                    strerror(errno));
        return STATUS_IO;
    }
    store->folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (store->folder < 0) {
        problem_set(problem, "the folder mirror/%s of the state folder cannot be opened: %s", name,
                    strerror(errno));
        return STATUS_IO;
    }
    return STATUS_OK;
}

void mirror_store_clear(struct mirror_store *store)
{
    while (store->here.oldest != NULL) {
        forget(store, store->here.oldest);
    }
    while (store->absent.oldest != NULL) {
        assert(store->absent.oldest->fetch == NULL);
        forget(store, store->absent.oldest);
    }
    if (store->folder >= 0) {
        (void)close(store->folder);
    }
    heap_free(store->slots);
    *store = (struct mirror_store){.folder = -1};
}

struct mirror_file *mirror_store_find(const struct mirror_store *store, const char *path)
{
    struct mirror_file *file = store->slots[find_slot(store, path)];
    while (file != NULL && strcmp(file->path, path) != 0) {
        file = file->next_same_slot;
    }
    return file;
}

struct mirror_file *mirror_store_put(struct mirror_store *store, const char *path)
{
    struct mirror_file *file = mirror_store_find(store, path);
    if (file != NULL) {
        return file;
    }
    forget_some_absent(store);
    if (store->here.count + store->absent.count >= store->slot_count) {
        grow(store);
    }
    file = heap_new(sizeof *file);
    file->path = heap_copy_text(path);
    struct mirror_file **slot = &store->slots[find_slot(store, path)];
    file->next_same_slot = *slot;
    *slot = file;
    list_add(&store->absent, file);
    return file;
}

static void set_here(struct mirror_store *store, struct mirror_file *file, bool is_here)
{
    list_remove(list_of(store, file), file);
    if (file->is_here) {
        store->bytes -= file->bytes + MIRROR_HEAD_BYTES;
    }
    file->is_here = is_here;
    if (is_here) {
        store->bytes += file->bytes + MIRROR_HEAD_BYTES;
    }
    list_add(list_of(store, file), file);
}

static void set_text(char **at, const char *text)
{
    heap_free(*at);
    *at = text[0] == '\0' ? NULL : heap_copy_text(text);
}

void mirror_store_note(struct mirror_store *store, struct mirror_file *file, uint64_t bytes,
                       const struct mirror_validators *validators)
{
    if (file->is_here) {
        set_here(store, file, false);
    }
    file->bytes = bytes;
    file->version++;
    set_here(store, file, true);
    set_text(&file->etag, validators->etag);
    set_text(&file->modified, validators->modified);
    file->used_s = loop_unix_s();
    file->trouble = MIRROR_TROUBLE_NONE;
}

void mirror_store_add_found(struct mirror_store *store, const struct mirror_found *found)
{
    struct mirror_file *file = mirror_store_put(store, found->path);
    mirror_store_note(store, file, found->bytes, &found->validators);
    file->used_s = found->used_s;
}

static void note_use(struct mirror_store *store, struct mirror_file *file, int fd)
{
    mode_t mode;
    int64_t now_s = loop_unix_s();
    list_remove(&store->here, file);
    list_add(&store->here, file);
    if (now_s - file->used_s > USED_AGAIN_S &&
        local_is(fd, &mode)) { // for the order of removal after a restart
        const struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}};
        (void)futimens(fd, times);
        file->used_s = now_s;
    }
}

enum status mirror_store_serve(struct mirror_store *store, struct mirror_file *file,
                               const struct content_client *client, struct content_node *node,
                               struct reasons *reasons)
{
    char name[MIRROR_FILE_NAME_BYTES];
    char path[MIRROR_FILE_NAME_BYTES + 16];
    // With a version, since what was looked up for somebody who waits may be of an older one.
    (void)snprintf(path, sizeof path, "%u/%s", (unsigned)file->version, mirror_store_name(file->path, name));
    enum status status = content_source_open(&store->files, path, client, node, reasons);
    if (status == STATUS_OK) {
        node->is_asked_each_time = true;
        note_use(store, file, node->fd);
    } else if (status == STATUS_NOT_FOUND) {
        set_here(store, file, false);
        file->version++;
    }
    return status;
}

// ---- removing ----

struct removal {
    int folder; // a copy
    char name[GONE_NAME_BYTES];
};

static void remove_file(void *value)
{
    const struct removal *removal = value;
    (void)unlinkat(removal->folder, removal->name, 0);
    (void)close(removal->folder);
}

void mirror_store_drop(struct mirror_store *store, struct loop *loop, struct mirror_file *file)
{
    char name[MIRROR_FILE_NAME_BYTES];
    struct removal removal = {.folder = fcntl(store->folder, F_DUPFD_CLOEXEC, 3)};
    if (file->is_here) {
        set_here(store, file, false);
    }
    // Another name at once, so that a fetch may put the next one there; removing large files takes its time.
    (void)snprintf(removal.name, sizeof removal.name, ".gone-%llu", (unsigned long long)++store->gone);
    (void)mirror_store_name(file->path, name);
    if (renameat(store->folder, name, store->folder, removal.name) == 0 && removal.folder >= 0) {
        const struct job job = {.value = &removal, .value_bytes = sizeof removal, .work = remove_file};
        job_start(loop, &job);
    } else if (removal.folder >= 0) {
        (void)close(removal.folder);
    }
}

size_t mirror_store_shrink(struct mirror_store *store, struct loop *loop, uint64_t most)
{
    size_t count = 0;
    while (store->bytes > most && store->here.oldest != NULL) {
        mirror_store_drop(store, loop, store->here.oldest);
        count++;
    }
    return count;
}

size_t mirror_store_drop_below(struct mirror_store *store, struct loop *loop, const char *below,
                               uint64_t *bytes)
{
    size_t length = strlen(below);
    size_t count = 0;
    struct mirror_file *newer;
    *bytes = 0;
    for (struct mirror_file *file = store->here.oldest; file != NULL; file = newer) {
        newer = file->newer;
        const char *path = file->path;
        if (length == 0 ||
            (strncmp(path, below, length) == 0 && (path[length] == '\0' || path[length] == '/'))) {
            *bytes += file->bytes + MIRROR_HEAD_BYTES;
            mirror_store_drop(store, loop, file);
            count++;
        }
    }
    return count;
}
