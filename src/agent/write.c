// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/write.h"

#include "agent/console.h"
#include "agent/probe.h"
#include "agent/write_inner.h"
#include "base/text.h"

#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MBR_TABLE_AT 446u // four entries, then two bytes that say that it is one
#define MBR_MAGIC_AT 510u

enum status write_end_set(struct write_end *end, const char *reason, const char *format, ...)
{
    if (end->reason == NULL) {
        char text[PROBLEM_TEXT_BYTES];
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(text, sizeof text, format, arguments);
        va_end(arguments);
        end->reason = reason;
        problem_set(&end->problem, "%s", text);
    }
    return STATUS_IO;
}

enum status write_end_take(struct write_end *end, const char *reason, const struct problem *problem)
{
    if (end->reason == NULL) {
        end->reason = reason;
        end->problem = *problem;
    }
    return STATUS_IO;
}

enum status write_may_go(const struct write_job *job, struct write_end *end)
{
    if (job->hooks.may_go == NULL || job->hooks.may_go(job->hooks.context)) {
        return STATUS_OK;
    }
    return write_end_set(end, "ORDER_CANCELLED", "the order was taken back while the disk was being written");
}

void write_trouble(const struct write_job *job, const char *reason, const char *format, ...)
{
    char text[PROBLEM_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    console_note("%s", text);
    if (job->hooks.trouble != NULL) {
        job->hooks.trouble(job->hooks.context, reason, text);
    }
}

void write_stage(const struct write_job *job, const char *stage)
{
    if (job->hooks.progress != NULL) {
        job->hooks.progress(job->hooks.context, stage, 0, 0);
    }
}

void write_table_path(const struct writing *writing, char out[96])
{
    const char *slash = strrchr(writing->job->device, '/');
    const char *name = slash != NULL ? slash + 1 : writing->job->device;
    (void)snprintf(out, 96, "/run/imprint-%llu-%.40s.table", (unsigned long long)writing->job->order_id,
                   name);
}

static enum status check_disk(struct writing *writing, uint64_t needs_bytes)
{
    const struct disk *disk = &writing->disk;
    const char *device = writing->job->device;
    if (disk->is_read_only) {
        return write_end_set(writing->end, "DISK_READ_ONLY", "%s is write-protected", device);
    }
    if (disk->bytes < needs_bytes) {
        return write_end_set(writing->end, "DISK_TOO_SMALL",
                             "the image needs a disk of %llu MB, and %s has %llu MB; nothing was erased",
                             (unsigned long long)((needs_bytes + 999999) / 1000000), device,
                             (unsigned long long)(disk->bytes / 1000000));
    }
    if (disk->sector_bytes != TABLE_SECTOR_BYTES) {
        return write_end_set(writing->end, "AGENT_FAILED",
                             "%s has sectors of %u bytes, and images are made for sectors of %u; nothing was "
                             "erased (many drives can be reformatted: nvme format --lbaf)",
                             device, disk->sector_bytes, TABLE_SECTOR_BYTES);
    }
    return STATUS_OK;
}

// Between the decision and here hours may lie (a server that is away), and a name is no disk. What is open
// now stays the disk that it is, so it is looked at after opening.
static enum status check_identity(struct writing *writing)
{
    const struct write_job *job = writing->job;
    struct inventory_disk found;
    char key[INVENTORY_KEY_BYTES];
    if (job->disk_key[0] == '\0') {
        return STATUS_OK;
    }
    if (probe_opened_disk(writing->disk.fd, &found) &&
        strcmp(inventory_disk_key(&found, key), job->disk_key) == 0 && found.bytes == job->disk_bytes &&
        writing->disk.bytes == job->disk_bytes) {
        return STATUS_OK;
    }
    return write_end_set(
        writing->end, "DISK_FAILED",
        "%s is not the disk %s any more: disks were plugged in or out; nothing was erased on it", job->device,
        job->disk_key);
}

static enum status open_disk(struct writing *writing)
{
    struct problem problem = {0};
    if (target_unmount(&problem) != STATUS_OK) { // what an earlier try left behind
        return write_end_take(writing->end, "AGENT_FAILED", &problem);
    }
    if (disk_open(&writing->disk, writing->job->device, &problem) != STATUS_OK) {
        return write_end_take(writing->end, "DISK_FAILED", &problem);
    }
    enum status status = check_identity(writing);
    if (status != STATUS_OK) {
        disk_close(&writing->disk); // it is none of ours: its partitions stay as they are
    }
    return status;
}

// Nothing stays mounted, and the kernel knows no partition that is not on the disk.
static void leave(struct writing *writing)
{
    struct problem problem = {0};
    if (target_unmount(&problem) != STATUS_OK) {
        (void)write_end_take(writing->end, "AGENT_FAILED", &problem);
    }
    disk_unclaim(&writing->disk);
    if (writing->disk.fd >= 0) {
        problem_clear(&problem);
        if (disk_remove_partitions(&writing->disk, &problem) != STATUS_OK) {
            console_note("%s", problem.text);
        }
        problem_clear(&problem);
        if (disk_sync(&writing->disk, &problem) != STATUS_OK) {
            (void)write_end_take(writing->end, "DISK_FAILED", &problem);
        }
    }
    disk_close(&writing->disk);
    stream_index_clear(&writing->index);
    free(writing->first);
    writing->first = NULL;
}

static struct writing begin(const struct write_job *job, struct write_end *end)
{
    *end = (struct write_end){0};
    return (struct writing){
        .job = job, .end = end, .disk = {.fd = -1, .direct_fd = -1, .claim_fd = -1, .loop_fd = -1}};
}

static enum status erase(struct writing *writing)
{
    struct problem problem = {0};
    if (write_may_go(writing->job, writing->end) != STATUS_OK) {
        return STATUS_IO;
    }
    if (disk_claim(&writing->disk, &problem) != STATUS_OK) {
        return write_end_take(writing->end, "DISK_FAILED", &problem);
    }
    char stale[96]; // an agent that was killed may have left one
    write_table_path(writing, stale);
    (void)unlink(stale);
    if (disk_erase(&writing->disk, &problem) != STATUS_OK) {
        return write_end_take(writing->end, "DISK_FAILED", &problem);
    }
    return STATUS_OK;
}

enum status write_content(const struct write_job *job, struct write_end *end)
{
    struct writing writing = begin(job, end);
    enum status status = STATUS_OK;
    if (job->kind != IMAGE_DISK && job->kind != IMAGE_ROOT) {
        return write_end_set(end, "AGENT_FAILED", "an image of this kind is not written to disks");
    }
    status = stream_fetch_index(job, &writing.index, end);
    if (status == STATUS_OK) {
        status = open_disk(&writing);
    }
    if (status == STATUS_OK) {
        uint64_t needs = writing.index.header.needs_bytes;
        if (job->kind == IMAGE_DISK && needs < writing.index.header.content_bytes) {
            needs = writing.index.header.content_bytes;
        }
        status = check_disk(&writing, needs);
    }
    if (status != STATUS_OK) {
        disk_close(&writing.disk);
    }
    if (status == STATUS_OK) {
        status = erase(&writing);
    }
    if (status == STATUS_OK) {
        status = job->kind == IMAGE_DISK ? write_disk_content(&writing) : write_root_content(&writing);
    }
    leave(&writing);
    status = end->reason == NULL ? status : STATUS_IO;
    if (status != STATUS_OK) {
        table_remove(&writing.table); // nobody may seal with it
    }
    return status;
}

// The kernel of the new system reads the table anew at its own start; here it is only tidiness.
static void read_table_again(const struct disk *disk)
{
    (void)ioctl(disk->fd, BLKRRPART, 0);
}

enum status write_seal(const struct write_job *job, struct write_end *end)
{
    struct writing writing = begin(job, end);
    enum status status = open_disk(&writing);
    if (status == STATUS_OK) {
        status = check_disk(&writing, 0);
    }
    if (status != STATUS_OK) {
        disk_close(&writing.disk);
    }
    if (status == STATUS_OK) {
        status = job->kind == IMAGE_DISK ? write_disk_seal(&writing) : write_root_seal(&writing);
    }
    struct table table = writing.table;
    if (status == STATUS_OK) {
        read_table_again(&writing.disk);
    }
    leave(&writing);
    status = end->reason == NULL ? status : STATUS_IO;
    if (status == STATUS_OK) {
        table_remove(&table); // until then a repetition has it at hand
    }
    return status;
}

static bool is_zeros(const uint8_t *data, size_t bytes)
{
    return bytes == 0 || (data[0] == 0 && memcmp(data, data + 1, bytes - 1) == 0);
}

// The first sector that is not empty: with a table it is the first one of the disk. It is written last and
// alone, since a disk may write several sectors in any order and lose power between them.
static size_t find_key_sector(const uint8_t *wanted, size_t held)
{
    size_t at = 0;
    while (at + TABLE_SECTOR_BYTES <= held && is_zeros(wanted + at, TABLE_SECTOR_BYTES)) {
        at += TABLE_SECTOR_BYTES;
    }
    return at + TABLE_SECTOR_BYTES <= held ? at : 0;
}

// Erasing emptied the key sector and only sealing fills it, so when it is full the rest is there, too, and
// belongs to the system that may have run since: whatever it made of it is left alone.
static bool is_sealed(const uint8_t *on_disk, const uint8_t *wanted, size_t key)
{
    const uint8_t *is = on_disk + key;
    const uint8_t *was = wanted + key;
    bool has_table = !is_zeros(was + MBR_TABLE_AT, MBR_MAGIC_AT - MBR_TABLE_AT);
    if (key != 0 || memcmp(was + MBR_MAGIC_AT, "\x55\xaa", 2) != 0) {
        return !is_zeros(is, TABLE_SECTOR_BYTES);
    }
    // Boot code alone, by an eager script inside the new system say, is no table.
    return memcmp(is + MBR_MAGIC_AT, "\x55\xaa", 2) == 0 &&
           (!has_table || !is_zeros(is + MBR_TABLE_AT, MBR_MAGIC_AT - MBR_TABLE_AT));
}

static enum status put_parts(struct writing *writing, const uint8_t *wanted, size_t held, size_t key)
{
    struct disk *disk = &writing->disk;
    struct problem problem = {0};
    size_t rest = key + TABLE_SECTOR_BYTES;
    enum status status = disk_write(disk, rest, wanted + rest, held - rest, &problem);
    if (status == STATUS_OK && strcmp(writing->table.kind, "gpt") == 0) {
        uint8_t backup[TABLE_GPT_END_BYTES];
        uint64_t at = disk->bytes - sizeof backup;
        status = table_get(&writing->table, at, backup, sizeof backup, &problem);
        if (status == STATUS_OK) {
            status = disk_write(disk, at, backup, sizeof backup, &problem);
        }
    }
    if (status == STATUS_OK) {
        status = disk_sync(disk, &problem);
    }
    if (status == STATUS_OK) {
        status = disk_write(disk, key, wanted + key, TABLE_SECTOR_BYTES, &problem);
    }
    if (status == STATUS_OK) {
        status = disk_sync(disk, &problem);
    }
    return status == STATUS_OK ? STATUS_OK : write_end_take(writing->end, "DISK_FAILED", &problem);
}

enum status write_put_table(struct writing *writing)
{
    struct problem problem = {0};
    size_t held = (size_t)table_held_bytes(&writing->table, DISK_EDGE_BYTES);
    uint8_t *wanted = malloc(DISK_EDGE_BYTES);
    uint8_t *on_disk = malloc(DISK_EDGE_BYTES);
    enum status status = STATUS_OK;
    if (wanted == NULL || on_disk == NULL) {
        status = write_end_set(writing->end, "AGENT_FAILED", "there is no memory left to write the table");
    } else if (table_get(&writing->table, 0, wanted, held, &problem) != STATUS_OK) {
        status = write_end_take(writing->end, "AGENT_FAILED", &problem);
    } else if (disk_claim(&writing->disk, &problem) != STATUS_OK ||
               disk_read(&writing->disk, 0, on_disk, held, &problem) != STATUS_OK) {
        status = write_end_take(writing->end, "DISK_FAILED", &problem);
    } else if (!is_sealed(on_disk, wanted, find_key_sector(wanted, held))) {
        status = put_parts(writing, wanted, held, find_key_sector(wanted, held));
    } else {
        console_note("%s has its partition table already", writing->disk.path);
    }
    disk_unclaim(&writing->disk);
    free(wanted);
    free(on_disk);
    return status;
}
