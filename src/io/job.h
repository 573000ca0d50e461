// SPDX-License-Identifier: GPL-3.0-or-later
// Blocking work (hashing, unpacking, a slow disk) away from the loop: a value goes to a worker thread and
// comes back as an event. The worker sees only its value.
#pragma once

#include "io/loop.h"

struct job {
    void *value;                              // copied in; the worker and `done` get the copy
    size_t value_bytes;                       // > 0
    void (*work)(void *value);                // in a worker thread
    void (*done)(void *context, void *value); // in the loop; the value lives until it returns; may be NULL
    void *context;                            // of `done`
};

/// Starts a job. `done` is called exactly once, never before this returns; loop_free waits for it.
void job_start(struct loop *loop, const struct job *job);
