// SPDX-License-Identifier: GPL-3.0-or-later
// Runs other people's programs, without a shell. Each gets a process group of its own, so that ^C can end it
// with all that it started (fleet/scratch.h).
#pragma once

#include "base/problem.h"
#include "base/status.h"

#include <sys/types.h>

#define PROCESS_WORDS_MOST 32

struct process_job {
    const char *const *words;       // NULL-terminated; words[0] is looked up in PATH
    const char *folder;             // to run in; NULL = here
    const char *const *environment; // "NAME=value", added to ours (and LC_ALL=C.UTF-8); NULL = none
    int input;                      // for its standard input, borrowed; 0 = none
    void (*line)(void *context, const char *line); // of process_run: each line that it says; may be NULL
    void *context;
};

struct process { // one that is read from
    const char *name;
    pid_t pid;
    int output; // its standard output: read it to its end, or not
    int said;   // its standard error, kept
};

/// Whether there is a program `name` in PATH.
bool process_is_there(const char *name);

/// Runs it to its end. Standard output and standard error go to `line`. STATUS_OK when it ended with 0;
/// STATUS_NOT_FOUND no such program; STATUS_IO otherwise, and `problem` with its name and last words.
MUST_USE enum status process_run(const struct process_job *job, struct problem *problem);

/// Runs it to its end and keeps its standard output in `*text` (yours: heap_free; NUL-terminated), at most
/// `most` bytes: STATUS_TOO_LONG above.
MUST_USE enum status process_read(const struct process_job *job, size_t most, char **text,
                                  struct problem *problem);

/// Starts it, to read from `process->output`. process_close must follow OK.
MUST_USE enum status process_open(const struct process_job *job, struct process *process,
                                  struct problem *problem);

/// Closes its output (so that it ends, if it has more to say), waits for it. Fails as process_run does.
enum status process_close(struct process *process, struct problem *problem);

/// Ends every program that runs now, and lets none start any more: for a program that is about to end.
void process_stop_all(void);
