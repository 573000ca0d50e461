// SPDX-License-Identifier: GPL-3.0-or-later
// The regular files below a folder, as an image takes them: links that lead to something inside the folder
// are followed, so that a netboot tree keeps all its names; those that lead out are left out and counted.
#pragma once

#include "base/problem.h"
#include "base/status.h"
#include "io/heap.h"

#define TREE_FILES_MOST 100000

struct tree_file {
    char *path; // below the folder
    uint64_t bytes;
};

struct tree {
    struct heap_array files; // of struct tree_file, folder by folder, by name
    uint64_t bytes;          // all of them
    unsigned left_out;       // links that lead out or nowhere, devices, sockets
    char *first_left_out;    // path of one of those, or NULL
};

/// Lists `folder`. tree_clear must follow in any case. STATUS_NOT_FOUND no such folder, or no file in it;
/// STATUS_DENIED, STATUS_IO something in it cannot be read; STATUS_TOO_LONG more than TREE_FILES_MOST files,
/// or too deep.
MUST_USE enum status tree_list(const char *folder, struct tree *tree, struct problem *problem);

/// Gives the memory back.
void tree_clear(struct tree *tree);
