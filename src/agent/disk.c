// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/disk.h"

#include "base/text.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DIRECT_ALIGN     4096u
#define ZERO_SLICE_BYTES (64ull * 1024 * 1024)
#define DISCARD_SLICE    (4ull * 1024 * 1024 * 1024)
#define DISCARD_SECONDS  15 // a drive that takes longer gains nothing by it

static enum status say_failed(const struct disk *disk, const char *what, uint64_t at, struct problem *problem)
{
    problem_set(problem, "%s could not be %s at byte %llu: %s", disk->path, what, (unsigned long long)at,
                strerror(errno));
    return STATUS_IO;
}

static enum status attach_loop(struct disk *disk, const char *file, struct problem *problem)
{
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    int backing = open(file, O_RDWR | O_CLOEXEC);
    enum status status = STATUS_IO;
    for (unsigned tries = 0; control >= 0 && backing >= 0 && tries < 16; tries++) {
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0) {
            break;
        }
        (void)snprintf(disk->path, sizeof disk->path, "/dev/loop%d", number);
        struct loop_config wish = {.fd = (uint32_t)backing,
                                   .info = {.lo_flags = LO_FLAGS_PARTSCAN | LO_FLAGS_AUTOCLEAR}};
        disk->loop_fd = open(disk->path, O_RDWR | O_CLOEXEC);
        if (disk->loop_fd >= 0 && ioctl(disk->loop_fd, LOOP_CONFIGURE, &wish) == 0) {
            status = STATUS_OK;
            break;
        }
        int error = errno;
        if (disk->loop_fd >= 0) {
            (void)close(disk->loop_fd);
            disk->loop_fd = -1;
        }
        errno = error;
        if (error != EBUSY) { // else somebody was faster
            break;
        }
    }
    if (status != STATUS_OK) {
        problem_set(problem, "%s could not be made a disk by way of a loop device: %s", file,
                    strerror(errno));
    }
    if (control >= 0) {
        (void)close(control);
    }
    if (backing >= 0) {
        (void)close(backing);
    }
    return status;
}

enum status disk_open(struct disk *disk, const char *path, struct problem *problem)
{
    *disk = (struct disk){.fd = -1, .direct_fd = -1, .claim_fd = -1, .loop_fd = -1};
    struct stat is;
    if (stat(path, &is) != 0) {
        problem_set(problem, "%s: %s", path, strerror(errno));
        return STATUS_NOT_FOUND;
    }
    if (S_ISREG(is.st_mode)) {
        enum status status = attach_loop(disk, path, problem);
        if (status != STATUS_OK) {
            return status;
        }
    } else if (!S_ISBLK(is.st_mode) || text_copy(disk->path, sizeof disk->path, path) != STATUS_OK) {
        problem_set(problem, "%s is not a disk", path);
        return STATUS_NOT_FOUND;
    }
    const char *slash = strrchr(disk->path, '/');
    (void)text_copy(disk->name, sizeof disk->name, slash != NULL ? slash + 1 : disk->path);
    disk->fd = open(disk->path, O_RDWR | O_CLOEXEC);
    if (disk->fd < 0 && (errno == EROFS || errno == EACCES)) {
        disk->is_read_only = true;
        disk->fd = open(disk->path, O_RDONLY | O_CLOEXEC);
    }
    int sector_bytes = 0;
    int read_only = 0;
    if (disk->fd < 0 || ioctl(disk->fd, BLKGETSIZE64, &disk->bytes) != 0 ||
        ioctl(disk->fd, BLKSSZGET, &sector_bytes) != 0 || ioctl(disk->fd, BLKROGET, &read_only) != 0) {
        problem_set(problem, "%s could not be opened: %s", path, strerror(errno));
        disk_close(disk);
        return STATUS_IO;
    }
    disk->sector_bytes = (uint32_t)sector_bytes;
    disk->is_read_only = disk->is_read_only || read_only != 0;
    disk->direct_fd = disk->is_read_only ? -1 : open(disk->path, O_RDWR | O_DIRECT | O_CLOEXEC);
    return STATUS_OK;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

void disk_close(struct disk *disk)
{
    close_fd(&disk->claim_fd);
    close_fd(&disk->direct_fd);
    close_fd(&disk->fd);
    close_fd(&disk->loop_fd);
}

enum status disk_claim(struct disk *disk, struct problem *problem)
{
    enum status status = disk_remove_partitions(disk, problem);
    if (status != STATUS_OK) {
        return status;
    }
    disk->claim_fd = open(disk->path, O_RDWR | O_EXCL | O_CLOEXEC);
    if (disk->claim_fd < 0) {
        problem_set(problem, "%s is in use: %s", disk->path, strerror(errno));
        return STATUS_BUSY;
    }
    return STATUS_OK;
}

void disk_unclaim(struct disk *disk)
{
    close_fd(&disk->claim_fd);
}

static enum status write_with(int fd, struct disk *disk, uint64_t at, const uint8_t *data, size_t bytes,
                              struct problem *problem)
{
    while (bytes > 0) {
        ssize_t some = pwrite(fd, data, bytes, (off_t)at);
        if (some < 0 && errno == EINTR) {
            continue;
        }
        if (some <= 0) {
            errno = some == 0 ? ENOSPC : errno;
            return say_failed(disk, "written", at, problem);
        }
        data += some;
        at += (uint64_t)some;
        bytes -= (size_t)some;
        if (((at | bytes | (uintptr_t)data) & (DIRECT_ALIGN - 1)) != 0) {
            fd = disk->fd; // a short write left the rest where O_DIRECT cannot go
        }
    }
    return STATUS_OK;
}

enum status disk_write(struct disk *disk, uint64_t at, const void *data, size_t bytes,
                       struct problem *problem)
{
    if (at > disk->bytes || bytes > disk->bytes - at) {
        unsigned long long end = at;
        problem_set(problem, "%s ends before byte %llu", disk->path, end + bytes);
        return STATUS_IO;
    }
    bool is_aligned = ((at | bytes | (uintptr_t)data) & (DIRECT_ALIGN - 1)) == 0;
    if (is_aligned && disk->direct_fd >= 0) {
        struct problem direct = {0};
        if (write_with(disk->direct_fd, disk, at, data, bytes, &direct) == STATUS_OK) {
            return STATUS_OK;
        }
        if (errno != EINVAL) {
            *problem = direct;
            return STATUS_IO;
        }
        close_fd(&disk->direct_fd); // this kind of disk cannot
    }
    return write_with(disk->fd, disk, at, data, bytes, problem);
}

static enum status write_zeros(struct disk *disk, uint64_t at, uint64_t bytes, struct problem *problem)
{
    static const uint8_t zeros[64 * 1024] __attribute__((aligned(DIRECT_ALIGN)));
    enum status status = STATUS_OK;
    while (bytes > 0 && status == STATUS_OK) {
        size_t some = bytes < sizeof zeros ? (size_t)bytes : sizeof zeros;
        status = disk_write(disk, at, zeros, some, problem);
        at += some;
        bytes -= some;
    }
    return status;
}

enum status disk_zero(struct disk *disk, uint64_t at, uint64_t bytes, struct problem *problem)
{
    enum status status = STATUS_OK;
    while (bytes > 0 && status == STATUS_OK) {
        uint64_t range[2] = {at, bytes < ZERO_SLICE_BYTES ? bytes : ZERO_SLICE_BYTES};
        if (((range[0] | range[1]) & (disk->sector_bytes - 1)) != 0 ||
            ioctl(disk->fd, BLKZEROOUT, range) != 0) {
            status = write_zeros(disk, range[0], range[1], problem);
        }
        at += range[1];
        bytes -= range[1];
    }
    return status;
}

enum status disk_read(struct disk *disk, uint64_t at, void *data, size_t bytes, struct problem *problem)
{
    uint8_t *next = data;
    while (bytes > 0) {
        ssize_t some = pread(disk->fd, next, bytes, (off_t)at);
        if (some < 0 && errno == EINTR) {
            continue;
        }
        if (some <= 0) {
            errno = some == 0 ? ENODATA : errno;
            return say_failed(disk, "read", at, problem);
        }
        next += some;
        at += (uint64_t)some;
        bytes -= (size_t)some;
    }
    return STATUS_OK;
}

enum status disk_sync(struct disk *disk, struct problem *problem)
{
    if (fsync(disk->fd) != 0) {
        problem_set(problem, "%s could not be written to its end: %s", disk->path, strerror(errno));
        return STATUS_IO;
    }
    (void)ioctl(disk->fd, BLKFLSBUF, 0);
    return STATUS_OK;
}

static int64_t now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void discard(struct disk *disk)
{
    if (disk->loop_fd >= 0) { // a file: it would become sparse, and nothing quicker
        return;
    }
    int64_t until_s = now_s() + DISCARD_SECONDS;
    uint64_t at = DISK_EDGE_BYTES;
    while (at < disk->bytes && now_s() < until_s) {
        uint64_t range[2] = {at, disk->bytes - at < DISCARD_SLICE ? disk->bytes - at : DISCARD_SLICE};
        if (ioctl(disk->fd, BLKDISCARD, range) != 0) {
            return; // it is only to please the drive
        }
        at += range[1];
    }
}

enum status disk_erase(struct disk *disk, struct problem *problem)
{
    uint64_t edge = disk->bytes < DISK_EDGE_BYTES ? disk->bytes : DISK_EDGE_BYTES;
    enum status status = write_zeros(disk, 0, edge, problem);
    if (status == STATUS_OK) {
        status = write_zeros(disk, disk->bytes - edge, edge, problem);
    }
    if (status == STATUS_OK) {
        status = disk_sync(disk, problem);
    }
    if (status == STATUS_OK) {
        discard(disk);
        // Some drives forget more than they are told to, and none may give the edges back.
        status = write_zeros(disk, disk->bytes - edge, edge, problem);
    }
    return status == STATUS_OK ? disk_sync(disk, problem) : status;
}

static void copy_value(blkid_probe probe, const char *name, char *out, size_t out_bytes)
{
    const char *value = NULL;
    if (blkid_probe_lookup_value(probe, name, &value, NULL) == 0 && value != NULL) {
        (void)text_copy(out, out_bytes, value);
    }
}

void disk_find_filesystem(const struct disk *disk, uint64_t at, uint64_t bytes, char kind[32], char uuid[40])
{
    kind[0] = '\0';
    if (uuid != NULL) {
        uuid[0] = '\0';
    }
    blkid_probe probe = blkid_new_probe();
    if (probe == NULL ||
        blkid_probe_set_device(probe, disk->fd, (blkid_loff_t)at, (blkid_loff_t)bytes) != 0) {
        blkid_free_probe(probe);
        return;
    }
    (void)blkid_probe_enable_superblocks(probe, 1);
    (void)blkid_probe_enable_partitions(probe, 0);
    (void)blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID);
    if (blkid_do_safeprobe(probe) == 0) {
        copy_value(probe, "TYPE", kind, 32);
        if (uuid != NULL) {
            copy_value(probe, "UUID", uuid, 40);
        }
    }
    blkid_free_probe(probe);
}
