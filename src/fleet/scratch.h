// SPDX-License-Identifier: GPL-3.0-or-later
// A folder for what is only needed while a long job runs. It is gone afterwards, also when the job is broken
// off by ^C: the programs that it runs (fleet/process.h) are ended first, then the folder goes, then we.
#pragma once

#include "base/problem.h"
#include "base/status.h"

#include <pthread.h>

#define SCRATCH_PATH_BYTES 512

struct scratch {
    char path[SCRATCH_PATH_BYTES];
    pthread_t watcher;
};

/// Makes one below TMPDIR, or /var/tmp when that is not set. At most one at a time: it takes SIGINT, SIGTERM
/// and SIGHUP over until scratch_close. STATUS_IO and `problem`.
MUST_USE enum status scratch_open(struct scratch *scratch, struct problem *problem);

/// Removes the folder with all that is in it.
void scratch_close(struct scratch *scratch);

/// Removes `path` and all below it, never a file on another file system than `path`'s own.
void scratch_remove(const char *path);

/// Checks that `bytes` more bytes fit on the file system of `path`. STATUS_FULL and `problem`.
MUST_USE enum status scratch_check_room(const char *path, uint64_t bytes, struct problem *problem);
