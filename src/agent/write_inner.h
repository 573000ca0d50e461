// SPDX-License-Identifier: GPL-3.0-or-later
// What the parts of write.c share; nobody else includes it.
#pragma once

#include "agent/disk.h"
#include "agent/stream.h"
#include "agent/table.h"

#define WRITE_TARGET "/run/imprint-target" // where the new system is mounted

struct writing { // one call of write_content or write_seal
    const struct write_job *job;
    struct write_end *end;
    struct disk disk;
    struct table table;
    struct stream_index index;
    uint8_t *first;       // content of chunk 0 of a disk image: its beginning is held back; owned
    uint32_t first_bytes; // of it
};

/// Says how it ended with what `problem` knows. STATUS_IO, always.
enum status write_end_take(struct write_end *end, const char *reason, const struct problem *problem);

/// Tells of something that does not stop us.
void write_trouble(const struct write_job *job, const char *reason, const char *format, ...)
    PRINTF_LIKE(3, 4);

/// Tells what is being done now, when it has no measure.
void write_stage(const struct write_job *job, const char *stage);

/// Where the table is kept until the disk is sealed.
void write_table_path(const struct writing *writing, char out[96]);

/// Mounts a partition to be written to; `kind` as blkid calls it. `options` may be "".
MUST_USE enum status target_mount(const char *device, const char *below, const char *kind,
                                  const char *options, struct problem *problem);

/// Unmounts all there is at and below WRITE_TARGET, after stopping what still runs in there; all is written.
MUST_USE enum status target_unmount(struct problem *problem);

/// Makes the written system this machine's own, when the job says so: it is mounted at WRITE_TARGET.
MUST_USE enum status target_personalise(struct writing *writing);

/// Writes a small file below WRITE_TARGET; symbolic links in there cannot lead out of it.
MUST_USE enum status target_put(const char *path, const char *text, struct problem *problem);

/// A disk image: everything after erasing, before sealing.
MUST_USE enum status write_disk_content(struct writing *writing);
/// A disk image: what makes it bootable.
MUST_USE enum status write_disk_seal(struct writing *writing);
/// A root image: everything after erasing, before sealing.
MUST_USE enum status write_root_content(struct writing *writing);
/// A root image: what makes it bootable.
MUST_USE enum status write_root_seal(struct writing *writing);

/// Puts the held-back beginning and the backup of the table onto the disk, the first sector last and alone.
/// Does nothing when that one is there already: then it is ours, or what its own system made of it.
MUST_USE enum status write_put_table(struct writing *writing);
