// SPDX-License-Identifier: GPL-3.0-or-later
// A file is a header and records, LEASE_LOG_RECORD_BYTES each:
//   header: 0 checksum, 8 "imprint leases", 24 version, 28 reserved, 32 generation (0 = says nothing)
//   record: 0 checksum, 8 kind, 9 state, 10 host name's length, 12 address, 16 key, 36 starts, 44 ends, 52
//   name
// Numbers are big-endian. The file of the higher generation is the one in use.
#include "store/lease_log.h"

#include "base/hash.h"
#include "base/reader.h"
#include "base/text.h"
#include "base/writer.h"
#include "io/heap.h"
#include "store/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES            2
#define SUM_BYTES        8
#define VERSION          1
#define STEP_BYTES       (1u << 20) // the file grows by so much: blocks that are there need no journal's help
#define NAME_BYTES       16
#define HEADER_KEY       0x6c6561736573u
#define READ_RECORDS     512
#define LEASE_NAME_BYTES (LEASE_HOSTNAME_BYTES - 1)

static const char NAME[NAME_BYTES] = "imprint leases";

enum record_kind { RECORD_NONE, RECORD_PUT, RECORD_REMOVE };

struct lease_file {
    int fd;
    int sync_fd;         // the same file for lease_log_sync: the kernel tells an error once to each of them
    uint64_t generation; // 0 = says nothing
    uint64_t bytes;      // how far it is written; the next record goes there
    uint64_t size;       // of the file, with what was made ready
    char path[PATH_MAX];
};

struct lease_log {
    struct lease_file files[FILES];
    unsigned current;
    bool is_old_free;
    struct heap_array records; // added and not yet written; without checksums
};

struct record {
    uint8_t bytes[LEASE_LOG_RECORD_BYTES];
};

// Records.

static void write_be64(struct writer *writer, uint64_t value)
{
    write_be32(writer, (uint32_t)(value >> 32));
    write_be32(writer, (uint32_t)value);
}

static uint64_t read_be64(struct reader *reader)
{
    uint64_t high = read_be32(reader);
    return high << 32 | read_be32(reader);
}

static uint64_t sum_of(const struct record *record, uint64_t generation, uint64_t offset)
{
    struct hash_key key = {generation, offset};
    return hash_bytes(key, record->bytes + SUM_BYTES, sizeof record->bytes - SUM_BYTES);
}

static void put_sum(struct record *record, uint64_t generation, uint64_t offset)
{
    struct writer writer = writer_init(record->bytes, SUM_BYTES);
    write_be64(&writer, sum_of(record, generation, offset));
}

static bool has_sum(const struct record *record, uint64_t generation, uint64_t offset)
{
    struct reader reader = reader_init(record->bytes, SUM_BYTES);
    return read_be64(&reader) == sum_of(record, generation, offset);
}

static void print_lease(const struct lease *lease, enum record_kind kind, struct record *record)
{
    size_t name_bytes = strlen(lease->hostname);
    struct writer writer = writer_init(record->bytes, sizeof record->bytes);
    write_zeros(&writer, SUM_BYTES);
    write_u8(&writer, (uint8_t)kind);
    write_u8(&writer, (uint8_t)lease->state);
    write_u8(&writer, (uint8_t)name_bytes);
    write_u8(&writer, 0);
    write_be32(&writer, lease->address.value);
    write_bytes(&writer, lease->key.bytes, sizeof lease->key.bytes);
    write_be64(&writer, (uint64_t)lease->starts_s);
    write_be64(&writer, (uint64_t)lease->ends_s);
    write_bytes(&writer, lease->hostname, name_bytes);
    write_zeros(&writer, writer_left(&writer));
    assert(!writer.failed);
}

// Its kind, or RECORD_NONE when a sum is right but the values are impossible.
static enum record_kind read_lease(const struct record *record, struct lease *lease)
{
    struct reader reader = reader_init(record->bytes + SUM_BYTES, sizeof record->bytes - SUM_BYTES);
    *lease = (struct lease){0};
    uint8_t kind = read_u8(&reader);
    uint8_t state = read_u8(&reader);
    uint8_t name_bytes = read_u8(&reader);
    read_skip(&reader, 1);
    lease->address.value = read_be32(&reader);
    read_copy(&reader, lease->key.bytes, sizeof lease->key.bytes);
    lease->starts_s = (int64_t)read_be64(&reader);
    lease->ends_s = (int64_t)read_be64(&reader);
    bool is_possible = (kind == RECORD_PUT || kind == RECORD_REMOVE) && state < LEASE_STATE_COUNT &&
                       name_bytes <= LEASE_NAME_BYTES && lease->address.value != 0;
    if (!is_possible) {
        return RECORD_NONE;
    }
    lease->state = (enum lease_state)state;
    read_copy(&reader, lease->hostname, name_bytes);
    return (enum record_kind)kind;
}

// Files.

static enum status fail(const struct lease_file *file, int reason, struct problem *problem)
{
    if (reason == ENOSPC || reason == EDQUOT) {
        problem_set(problem, "there is no room left for the leases in %s", file->path);
        problem_set_remedy(problem,
                           "free some space on its file system; nothing is lost, imprint tries again");
    } else {
        problem_set(problem, "the leases in %s cannot be written: %s", file->path, strerror(reason));
        problem_set_remedy(problem, "look at the disk below it; imprint tries again");
    }
    return STATUS_IO;
}

// `error`: what to say when the disk writes less than it was asked to.
static int write_all(int fd, const void *data, size_t bytes, uint64_t offset)
{
    const uint8_t *at = data;
    while (bytes != 0) {
        ssize_t count = pwrite(fd, at, bytes, (off_t)offset);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return count == 0 ? ENOSPC : errno;
        }
        at += count;
        offset += (uint64_t)count;
        bytes -= (size_t)count;
    }
    return 0;
}

// Blocks that exist already cost no metadata when they are written again.
static int make_ready(struct lease_file *file, uint64_t end)
{
    static const uint8_t ZEROS[64 * 1024];
    while (file->size < end) {
        for (uint64_t at = 0; at < STEP_BYTES; at += sizeof ZEROS) {
            int reason = write_all(file->fd, ZEROS, sizeof ZEROS, file->size + at);
            if (reason != 0) {
                (void)!ftruncate(file->fd, (off_t)file->size);
                return reason;
            }
        }
        file->size += STEP_BYTES;
    }
    return 0;
}

static enum status write_header(struct lease_file *file, uint64_t generation, struct problem *problem)
{
    struct record header = {{0}};
    struct writer writer = writer_init(header.bytes, sizeof header.bytes);
    write_zeros(&writer, SUM_BYTES);
    write_bytes(&writer, NAME, sizeof NAME);
    write_be32(&writer, VERSION);
    write_be32(&writer, 0);
    write_be64(&writer, generation);
    put_sum(&header, HEADER_KEY, 0);
    int reason = make_ready(file, sizeof header);
    reason = reason != 0 ? reason : write_all(file->fd, header.bytes, sizeof header.bytes, 0);
    if (reason == 0 && fdatasync(file->fd) != 0) {
        reason = errno;
    }
    if (reason != 0) {
        return fail(file, reason, problem);
    }
    file->generation = generation;
    file->bytes = sizeof header;
    return STATUS_OK;
}

static bool is_empty(const struct record *record)
{
    static const struct record EMPTY = {{0}};
    return memcmp(record, &EMPTY, sizeof EMPTY) == 0;
}

// What a header says. It lies in one sector, so it is never half written; a new file has none.
static enum status read_header(struct lease_file *file, struct problem *problem)
{
    struct record header = {{0}};
    uint8_t name[NAME_BYTES];
    file->bytes = sizeof header;
    ssize_t count = pread(file->fd, header.bytes, sizeof header.bytes, 0);
    if (count < (ssize_t)sizeof header.bytes || is_empty(&header)) {
        return count < 0 ? fail(file, errno, problem) : STATUS_OK;
    }
    if (!has_sum(&header, HEADER_KEY, 0)) {
        problem_set(problem, "the leases in %s are damaged: its head has a wrong checksum", file->path);
        problem_set_remedy(
            problem, "restore it together with its database, or move it away: then what was promised since "
                     "the database was written last is forgotten");
        return STATUS_MALFORMED;
    }
    struct reader reader = reader_init(header.bytes + SUM_BYTES, sizeof header.bytes - SUM_BYTES);
    read_copy(&reader, name, sizeof name);
    uint32_t version = read_be32(&reader);
    read_skip(&reader, sizeof(uint32_t));
    file->generation = read_be64(&reader);
    if (memcmp(name, NAME, sizeof name) != 0 || version != VERSION) {
        problem_set(problem, "the leases in %s were written by a newer imprint", file->path);
        problem_set_remedy(problem,
                           "install that imprint again, or restore the backup made before the upgrade");
        return STATUS_UNSUPPORTED;
    }
    return STATUS_OK;
}

static enum status open_file(struct lease_file *file, const char *database, unsigned number,
                             struct problem *problem)
{
    struct stat about;
    struct text path;
    text_init(&path, file->path, sizeof file->path);
    text_add_format(&path, "%s-leases-%u", database, number + 1);
    file->fd = open(file->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
    if (file->fd < 0 || fstat(file->fd, &about) != 0 || !S_ISREG(about.st_mode) ||
        fchmod(file->fd, 0600) != 0) {
        problem_set(problem, "the leases in %s cannot be opened: %s", file->path, strerror(errno));
        problem_set_remedy(problem, "its folder must exist and belong to the user that imprint runs as");
        return STATUS_IO;
    }
    file->sync_fd = open(file->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
    if (file->sync_fd < 0) {
        return fail(file, errno, problem);
    }
    file->size = (uint64_t)about.st_size;
    return read_header(file, problem);
}

// Tells what one record says and moves the file's end behind it.
static void take_record(struct lease_file *file, const struct record *record, uint64_t offset, bool is_old,
                        const struct lease_log_reader *reader)
{
    struct lease lease;
    if (is_empty(record) || !has_sum(record, file->generation, offset)) {
        return;
    }
    switch (read_lease(record, &lease)) {
    case RECORD_PUT:
        reader->put(reader->context, &lease, is_old);
        break;
    case RECORD_REMOVE:
        reader->remove(reader->context, lease.address, is_old);
        break;
    case RECORD_NONE:
        break;
    }
    file->bytes = offset + sizeof *record;
}

// The whole file is read: behind a record that was torn, others of the same write may be whole. Nobody was
// told about those either, so they do no harm.
static enum status read_file(struct lease_file *file, bool is_old, const struct lease_log_reader *reader,
                             struct problem *problem)
{
    struct record *records = heap_new_array(READ_RECORDS, sizeof *records);
    uint64_t offset = sizeof *records;
    enum status status = STATUS_OK;
    while (file->generation != 0) {
        ssize_t count = pread(file->fd, records, READ_RECORDS * sizeof *records, (off_t)offset);
        if (count < 0) {
            status = fail(file, errno, problem);
        }
        if (count < (ssize_t)sizeof *records) {
            break;
        }
        for (size_t i = 0; i < (size_t)count / sizeof *records; i++) {
            take_record(file, &records[i], offset, is_old, reader);
            offset += sizeof *records;
        }
    }
    heap_free(records);
    return status;
}

// The log.

struct lease_log *lease_log_open(const char *database, const struct lease_log_reader *reader,
                                 struct problem *problem)
{
    struct lease_log *log = heap_new(sizeof *log);
    log->records = heap_array_init(sizeof(struct record));
    for (unsigned i = 0; i < FILES; i++) {
        log->files[i].fd = log->files[i].sync_fd = -1;
    }
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < FILES && status == STATUS_OK; i++) {
        status = open_file(&log->files[i], database, i, problem);
    }
    log->current = log->files[1].generation > log->files[0].generation ? 1 : 0;
    struct lease_file *current = &log->files[log->current];
    struct lease_file *old = &log->files[1 - log->current];
    log->is_old_free = old->generation == 0;
    if (status == STATUS_OK) {
        status = read_file(old, true, reader, problem);
    }
    if (status == STATUS_OK) {
        status = read_file(current, false, reader, problem);
    }
    if (status == STATUS_OK && current->generation == 0) {
        status = write_header(current, 1, problem);
        sqlite_file_sync_folder(database);
    }
    if (status != STATUS_OK) {
        lease_log_close(log);
        return NULL;
    }
    return log;
}

void lease_log_put(struct lease_log *log, const struct lease *lease)
{
    struct record record;
    print_lease(lease, RECORD_PUT, &record);
    heap_array_add(&log->records, &record);
}

void lease_log_remove(struct lease_log *log, struct ip4 address)
{
    struct record record;
    print_lease(&(struct lease){.address = address}, RECORD_REMOVE, &record);
    heap_array_add(&log->records, &record);
}

enum status lease_log_append(struct lease_log *log, struct problem *problem)
{
    struct lease_file *file = &log->files[log->current];
    size_t count = log->records.count;
    if (count == 0) {
        return STATUS_OK;
    }
    log->records.count = 0; // its memory is for the next turn
    struct record *records = log->records.items;
    for (size_t i = 0; i < count; i++) {
        put_sum(&records[i], file->generation, file->bytes + i * sizeof *records);
    }
    uint64_t end = file->bytes + count * sizeof *records;
    int reason = make_ready(file, end);
    reason = reason != 0 ? reason : write_all(file->fd, records, count * sizeof *records, file->bytes);
    if (reason != 0) {
        return fail(file, reason, problem);
    }
    file->bytes = end;
    return STATUS_OK;
}

int lease_log_sync(const struct lease_log *log)
{
    return fdatasync(log->files[log->current].sync_fd) == 0 ? 0 : errno;
}

enum status lease_log_write(struct lease_log *log, struct problem *problem)
{
    bool is_nothing = log->records.count == 0;
    enum status status = lease_log_append(log, problem);
    struct lease_file *file = &log->files[log->current];
    if (status == STATUS_OK && !is_nothing && fdatasync(file->fd) != 0) {
        status = fail(file, errno, problem);
    }
    return status;
}

bool lease_log_may_turn(const struct lease_log *log)
{
    return log->is_old_free && log->files[log->current].bytes >= LEASE_LOG_TURN_BYTES;
}

enum status lease_log_turn(struct lease_log *log, struct problem *problem)
{
    assert(log->is_old_free);
    uint64_t generation = log->files[log->current].generation + 1;
    enum status status = write_header(&log->files[1 - log->current], generation, problem);
    if (status == STATUS_OK) {
        log->current = 1 - log->current;
        log->is_old_free = false;
    }
    return status;
}

void lease_log_free_old(struct lease_log *log)
{
    log->is_old_free = true;
}

enum status lease_log_clear(struct lease_log *log, struct problem *problem)
{
    // The old one first: without what the newer one says about the same addresses, it would be wrong. And
    // generations only grow, so what was written before is never read again.
    struct lease_file *current = &log->files[log->current];
    enum status status = write_header(&log->files[1 - log->current], 0, problem);
    if (status == STATUS_OK) {
        log->is_old_free = true;
        status = write_header(current, current->generation + 1, problem);
    }
    return status;
}

void lease_log_close(struct lease_log *taken_log)
{
    if (taken_log == NULL) {
        return;
    }
    for (unsigned i = 0; i < FILES; i++) {
        if (taken_log->files[i].fd >= 0) {
            (void)close(taken_log->files[i].fd);
        }
        if (taken_log->files[i].sync_fd >= 0) {
            (void)close(taken_log->files[i].sync_fd);
        }
    }
    heap_array_clear(&taken_log->records);
    heap_free(taken_log);
}
