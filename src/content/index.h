// SPDX-License-Identifier: GPL-3.0-or-later
// What is in the folders of a tree, remembered, so that a name in another case is found without reading its
// folder again. A remembered folder is believed while it is the same one with the same times: one stat(2)
// each time it is asked. One that was changed within the last two seconds is not believed, since times may be
// no finer than that; it is read again, but never so often that reading takes more than a tenth of the time.
// Bounded: the folders asked longest ago are forgotten.
#pragma once

#include "base/status.h"

#define INDEX_FOLDERS_MOST 1024
#define INDEX_ENTRIES_MOST 65536       // of one folder; the others are found by their exact names only
#define INDEX_BYTES_MOST   (32u << 20) // of all folders
#define INDEX_TOLD_MOST    1024

struct index;

/// An empty index. Yours; index_free gives it back.
struct index *index_new(void);

/// Frees it; NULL is allowed.
void index_free(struct index *index);

struct index_place {
    int root_fd;        // of the tree's root; nothing outside it is looked at
    const char *folder; // canonical, relative to the root; "" = the root itself
    bool is_quick;      // STATUS_BUSY rather than wait for the disk, or for who reads it
};

#define INDEX_NAMES_MOST 8

struct index_names {                     // the names in one folder that are equal but for their case
    const char *names[INDEX_NAMES_MOST]; // in byte order; point into `bytes`
    unsigned count;
    char bytes[INDEX_NAMES_MOST * 256];
};

/// The names in a folder that are `name` when ASCII case is ignored. STATUS_NOT_FOUND when there is no such
/// folder, or none of them in it; STATUS_BUSY.
MUST_USE enum status index_find(struct index *index, const struct index_place *place, const char *name,
                                struct index_names *names);

/// Shows `visit` up to `most` names of a folder, sorted without regard to case, until it returns false. It
/// must not ask the index.
void index_each(struct index *index, const struct index_place *place, size_t most,
                bool (*visit)(void *context, const char *name, bool may_be_folder), void *context);

/// Whether `names` in this folder have to be reported as ambiguous: true the first time, false until other
/// names are equal to them.
bool index_tell(struct index *index, const struct index_place *place, const struct index_names *names);

/// How often a folder was read, for tests and benchmarks.
uint64_t index_reads(struct index *index);
