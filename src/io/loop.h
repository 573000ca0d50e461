// SPDX-License-Identifier: GPL-3.0-or-later
// The event loop, thin over libuv: clocks, timers, signals, descriptors, and a callback at the end of each
// turn for what is done once for many events (one commit for all replies of a turn). One thread runs a loop
// and owns all that hangs on it; nothing here may be called from another thread (mailbox.h may).
#pragma once

#include "base/problem.h"

struct loop;
struct loop_timer;
struct loop_signal;
struct loop_watch;

#define LOOP_READABLE 1
#define LOOP_WRITABLE 2

/// A new loop, yours; never NULL.
struct loop *loop_new(void);

/// Frees it, after everything that was closed on it is really closed. Free what you opened on it before.
/// NULL is allowed.
void loop_free(struct loop *loop);

/// Runs until loop_stop is called, or nothing is left to wait for.
void loop_run(struct loop *loop);

/// Runs one turn and waits at most `most_ms` for something to happen. For tests and drains.
void loop_run_once(struct loop *loop, unsigned most_ms);

/// Makes loop_run return after this turn.
void loop_stop(struct loop *loop);

/// The uv_loop_t inside, for this room.
struct uv_loop_s *loop_uv(struct loop *loop);

/// Monotonic milliseconds, read anew.
int64_t loop_now_ms(void);

/// Monotonic microseconds, read anew.
int64_t loop_now_us(void);

/// Unix seconds.
int64_t loop_unix_s(void);

/// Unix milliseconds.
int64_t loop_unix_ms(void);

/// Calls `end` after the events of every turn and before the loop sleeps, in the order of adding, as long as
/// the loop lives. It is called often: with nothing to do it must return at once.
void loop_add_turn_end(struct loop *loop, void (*end)(void *context), void *context);

/// A timer that is not running yet. Yours; loop_timer_free gives it back.
struct loop_timer *loop_timer_new(struct loop *loop, void (*fire)(void *context), void *context);

/// Fires after `delay_ms`, and then every `repeat_ms` when that is not 0. Starting it again moves it. One
/// that its own callback starts with a delay of 0 fires in the next turn, after what came in meanwhile.
void loop_timer_start(struct loop_timer *timer, uint64_t delay_ms, uint64_t repeat_ms);

/// Stops it; a stopped timer may be started again.
void loop_timer_stop(struct loop_timer *timer);

/// Stops and frees it; NULL is allowed. May be called from its own callback.
void loop_timer_free(struct loop_timer *timer);

/// Calls `caught` in the loop whenever signal `number` comes. Yours; loop_signal_free gives it back.
struct loop_signal *loop_signal_new(struct loop *loop, int number, void (*caught)(void *context, int number),
                                    void *context);

/// Gives the signal back its default; NULL is allowed.
void loop_signal_free(struct loop_signal *signal);

/// Calls `ready` with LOOP_READABLE and LOOP_WRITABLE bits when `fd` (borrowed; made non-blocking; close it
/// after loop_watch_free) is ready for one of `events`. An error on the descriptor counts as readable: read
/// it. NULL when the kernel cannot watch it.
struct loop_watch *loop_watch_new(struct loop *loop, int fd, unsigned events,
                                  void (*ready)(void *context, unsigned events), void *context);

/// Changes what is waited for; 0 = nothing for now.
void loop_watch_change(struct loop_watch *watch, unsigned events);

/// Stops watching and frees it; NULL is allowed. May be called from its own callback.
void loop_watch_free(struct loop_watch *watch);
