// SPDX-License-Identifier: GPL-3.0-or-later
// The new system while it is mounted.
#include "agent/write_inner.h"

#include "agent/console.h"
#include "agent/personal.h"
#include "base/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define UNMOUNT_TRIES 40 // of 100 ms
#define MOUNTS_MOST   64

enum status target_mount(const char *device, const char *below, const char *kind, const char *options,
                         struct problem *problem)
{
    char folder[128];
    (void)snprintf(folder, sizeof folder, "%s%s", WRITE_TARGET, below);
    if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        problem_set(problem, "%s could not be made: %s", folder, strerror(errno));
        return STATUS_IO;
    }
    bool is_ext = strcmp(kind, "ext2") == 0 || strcmp(kind, "ext3") == 0;
    if (mount(device, folder, is_ext ? "ext4" : kind, MS_NOATIME, options) != 0) {
        problem_set(problem, "the %s on %s could not be mounted: %s", kind, device, strerror(errno));
        return STATUS_IO;
    }
    return STATUS_OK;
}

static bool is_inside(const char *path)
{
    size_t length = strlen(WRITE_TARGET);
    return strncmp(path, WRITE_TARGET, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

// What a package's script started in the new system would keep it busy for ever.
static void stop_programs(void)
{
    DIR *entries = opendir("/proc");
    struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (isdigit((unsigned char)entry->d_name[0]) == 0) {
            continue;
        }
        char link[300];
        char root[256] = "";
        (void)snprintf(link, sizeof link, "/proc/%s/root", entry->d_name);
        ssize_t length = readlink(link, root, sizeof root - 1);
        if (length > 0 && is_inside(root)) {
            (void)kill((pid_t)atoi(entry->d_name), SIGKILL);
        }
    }
    if (entries != NULL) {
        (void)closedir(entries);
    }
}

// The mount points at and below the target, oldest first; how many.
static unsigned find_mounts(char (*found)[256])
{
    FILE *file = setmntent("/proc/self/mounts", "re");
    struct mntent entry;
    char room[4096];
    unsigned count = 0;
    while (file != NULL && count < MOUNTS_MOST && getmntent_r(file, &entry, room, sizeof room) != NULL) {
        if (is_inside(entry.mnt_dir)) {
            (void)text_copy(found[count++], sizeof found[0], entry.mnt_dir);
        }
    }
    if (file != NULL) {
        (void)endmntent(file);
    }
    return count;
}

static enum status unmount_one(const char *path, struct problem *problem)
{
    for (unsigned tries = 0; tries < UNMOUNT_TRIES; tries++) {
        if (umount2(path, UMOUNT_NOFOLLOW) == 0 || errno == EINVAL) {
            return STATUS_OK;
        }
        if (errno != EBUSY) {
            break;
        }
        if (tries > 0) {
            stop_programs();
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
    }
    problem_set(problem, "%s could not be unmounted: %s", path, strerror(errno));
    return STATUS_IO;
}

enum status target_unmount(struct problem *problem)
{
    char(*found)[256] = calloc(MOUNTS_MOST, sizeof *found);
    if (found == NULL) {
        problem_set(problem, "there is no memory left to unmount the new system");
        return STATUS_IO;
    }
    // Here a disk that loses what is written to it late is found out: unmounting tells nobody.
    int root = open(WRITE_TARGET, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_lost = root >= 0 && syncfs(root) != 0;
    if (is_lost) {
        problem_set(problem, "the files of the new system could not be written to the disk: %s",
                    strerror(errno));
    }
    if (root >= 0) {
        (void)close(root);
    }
    enum status status = STATUS_OK;
    for (unsigned count = find_mounts(found); count > 0 && status == STATUS_OK; count--) {
        status = unmount_one(found[count - 1], problem);
    }
    free(found);
    return is_lost ? STATUS_IO : status;
}

enum status target_put(const char *path, const char *text, struct problem *problem)
{
    int root = open(WRITE_TARGET, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct open_how how = {
        .flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, .mode = 0644, .resolve = RESOLVE_IN_ROOT};
    int fd = root >= 0 ? (int)syscall(SYS_openat2, root, path, &how, sizeof how) : -1;
    size_t bytes = strlen(text);
    bool written = fd >= 0 && write(fd, text, bytes) == (ssize_t)bytes;
    if (!written) {
        problem_set(problem, "%s could not be written in the new system: %s", path, strerror(errno));
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    if (root >= 0) {
        (void)close(root);
    }
    return written ? STATUS_OK : STATUS_IO;
}

enum status target_personalise(struct writing *writing)
{
    const struct write_job *job = writing->job;
    if (job->personal == NULL) {
        return STATUS_OK;
    }
    if (write_may_go(job, writing->end) != STATUS_OK) {
        return STATUS_IO;
    }
    write_stage(job, "personal");
    struct personal_job personal = {
        .root = WRITE_TARGET, .wanted = job->personal, .order_id = job->order_id, .has_network = true};
    struct problem problem = {0};
    enum status status = personal_apply(&personal, &problem);
    if (status == STATUS_UNSUPPORTED && !job->personal->is_explicit) {
        write_trouble(job, "PERSONAL_FAILED", "%s", problem.text);
        return STATUS_OK;
    }
    return status == STATUS_OK ? STATUS_OK : write_end_take(writing->end, "PERSONAL_FAILED", &problem);
}
