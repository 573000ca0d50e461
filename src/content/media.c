// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/media.h"

#include "base/text.h"
#include "content/beneath.h"
#include "content/local.h"
#include "content/medium.h"
#include "format/cpio.h"
#include "io/heap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES 128 // of an image
#define HEAD_INODE 1   // of a file with one link, whose number the kernel does not look at

struct identity { // what tells one version of a medium from another
    dev_t device;
    ino_t inode;
    off_t bytes;
    struct timespec modified;
};

struct kept {
    char name[NAME_BYTES]; // of the image; "" = free
    struct identity identity;
    struct medium *medium; // NULL = it is none, or damaged
    uint64_t asked;        // when last, in lookups
};

struct media {
    struct folder *folder;
    struct content_source files; // of `folder`
    char prefix[CONTENT_PATH_BYTES];
    char *path;
    pthread_mutex_t lock; // of what follows
    uint64_t now;
    struct kept kept[MEDIA_KEPT];
};

struct media *media_new(const char *prefix, const char *path, struct problem *problem)
{
    struct folder *folder = folder_new(prefix, path, problem);
    if (folder == NULL) {
        return NULL;
    }
    struct media *media = heap_new(sizeof *media);
    media->folder = folder;
    media->files = folder_source(folder, "images");
    (void)text_copy(media->prefix, sizeof media->prefix, prefix);
    media->path = heap_copy_text(path);
    int failed = pthread_mutex_init(&media->lock, NULL);
    assert(failed == 0);
    (void)failed;
    return media;
}

void media_free(struct media *media)
{
    if (media == NULL) {
        return;
    }
    for (size_t i = 0; i < MEDIA_KEPT; i++) {
        medium_free(media->kept[i].medium);
    }
    (void)pthread_mutex_destroy(&media->lock);
    folder_free(media->folder);
    heap_free(media->path);
    heap_free(media);
}

// "images/NAME/REST" taken apart. `rest` is "" for the folder itself. false when it is not below the prefix.
static bool take_apart(const struct media *media, const char *path, char name[NAME_BYTES], const char **rest)
{
    size_t prefix = strlen(media->prefix);
    if (strncmp(path, media->prefix, prefix) != 0 || path[prefix] != '/') {
        return false;
    }
    const char *start = path + prefix + 1;
    size_t length = strcspn(start, "/");
    if (length == 0 || length >= NAME_BYTES || start[0] == '.') { // uploads are gathered behind a dot
        return false;
    }
    memcpy(name, start, length);
    name[length] = '\0';
    *rest = start + length + (start[length] == '/');
    return true;
}

// The file `path`, which everybody may read, opened. -1 when there is none; EAGAIN when looking would wait.
static int open_file(int root, const char *path, bool is_quick, struct stat *about)
{
    int fd = is_quick ? beneath_open_quick(root, path)
                      : beneath_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return -1;
    }
    if (!is_quick) {
        local_learn(fd);
    }
    if (fstat(fd, about) == 0 && S_ISREG(about->st_mode) && (about->st_mode & S_IROTH) != 0) {
        return fd;
    }
    (void)close(fd);
    errno = ENOENT;
    return -1;
}

// The medium of the image `name`, opened. -1 when there is none; EAGAIN when looking would wait.
static int open_medium(const struct media *media, const char *name, bool is_quick, struct identity *identity)
{
    char path[NAME_BYTES + 16];
    struct stat about;
    int root = beneath_open_root(media->path, is_quick);
    int reason = root < 0 ? errno : 0;
    int fd = -1;
    for (int form = 0; root >= 0 && fd < 0 && reason != EAGAIN && form < 2; form++) {
        struct text text;
        text_init(&text, path, sizeof path);
        text_add_format(&text, form == 0 ? "%s/" MEDIA_FILE : "%s.iso", name);
        fd = open_file(root, path, is_quick, &about);
        reason = fd < 0 ? errno : 0;
    }
    if (root >= 0) {
        (void)close(root);
    }
    if (fd >= 0) {
        *identity = (struct identity){about.st_dev, about.st_ino, about.st_size, about.st_mtim};
    }
    errno = reason;
    return fd;
}

static bool is_same(const struct identity *a, const struct identity *b)
{
    return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
           a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec;
}

// The place of `name`, else the one asked longest ago. With the lock.
static struct kept *find_place(struct media *media, const char *name)
{
    struct kept *oldest = &media->kept[0];
    for (size_t i = 0; i < MEDIA_KEPT; i++) {
        struct kept *kept = &media->kept[i];
        if (strcmp(kept->name, name) == 0) {
            return kept;
        }
        oldest = kept->asked < oldest->asked ? kept : oldest;
    }
    return oldest;
}

static bool is_kept(const struct kept *kept, const char *name, const struct identity *identity)
{
    return strcmp(kept->name, name) == 0 && is_same(&kept->identity, identity);
}

static void keep(struct media *media, const char *name, const struct identity *identity,
                 struct medium *taken_medium)
{
    struct kept *kept = find_place(media, name);
    medium_free(kept->medium);
    *kept = (struct kept){.identity = *identity, .medium = taken_medium, .asked = media->now};
    (void)text_copy(kept->name, sizeof kept->name, name);
}

// Takes the lock with the index of the medium of `name` in `*medium`; STATUS_NOT_FOUND, without the lock,
// when there is no medium that can be read. It is read without the lock: that takes as long as the disk does;
// STATUS_BUSY, without the lock, for who must not wait for that.
static enum status lock_medium(struct media *media, const char *name, bool is_quick,
                               const struct medium **medium)
{
    struct identity identity;
    int fd = open_medium(media, name, is_quick, &identity);
    if (fd < 0) {
        return is_quick && errno == EAGAIN ? STATUS_BUSY : STATUS_NOT_FOUND;
    }
    pthread_mutex_lock(&media->lock);
    struct kept *kept = find_place(media, name);
    if (is_kept(kept, name, &identity)) {
        (void)close(fd);
    } else if (is_quick) {
        pthread_mutex_unlock(&media->lock);
        (void)close(fd);
        return STATUS_BUSY;
    } else {
        struct problem problem; // `imprint image add` and `verify` tell it to whoever can do something
        pthread_mutex_unlock(&media->lock);
        problem_clear(&problem);
        struct medium *read = medium_new(fd, &problem);
        pthread_mutex_lock(&media->lock);
        kept = find_place(media, name);
        if (is_kept(kept, name, &identity)) { // another thread was quicker
            medium_free(read);
        } else {
            keep(media, name, &identity, read);
            kept = find_place(media, name);
        }
    }
    kept->asked = ++media->now;
    *medium = kept->medium;
    if (*medium == NULL) {
        pthread_mutex_unlock(&media->lock);
    }
    return *medium == NULL ? STATUS_NOT_FOUND : STATUS_OK;
}

static enum status find_inside(struct media *media, const char *path, bool is_quick,
                               struct content_node *node)
{
    char name[NAME_BYTES];
    const char *rest;
    const struct medium *medium;
    if (!take_apart(media, path, name, &rest) || rest[0] == '\0') {
        return STATUS_NOT_FOUND;
    }
    if (text_equal_nocase(rest, MEDIA_FILE)) { // of the form NAME.iso: the folder source has the other
        struct identity identity;
        int fd = open_medium(media, name, is_quick, &identity);
        if (fd < 0) {
            return is_quick && errno == EAGAIN ? STATUS_BUSY : STATUS_NOT_FOUND;
        }
        return content_node_set_file(node, fd);
    }
    enum status status = lock_medium(media, name, is_quick, &medium);
    if (status != STATUS_OK) {
        return status;
    }
    status = medium_find(medium, rest, node);
    pthread_mutex_unlock(&media->lock);
    if (status == STATUS_OK) {
        char inside[CONTENT_PATH_BYTES];
        struct text text;
        memcpy(inside, node->path, sizeof inside);
        text_init(&text, node->path, sizeof node->path);
        text_add_format(&text, "%s/%s/%s", media->prefix, name, inside);
    }
    return status;
}

static enum status find_file(struct media *media, const char *path, const struct content_client *client,
                             struct content_node *node, struct reasons *reasons)
{
    enum status status = media->files.lookup(media->files.self, path, client, node, reasons);
    return status == STATUS_NOT_FOUND ? find_inside(media, path, client->is_quick, node) : status;
}

// The header that the Linux kernel's archives have before a file. It says the file's size, so both are looked
// up together.
static enum status find_head(struct media *media, const char *path, const struct content_client *client,
                             struct content_node *node, struct reasons *reasons)
{
    char file[CONTENT_PATH_BYTES];
    uint8_t head[CPIO_HEAD_BYTES];
    const char *colon = strrchr(path, ':');
    if (colon == NULL || colon[1] == '\0' || strchr(colon, '/') != NULL ||
        (size_t)(colon - path) >= sizeof file) {
        return STATUS_NOT_FOUND;
    }
    memcpy(file, path, (size_t)(colon - path));
    file[colon - path] = '\0';
    enum status status = find_file(media, file, client, node, reasons);
    uint64_t size = node->size;
    if (status != STATUS_OK) {
        return status;
    }
    content_node_close(node);
    const struct cpio_entry entry = {
        .name = colon + 1, .mode = S_IFREG | 0644, .bytes = (uint32_t)size, .inode = HEAD_INODE};
    bool has_room =
        size <= UINT32_MAX && size % 4 == 0; // the archive's field ends there, and so must the file
    if (!has_room || cpio_encode_head(&entry, head) != STATUS_OK) {
        return STATUS_NOT_FOUND;
    }
    content_node_set_memory(node, head, sizeof head);
    return STATUS_OK;
}

static enum status media_lookup(void *self, const char *path, const struct content_client *client,
                                struct content_node *node, struct reasons *reasons)
{
    struct media *media = self;
    enum status status = find_file(media, path, client, node, reasons);
    return status == STATUS_NOT_FOUND ? find_head(media, path, client, node, reasons) : status;
}

static bool media_nearest(void *self, const char *path, char out[CONTENT_PATH_BYTES])
{
    struct media *media = self;
    return media->files.nearest(media->files.self, path, out);
}

struct shown { // of the folder of the images
    void (*visit)(void *context, const struct content_entry *entry);
    void *context;
};

// NAME.iso can be entered as NAME, too.
static void show_image(void *context, const struct content_entry *entry)
{
    const struct shown *shown = context;
    char name[NAME_BYTES];
    shown->visit(shown->context, entry);
    if (!entry->is_folder && text_ends(entry->name, ".iso") &&
        text_copy(name, sizeof name, entry->name) == STATUS_OK) {
        name[strlen(name) - strlen(".iso")] = '\0';
        const struct content_entry folder = {
            .name = name, .is_folder = true, .modified_s = entry->modified_s};
        shown->visit(shown->context, &folder);
    }
}

static void show_nothing(void *context, const struct content_entry *entry)
{
    (void)context;
    (void)entry;
}

static enum status media_list(void *self, const char *path,
                              void (*visit)(void *context, const struct content_entry *entry), void *context)
{
    struct media *media = self;
    char name[NAME_BYTES];
    const char *rest;
    const struct medium *medium;
    struct shown shown = {visit, context};
    bool is_top = strcmp(path, media->prefix) == 0 && visit != NULL;
    enum status files = media->files.list(media->files.self, path, is_top ? show_image : visit,
                                          is_top ? (void *)&shown : context);
    bool is_settled = visit == NULL && files == STATUS_OK;
    if (is_settled || !take_apart(media, path, name, &rest) ||
        lock_medium(media, name, false, &medium) != STATUS_OK) {
        return files;
    }
    enum status status = medium_list(medium, rest, visit == NULL ? show_nothing : visit, context);
    pthread_mutex_unlock(&media->lock);
    return status == STATUS_OK ? status : files;
}

void media_warm(struct media *media)
{
    DIR *folder = opendir(media->path);
    const struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        char name[NAME_BYTES];
        const struct medium *medium;
        bool is_name = entry->d_name[0] != '.' && text_copy(name, sizeof name, entry->d_name) == STATUS_OK;
        if (is_name && text_ends(name, ".iso")) {
            name[strlen(name) - strlen(".iso")] = '\0';
        }
        if (is_name && lock_medium(media, name, false, &medium) == STATUS_OK) {
            pthread_mutex_unlock(&media->lock);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
}

struct content_source media_source(struct media *media, const char *name)
{
    return (struct content_source){.name = name,
                                   .lookup = media_lookup,
                                   .nearest = media_nearest,
                                   .list = media_list,
                                   .is_shared = media->files.is_shared,
                                   .may_wait = true,
                                   .self = media};
}
