// SPDX-License-Identifier: GPL-3.0-or-later
// Files inside the root of a system that is not to be trusted: its links may point anywhere, so every path is
// looked up by the kernel with that folder as "/" (openat2, RESOLVE_IN_ROOT). Paths here have no leading '/'.
#pragma once

#include "base/problem.h"

#include <sys/types.h>

#define PERSONAL_FILE_BYTES_MOST (1024 * 1024)

/// Opens `path` below `root`; a descriptor, or -1 and errno. Never a device, a pipe or a socket.
int personal_open(int root, const char *path, int flags);

/// Whether something is called `path`, be it a link that leads nowhere.
bool personal_has_name(int root, const char *path);

/// Whether `path` leads to a file or folder below `root`.
bool personal_exists(int root, const char *path);

/// The text of a regular file, malloc'ed and NUL-terminated; the caller frees it. NULL when it is not there,
/// is too large or holds a NUL.
char *personal_read(int root, const char *path);

struct personal_owner {
    uid_t uid;
    gid_t gid;
    mode_t mode;
};

/// Puts a file with that text in the place of what is called `path` (a link is replaced, not followed);
/// missing folders are made. What is there already lends its owner and mode, unless `owner` says them. On the
/// medium when this returns. STATUS_IO and `problem`, which does not quote the text.
MUST_USE enum status personal_write(int root, const char *path, const char *text,
                                    const struct personal_owner *owner, struct problem *problem);

/// Puts a symbolic link in the place of what is called `path`.
MUST_USE enum status personal_link(int root, const char *path, const char *target, struct problem *problem);

/// Removes the file or link called `path`, if there is one.
void personal_remove(int root, const char *path);

/// Makes the folder `path` and those above it; a descriptor of it, or -1.
int personal_make_folder(int root, const char *path, mode_t mode);

/// A line of `text` that begins with `start`, without its newline; NULL when there is none. `*length` may be
/// NULL.
const char *personal_line_find(const char *text, const char *start, size_t *length);
