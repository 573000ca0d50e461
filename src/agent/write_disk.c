// SPDX-License-Identifier: GPL-3.0-or-later
// An image of a whole disk: its beginning (table and boot code) and the backup of its table are held back
// until the rest is written, grown and made the machine's own.
#include "agent/write_inner.h"

#include "agent/console.h"
#include "agent/personal.h"
#include "agent/run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum growth { GROWTH_NONE, GROWTH_EXT, GROWTH_XFS, GROWTH_BTRFS };

static enum growth growth_of(const char *kind)
{
    if (strcmp(kind, "ext4") == 0 || strcmp(kind, "ext3") == 0 || strcmp(kind, "ext2") == 0) {
        return GROWTH_EXT;
    }
    if (strcmp(kind, "xfs") == 0) {
        return GROWTH_XFS;
    }
    return strcmp(kind, "btrfs") == 0 ? GROWTH_BTRFS : GROWTH_NONE;
}

static bool is_gpt(const uint8_t *first, uint32_t bytes)
{
    return bytes >= 1024 && memcmp(first + TABLE_SECTOR_BYTES, "EFI PART", 8) == 0;
}

static enum status keep_first(struct writing *writing, const struct chunk *chunk, const uint8_t *content,
                              struct write_end *end)
{
    writing->first = calloc(1, size_max(chunk->bytes, DISK_EDGE_BYTES));
    if (writing->first == NULL) {
        return write_end_set(end, "AGENT_FAILED", "there is no memory left to receive the image");
    }
    writing->first_bytes = chunk->bytes;
    if (content != NULL) {
        (void)memcpy(writing->first, content, chunk->bytes);
    }
    return STATUS_OK;
}

// The image's own backup table: with it at the end of the disk, UEFI could start the disk.
static void blank_backup(const struct writing *writing, uint64_t at, uint32_t bytes, uint8_t *content)
{
    uint64_t all = writing->index.header.content_bytes;
    if (!is_gpt(writing->first, writing->first_bytes) || all < TABLE_GPT_END_BYTES) {
        return;
    }
    uint64_t begin = all - TABLE_GPT_END_BYTES;
    if (at + bytes > begin) {
        uint64_t skip = begin > at ? begin - at : 0;
        (void)memset(content + skip, 0, (size_t)(bytes - skip));
    }
}

static enum status put(void *context, const struct chunk *chunk, uint64_t at, uint8_t *content,
                       struct write_end *end)
{
    struct writing *writing = context;
    if (at == 0) {
        return keep_first(writing, chunk, content, end);
    }
    uint32_t odd = chunk->bytes % TABLE_SECTOR_BYTES;
    uint32_t bytes = odd == 0 ? chunk->bytes : chunk->bytes + TABLE_SECTOR_BYTES - odd;
    if (at + bytes > writing->disk.bytes) {
        bytes = chunk->bytes;
    }
    struct problem problem = {0};
    enum status status;
    if (content == NULL) {
        status = disk_zero(&writing->disk, at, bytes, &problem);
    } else {
        (void)memset(content + chunk->bytes, 0, bytes - chunk->bytes);
        blank_backup(writing, at, chunk->bytes, content);
        status = disk_write(&writing->disk, at, content, bytes, &problem);
    }
    return status == STATUS_OK ? STATUS_OK : write_end_take(end, "DISK_FAILED", &problem);
}

// The beginning of the image, without what stands behind the last sector held back there.
static enum status put_rest_of_first(struct writing *writing)
{
    struct problem problem = {0};
    if (writing->index.header.content_bytes == writing->first_bytes) { // a tiny image: the backup is in here
        blank_backup(writing, 0, writing->first_bytes, writing->first);
    }
    uint64_t held = table_held_bytes(&writing->table, DISK_EDGE_BYTES);
    if (held >= writing->first_bytes) {
        return STATUS_OK;
    }
    if (disk_write(&writing->disk, held, writing->first + held, (size_t)(writing->first_bytes - held),
                   &problem) != STATUS_OK ||
        disk_sync(&writing->disk, &problem) != STATUS_OK) {
        return write_end_take(writing->end, "DISK_FAILED", &problem);
    }
    return STATUS_OK;
}

// The table as it is in the image.
static enum status keep_table(struct writing *writing)
{
    struct problem problem = {0};
    char path[96];
    write_table_path(writing, path);
    size_t bytes = size_min(writing->first_bytes, DISK_EDGE_BYTES);
    if (table_create(&writing->table, path, writing->disk.bytes, &problem) != STATUS_OK ||
        table_put(&writing->table, writing->first, bytes, &problem) != STATUS_OK) {
        return write_end_take(writing->end, "AGENT_FAILED", &problem);
    }
    if (table_read(&writing->table, &problem) != STATUS_OK) {
        return write_end_take(writing->end, "IMAGE_DAMAGED", &problem);
    }
    return STATUS_OK;
}

// Makes the table fit the disk; which partition became larger and how, so that its file system can follow. A
// table that cannot be changed stays as it is: the system boots all the same.
static enum growth fit_table(struct writing *writing, unsigned *grown)
{
    struct problem problem = {0};
    struct table before = writing->table;
    *grown = 0;
    if (table_stretch(&writing->table, &problem) != STATUS_OK) {
        write_trouble(writing->job, "AGENT_FAILED", "the partition table was left as it is: %s",
                      problem.text);
        writing->table = before;
        return GROWTH_NONE;
    }
    const struct table_part *last = table_pick_last(&writing->table);
    if (last == NULL) {
        return GROWTH_NONE;
    }
    char kind[32];
    disk_find_filesystem(&writing->disk, last->start, last->bytes, kind, NULL);
    enum growth growth = growth_of(kind);
    if (growth == GROWTH_NONE) {
        console_note("partition %u holds %s and is not made larger", last->number,
                     kind[0] != '\0' ? kind : "nothing that is known");
        return GROWTH_NONE;
    }
    unsigned number = last->number;
    before = writing->table;
    if (table_grow(&writing->table, number, &problem) != STATUS_OK) {
        write_trouble(writing->job, "AGENT_FAILED", "partition %u was not made larger: %s", number,
                      problem.text);
        writing->table = before;
        return GROWTH_NONE;
    }
    *grown = number;
    return growth;
}

static enum status grow_ext(const char *device, struct problem *problem)
{
    const char *const repair[] = {"e2fsck", "-f", "-y", device, NULL};
    const char *const check[] = {"e2fsck", "-f", "-n", device, NULL};
    const char *const resize[] = {"resize2fs", device, NULL};
    struct problem repaired = {0}; // it also ends with 1 when all is well again
    enum status status = run(&(struct run_job){.words = repair, .timeout_s = 3600}, &repaired);
    if (status != STATUS_OK) {
        status = run(&(struct run_job){.words = check, .timeout_s = 3600}, problem);
    }
    if (status == STATUS_OK) {
        status = run(&(struct run_job){.words = resize, .timeout_s = 3600}, problem);
    }
    return status;
}

static enum status grow_mounted(const char *device, enum growth growth, struct problem *problem)
{
    const char *const xfs[] = {"xfs_growfs", WRITE_TARGET, NULL};
    const char *const btrfs[] = {"btrfs", "filesystem", "resize", "max", WRITE_TARGET, NULL};
    bool is_xfs = growth == GROWTH_XFS;
    enum status status = target_mount(device, "", is_xfs ? "xfs" : "btrfs", "", problem);
    if (status == STATUS_OK) {
        status = run(&(struct run_job){.words = is_xfs ? xfs : btrfs}, problem);
        struct problem busy = {0};
        enum status unmounted = target_unmount(&busy);
        status = status == STATUS_OK ? unmounted : status;
    }
    return status;
}

static void grow(struct writing *writing, enum growth growth, unsigned number)
{
    if (growth == GROWTH_NONE) {
        return;
    }
    write_stage(writing->job, "grow");
    char device[80];
    disk_partition_path(&writing->disk, number, device);
    struct problem problem = {0};
    enum status status =
        growth == GROWTH_EXT ? grow_ext(device, &problem) : grow_mounted(device, growth, &problem);
    if (status != STATUS_OK) {
        write_trouble(writing->job, "AGENT_FAILED", "the file system on partition %u was not made larger: %s",
                      number, problem.text);
    }
}

// Mounts a partition and looks whether it is a system's root; it stays mounted if so.
static bool mount_root(const char *device, const char *kind)
{
    static const char *const subvolumes[] = {"", "subvol=@", "subvol=@rootfs", "subvol=root"};
    unsigned count = strcmp(kind, "btrfs") == 0 ? COUNT_OF(subvolumes) : 1;
    for (unsigned i = 0; i < count; i++) {
        struct problem problem = {0};
        if (target_mount(device, "", kind, subvolumes[i], &problem) != STATUS_OK) {
            console_note("%s", problem.text);
            continue;
        }
        if (personal_is_system(WRITE_TARGET, NULL, 0)) {
            return true;
        }
        problem_clear(&problem);
        if (target_unmount(&problem) != STATUS_OK) {
            console_note("%s", problem.text);
        }
    }
    return false;
}

static bool find_root(struct writing *writing)
{
    for (unsigned i = 0; i < writing->table.count; i++) {
        const struct table_part *part = &writing->table.parts[i];
        char kind[32];
        disk_find_filesystem(&writing->disk, part->start, part->bytes, kind, NULL);
        if (part->is_extended || growth_of(kind) == GROWTH_NONE) {
            continue;
        }
        char device[80];
        disk_partition_path(&writing->disk, part->number, device);
        if (mount_root(device, kind)) {
            return true;
        }
    }
    return false;
}

static enum status personalise(struct writing *writing)
{
    const struct write_job *job = writing->job;
    if (job->personal == NULL) {
        return STATUS_OK;
    }
    if (!find_root(writing)) {
        static const char text[] = "the image holds no Linux system that could be made this machine's own";
        if (job->personal->is_explicit) {
            return write_end_set(writing->end, "PERSONAL_FAILED", "%s", text);
        }
        write_trouble(job, "PERSONAL_FAILED", "%s", text);
        return STATUS_OK;
    }
    enum status status = target_personalise(writing);
    struct problem problem = {0};
    if (target_unmount(&problem) != STATUS_OK) {
        status = write_end_take(writing->end, "AGENT_FAILED", &problem);
    }
    return status;
}

// The end of a partition that was made larger lies behind the image: what was there before could be taken for
// part of it (RAID keeps its superblocks at the end).
static enum status wipe_new_end(struct writing *writing, unsigned number)
{
    struct problem problem = {0};
    uint64_t written = writing->index.header.content_bytes;
    written += (TABLE_SECTOR_BYTES - written % TABLE_SECTOR_BYTES) % TABLE_SECTOR_BYTES;
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < writing->table.count && status == STATUS_OK; i++) {
        const struct table_part *part = &writing->table.parts[i];
        uint64_t end = part->start + part->bytes;
        if (part->number == number && end > written) {
            uint64_t bytes = end - written < DISK_EDGE_BYTES ? end - written : DISK_EDGE_BYTES;
            status = disk_zero(&writing->disk, end - bytes, bytes, &problem);
        }
    }
    return status == STATUS_OK ? STATUS_OK : write_end_take(writing->end, "DISK_FAILED", &problem);
}

enum status write_disk_content(struct writing *writing)
{
    struct problem problem = {0};
    struct stream_job stream = {.write = writing->job,
                                .index = &writing->index,
                                .count = writing->index.header.chunk_count,
                                .put = put,
                                .context = writing};
    enum status status = stream_run(&stream, writing->end);
    if (status == STATUS_OK) {
        status = keep_table(writing);
    }
    if (status == STATUS_OK) {
        status = put_rest_of_first(writing);
    }
    if (status != STATUS_OK) {
        return status;
    }
    unsigned grown;
    enum growth growth = fit_table(writing, &grown);
    if (wipe_new_end(writing, grown) != STATUS_OK) {
        return STATUS_IO;
    }
    disk_unclaim(&writing->disk);
    if (disk_add_partitions(&writing->disk, &writing->table, &problem) != STATUS_OK) {
        return write_end_take(writing->end, "AGENT_FAILED", &problem);
    }
    grow(writing, growth, grown);
    return personalise(writing);
}

// Whether the table that write_content kept is still there; a later agent has none.
static bool find_kept_table(struct writing *writing)
{
    char path[96];
    struct problem problem = {0};
    struct stat is;
    write_table_path(writing, path);
    if (lstat(path, &is) != 0 || !S_ISREG(is.st_mode) || (uint64_t)is.st_size != writing->disk.bytes) {
        return false;
    }
    writing->table = (struct table){.disk_bytes = writing->disk.bytes};
    (void)memcpy(writing->table.path, path, sizeof path);
    return table_read(&writing->table, &problem) == STATUS_OK;
}

static enum status fetch_table(struct writing *writing)
{
    enum status status = stream_fetch_index(writing->job, &writing->index, writing->end);
    if (status == STATUS_OK) {
        struct stream_job stream = {.write = writing->job,
                                    .index = &writing->index,
                                    .count = writing->index.header.chunk_count > 0 ? 1 : 0,
                                    .put = put,
                                    .context = writing};
        status = stream_run(&stream, writing->end);
    }
    if (status == STATUS_OK) {
        status = keep_table(writing);
    }
    if (status == STATUS_OK) {
        unsigned grown; // the file system was made to fit before the sealing began
        (void)fit_table(writing, &grown);
    }
    return status;
}

enum status write_disk_seal(struct writing *writing)
{
    if (!find_kept_table(writing)) {
        enum status status = fetch_table(writing);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return write_put_table(writing);
}
