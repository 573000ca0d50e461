// SPDX-License-Identifier: GPL-3.0-or-later
// A file without a name (O_TMPFILE) where the file system can do that, which a crash cannot leave behind;
// else a hidden one beside its place, removed at the next start. Every name is resolved beneath the folder by
// openat2, and it is made by linkat or renameat2 RENAME_NOREPLACE, which fail where there is one already.
#include "content/upload.h"

#include "base/text.h"
#include "content/beneath.h"
#include "io/heap.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define UPLOAD_PREFIX     ".imprint-upload-"
#define UPLOAD_NAME_BYTES 64
#define UPLOAD_MODE       0644
#define UPLOAD_MODE_YET   0600 // while it is not whole: not served, should its folder be
#define PROC_NAME_BYTES   32

struct upload_folder {
    int fd;
};

struct upload {
    int folder_fd; // where it will be
    int fd;
    uint64_t bytes;
    uint64_t size_most;
    bool is_named; // the hidden name stands in the folder
    char hidden[UPLOAD_NAME_BYTES];
    char name[]; // the last part of its path
};

static enum status status_from(int reason)
{
    switch (reason) {
    case EEXIST:
    case ENOTEMPTY:
        return STATUS_EXISTS;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return STATUS_FULL;
    case EXDEV: // ".." or a link that leads out
    case ELOOP:
        return STATUS_DENIED;
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
        return STATUS_NOT_FOUND;
    default:
        return STATUS_IO;
    }
}

// Removes our own hidden files; links are not followed, and nothing else is touched.
static void leftovers_remove(const char *path)
{
    char *copy = heap_copy_text(path);
    char *const paths[] = {copy, NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    for (FTSENT *entry = tree == NULL ? NULL : fts_read(tree); entry != NULL; entry = fts_read(tree)) {
        if (entry->fts_info == FTS_F && text_starts(entry->fts_name, UPLOAD_PREFIX)) {
            (void)unlink(entry->fts_path); // what cannot be removed does no harm: it is hidden
        }
    }
    if (tree != NULL) {
        (void)fts_close(tree);
    }
    heap_free(copy);
}

struct upload_folder *upload_folder_new(const char *path, struct problem *problem)
{
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0) {
        problem_set(problem, "the folder for uploads %s cannot be written: %s", path, strerror(errno));
        problem_set_remedy(problem, "make it, and let the user that imprint runs as write it");
        if (fd >= 0) {
            (void)close(fd);
        }
        return NULL;
    }
    leftovers_remove(path);
    struct upload_folder *folder = heap_new(sizeof *folder);
    folder->fd = fd;
    return folder;
}

void upload_folder_free(struct upload_folder *folder)
{
    if (folder != NULL) {
        (void)close(folder->fd);
        heap_free(folder);
    }
}

// Whether a part of the path begins with a dot: hidden names are ours, and no client needs one.
static bool is_hidden(const char *path)
{
    return path[0] == '.' || strstr(path, "/.") != NULL;
}

// Opens the folder that `path` lies in; `*name` becomes its last part.
static int open_parent(const struct upload_folder *folder, const char *path, const char **name)
{
    char parent[CONTENT_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    *name = slash == NULL ? path : slash + 1;
    struct text text;
    text_init(&text, parent, sizeof parent);
    text_add_bytes(&text, slash == NULL ? "." : path, slash == NULL ? 1 : (size_t)(slash - path));
    if (text.cut) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return beneath_open(folder->fd, parent, O_RDONLY | O_DIRECTORY);
}

static enum status room_check(int folder_fd, uint64_t announced_bytes)
{
    struct statvfs about;
    if (announced_bytes == 0 || fstatvfs(folder_fd, &about) != 0) {
        return STATUS_OK; // it will be seen while it is written
    }
    uint64_t blocks = announced_bytes / about.f_frsize + 1;
    return blocks > about.f_bavail ? STATUS_FULL : STATUS_OK;
}

// Only where it can get its name later, which takes /proc.
static int open_nameless(int folder_fd)
{
    if (access("/proc/self/fd", X_OK) != 0) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return openat(folder_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, UPLOAD_MODE);
}

// The file without a name, or else under a hidden one.
static enum status open_file(struct upload *upload)
{
    static atomic_uint counter;
    upload->fd = open_nameless(upload->folder_fd);
    if (upload->fd >= 0) {
        return STATUS_OK;
    }
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL) {
        return status_from(errno);
    }
    (void)snprintf(upload->hidden, sizeof upload->hidden, UPLOAD_PREFIX "%d-%u", (int)getpid(),
                   atomic_fetch_add(&counter, 1));
    upload->fd = openat(upload->folder_fd, upload->hidden,
                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, UPLOAD_MODE_YET);
    upload->is_named = upload->fd >= 0;
    return upload->is_named ? STATUS_OK : status_from(errno);
}

static enum status begin(struct upload *upload, uint64_t announced_bytes)
{
    struct stat there;
    if (fstatat(upload->folder_fd, upload->name, &there, AT_SYMLINK_NOFOLLOW) == 0) {
        return STATUS_EXISTS;
    }
    if (errno != ENOENT) {
        return status_from(errno);
    }
    enum status status = room_check(upload->folder_fd, announced_bytes);
    return status == STATUS_OK ? open_file(upload) : status;
}

enum status upload_new(struct upload_folder *folder, const char *path, uint64_t announced_bytes,
                       uint64_t size_most, struct upload **out, struct problem *problem)
{
    if (is_hidden(path)) {
        return STATUS_DENIED;
    }
    if (announced_bytes > size_most) {
        return STATUS_TOO_LONG;
    }
    const char *name = NULL;
    int folder_fd = open_parent(folder, path, &name);
    if (folder_fd < 0) {
        return status_from(errno);
    }
    size_t name_bytes = strlen(name) + 1;
    struct upload *upload = heap_new(sizeof *upload + name_bytes);
    upload->folder_fd = folder_fd;
    upload->fd = -1;
    upload->size_most = size_most;
    memcpy(upload->name, name, name_bytes);
    enum status status = begin(upload, announced_bytes);
    if (status != STATUS_OK) {
        if (status == STATUS_IO) {
            problem_set(problem, "the upload %s cannot be written: %s", path, strerror(errno));
        }
        upload_free(upload);
        return status;
    }
    *out = upload;
    return STATUS_OK;
}

enum status upload_write(struct upload *upload, const void *data, size_t bytes)
{
    const char *at = data;
    if (bytes > upload->size_most - upload->bytes) {
        return STATUS_TOO_LONG;
    }
    while (bytes > 0) {
        ssize_t count = write(upload->fd, at, bytes);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return count < 0 ? status_from(errno) : STATUS_IO;
        }
        at += count;
        bytes -= (size_t)count;
        upload->bytes += (uint64_t)count;
    }
    return STATUS_OK;
}

static int commit_named(struct upload *upload)
{
    int result =
        renameat2(upload->folder_fd, upload->hidden, upload->folder_fd, upload->name, RENAME_NOREPLACE);
    if (result != 0 && (errno == EINVAL || errno == ENOSYS)) { // a file system without it
        result = linkat(upload->folder_fd, upload->hidden, upload->folder_fd, upload->name, 0);
        return result; // upload_free takes the hidden name away
    }
    upload->is_named = result != 0;
    return result;
}

enum status upload_commit(struct upload *upload)
{
    int result = fchmod(upload->fd, UPLOAD_MODE); // whatever our umask is
    if (result != 0 || fsync(upload->fd) != 0) {
        return status_from(errno);
    }
    if (upload->is_named) {
        result = commit_named(upload);
    } else {
        char itself[PROC_NAME_BYTES]; // AT_EMPTY_PATH would need a capability
        (void)snprintf(itself, sizeof itself, "/proc/self/fd/%d", upload->fd);
        result = linkat(AT_FDCWD, itself, upload->folder_fd, upload->name, AT_SYMLINK_FOLLOW);
    }
    if (result != 0) {
        return status_from(errno);
    }
    (void)fsync(upload->folder_fd); // its name lasts too; not every file system can do that, and it is there
    return STATUS_OK;
}

uint64_t upload_size_most(const struct upload *upload)
{
    return upload->size_most;
}

void upload_free(struct upload *upload)
{
    if (upload == NULL) {
        return;
    }
    if (upload->is_named) {
        (void)unlinkat(upload->folder_fd, upload->hidden, 0);
    }
    if (upload->fd >= 0) {
        (void)close(upload->fd);
    }
    (void)close(upload->folder_fd);
    heap_free(upload);
}
