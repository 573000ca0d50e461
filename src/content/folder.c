// SPDX-License-Identifier: GPL-3.0-or-later
// Every name is resolved from the root of the folder, never from a folder inside it: so a link such as
// pxelinux.0 -> ../amd64/pxelinux.0 works as long as it stays beneath the root. The root itself is opened
// anew each time, so it may be replaced or mounted while we run.
#include "content/folder.h"

#include "base/text.h"
#include "io/heap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FOLDER_ENTRIES_MOST 20000 // looked at in one folder to find a name in other case
#define FOLDER_TRIES_MOST   8     // when a rename elsewhere confuses the kernel's check (EAGAIN)

struct folder {
    char prefix[CONTENT_PATH_BYTES]; // "" or "images"
    char root[];
};

/// openat2(2) that stays beneath `root_fd`; -1 and errno on failure.
static int folder_open_beneath(int root_fd, const char *path, int flags)
{
    const struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC),
                                 .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long fd = -1;
    for (int tries = 0; tries < FOLDER_TRIES_MOST; tries++) {
        fd = syscall(SYS_openat2, root_fd, path, &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) {
            break;
        }
    }
    return (int)fd;
}

/// What a failed open means for the search.
static enum status folder_status_from(int reason, struct reasons *reasons)
{
    switch (reason) {
    case EXDEV: // ".." or a link that leads out
        reasons_add(reasons, REASON_PATH_REFUSED);
        return STATUS_DENIED;
    case EACCES:
    case EPERM:
        reasons_add(reasons, REASON_FILE_UNREADABLE);
        return STATUS_NOT_FOUND;
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EINVAL:
    case ENXIO:
        return STATUS_NOT_FOUND;
    default:
        return STATUS_IO;
    }
}

/// Whether the thing behind `fd` is a regular file that everybody may read.
static bool folder_may_serve(int fd)
{
    struct stat about;
    return fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & S_IROTH) != 0;
}

/// Opens the file with exactly this name. It is looked at before it is opened, since opening a device or a
/// FIFO can already do something, and once more after, since it may be another one by then.
static enum status folder_open_file(int root_fd, const char *path, struct content_node *node,
                                    struct reasons *reasons)
{
    int found_fd = folder_open_beneath(root_fd, path, O_PATH);
    if (found_fd < 0) {
        return folder_status_from(errno, reasons);
    }
    bool may_serve = folder_may_serve(found_fd);
    (void)close(found_fd);
    if (!may_serve) {
        reasons_add(reasons, REASON_FILE_UNREADABLE);
        return STATUS_NOT_FOUND;
    }
    int fd = folder_open_beneath(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return folder_status_from(errno, reasons);
    }
    if (!folder_may_serve(fd)) {
        (void)close(fd);
        reasons_add(reasons, REASON_FILE_UNREADABLE);
        return STATUS_NOT_FOUND;
    }
    return content_node_set_file(node, fd);
}

static bool folder_has(int root_fd, const char *path)
{
    int fd = folder_open_beneath(root_fd, path, O_PATH);
    if (fd < 0) {
        return false;
    }
    (void)close(fd);
    return true;
}

/// The first name in byte order in `listing` that is `part` in other case, into `best` (NAME_MAX + 1 bytes).
static bool folder_scan(DIR *listing, const char *part, char best[NAME_MAX + 1])
{
    best[0] = '\0';
    for (unsigned seen = 0; seen < FOLDER_ENTRIES_MOST; seen++) {
        const struct dirent *entry = readdir(listing);
        if (entry == NULL) {
            break;
        }
        if (text_equal_nocase(entry->d_name, part) && (best[0] == '\0' || strcmp(entry->d_name, best) < 0)) {
            (void)text_copy(best, NAME_MAX + 1, entry->d_name);
        }
    }
    return best[0] != '\0';
}

/// Replaces the part of `path` that starts at `start` and ends the string by its twin in other case; false
/// when there is none.
static bool folder_correct_part(int root_fd, char *path, size_t start)
{
    char best[NAME_MAX + 1];
    char *part = path + start;
    char parent[CONTENT_PATH_BYTES] = ".";
    if (start != 0) {
        memcpy(parent, path, start - 1);
        parent[start - 1] = '\0';
    }
    int fd = folder_open_beneath(root_fd, parent, O_RDONLY | O_DIRECTORY);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    if (listing == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return false;
    }
    bool is_found = folder_scan(listing, part, best);
    if (is_found) {
        memcpy(part, best, strlen(part));
    }
    (void)closedir(listing);
    return is_found;
}

/// Gives every part of `path` the case it has in the folder, in place; false when a part is not there.
static bool folder_correct_case(int root_fd, char path[CONTENT_PATH_BYTES])
{
    size_t start = 0;
    for (;;) {
        char *slash = strchr(path + start, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        if (!folder_has(root_fd, path) && !folder_correct_part(root_fd, path, start)) {
            return false;
        }
        if (slash == NULL) {
            return true;
        }
        *slash = '/';
        start = (size_t)(slash - path) + 1;
    }
}

/// `path` without the folder's prefix, or NULL when it lies elsewhere.
static const char *folder_strip_prefix(const struct folder *folder, const char *path)
{
    size_t length = strlen(folder->prefix);
    if (length == 0) {
        return path;
    }
    char front[CONTENT_PATH_BYTES];
    if (strlen(path) <= length || path[length] != '/') {
        return NULL;
    }
    memcpy(front, path, length);
    front[length] = '\0';
    bool is_hidden = path[length + 1] == '.'; // what is being made or removed there
    return text_equal_nocase(front, folder->prefix) && !is_hidden ? path + length + 1 : NULL;
}

static enum status folder_find(const struct folder *folder, int root_fd, const char *inside,
                               struct content_node *node, struct reasons *reasons)
{
    char corrected[CONTENT_PATH_BYTES];
    (void)text_copy(corrected, sizeof corrected, inside);
    enum status status = folder_open_file(root_fd, corrected, node, reasons);
    if (status == STATUS_NOT_FOUND && folder_correct_case(root_fd, corrected) &&
        strcmp(corrected, inside) != 0) {
        status = folder_open_file(root_fd, corrected, node, reasons);
    }
    if (status == STATUS_OK) {
        struct text path;
        text_init(&path, node->path, sizeof node->path);
        text_add_format(&path, "%s%s%s", folder->prefix, folder->prefix[0] == '\0' ? "" : "/", corrected);
    }
    return status;
}

static enum status folder_lookup(void *self, const char *path, const struct content_client *client,
                                 struct content_node *node, struct reasons *reasons)
{
    (void)client;
    const struct folder *folder = self;
    const char *inside = folder_strip_prefix(folder, path);
    if (inside == NULL) {
        return STATUS_NOT_FOUND;
    }
    int root_fd = open(folder->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root_fd < 0) {
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? STATUS_NOT_FOUND : STATUS_IO;
    }
    enum status status = folder_find(folder, root_fd, inside, node, reasons);
    (void)close(root_fd);
    return status;
}

/// Whether the folder can be opened the way every lookup does it; `problem` says why not.
static bool folder_check(const char *path, struct problem *problem)
{
    int root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = root_fd < 0 ? -1 : folder_open_beneath(root_fd, ".", O_RDONLY | O_DIRECTORY);
    int reason = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (root_fd >= 0) {
        (void)close(root_fd);
    }
    if (fd >= 0) {
        return true;
    }
    problem_set(problem, "the folder %s cannot be opened: %s", path, strerror(reason));
    if (reason == ENOSYS) {
        problem_set_remedy(problem,
                           "imprint needs openat2(2): Linux 5.6 or later, not filtered by a container");
    } else {
        problem_set_remedy(problem, "create it, and let the user that imprint runs as read it");
    }
    return false;
}

struct folder *folder_new(const char *prefix, const char *path, struct problem *problem)
{
    if (!folder_check(path, problem)) {
        return NULL;
    }
    struct folder *folder = heap_new(sizeof *folder + strlen(path) + 1);
    enum status status = text_copy(folder->prefix, sizeof folder->prefix, prefix);
    assert(status == STATUS_OK);
    (void)status;
    memcpy(folder->root, path, strlen(path) + 1);
    return folder;
}

void folder_free(struct folder *folder)
{
    heap_free(folder);
}

struct content_source folder_source(struct folder *folder, const char *name)
{
    return (struct content_source){.name = name, .lookup = folder_lookup, .self = folder};
}
