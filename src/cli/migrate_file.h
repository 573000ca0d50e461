// SPDX-License-Identifier: GPL-3.0-or-later
// The files that a migration reads: those that a person named, and those that they include.
#pragma once

#include "cli/migrate.h"

#define MIGRATE_INCLUDE_DEPTH_MOST 8
#define MIGRATE_INCLUDE_FILES_MOST 256

struct migrate_text {
    const char *path;  // as the person named it, or as it was found
    const char *bytes; // NUL-terminated, too
    size_t count;
    const struct migrate_text *from; // that includes it; NULL = none
    uint64_t device;                 // with `number` what it is told apart by; 0 = no file
    uint64_t number;
};

/// Reads the file at `path` (borrowed), at most 1 MiB of text; migrate_file_clear gives it back. STATUS_IO
/// and `problem` with its remedy when it cannot be read or is no text.
MUST_USE enum status migrate_file_read(const char *path, struct migrate_text *text, struct problem *problem);

/// Gives the bytes back; `path` is the caller's.
void migrate_file_clear(struct migrate_text *text);

/// Opens what `text` includes as `path`: relative to the folder of `text`, or beside it when there is no such
/// file where the path says. `what` is told about it, or NULL: nothing is. False when it was not to be read,
/// after a remark; migrate_include_clear gives back what was.
bool migrate_include(struct migration *migration, const struct migrate_text *text, const char *path,
                     const char *what, struct migrate_text *included);

/// The same for the files of a folder, in order: `names` (of char[MIGRATE_PATH_BYTES]) gets their paths.
/// False when there is no such folder, after a remark.
bool migrate_include_folder(struct migration *migration, const struct migrate_text *text, const char *path,
                            const char *what, struct heap_array *names);

/// Gives back what migrate_include opened.
void migrate_include_clear(struct migrate_text *included);
