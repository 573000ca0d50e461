// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/worker.h"

#include "io/heap.h"

#include <pthread.h>
#include <signal.h>
#include <uv.h>

struct worker {
    struct worker_options options;
    uv_async_t wake;
    pthread_t thread;
    bool has_thread;      // the loop's own
    pthread_mutex_t lock; // of the three below
    pthread_cond_t changed;
    bool is_wanted;
    bool is_ended; // the work, and the loop was not told yet
    bool is_stopping;
    int result;
    bool is_busy; // the loop's own
};

// Does the work that is wanted. The lock is held before and after, not meanwhile.
static void work(struct worker *worker)
{
    pthread_mutex_unlock(&worker->lock);
    int result = worker->options.work(worker->options.context);
    pthread_mutex_lock(&worker->lock);
    worker->is_wanted = false;
    worker->is_ended = true;
    worker->result = result;
    pthread_cond_broadcast(&worker->changed);
    uv_async_send(&worker->wake);
}

static void *run(void *context)
{
    struct worker *worker = context;
    (void)pthread_setname_np(pthread_self(), "worker");
    pthread_mutex_lock(&worker->lock);
    for (;;) {
        while (!worker->is_wanted && !worker->is_stopping) {
            pthread_cond_wait(&worker->changed, &worker->lock);
        }
        if (!worker->is_wanted) {
            break;
        }
        work(worker);
    }
    pthread_mutex_unlock(&worker->lock);
    return NULL;
}

// Tells what ended, once: the loop is woken for it, and worker_finish does not wait for that.
static void tell(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    bool is_ended = worker->is_ended;
    int result = worker->result;
    worker->is_ended = false;
    pthread_mutex_unlock(&worker->lock);
    if (is_ended) {
        worker->is_busy = false;
        worker->options.done(worker->options.context, result);
    }
}

static void woken(uv_async_t *async)
{
    tell(async->data);
}

struct worker *worker_new(struct loop *loop, const struct worker_options *options)
{
    struct worker *worker = heap_new(sizeof *worker);
    worker->options = *options;
    worker->wake.data = worker;
    int failed = uv_async_init(loop_uv(loop), &worker->wake, woken);
    failed |= pthread_mutex_init(&worker->lock, NULL);
    failed |= pthread_cond_init(&worker->changed, NULL);
    assert(failed == 0);
    return worker;
}

// Not before there is work: a thread keeps the privileges that its process gives up later.
static void make_thread(struct worker *worker)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all); // signals are the loop thread's
    pthread_sigmask(SIG_SETMASK, &all, &before);
    worker->has_thread = pthread_create(&worker->thread, NULL, run, worker) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void worker_start(struct worker *worker)
{
    assert(!worker->is_busy);
    worker->is_busy = true;
    if (!worker->has_thread) {
        make_thread(worker);
    }
    pthread_mutex_lock(&worker->lock);
    worker->is_wanted = true;
    if (worker->has_thread) {
        pthread_cond_broadcast(&worker->changed);
    } else { // the system has no thread for us now: slower, and tried again with the next piece
        work(worker);
    }
    pthread_mutex_unlock(&worker->lock);
}

bool worker_is_busy(const struct worker *worker)
{
    return worker->is_busy;
}

void worker_finish(struct worker *worker)
{
    while (worker->is_busy) { // `done` may have started the next piece
        pthread_mutex_lock(&worker->lock);
        while (!worker->is_ended) {
            pthread_cond_wait(&worker->changed, &worker->lock);
        }
        pthread_mutex_unlock(&worker->lock);
        tell(worker);
    }
}

static void closed(uv_handle_t *handle)
{
    heap_free(handle->data);
}

void worker_free(struct worker *worker)
{
    if (worker == NULL) {
        return;
    }
    worker_finish(worker);
    pthread_mutex_lock(&worker->lock);
    worker->is_stopping = true;
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    if (worker->has_thread) {
        (void)pthread_join(worker->thread, NULL);
    }
    pthread_mutex_destroy(&worker->lock);
    pthread_cond_destroy(&worker->changed);
    uv_close((uv_handle_t *)&worker->wake, closed);
}
