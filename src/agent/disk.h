// SPDX-License-Identifier: GPL-3.0-or-later
// The disk that is written: opened, made unbootable, written past the page cache, its partitions told to the
// kernel. A regular file stands in for a disk by way of a loop device.
#pragma once

#include "agent/table.h"

#define DISK_EDGE_BYTES ((uint64_t)1024 * 1024) // at each end: tables, boot code, most signatures

struct disk {
    char path[64]; // "/dev/vda"
    char name[32]; // "vda"
    int fd;        // reads and writes through the page cache
    int direct_fd; // past it; -1 = the disk cannot
    int claim_fd;  // nobody else uses the disk while this is open; -1 = not claimed
    int loop_fd;   // -1 = it is no file
    uint64_t bytes;
    uint32_t sector_bytes; // logical
    bool is_read_only;
};

/// Opens a disk, or a regular file through a loop device. disk_close must follow OK. STATUS_NOT_FOUND,
/// STATUS_IO and `problem`.
MUST_USE enum status disk_open(struct disk *disk, const char *path, struct problem *problem);

/// Closes; a claimed disk is let go.
void disk_close(struct disk *disk);

/// Forgets its partitions in the kernel and claims the disk for us alone. STATUS_BUSY and `problem` when
/// something on it is in use.
MUST_USE enum status disk_claim(struct disk *disk, struct problem *problem);

/// Lets go of it, so that its partitions can be mounted.
void disk_unclaim(struct disk *disk);

/// Makes it unbootable: zeros at both ends, on the medium when this returns. Tells the drive that the rest is
/// not needed, when that is quick.
MUST_USE enum status disk_erase(struct disk *disk, struct problem *problem);

/// Writes past the page cache when `data`, `at` and `bytes` allow it.
MUST_USE enum status disk_write(struct disk *disk, uint64_t at, const void *data, size_t bytes,
                                struct problem *problem);

/// Makes a part of it zeros; the disk may do that by itself.
MUST_USE enum status disk_zero(struct disk *disk, uint64_t at, uint64_t bytes, struct problem *problem);

/// Reads through the page cache.
MUST_USE enum status disk_read(struct disk *disk, uint64_t at, void *data, size_t bytes,
                               struct problem *problem);

/// All is on the medium when this returns, and what the kernel remembers of the disk is forgotten.
MUST_USE enum status disk_sync(struct disk *disk, struct problem *problem);

/// Tells the kernel the partitions of `table`, and waits for their device nodes.
MUST_USE enum status disk_add_partitions(struct disk *disk, const struct table *table,
                                         struct problem *problem);

/// Makes the kernel forget all partitions. STATUS_BUSY when one is in use.
MUST_USE enum status disk_remove_partitions(struct disk *disk, struct problem *problem);

/// The path of a partition's device node: "/dev/vda1", "/dev/nvme0n1p1".
void disk_partition_path(const struct disk *disk, unsigned number, char out[80]);

/// The kind of file system that lies in a part of the disk, as blkid calls it, and its UUID (may be NULL);
/// empty when there is none.
void disk_find_filesystem(const struct disk *disk, uint64_t at, uint64_t bytes, char kind[32], char uuid[40]);
