// SPDX-License-Identifier: GPL-3.0-or-later
// The inside of an ISO image (ISO 9660 with Rock Ridge or Joliet, or UDF), read where it lies. Opening reads
// its folders once into an index; after that a file is found without a disk access, in any number of threads
// at once. The medium may be hostile: what it says is bounded and checked, and nothing leads out of it.
#pragma once

#include "base/problem.h"
#include "content/content.h"

#define MEDIUM_ENTRIES_MOST 200000
#define MEDIUM_DEPTH_MOST   32
#define MEDIUM_BYTES_MOST   (64u << 20) // of an index
#define MEDIUM_LINKS_MOST   16          // followed for one name
#define MEDIUM_LABEL_BYTES  128

#define MEDIUM_STARTS_BIOS 1u
#define MEDIUM_STARTS_UEFI 2u

struct medium;

/// Whether `fd` looks like an ISO image: it has the signature of ISO 9660 or UDF where those have it.
bool medium_is_one(int fd);

/// Reads the folders of the image `taken_fd` (a regular file; closed when NULL is returned, and by
/// medium_free). NULL and `problem` when it is none, cut off, runs in circles, or has more in it than we are
/// willing to keep. It blocks on the disk: call it in a worker thread.
MUST_USE struct medium *medium_new(int taken_fd, struct problem *problem);

/// Frees it; NULL is allowed. Nodes that came from it stay good.
void medium_free(struct medium *medium);

/// The volume's name, or "".
const char *medium_label(const struct medium *medium);

/// For which firmware it has something to start by itself (El Torito): MEDIUM_STARTS_*; 0 = it cannot be
/// booted.
uint8_t medium_starts(const struct medium *medium);

/// How many files and folders it has.
size_t medium_count(const struct medium *medium);

/// The path of entry `at` (below medium_count), relative, in the order of their names without regard to case;
/// `entry` says the rest, its name is the path. Valid as long as the medium.
void medium_get(const struct medium *medium, size_t at, struct content_entry *entry);

/// Opens the file `path` (canonical, content/path) inside: that name, else the first in byte order in another
/// case; links inside the medium are followed. `node` gets the path as it is there. STATUS_NOT_FOUND;
/// STATUS_IO.
MUST_USE enum status medium_find(const struct medium *medium, const char *path, struct content_node *node);

/// Shows what is in the folder `path` ("" = the root). STATUS_NOT_FOUND when there is none.
MUST_USE enum status medium_list(const struct medium *medium, const char *path,
                                 void (*visit)(void *context, const struct content_entry *entry),
                                 void *context);
