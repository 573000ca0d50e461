// SPDX-License-Identifier: GPL-3.0-or-later
// Downloads one file by HTTP or HTTPS, shows how far it is, and goes on where an earlier try broke off.
// Whether the bytes are the right ones is for the caller to check.
#pragma once

#include "base/problem.h"
#include "cli/progress.h"

#define DOWNLOAD_FOLDER_BYTES 512

/// Makes the folder of our own that nobody else can put anything into, where a broken download is found
/// again: below TMPDIR, else /var/tmp. STATUS_IO, STATUS_DENIED with `problem`.
MUST_USE enum status download_make_folder(char out[DOWNLOAD_FOLDER_BYTES], struct problem *problem);

struct download {
    const char *url;
    const char *path;      // where it goes; a file that is there is the beginning of it when `may_resume`
    const char *what;      // for the progress; NULL = shows none
    uint64_t size_most;    // bytes
    bool may_resume;       // else what is at `path` is replaced
    bool is_https_only;    // redirects, too, must be HTTPS
    uint64_t resumed_from; // out: how many bytes were there already; 0 = it began anew
};

/// Downloads. STATUS_OK when all of it is at `path`. STATUS_NOT_FOUND: the server has no such file;
/// STATUS_AWAY: the server is not there, or broke off: trying again goes on from there; STATUS_TOO_LONG;
/// STATUS_IO: it cannot be written. `problem` tells.
MUST_USE enum status download_run(struct download *download, struct problem *problem);
