// SPDX-License-Identifier: GPL-3.0-or-later
// A thread for one kind of blocking work that must not queue behind anybody else's (job.h shares its
// threads): it does one piece at a time, and the loop hears of it.
#pragma once

#include "io/loop.h"

struct worker;

struct worker_options {
    int (*work)(void *context);              // in the thread; what it returns goes to `done`
    void (*done)(void *context, int result); // in the loop
    void *context;
};

/// A worker on `loop`; its thread starts with the first piece of work. Yours; worker_free ends it.
struct worker *worker_new(struct loop *loop, const struct worker_options *options);

/// Starts one piece of work; none may be under way.
void worker_start(struct worker *worker);

/// Whether `done` of the last piece is still to come.
bool worker_is_busy(const struct worker *worker);

/// Waits until no work is under way; `done` has been called when this returns.
void worker_finish(struct worker *worker);

/// Finishes, ends the thread and frees it; NULL is allowed.
void worker_free(struct worker *worker);
