// SPDX-License-Identifier: GPL-3.0-or-later
// The engine as the loop's thread sees it.
#include "service/http_engine.h"

#include "io/heap.h"
#include "service/http_thread.h"

#include <sys/random.h>
#include <unistd.h>

#define THREADS_LEAST 2 // a slow disk holds one of them

static unsigned count_threads(unsigned wanted)
{
    if (wanted != 0) {
        return wanted < HTTP_ENGINE_THREADS_MOST ? wanted : HTTP_ENGINE_THREADS_MOST;
    }
    long half = sysconf(_SC_NPROCESSORS_ONLN) / 2;
    return half < THREADS_LEAST              ? THREADS_LEAST
           : half > HTTP_ENGINE_THREADS_MOST ? HTTP_ENGINE_THREADS_MOST
                                             : (unsigned)half;
}

struct http_engine *http_engine_new(const struct http_engine_options *options)
{
    struct http_engine *engine = heap_new(sizeof *engine);
    engine->options = *options;
    ssize_t got = getrandom(&engine->crowd.key, sizeof engine->crowd.key, 0);
    assert(got == sizeof engine->crowd.key);
    (void)got;
    engine->thread_count = count_threads(options->threads);
    return engine;
}

void http_engine_start(struct http_engine *engine)
{
    for (unsigned i = 0; i < engine->thread_count; i++) {
        engine->threads[i] = http_thread_new(engine);
        http_thread_start(engine->threads[i]);
    }
    engine->is_started = true;
}

static void tell_all(const struct http_engine *engine, struct http_mail mail)
{
    for (unsigned i = 0; i < engine->thread_count; i++) {
        http_thread_tell(engine->threads[i], mail);
    }
}

struct http_door *http_engine_open(struct http_engine *engine, const struct http_door_options *options)
{
    struct http_door *door = heap_new(sizeof *door);
    assert(engine->is_started);
    door->options = *options;
    tell_all(engine, (struct http_mail){.opened = door});
    return door;
}

void http_engine_wake(struct http_engine *engine)
{
    for (unsigned i = 0; engine != NULL && engine->is_started && i < engine->thread_count; i++) {
        struct http_thread *thread = engine->threads[i];
        pthread_mutex_lock(&thread->lock);
        bool has_answers = thread->answer_first != NULL;
        pthread_mutex_unlock(&thread->lock);
        if (has_answers) {
            http_thread_wake(thread);
        }
    }
}

void http_engine_close(struct http_engine *engine, struct http_door *taken_door)
{
    tell_all(engine, (struct http_mail){.closed = taken_door});
    (void)close(taken_door->options.fd);
    heap_free(taken_door);
}

void http_engine_free(struct http_engine *engine)
{
    if (engine == NULL) {
        return;
    }
    if (engine->is_started) {
        tell_all(engine, (struct http_mail){.is_stop = true});
        for (unsigned i = 0; i < engine->thread_count; i++) {
            http_thread_free(engine->threads[i]);
        }
    }
    heap_free(engine);
}
