// SPDX-License-Identifier: GPL-3.0-or-later
// A partition table that is not on its disk yet: it lies in a sparse file as large as the disk, where sfdisk
// makes and changes it, until the disk may become bootable.
#pragma once

#include "base/problem.h"
#include "base/status.h"

#define TABLE_PARTS_MOST     64
#define TABLE_SECTOR_BYTES   512u                         // other disks are refused
#define TABLE_GPT_END_BYTES  (33ull * TABLE_SECTOR_BYTES) // the backup of a GPT, at the end of its disk
#define TABLE_MBR_BYTES_MOST ((uint64_t)UINT32_MAX * TABLE_SECTOR_BYTES)

struct table_part {
    unsigned number; // 1-based
    uint64_t start, bytes;
    bool is_extended; // the room of an MBR's logical partitions
};

struct table {
    char path[96]; // of the sparse file; empty = none
    uint64_t disk_bytes;
    char kind[8]; // "gpt", "dos", or "" = no table
    unsigned count;
    struct table_part parts[TABLE_PARTS_MOST];
};

struct table_layout { // of a root image's disk
    bool is_gpt;
    unsigned root; // number of its partition
    unsigned esp;  // 0 = none
};

/// Makes the sparse file, empty, in place of any that was there.
MUST_USE enum status table_create(struct table *table, const char *path, uint64_t disk_bytes,
                                  struct problem *problem);

/// Puts the first bytes of a disk into it.
MUST_USE enum status table_put(const struct table *table, const void *data, size_t bytes,
                               struct problem *problem);

/// Reads a part of it.
MUST_USE enum status table_get(const struct table *table, uint64_t at, void *data, size_t bytes,
                               struct problem *problem);

/// Reads what is in the file with sfdisk. STATUS_OK also when there is no table (kind is empty then).
MUST_USE enum status table_read(struct table *table, struct problem *problem);

/// Understands what `sfdisk --dump` says of the file at table->path. STATUS_MALFORMED and `problem`; `table`
/// keeps its path and size.
MUST_USE enum status table_parse(struct table *table, const char *dump, struct problem *problem);

/// Removes the file; a zeroed table is allowed.
void table_remove(struct table *table);

/// Moves a GPT's backup to the end of the disk.
MUST_USE enum status table_stretch(struct table *table, struct problem *problem);

/// Makes partition `number`, the last one on the disk, as large as it can be, and reads the table again.
MUST_USE enum status table_grow(struct table *table, unsigned number, struct problem *problem);

/// The partition that could be grown: the one that lies last, when there is room behind it worth having and
/// no logical partitions are about; NULL = none.
const struct table_part *table_pick_last(const struct table *table);

/// Where the first partition begins, at most `most`: up to there everything is table and boot code.
uint64_t table_held_bytes(const struct table *table, uint64_t most);

/// How a disk of `disk_bytes` is divided for a root image.
struct table_layout table_plan(uint64_t disk_bytes, bool is_uefi);

/// Makes that table in the file, its identifiers derived from `seed` (the root file system's UUID), so that
/// whoever makes it again makes the same.
MUST_USE enum status table_make(struct table *table, const struct table_layout *layout, const char *seed,
                                struct problem *problem);

/// What table_make tells sfdisk.
void table_print_script(const struct table_layout *layout, const char *seed, char *out, size_t out_bytes);
