// SPDX-License-Identifier: GPL-3.0-or-later
// Packs what an administrator has (raw disk, qcow2, tar, squashfs) into an image for disks: a folder with
// stream and index (format/chunk_index.h). Compresses on all processors, skips holes, says how far it is.
#pragma once

#include "base/problem.h"
#include "model/image.h"

enum pack_source { PACK_RAW, PACK_QCOW2, PACK_TAR, PACK_SQUASHFS, PACK_UNKNOWN };

struct pack_job {
    const char *file;   // "-" = a tar on standard input
    const char *folder; // exists, empty; gets IMAGE_STREAM_FILE and IMAGE_INDEX_FILE
    int level;          // of zstd; 0 = 3
    void (*progress)(void *context, uint64_t done,
                     uint64_t all); // of content; `all` 0 = not known; may be NULL
    void *context;
};

/// Looks at the first bytes of `file` (gzip, xz, zstd around a tar count as tar).
MUST_USE enum status pack_recognise(const char *file, enum pack_source *source, struct problem *problem);

/// Packs. Finds out which firmware it starts on and which system it is. Refuses qcow2 with a backing or data
/// file, a tar that holds no root file system (no etc/os-release and no sbin/init), an encrypted or damaged
/// source.
MUST_USE enum status pack(const struct pack_job *job, struct problem *problem);
