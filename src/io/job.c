// SPDX-License-Identifier: GPL-3.0-or-later
// job.h over libuv's worker threads.
#include "io/job.h"

#include "io/heap.h"

#include <string.h>
#include <uv.h>

struct running_job {
    uv_work_t uv;
    void (*work)(void *value);
    void (*done)(void *context, void *value);
    void *context;
    max_align_t value[];
};

static void run(uv_work_t *uv)
{
    struct running_job *running = uv->data;
    running->work(running->value);
}

static void finish(uv_work_t *uv, int status)
{
    (void)status; // nobody cancels a job
    struct running_job *running = uv->data;
    if (running->done != NULL) {
        running->done(running->context, running->value);
    }
    heap_free(running);
}

void job_start(struct loop *loop, const struct job *job)
{
    assert(job->value_bytes > 0 && job->work != NULL);
    struct running_job *running = heap_new(sizeof *running + job->value_bytes);
    running->uv.data = running;
    running->work = job->work;
    running->done = job->done;
    running->context = job->context;
    memcpy(running->value, job->value, job->value_bytes);
    int failed = uv_queue_work(loop_uv(loop), &running->uv, run, finish);
    assert(failed == 0);
}
