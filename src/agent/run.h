// SPDX-License-Identifier: GPL-3.0-or-later
// Runs other programs: mkfs, sfdisk, tar, and what is inside a new system (chroot). What they say goes to the
// log.
#pragma once

#include "base/problem.h"
#include "base/status.h"

struct run_job {
    const char *const *words;       // NULL-terminated; words[0] is looked up in PATH
    const char *root;               // chroot there; NULL = not
    const char *input;              // for its standard input; NULL = none. May be a secret; never logged
    const char *const *environment; // "NAME=value", added to a small default; NULL = none
    unsigned timeout_s;             // 0 = 600
    bool is_quiet;                  // its output is not logged
    char *output; // its standard output goes here (NUL-terminated) instead of to the log; NULL = log
    size_t output_bytes;
};

/// Runs it to its end. STATUS_OK when it ended with 0; STATUS_NOT_FOUND no such program; STATUS_IO otherwise,
/// and `problem` with its name, exit status and the last line that it said.
MUST_USE enum status run(const struct run_job *job, struct problem *problem);

struct run_pipe; // a program that is fed

/// Starts it with a pipe to its standard input.
MUST_USE enum status run_pipe_open(const struct run_job *job, struct run_pipe **pipe,
                                   struct problem *problem);
/// Feeds it.
MUST_USE enum status run_pipe_write(struct run_pipe *pipe, const void *data, size_t bytes,
                                    struct problem *problem);
/// Ends its input, waits for its end; always frees. As run().
MUST_USE enum status run_pipe_close(struct run_pipe *taken_pipe, struct problem *problem);
