// SPDX-License-Identifier: GPL-3.0-or-later
// Files that strangers write: new ones only, beneath one folder, of limited size. A file appears under its
// name when all of it is there, and nothing is ever replaced; what was not finished leaves nothing behind.
#pragma once

#include "base/problem.h"
#include "content/content.h"

struct upload_folder;
struct upload;

/// Opens `path` for uploads and removes what a crash left behind in it. NULL and `problem` when it cannot be
/// written. Yours; upload_folder_free gives it back. Uploads outlive it.
struct upload_folder *upload_folder_new(const char *path, struct problem *problem);

/// Closes it; NULL is allowed.
void upload_folder_free(struct upload_folder *folder);

/// Begins the file `path` (canonical, see content/path), of which the client says that it will have
/// `announced_bytes` (0 = it does not say), at most `size_most`. `*out` is yours: upload_free. STATUS_EXISTS:
/// there is such a file. STATUS_DENIED: a name with a part that begins with a dot, or it leads out of the
/// folder. STATUS_NOT_FOUND: its folder is not there. STATUS_TOO_LONG: more than `size_most`. STATUS_FULL: no
/// room on the disk for it. STATUS_IO: anything else, with `problem` (may be NULL).
MUST_USE enum status upload_new(struct upload_folder *folder, const char *path, uint64_t announced_bytes,
                                uint64_t size_most, struct upload **out, struct problem *problem);

/// Appends `bytes` bytes. From any one thread at a time. STATUS_TOO_LONG: more than allowed. STATUS_FULL: the
/// disk. STATUS_IO.
MUST_USE enum status upload_write(struct upload *upload, const void *data, size_t bytes);

/// All of it is there: waits until the disk has it, then gives it its name. STATUS_EXISTS: another one was
/// quicker. STATUS_FULL, STATUS_IO. From any one thread.
MUST_USE enum status upload_commit(struct upload *upload);

/// The most bytes it may have.
uint64_t upload_size_most(const struct upload *upload);

/// Ends it; without a commit nothing of it stays. NULL is allowed.
void upload_free(struct upload *upload);
