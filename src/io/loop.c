// SPDX-License-Identifier: GPL-3.0-or-later
// loop.h over libuv. A libuv handle must live until its close callback ran, so each is a heap object of its
// own that frees itself there.
#include "io/loop.h"

#include "io/heap.h"

#include <time.h>
#include <uv.h>

#define TURN_ENDS_MOST 8

struct turn_end {
    void (*end)(void *context);
    void *context;
};

struct loop {
    uv_loop_t uv;
    uv_check_t after_events;  // runs right after descriptors were served
    uv_prepare_t before_wait; // runs after timers, before the loop sleeps
    uv_timer_t once;          // bounds loop_run_once
    struct turn_end ends[TURN_ENDS_MOST];
    unsigned end_count;
};

struct loop_timer {
    uv_timer_t uv;
    uv_idle_t soon; // for a delay of 0: the next turn, after descriptors were served
    uint64_t repeat_ms;
    void (*fire)(void *context);
    void *context;
};

struct loop_signal {
    uv_signal_t uv;
    void (*caught)(void *context, int number);
    void *context;
};

struct loop_watch {
    uv_poll_t uv;
    unsigned events; // waited for
    void (*ready)(void *context, unsigned events);
    void *context;
};

static void run_turn_ends(struct loop *loop)
{
    for (unsigned i = 0; i < loop->end_count; i++) {
        loop->ends[i].end(loop->ends[i].context);
    }
}

static void after_events(uv_check_t *check)
{
    run_turn_ends(check->data);
}

static void before_wait(uv_prepare_t *prepare)
{
    run_turn_ends(prepare->data);
}

struct loop *loop_new(void)
{
    struct loop *loop = heap_new(sizeof *loop);
    int failed = uv_loop_init(&loop->uv);
    assert(failed == 0);
    uv_check_init(&loop->uv, &loop->after_events);
    uv_prepare_init(&loop->uv, &loop->before_wait);
    uv_timer_init(&loop->uv, &loop->once);
    loop->after_events.data = loop;
    loop->before_wait.data = loop;
    uv_unref((uv_handle_t *)&loop->once);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL) {
        return;
    }
    uv_close((uv_handle_t *)&loop->after_events, NULL);
    uv_close((uv_handle_t *)&loop->before_wait, NULL);
    uv_close((uv_handle_t *)&loop->once, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    int left_open = uv_loop_close(&loop->uv);
    assert(left_open == 0); // something on the loop was not freed before it
    heap_free(loop);
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

static void nothing(uv_timer_t *timer)
{
    (void)timer;
}

void loop_run_once(struct loop *loop, unsigned most_ms)
{
    uv_update_time(&loop->uv);
    // It repeats: when this thread is held up here so long that it fires before the waiting begins, the wait
    // would have no end otherwise.
    uv_timer_start(&loop->once, nothing, most_ms, most_ms == 0 ? 1 : most_ms);
    uv_ref((uv_handle_t *)&loop->once);
    uv_run(&loop->uv, UV_RUN_ONCE);
    uv_timer_stop(&loop->once);
    uv_unref((uv_handle_t *)&loop->once);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

uv_loop_t *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t loop_now_ms(void)
{
    return clock_us(CLOCK_MONOTONIC) / 1000;
}

int64_t loop_now_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t loop_unix_s(void)
{
    return clock_us(CLOCK_REALTIME) / 1000000;
}

int64_t loop_unix_ms(void)
{
    return clock_us(CLOCK_REALTIME) / 1000;
}

void loop_add_turn_end(struct loop *loop, void (*end)(void *context), void *context)
{
    assert(loop->end_count < TURN_ENDS_MOST);
    loop->ends[loop->end_count++] = (struct turn_end){.end = end, .context = context};
    if (loop->end_count > 1) {
        return;
    }
    uv_check_start(&loop->after_events, after_events);
    uv_prepare_start(&loop->before_wait, before_wait);
    uv_unref((uv_handle_t *)&loop->after_events); // they alone are no reason to keep running
    uv_unref((uv_handle_t *)&loop->before_wait);
}

static void free_handle(uv_handle_t *handle)
{
    heap_free(handle); // the uv handle is the first member of each object here
}

static void free_timer(uv_handle_t *handle)
{
    heap_free(handle->data);
}

static void timer_fired(uv_timer_t *uv)
{
    struct loop_timer *timer = uv->data;
    timer->fire(timer->context);
}

static void timer_due(uv_idle_t *soon)
{
    struct loop_timer *timer = soon->data;
    uv_idle_stop(soon);
    if (timer->repeat_ms != 0) {
        uv_timer_start(&timer->uv, timer_fired, timer->repeat_ms, timer->repeat_ms);
    }
    timer->fire(timer->context);
}

struct loop_timer *loop_timer_new(struct loop *loop, void (*fire)(void *context), void *context)
{
    struct loop_timer *timer = heap_new(sizeof *timer);
    uv_timer_init(&loop->uv, &timer->uv);
    uv_idle_init(&loop->uv, &timer->soon);
    timer->uv.data = timer;
    timer->soon.data = timer;
    timer->fire = fire;
    timer->context = context;
    return timer;
}

void loop_timer_start(struct loop_timer *timer, uint64_t delay_ms, uint64_t repeat_ms)
{
    loop_timer_stop(timer);
    if (delay_ms ==
        0) { // libuv 1.44 fires one that its callback starts anew at once, for ever, and nothing else
        timer->repeat_ms = repeat_ms;
        uv_idle_start(&timer->soon, timer_due);
        return;
    }
    uv_update_time(timer->uv.loop); // libuv counts from the turn's start, which may be long ago
    uv_timer_start(&timer->uv, timer_fired, delay_ms, repeat_ms);
}

void loop_timer_stop(struct loop_timer *timer)
{
    uv_timer_stop(&timer->uv);
    uv_idle_stop(&timer->soon);
}

static void close_soon(uv_handle_t *handle)
{
    struct loop_timer *timer = handle->data;
    uv_close((uv_handle_t *)&timer->soon, free_timer);
}

void loop_timer_free(struct loop_timer *timer)
{
    if (timer != NULL) {
        uv_idle_stop(&timer->soon);
        uv_close((uv_handle_t *)&timer->uv, close_soon);
    }
}

static void signal_caught(uv_signal_t *uv, int number)
{
    struct loop_signal *signal = uv->data;
    signal->caught(signal->context, number);
}

struct loop_signal *loop_signal_new(struct loop *loop, int number, void (*caught)(void *context, int number),
                                    void *context)
{
    struct loop_signal *signal = heap_new(sizeof *signal);
    uv_signal_init(&loop->uv, &signal->uv);
    signal->uv.data = signal;
    signal->caught = caught;
    signal->context = context;
    uv_signal_start(&signal->uv, signal_caught, number);
    uv_unref((uv_handle_t *)&signal->uv); // waiting for a signal alone is no reason to keep running
    return signal;
}

void loop_signal_free(struct loop_signal *signal)
{
    if (signal != NULL) {
        uv_close((uv_handle_t *)&signal->uv, free_handle);
    }
}

static void watch_ready(uv_poll_t *uv, int status, int events);

static void start_watch(struct loop_watch *watch)
{
    int wanted = (watch->events & LOOP_READABLE) != 0 ? UV_READABLE : 0;
    wanted |= (watch->events & LOOP_WRITABLE) != 0 ? UV_WRITABLE : 0;
    if (wanted == 0) {
        uv_poll_stop(&watch->uv);
    } else {
        uv_poll_start(&watch->uv, wanted, watch_ready);
    }
}

static void watch_ready(uv_poll_t *uv, int status, int events)
{
    struct loop_watch *watch = uv->data;
    unsigned ready = 0;
    if (status < 0) { // an ICMP error, say: libuv stopped watching, but the socket lives on
        start_watch(watch);
        ready = LOOP_READABLE;
    }
    if ((events & (UV_READABLE | UV_DISCONNECT)) != 0) {
        ready |= LOOP_READABLE;
    }
    if ((events & UV_WRITABLE) != 0) {
        ready |= LOOP_WRITABLE;
    }
    watch->ready(watch->context, ready);
}

struct loop_watch *loop_watch_new(struct loop *loop, int fd, unsigned events,
                                  void (*ready)(void *context, unsigned events), void *context)
{
    struct loop_watch *watch = heap_new(sizeof *watch);
    if (uv_poll_init(&loop->uv, &watch->uv, fd) != 0) {
        heap_free(watch);
        return NULL;
    }
    watch->uv.data = watch;
    watch->ready = ready;
    watch->context = context;
    watch->events = events;
    start_watch(watch);
    return watch;
}

void loop_watch_change(struct loop_watch *watch, unsigned events)
{
    if (watch->events != events) { // each start costs libuv two system calls
        watch->events = events;
        start_watch(watch);
    }
}

void loop_watch_free(struct loop_watch *watch)
{
    if (watch != NULL) {
        uv_close((uv_handle_t *)&watch->uv, free_handle);
    }
}
