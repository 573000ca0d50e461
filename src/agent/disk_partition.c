// SPDX-License-Identifier: GPL-3.0-or-later
// Partitions that only the kernel knows: told by BLKPG, while the disk has no table.
#include "agent/disk.h"

#include "base/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define NODE_TRIES   50 // of 100 ms
#define REMOVE_TRIES 30 // of 100 ms: udev may look at one just now
#define NUMBERS_MOST 256

static void rest(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
}

static int tell(const struct disk *disk, int what, unsigned number, uint64_t start, uint64_t bytes)
{
    struct blkpg_partition part = {.start = (long long)start, .length = (long long)bytes, .pno = (int)number};
    struct blkpg_ioctl_arg argument = {.op = what, .datalen = sizeof part, .data = &part};
    return ioctl(disk->fd, BLKPG, &argument);
}

void disk_partition_path(const struct disk *disk, unsigned number, char out[80])
{
    size_t length = strlen(disk->path);
    bool ends_in_digit = length > 0 && isdigit((unsigned char)disk->path[length - 1]) != 0;
    (void)snprintf(out, 80, "%s%s%u", disk->path, ends_in_digit ? "p" : "", number);
}

// One number or "MAJOR:MINOR" out of a file of sysfs.
static bool read_pair(const char *path, unsigned *first, unsigned *second)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    char line[64] = "";
    bool got = fgets(line, sizeof line, file) != NULL;
    (void)fclose(file);
    char *end = line;
    *first = (unsigned)strtoul(line, &end, 10);
    *second = *end == ':' ? (unsigned)strtoul(end + 1, NULL, 10) : 0;
    return got && end != line;
}

// devtmpfs makes the node by itself; where it is late or not there, we make it.
static enum status wait_for_node(const struct disk *disk, unsigned number, struct problem *problem)
{
    char node[80];
    disk_partition_path(disk, number, node);
    char path[160];
    (void)snprintf(path, sizeof path, "/sys/class/block/%s/dev", strrchr(node, '/') + 1);
    for (unsigned tries = 0; tries < NODE_TRIES; tries++) {
        unsigned major_number;
        unsigned minor_number;
        struct stat is;
        if (read_pair(path, &major_number, &minor_number)) {
            dev_t wanted = makedev(major_number, minor_number);
            if (stat(node, &is) == 0 && S_ISBLK(is.st_mode) && is.st_rdev == wanted) {
                return STATUS_OK;
            }
            if (tries > NODE_TRIES / 2) {
                (void)unlink(node);
                (void)mknod(node, S_IFBLK | 0600, wanted);
            }
        }
        rest();
    }
    problem_set(problem, "the kernel made no device %s", node);
    return STATUS_IO;
}

enum status disk_add_partitions(struct disk *disk, const struct table *table, struct problem *problem)
{
    for (unsigned i = 0; i < table->count; i++) {
        const struct table_part *part = &table->parts[i];
        if (part->is_extended || part->number >= NUMBERS_MOST) {
            continue;
        }
        (void)tell(disk, BLKPG_DEL_PARTITION, part->number, 0,
                   0); // what the kernel found by itself meanwhile
        if (tell(disk, BLKPG_ADD_PARTITION, part->number, part->start, part->bytes) != 0) {
            problem_set(problem, "the kernel did not take partition %u of %s: %s", part->number, disk->path,
                        strerror(errno));
            return STATUS_IO;
        }
        enum status status = wait_for_node(disk, part->number, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status remove_one(struct disk *disk, unsigned number, struct problem *problem)
{
    for (unsigned tries = 0; tries < REMOVE_TRIES; tries++) {
        if (tell(disk, BLKPG_DEL_PARTITION, number, 0, 0) == 0 || errno == ENXIO) {
            return STATUS_OK;
        }
        if (errno != EBUSY) {
            break;
        }
        rest();
    }
    problem_set(problem, "partition %u of %s is in use: %s", number, disk->path, strerror(errno));
    return STATUS_BUSY;
}

enum status disk_remove_partitions(struct disk *disk, struct problem *problem)
{
    char folder[64];
    (void)snprintf(folder, sizeof folder, "/sys/class/block/%s", disk->name);
    DIR *entries = opendir(folder);
    enum status status = STATUS_OK;
    struct dirent *entry;
    while (entries != NULL && status == STATUS_OK && (entry = readdir(entries)) != NULL) {
        char path[400];
        unsigned number;
        unsigned unused;
        (void)snprintf(path, sizeof path, "%s/%s/partition", folder, entry->d_name);
        if (text_starts(entry->d_name, disk->name) && read_pair(path, &number, &unused)) {
            status = remove_one(disk, number, problem);
        }
    }
    if (entries != NULL) {
        (void)closedir(entries);
    }
    return status;
}
