// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/pack.h"

#include "base/text.h"
#include "fleet/disk_look.h"
#include "fleet/process.h"
#include "fleet/qcow2.h"
#include "fleet/root_look.h"
#include "fleet/scratch.h"
#include "fleet/stream_writer.h"
#include "io/heap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES      4096
#define HEAD_BYTES      1024
#define PIECE           ((size_t)1024 * 1024)
#define SECTOR          512
#define LEVEL           3
#define MEASURE_BYTES   4096
#define DISK_BYTES_MOST ((uint64_t)CHUNK_INDEX_CHUNKS_MOST * CHUNK_BYTES)

// What a root file system needs besides its files: boot loader, EFI system partition, room to work.
#define ROOT_EXTRA_BYTES UINT64_C(600000000)

struct packing {
    const struct pack_job *job;
    struct stream_writer *writer;
    uint64_t all;
    char temporary[PATH_BYTES]; // the disk of a qcow2 unpacked; "" = none
};

static enum status refuse_read(struct problem *problem, const char *file)
{
    problem_set(problem, "%.200s cannot be read: %s", file, strerror(errno));
    return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
}

static bool begins(const uint8_t *head, size_t bytes, const char *magic, size_t magic_bytes)
{
    return bytes >= magic_bytes && memcmp(head, magic, magic_bytes) == 0;
}

static bool is_tar(const uint8_t *head, size_t bytes)
{
    return begins(head, bytes, "\x1f\x8b", 2) ||
           begins(head, bytes,
                  "\xfd"
                  "7zXZ",
                  6) ||
           begins(head, bytes, "\x28\xb5\x2f\xfd", 4) || begins(head, bytes, "BZh", 3) ||
           (bytes >= 262 && memcmp(head + 257, "ustar", 5) == 0);
}

static bool is_disk(const char *file, const uint8_t *head, size_t bytes)
{
    return (bytes >= SECTOR && head[510] == 0x55 && head[511] == 0xaa) ||
           (bytes >= SECTOR + 8 && memcmp(head + SECTOR, "EFI PART", 8) == 0) || text_ends(file, ".raw") ||
           text_ends(file, ".img");
}

enum status pack_recognise(const char *file, enum pack_source *source, struct problem *problem)
{
    uint8_t head[HEAD_BYTES];
    struct stat status;
    if (strcmp(file, "-") == 0) {
        *source = PACK_TAR;
        return STATUS_OK;
    }
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        enum status result = refuse_read(problem, file);
        if (fd >= 0) {
            (void)close(fd);
        }
        return result;
    }
    ssize_t count = pread(fd, head, sizeof head, 0);
    (void)close(fd);
    if (count < 0) {
        return refuse_read(problem, file);
    }
    size_t bytes = (size_t)count;
    *source = begins(head, bytes, "QFI\xfb", 4) ? PACK_QCOW2
              : begins(head, bytes, "hsqs", 4)  ? PACK_SQUASHFS
              : is_tar(head, bytes)             ? PACK_TAR
              : is_disk(file, head, bytes)      ? PACK_RAW
                                                : PACK_UNKNOWN;
    return STATUS_OK;
}

static void tell(const struct packing *packing)
{
    if (packing->job->progress != NULL) {
        packing->job->progress(packing->job->context, stream_writer_content(packing->writer), packing->all);
    }
}

static enum status take(void *context, const void *data, size_t bytes, struct problem *problem)
{
    struct packing *packing = context;
    enum status status = stream_writer_add(packing->writer, data, bytes, problem);
    tell(packing);
    return status;
}

// The data from `from` to `to`.
static enum status pack_data(struct packing *packing, int fd, uint64_t from, uint64_t to,
                             struct problem *problem)
{
    uint8_t *piece = heap_new(PIECE);
    enum status status = STATUS_OK;
    while (from < to && status == STATUS_OK) {
        size_t wanted = to - from < PIECE ? (size_t)(to - from) : PIECE;
        ssize_t count = pread(fd, piece, wanted, (off_t)from);
        if (count <= 0) {
            errno = count == 0 ? EIO : errno; // it became shorter while it was read
            status = refuse_read(problem, packing->job->file);
        } else {
            status = take(packing, piece, (size_t)count, problem);
            from += (uint64_t)count;
        }
    }
    heap_free(piece);
    return status;
}

// Holes are not read. A file system without holes says that all is data, and so do we when it says nothing.
static enum status pack_sparse(struct packing *packing, int fd, uint64_t size, struct problem *problem)
{
    uint64_t at = 0;
    enum status status = STATUS_OK;
    while (at < size && status == STATUS_OK) {
        off_t data = lseek(fd, (off_t)at, SEEK_DATA);
        uint64_t from = data >= 0 ? (uint64_t)data : errno == ENXIO ? size : at;
        from = from > size ? size : from;
        off_t hole = from < size ? lseek(fd, (off_t)from, SEEK_HOLE) : (off_t)size;
        uint64_t to = hole < 0 || (uint64_t)hole > size ? size : (uint64_t)hole;
        status = stream_writer_add_zeros(packing->writer, from - at, problem);
        status = status == STATUS_OK ? pack_data(packing, fd, from, to, problem) : status;
        tell(packing);
        at = to;
    }
    uint64_t rest = (SECTOR - size % SECTOR) % SECTOR;
    return status == STATUS_OK ? stream_writer_add_zeros(packing->writer, rest, problem) : status;
}

static const char *base_name(const char *file)
{
    const char *slash = strrchr(file, '/');
    return slash == NULL ? file : slash + 1;
}

static enum status pack_disk(struct packing *packing, const char *raw, struct chunk_index *index,
                             struct problem *problem)
{
    int fd = open(raw, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    enum status status = STATUS_OK;
    if (size < 0) {
        status = refuse_read(problem, raw);
    } else if (size == 0 || (uint64_t)size > DISK_BYTES_MOST) {
        problem_set(problem, "%.200s is %s", packing->job->file, size == 0 ? "empty" : "larger than 4 TiB");
        status = size == 0 ? STATUS_MALFORMED : STATUS_TOO_LONG;
    } else {
        packing->all = (uint64_t)size;
        index->kind = IMAGE_DISK;
        index->starts = disk_look(fd, raw);
        index->needs_bytes = ((uint64_t)size + SECTOR - 1) / SECTOR * SECTOR;
        struct text system;
        text_init(&system, index->system, sizeof index->system);
        text_add_escaped(&system, base_name(packing->job->file), strlen(base_name(packing->job->file)));
        status = pack_sparse(packing, fd, (uint64_t)size, problem);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

// How much of the disk is not holes: "required size: 1310720".
static enum status measure(const char *file, uint64_t *bytes, struct problem *problem)
{
    const char *const words[] = {"qemu-img", "measure", "-f", "qcow2", "-O", "raw", file, NULL};
    char *text = NULL;
    enum status status = process_read(&(struct process_job){.words = words}, MEASURE_BYTES, &text, problem);
    if (status != STATUS_OK) {
        return status;
    }
    const char *found = strstr(text, "required size: ");
    *bytes = found == NULL ? 0 : strtoull(found + strlen("required size: "), NULL, 10);
    heap_free(text);
    return STATUS_OK;
}

static enum status check_qcow2(const char *file, uint64_t *disk_bytes, struct problem *problem)
{
    uint8_t head[QCOW2_HEADER_BYTES];
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t count = fd < 0 ? -1 : pread(fd, head, sizeof head, 0);
    enum status status =
        count < 0 ? refuse_read(problem, file) : qcow2_check(head, (size_t)count, disk_bytes, problem);
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

static enum status pack_qcow2(struct packing *packing, struct chunk_index *index, struct problem *problem)
{
    char full[PATH_BYTES]; // absolute: no name of a file can be taken for a protocol or an option
    uint64_t disk_bytes = 0;
    uint64_t data_bytes = 0;
    if (realpath(packing->job->file, full) == NULL) {
        return refuse_read(problem, packing->job->file);
    }
    const char *const words[] = {"qemu-img", "convert",          "-f", "qcow2", "-O", "raw",
                                 full,       packing->temporary, NULL};
    enum status status = check_qcow2(full, &disk_bytes, problem);
    status = status == STATUS_OK ? measure(full, &data_bytes, problem) : status;
    // The stream comes beside it, and is hardly ever larger than the data.
    status = status == STATUS_OK ? scratch_check_room(packing->job->folder, data_bytes * 2, problem) : status;
    if (status != STATUS_OK) {
        return status;
    }
    (void)snprintf(packing->temporary, sizeof packing->temporary, "%.3000s/unpacked.raw",
                   packing->job->folder);
    status = process_run(&(struct process_job){.words = words}, problem);
    return status == STATUS_OK ? pack_disk(packing, packing->temporary, index, problem) : status;
}

static enum status pack_root(struct packing *packing, int fd, struct chunk_index *index,
                             struct problem *problem)
{
    struct root_look look;
    enum status status = root_look_read(fd, &look, take, packing, problem);
    if (status != STATUS_OK) {
        return status;
    }
    if (!look.is_system) {
        problem_set(problem,
                    "this holds no root file system: neither etc/os-release nor usr/lib/os-release is "
                    "in it");
        problem_set_remedy(problem, "pack it from its top, as in 'tar -C ROOT -cf FILE .'");
        return STATUS_MALFORMED;
    }
    index->kind = IMAGE_ROOT;
    index->starts = look.starts;
    index->needs_bytes = look.disk_bytes + look.disk_bytes / 4 + ROOT_EXTRA_BYTES;
    (void)text_copy(index->system, sizeof index->system, look.system);
    return STATUS_OK;
}

static enum status pack_tar(struct packing *packing, struct chunk_index *index, struct problem *problem)
{
    bool is_input = strcmp(packing->job->file, "-") == 0;
    int fd = is_input ? STDIN_FILENO : open(packing->job->file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return refuse_read(problem, packing->job->file);
    }
    enum status status = pack_root(packing, fd, index, problem);
    if (!is_input) {
        (void)close(fd);
    }
    return status;
}

static enum status pack_squashfs(struct packing *packing, struct chunk_index *index, struct problem *problem)
{
    char full[PATH_BYTES];
    struct process process;
    const char *const words[] = {"sqfs2tar", full, NULL};
    if (realpath(packing->job->file, full) == NULL) {
        return refuse_read(problem, packing->job->file);
    }
    enum status status = process_open(&(struct process_job){.words = words}, &process, problem);
    if (status != STATUS_OK) {
        return status;
    }
    struct problem ours;
    struct problem theirs;
    problem_clear(&ours);
    problem_clear(&theirs);
    status = pack_root(packing, process.output, index, &ours);
    enum status ended = process_close(&process, &theirs);
    // A program that gave up knows better why its tar is not whole; one that we left in the middle does not.
    bool is_theirs = status == STATUS_OK || strstr(theirs.text, "failed") != NULL;
    problem_set(problem, "%s", is_theirs ? theirs.text : ours.text);
    problem_set_remedy(problem, "%s", is_theirs ? theirs.remedy : ours.remedy);
    return status == STATUS_OK ? ended : status;
}

static enum status pack_source(struct packing *packing, enum pack_source source, struct chunk_index *index,
                               struct problem *problem)
{
    switch (source) {
    case PACK_RAW:
        return pack_disk(packing, packing->job->file, index, problem);
    case PACK_QCOW2:
        return pack_qcow2(packing, index, problem);
    case PACK_TAR:
        return pack_tar(packing, index, problem);
    case PACK_SQUASHFS:
        return pack_squashfs(packing, index, problem);
    case PACK_UNKNOWN:
    default:
        problem_set(problem, "%.200s is nothing that imprint can write to a disk", packing->job->file);
        problem_set_remedy(
            problem, "it takes raw disks (with a partition table, or named .raw or .img), qcow2, tar and "
                     "squashfs, also compressed tar; other disk images become one by: qemu-img convert "
                     "-O qcow2 FILE disk.qcow2");
        return STATUS_UNSUPPORTED;
    }
}

enum status pack(const struct pack_job *job, struct problem *problem)
{
    char path[PATH_BYTES];
    enum pack_source source = PACK_UNKNOWN;
    struct packing packing = {.job = job};
    struct chunk_index index = {0};
    enum status status = pack_recognise(job->file, &source, problem);
    if (status != STATUS_OK) {
        return status;
    }
    (void)snprintf(path, sizeof path, "%.3000s/%s", job->folder, IMAGE_STREAM_FILE);
    status = stream_writer_open(path, job->level == 0 ? LEVEL : job->level, &packing.writer, problem);
    if (status != STATUS_OK) {
        return status;
    }
    status = pack_source(&packing, source, &index, problem);
    if (packing.temporary[0] != '\0') {
        (void)unlink(packing.temporary);
    }
    if (status != STATUS_OK) {
        stream_writer_drop(packing.writer);
        (void)unlink(path);
        return status;
    }
    (void)snprintf(path, sizeof path, "%.3000s/%s", job->folder, IMAGE_INDEX_FILE);
    return stream_writer_close(packing.writer, path, &index, problem);
}
