// SPDX-License-Identifier: GPL-3.0-or-later
// An image of a root file system: the disk is divided for the firmware at hand, file systems are made, the
// files are unpacked as they arrive.
#include "agent/write_inner.h"

#include "agent/console.h"
#include "agent/personal.h"
#include "agent/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define FULL_BYTES (1024ull * 1024) // less than that left: the file system is full

static const struct table_part *find_part(const struct table *table, unsigned number)
{
    for (unsigned i = 0; i < table->count; i++) {
        if (table->parts[i].number == number) {
            return &table->parts[i];
        }
    }
    return NULL;
}

static enum status make_table(struct writing *writing, const struct table_layout *layout, const char *seed)
{
    struct problem problem = {0};
    char path[96];
    write_table_path(writing, path);
    if (table_create(&writing->table, path, writing->disk.bytes, &problem) != STATUS_OK ||
        table_make(&writing->table, layout, seed, &problem) != STATUS_OK) {
        return write_end_take(writing->end, "AGENT_FAILED", &problem);
    }
    return STATUS_OK;
}

static enum status make_uuid(struct writing *writing, char out[UUID_TEXT_BYTES])
{
    struct uuid uuid;
    if (getrandom(uuid.bytes, sizeof uuid.bytes, 0) != (ssize_t)sizeof uuid.bytes) {
        return write_end_set(writing->end, "AGENT_FAILED", "the kernel gave no random numbers");
    }
    uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0f) | 0x40); // RFC 4122: version 4, the variant
    uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3f) | 0x80);
    (void)uuid_print(&uuid, out);
    return STATUS_OK;
}

static enum status make_filesystems(struct writing *writing, const struct table_layout *layout,
                                    const char *uuid)
{
    struct problem problem = {0};
    char device[80];
    disk_partition_path(&writing->disk, layout->root, device);
    const char *const root[] = {"mkfs.ext4", "-F", "-q",   "-E",   "nodiscard", "-U",
                                uuid,        "-L", "root", device, NULL};
    enum status status = run(&(struct run_job){.words = root, .timeout_s = 1800}, &problem);
    if (status == STATUS_OK && layout->esp != 0) {
        disk_partition_path(&writing->disk, layout->esp, device);
        const char *const esp[] = {"mkfs.vfat", "-F", "32", "-n", "EFI", device, NULL};
        status = run(&(struct run_job){.words = esp}, &problem);
    }
    return status == STATUS_OK ? STATUS_OK : write_end_take(writing->end, "DISK_FAILED", &problem);
}

static enum status mount_target(struct writing *writing, const struct table_layout *layout, bool with_esp)
{
    struct problem problem = {0};
    char device[80];
    disk_partition_path(&writing->disk, layout->root, device);
    enum status status = STATUS_OK;
    if (!with_esp) {
        status = target_mount(device, "", "ext4", "", &problem);
    } else if (layout->esp != 0) {
        if (mkdir(WRITE_TARGET "/boot", 0755) != 0 && errno != EEXIST) {
            problem_set(&problem, "/boot could not be made in the new system: %s", strerror(errno));
            status = STATUS_IO;
        } else {
            disk_partition_path(&writing->disk, layout->esp, device);
            status = target_mount(device, "/boot/efi", "vfat", "umask=0077", &problem);
        }
    }
    return status == STATUS_OK ? STATUS_OK : write_end_take(writing->end, "DISK_FAILED", &problem);
}

static enum status put(void *context, const struct chunk *chunk, uint64_t at, uint8_t *content,
                       struct write_end *end)
{
    static const uint8_t zeros[64 * 1024];
    struct problem problem = {0};
    enum status status = STATUS_OK;
    if (content != NULL) {
        status = run_pipe_write(context, content, chunk->bytes, &problem);
    }
    for (uint32_t left = chunk->bytes; content == NULL && left > 0 && status == STATUS_OK;) {
        size_t some = size_min(left, sizeof zeros);
        status = run_pipe_write(context, zeros, some, &problem);
        left -= (uint32_t)some;
    }
    if (status != STATUS_OK) {
        problem_set(&problem, "tar ended before byte %llu of the image", (unsigned long long)at);
        return write_end_take(end, "AGENT_FAILED", &problem); // unpack() says it better
    }
    return STATUS_OK;
}

// Why tar failed: the disk is full, the disk is broken, or the archive is not one.
static enum status say_why(struct writing *writing, const struct problem *problem)
{
    struct statvfs room;
    if (statvfs(WRITE_TARGET, &room) == 0 && (uint64_t)room.f_bavail * room.f_frsize < FULL_BYTES) {
        return write_end_set(writing->end, "DISK_TOO_SMALL", "the files of the image do not fit on %s (%s)",
                             writing->job->device, problem->text);
    }
    bool is_broken = strstr(problem->text, "Input/output error") != NULL ||
                     strstr(problem->text, "Read-only file system") != NULL;
    return write_end_take(writing->end, is_broken ? "DISK_FAILED" : "IMAGE_DAMAGED", problem);
}

static enum status unpack(struct writing *writing)
{
    const char *const words[] = {"tar",        "--extract",          "--file=-",     "--directory",
                                 WRITE_TARGET, "--numeric-owner",    "--same-owner", "--preserve-permissions",
                                 "--xattrs",   "--xattrs-include=*", "--acls",       "--warning=no-timestamp",
                                 NULL};
    struct run_pipe *tar;
    struct problem problem = {0};
    if (run_pipe_open(&(struct run_job){.words = words, .timeout_s = 1800}, &tar, &problem) != STATUS_OK) {
        return write_end_take(writing->end, "AGENT_FAILED", &problem);
    }
    struct stream_job stream = {.write = writing->job,
                                .index = &writing->index,
                                .count = writing->index.header.chunk_count,
                                .put = put,
                                .context = tar};
    struct write_end streamed = {0};
    enum status status = stream_run(&stream, &streamed);
    enum status unpacked = run_pipe_close(tar, &problem);
    bool is_stream = status != STATUS_OK && strcmp(streamed.reason, "AGENT_FAILED") != 0;
    if (is_stream || (status != STATUS_OK && unpacked == STATUS_OK)) {
        return write_end_take(writing->end, streamed.reason, &streamed.problem);
    }
    return unpacked == STATUS_OK ? STATUS_OK : say_why(writing, &problem);
}

static enum status write_fstab(struct writing *writing, const struct table_layout *layout, const char *uuid)
{
    char text[512];
    int length = snprintf(text, sizeof text,
                          "# Written by imprint. See fstab(5).\n"
                          "UUID=%s / ext4 errors=remount-ro 0 1\n",
                          uuid);
    if (layout->esp != 0) {
        const struct table_part *esp = find_part(&writing->table, layout->esp);
        char kind[32] = "";
        char esp_uuid[40] = "";
        if (esp != NULL) {
            disk_find_filesystem(&writing->disk, esp->start, esp->bytes, kind, esp_uuid);
        }
        if (esp_uuid[0] == '\0') {
            return write_end_set(writing->end, "DISK_FAILED",
                                 "the EFI file system just made is not on the disk");
        }
        (void)snprintf(text + length, sizeof text - (size_t)length, "UUID=%s /boot/efi vfat umask=0077 0 1\n",
                       esp_uuid);
    }
    struct problem problem = {0};
    (void)mkdir(WRITE_TARGET "/etc", 0755); // an image without it is none that boots; target_put says so
    if (target_put("etc/fstab", text, &problem) != STATUS_OK) {
        return write_end_take(writing->end, "DISK_FAILED", &problem);
    }
    return STATUS_OK;
}

// Superblocks of what was here before (RAID and ZFS keep theirs at the end) would make the new file systems
// ambiguous, and mkfs clears only where its own lie.
static enum status wipe_edges(struct writing *writing)
{
    struct problem problem = {0};
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < writing->table.count && status == STATUS_OK; i++) {
        const struct table_part *part = &writing->table.parts[i];
        uint64_t edge = part->bytes < DISK_EDGE_BYTES ? part->bytes : DISK_EDGE_BYTES;
        status = disk_zero(&writing->disk, part->start, edge, &problem);
        if (status == STATUS_OK) {
            status = disk_zero(&writing->disk, part->start + part->bytes - edge, edge, &problem);
        }
    }
    return status == STATUS_OK ? STATUS_OK : write_end_take(writing->end, "DISK_FAILED", &problem);
}

enum status write_root_content(struct writing *writing)
{
    struct table_layout layout = table_plan(writing->disk.bytes, writing->job->is_uefi);
    char uuid[UUID_TEXT_BYTES];
    struct problem problem = {0};
    enum status status = make_uuid(writing, uuid);
    if (status == STATUS_OK) {
        status = make_table(writing, &layout, uuid);
    }
    if (status == STATUS_OK) {
        status = wipe_edges(writing);
    }
    if (status != STATUS_OK) {
        return status;
    }
    disk_unclaim(&writing->disk);
    if (disk_add_partitions(&writing->disk, &writing->table, &problem) != STATUS_OK) {
        return write_end_take(writing->end, "AGENT_FAILED", &problem);
    }
    status = make_filesystems(writing, &layout, uuid);
    if (status == STATUS_OK) {
        status = mount_target(writing, &layout, false);
    }
    if (status == STATUS_OK) {
        status = unpack(writing);
    }
    if (status == STATUS_OK) {
        status = mount_target(writing, &layout, true);
    }
    if (status == STATUS_OK) {
        status = disk_sync(&writing->disk, &problem) == STATUS_OK
                     ? write_fstab(writing, &layout, uuid)
                     : write_end_take(writing->end, "DISK_FAILED", &problem);
    }
    return status == STATUS_OK ? target_personalise(writing) : status;
}

// Where the root lies does not depend on the seed; the seed is its UUID.
static enum status find_seed(struct writing *writing, const struct table_layout *layout, char uuid[40])
{
    enum status status = make_table(writing, layout, "place");
    if (status != STATUS_OK) {
        return status;
    }
    const struct table_part *root = find_part(&writing->table, layout->root);
    char kind[32] = "";
    uuid[0] = '\0';
    if (root != NULL) {
        disk_find_filesystem(&writing->disk, root->start, root->bytes, kind, uuid);
    }
    if (strcmp(kind, "ext4") != 0 || uuid[0] == '\0') {
        return write_end_set(writing->end, "LOADER_FAILED",
                             "%s does not hold the system that was written to it; order it anew",
                             writing->job->device);
    }
    return STATUS_OK;
}

enum status write_root_seal(struct writing *writing)
{
    const struct write_job *job = writing->job;
    struct table_layout layout = table_plan(writing->disk.bytes, job->is_uefi);
    char uuid[40];
    struct problem problem = {0};
    enum status status = find_seed(writing, &layout, uuid);
    if (status == STATUS_OK) {
        status = make_table(writing, &layout, uuid);
    }
    if (status == STATUS_OK) {
        status = write_put_table(writing);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (disk_add_partitions(&writing->disk, &writing->table, &problem) != STATUS_OK) {
        return write_end_take(writing->end, "AGENT_FAILED", &problem);
    }
    status = mount_target(writing, &layout, false);
    if (status == STATUS_OK) {
        status = mount_target(writing, &layout, true);
    }
    if (status != STATUS_OK) {
        return status;
    }
    write_stage(job, "loader");
    const char *arguments = job->personal != NULL ? job->personal->arguments : "";
    if (personal_install_loader(WRITE_TARGET, writing->disk.path, job->is_uefi, arguments, &problem) !=
        STATUS_OK) {
        return write_end_take(writing->end, "LOADER_FAILED", &problem);
    }
    return STATUS_OK;
}
