// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a tar (also compressed with gzip, bzip2, xz or zstd) once: its uncompressed bytes go on to somebody,
// and what is in it is found out on the way.
#pragma once

#include "base/problem.h"
#include "base/status.h"
#include "format/chunk_index.h"

struct root_look {
    uint8_t starts; // IMAGE_STARTS_*
    bool is_system; // it has an os-release
    char system[CHUNK_SYSTEM_BYTES];
    uint64_t disk_bytes; // what its files take on ext4
    uint64_t files;
};

/// Reads `fd` to its end; every byte of the tar goes to `take` in order. STATUS_MALFORMED and `problem` when
/// it is damaged or no tar; what `take` fails with otherwise.
MUST_USE enum status root_look_read(int fd, struct root_look *look,
                                    enum status (*take)(void *context, const void *data, size_t bytes,
                                                        struct problem *problem),
                                    void *context, struct problem *problem);

/// The value of PRETTY_NAME in the os-release(5) `text`, as printable ASCII; "" when there is none.
void root_look_parse_release(const char *text, char *out, size_t out_bytes);
