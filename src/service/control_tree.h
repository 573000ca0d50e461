// SPDX-License-Identifier: GPL-3.0-or-later
// Trees of files below one open folder, for the image store: making files at relative paths without ever
// following a link, making all of them durable, removing all of them.
#pragma once

#include "base/problem.h"

struct control_tree_count {
    uint64_t size_bytes;
    uint32_t file_count;
};

/// Creates (or empties) the file at the relative `path` (checked by image_check_path) below `folder`, with
/// the folders on the way. `*fd` is yours. STATUS_CONFLICT when something else is there; STATUS_FULL;
/// STATUS_IO.
MUST_USE enum status control_tree_create(int folder, const char *path, int *fd, struct problem *problem);

/// Whether a regular file stands at `path` below `folder`.
bool control_tree_has_file(int folder, const char *path);

/// Writes everything below the folder `path` through to the disk and counts its files. Blocks: for workers.
MUST_USE enum status control_tree_sync(const char *path, struct control_tree_count *count,
                                       struct problem *problem);

/// Removes the folder `path` and all below it, as far as possible. Blocks: for workers.
void control_tree_remove(const char *path);

/// Tells in `problem` what `error` (an errno) means for the image store, and which status it is.
enum status control_tree_explain(int error, const char *what, struct problem *problem);
