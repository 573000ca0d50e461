// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the room: how the readers of file systems (medium_iso.c, medium_udf.c) fill an index.
#pragma once

#include "content/medium.h"
#include "io/heap.h"

#define MEDIUM_NAME_BYTES 256 // of one name, with its NUL

struct medium_entry {
    uint32_t path; // where in `texts`
    uint32_t link; // target of a symbolic link, where in `texts`; 0 = it is none
    bool is_folder;
    uint32_t extent; // the first of its pieces in `extents`
    uint32_t extent_count;
    uint32_t
        memory; // where in `bytes` its content is, when no piece of the medium is it (UDF); `size` of them
    bool is_memory;
    uint64_t size;
    int64_t modified_s;
};

struct medium {
    int fd;
    uint64_t file_bytes;
    char label[MEDIUM_LABEL_BYTES];
    uint8_t starts;            // MEDIUM_STARTS_*
    struct heap_array entries; // of struct medium_entry; sorted when it is finished
    struct heap_array extents; // of struct content_extent
    struct heap_array texts;   // of char
    struct heap_array bytes;   // of uint8_t
    struct problem *problem;   // while it is read
};

/// Reads `bytes` bytes at `offset` of the medium. STATUS_IO or STATUS_MALFORMED (behind its end) with the
/// problem.
MUST_USE enum status medium_read(struct medium *medium, uint64_t offset, void *out, size_t bytes);

/// Adds an entry called `name` in the folder `parent` (position of an entry, or MEDIUM_ROOT). `*position` is
/// where it is until the index is finished. STATUS_TOO_LONG with the problem.
MUST_USE enum status medium_add(struct medium *medium, uint32_t parent, const char *name, bool is_folder,
                                int64_t modified_s, uint32_t *position);

/// Appends a piece to the last added entry. STATUS_MALFORMED with the problem when it lies behind the end.
MUST_USE enum status medium_add_extent(struct medium *medium, uint64_t start, uint64_t bytes);

/// Makes the last added entry a symbolic link to `target`.
MUST_USE enum status medium_set_link(struct medium *medium, const char *target);

/// The path of an entry, until the next text is added.
const char *medium_path(const struct medium *medium, uint32_t position);

/// Fails with a sentence about the medium: sets the problem and returns STATUS_MALFORMED.
PRINTF_LIKE(2, 3) enum status medium_refuse(struct medium *medium, const char *format, ...);

#define MEDIUM_ROOT UINT32_MAX

/// Reads the folders of ISO 9660. STATUS_NOT_FOUND without a problem when it is none; `*is_poor` when it has
/// no Rock Ridge, and an UDF beside it says more.
MUST_USE enum status medium_iso_read(struct medium *medium, bool *is_poor);

/// Reads the folders of UDF. STATUS_NOT_FOUND without a problem when it is none.
MUST_USE enum status medium_udf_read(struct medium *medium);

/// Empties the index, for another reader to begin anew.
void medium_clear(struct medium *medium);
