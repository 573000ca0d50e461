// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/control_tree.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_BYTES 256

enum status control_tree_explain(int error, const char *what, struct problem *problem)
{
    if (error == ENOSPC || error == EDQUOT) {
        problem_set(problem, "the disk with the images is full: %s could not be written", what);
        problem_set_remedy(problem, "make room, for example with imprint image remove, and try again");
        return STATUS_FULL;
    }
    if (error == EEXIST || error == ENOTDIR || error == EISDIR || error == ELOOP) {
        problem_set(problem, "%s is a file and a folder at once", what);
        return STATUS_CONFLICT;
    }
    problem_set(problem, "%s could not be written: %s", what, strerror(error));
    problem_set_remedy(problem, "see that the user imprint runs as may write into the state folder");
    return STATUS_IO;
}

// Goes down into the folder `part` of `folder`, making it when it is missing; -1 with errno.
static int enter(int folder, const char *part)
{
    if (mkdirat(folder, part, 0755) != 0 && errno != EEXIST) {
        return -1;
    }
    return openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

// The file at `path`, with its folders; -1 with errno.
static int create(int folder, const char *path)
{
    int at = dup(folder);
    while (at >= 0) {
        char part[PART_BYTES];
        struct text text;
        size_t length = strcspn(path, "/");
        text_init(&text, part, sizeof part);
        text_add_bytes(&text, path, length);
        bool is_last = path[length] == '\0';
        int next = -1;
        if (text.cut) {
            errno = ENAMETOOLONG;
        } else if (is_last) {
            next = openat(at, part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
        } else {
            next = enter(at, part);
        }
        int error = errno;
        (void)close(at);
        errno = error;
        if (is_last) {
            return next;
        }
        at = next;
        path += length + 1;
    }
    return -1;
}

enum status control_tree_create(int folder, const char *path, int *fd, struct problem *problem)
{
    mode_t mask = umask(022); // readable for everybody: that is what the services serve
    int made = create(folder, path);
    int error = errno;
    (void)umask(mask);
    if (made < 0) {
        return control_tree_explain(error, path, problem);
    }
    *fd = made;
    return STATUS_OK;
}

bool control_tree_has_file(int folder, const char *path)
{
    struct stat found;
    return fstatat(folder, path, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode);
}

static int sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int failed = fd < 0 ? -1 : fsync(fd);
    int error = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    errno = error;
    return failed;
}

enum status control_tree_sync(const char *path, struct control_tree_count *count, struct problem *problem)
{
    char root[PATH_MAX];
    (void)text_copy(root, sizeof root, path);
    char *const roots[] = {root, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    enum status status = tree == NULL ? control_tree_explain(errno, "the image", problem) : STATUS_OK;
    FTSENT *entry;
    *count = (struct control_tree_count){0};
    while (status == STATUS_OK && (entry = fts_read(tree)) != NULL) {
        bool is_file = entry->fts_info == FTS_F;
        if ((is_file || entry->fts_info == FTS_DP) && sync_path(entry->fts_accpath) != 0) {
            status = control_tree_explain(errno, entry->fts_name, problem);
        }
        count->file_count += is_file ? 1 : 0;
        count->size_bytes += is_file ? (uint64_t)entry->fts_statp->st_size : 0;
    }
    if (tree != NULL) {
        (void)fts_close(tree);
    }
    return status;
}

void control_tree_remove(const char *path)
{
    char root[PATH_MAX];
    (void)text_copy(root, sizeof root, path);
    char *const roots[] = {root, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *entry;
    while (tree != NULL && (entry = fts_read(tree)) != NULL) {
        if (entry->fts_info == FTS_DP) {
            (void)rmdir(entry->fts_accpath);
        } else if (entry->fts_info != FTS_D) {
            (void)unlink(entry->fts_accpath);
        }
    }
    if (tree != NULL) {
        (void)fts_close(tree);
    }
}
