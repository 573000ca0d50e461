// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/personal_file.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NEW_NAME ".imprint-new"

static int open_in(int root, const char *path, int flags)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
                           .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

int personal_open(int root, const char *path, int flags)
{
    struct stat facts;
    int place = open_in(root, path, O_PATH);
    if (place < 0) {
        return -1;
    }
    if (fstat(place, &facts) != 0 || !(S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode))) {
        (void)close(place);
        errno = EINVAL;
        return -1;
    }
    char self[64]; // the very thing that was looked at
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", place);
    int opened = open(self, flags | O_CLOEXEC | O_NONBLOCK);
    (void)close(place);
    return opened;
}

bool personal_has_name(int root, const char *path)
{
    int place = open_in(root, path, O_PATH | O_NOFOLLOW);
    if (place >= 0) {
        (void)close(place);
    }
    return place >= 0;
}

bool personal_exists(int root, const char *path)
{
    int opened = personal_open(root, path, O_PATH);
    if (opened >= 0) {
        (void)close(opened);
    }
    return opened >= 0;
}

char *personal_read(int root, const char *path)
{
    struct stat facts;
    int file = personal_open(root, path, O_RDONLY);
    if (file < 0) {
        return NULL;
    }
    char *text = NULL;
    if (fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size <= PERSONAL_FILE_BYTES_MOST) {
        const size_t bytes = (size_t)facts.st_size;
        text = calloc(1, bytes + 1);
        size_t done = 0;
        while (text != NULL && done < bytes) {
            ssize_t more = read(file, text + done, bytes - done);
            if (more <= 0) {
                break;
            }
            done += (size_t)more;
        }
        if (text != NULL && (done != bytes || strlen(text) != bytes)) {
            free(text);
            text = NULL;
        }
    }
    (void)close(file);
    return text;
}

int personal_make_folder(int root, const char *path, mode_t mode)
{
    char part[PATH_MAX];
    if (strlen(path) >= sizeof part) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int folder = open_in(root, ".", O_RDONLY | O_DIRECTORY);
    for (size_t end = 0; folder >= 0 && path[end] != '\0';) {
        const size_t start = end + (path[end] == '/' ? 1u : 0u);
        end = start + strcspn(path + start, "/");
        memcpy(part, path, end);
        part[end] = '\0';
        if (end == start) {
            continue;
        }
        int next = open_in(root, part, O_RDONLY | O_DIRECTORY);
        if (next < 0 && errno == ENOENT && mkdirat(folder, part + start, mode) == 0) {
            next = open_in(root, part, O_RDONLY | O_DIRECTORY);
        }
        (void)close(folder);
        folder = next;
    }
    return folder;
}

// The folder of `path`, made when it is missing, and the name inside it.
static int open_parent(int root, const char *path, bool make, const char **name)
{
    char above[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    *name = slash == NULL ? path : slash + 1;
    if (slash != NULL && (size_t)(slash - path) < sizeof above) {
        memcpy(above, path, (size_t)(slash - path));
        above[slash - path] = '\0';
    }
    return make ? personal_make_folder(root, above, 0755) : open_in(root, above, O_RDONLY | O_DIRECTORY);
}

static enum status failed(struct problem *problem, const char *path)
{
    problem_set(problem, "/%s cannot be written: %s", path, strerror(errno));
    return STATUS_IO;
}

static bool write_all(int file, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t done = write(file, text, left);
        if (done < 0) {
            return false;
        }
        text += done;
        left -= (size_t)done;
    }
    return true;
}

static bool replace(int folder, const char *name, const char *text, const struct personal_owner *owner)
{
    (void)unlinkat(folder, NEW_NAME, 0);
    int file = openat(folder, NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) {
        return false;
    }
    bool ok = write_all(file, text) && fchown(file, owner->uid, owner->gid) == 0 &&
              fchmod(file, owner->mode) == 0 && fsync(file) == 0;
    ok = close(file) == 0 && ok && renameat(folder, NEW_NAME, folder, name) == 0;
    if (!ok) {
        const int why = errno;
        (void)unlinkat(folder, NEW_NAME, 0);
        errno = why;
    }
    return ok;
}

enum status personal_write(int root, const char *path, const char *text, const struct personal_owner *owner,
                           struct problem *problem)
{
    const char *name = NULL;
    struct stat facts;
    struct personal_owner as_it_was = {.uid = 0, .gid = 0, .mode = 0644};
    int folder = open_parent(root, path, true, &name);
    if (folder < 0) {
        return failed(problem, path);
    }
    if (fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(facts.st_mode)) {
        as_it_was =
            (struct personal_owner){.uid = facts.st_uid, .gid = facts.st_gid, .mode = facts.st_mode & 07777};
    }
    const bool ok = replace(folder, name, text, owner == NULL ? &as_it_was : owner);
    enum status status = ok ? STATUS_OK : failed(problem, path);
    (void)close(folder);
    return status;
}

enum status personal_link(int root, const char *path, const char *target, struct problem *problem)
{
    const char *name = NULL;
    int folder = open_parent(root, path, true, &name);
    if (folder < 0) {
        return failed(problem, path);
    }
    (void)unlinkat(folder, NEW_NAME, 0);
    const bool ok = symlinkat(target, folder, NEW_NAME) == 0 && renameat(folder, NEW_NAME, folder, name) == 0;
    enum status status = ok ? STATUS_OK : failed(problem, path);
    (void)close(folder);
    return status;
}

void personal_remove(int root, const char *path)
{
    const char *name = NULL;
    int folder = open_parent(root, path, false, &name);
    if (folder >= 0) {
        (void)unlinkat(folder, name, 0);
        (void)close(folder);
    }
}

const char *personal_line_find(const char *text, const char *start, size_t *length)
{
    const char *line = text;
    while (line != NULL && *line != '\0') {
        const size_t bytes = strcspn(line, "\n");
        if (text_starts(line, start)) {
            if (length != NULL) {
                *length = bytes;
            }
            return line;
        }
        line = line[bytes] == '\n' ? line + bytes + 1 : NULL;
    }
    return NULL;
}
