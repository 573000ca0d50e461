// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sqlite_file.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void sqlite_file_refuse(const char *path, int reason, struct problem *problem)
{
    problem_set(problem, "%s cannot be written: %s", path, strerror(reason));
    problem_set_remedy(problem, "its folder must exist and belong to the user that imprint runs as");
}

/// Says who holds the lock.
static void sqlite_file_blame(const char *path, int lock_fd, struct problem *problem)
{
    char holder[24] = "";
    ssize_t length = pread(lock_fd, holder, sizeof holder - 1, 0);
    holder[length < 0 ? 0 : length] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    problem_set(problem, "another imprint (process %s) has the database %s open",
                holder[0] == '\0' ? "unknown" : holder, path);
    problem_set_remedy(problem, "stop it, or give this one a database of its own");
}

int sqlite_file_lock(const char *path, struct problem *problem)
{
    char name[PATH_MAX];
    char holder[24];
    int length = snprintf(name, sizeof name, "%s.lock", path);
    if (length < 0 || (size_t)length >= sizeof name) {
        sqlite_file_refuse(path, ENAMETOOLONG, problem);
        return -1;
    }
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        sqlite_file_refuse(name, errno, problem);
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        sqlite_file_blame(path, fd, problem);
        (void)close(fd);
        return -1;
    }
    length = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, holder, (size_t)length, 0) != length) {
        sqlite_file_refuse(name, errno, problem);
        (void)close(fd);
        return -1;
    }
    return fd;
}

void sqlite_file_unlock(int lock_fd)
{
    if (lock_fd >= 0) {
        (void)close(lock_fd);
    }
}

enum status sqlite_file_create(const char *path, struct problem *problem)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0 || fchmod(fd, 0600) != 0) { // SQLite gives its other files the mode of this one
        sqlite_file_refuse(path, errno, problem);
        if (fd >= 0) {
            (void)close(fd);
        }
        return STATUS_DENIED;
    }
    (void)close(fd);
    return STATUS_OK;
}

void sqlite_file_sync_folder(const char *path)
{
    char folder[PATH_MAX];
    if (text_copy(folder, sizeof folder, path) != STATUS_OK) {
        return;
    }
    int fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
}

void sqlite_file_explain(const char *path, int code, const char *text, int reason, struct problem *problem)
{
    switch (reason == ENOSPC || reason == EDQUOT ? SQLITE_FULL : code & 0xff) {
    case SQLITE_FULL:
        problem_set(problem, "there is no room left for the database %s", path);
        problem_set_remedy(problem,
                           "free some space on its file system; nothing is lost, imprint tries again");
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        problem_set(problem, "the database %s is damaged, or is no database (%s)", path, text);
        problem_set_remedy(problem, "restore it from a backup, or move it away to begin with an empty one");
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        problem_set(problem, "another program keeps the database %s locked", path);
        problem_set_remedy(problem, "end that program's transaction; fuser %s tells who it is", path);
        break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        problem_set(problem, "the database %s cannot be written: %s", path,
                    reason == 0 ? text : strerror(reason));
        problem_set_remedy(problem, "its folder must exist and belong to the user that imprint runs as");
        break;
    default:
        problem_set(problem, "the database %s fails: %s%s%s", path, text, reason == 0 ? "" : ": ",
                    reason == 0 ? "" : strerror(reason));
        problem_set_remedy(problem, "look at the disk below it; imprint tries again");
        break;
    }
}
