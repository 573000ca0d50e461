// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/worker.h"

#include "unit/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

struct piece {
    struct loop *loop;
    struct worker *worker;
    pthread_t loop_thread;
    atomic_bool was_elsewhere;
    unsigned done_count;
    unsigned wanted;
    unsigned stops_at; // the loop, when so many are done; 0: never
    int result;
};

static int work(void *context)
{
    struct piece *piece = context;
    atomic_store(&piece->was_elsewhere, pthread_equal(piece->loop_thread, pthread_self()) == 0);
    (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    return 7;
}

static void done(void *context, int result)
{
    struct piece *piece = context;
    assert_true(pthread_equal(piece->loop_thread, pthread_self()) != 0);
    assert_false(worker_is_busy(piece->worker));
    piece->result = result;
    if (++piece->done_count < piece->wanted) {
        worker_start(piece->worker);
    } else if (piece->done_count == piece->stops_at) {
        loop_stop(piece->loop);
    }
}

static void begin(struct piece *piece, unsigned wanted)
{
    *piece = (struct piece){.loop = loop_new(), .loop_thread = pthread_self(), .wanted = wanted};
    struct worker_options options = {.work = work, .done = done, .context = piece};
    piece->worker = worker_new(piece->loop, &options);
}

static void end(struct piece *piece)
{
    worker_free(piece->worker);
    loop_free(piece->loop);
}

static void work_is_done_in_another_thread_and_told_in_the_loops(void **state)
{
    (void)state;
    struct piece piece;
    begin(&piece, 3);
    piece.stops_at = 3;
    worker_start(piece.worker);
    assert_true(worker_is_busy(piece.worker));
    loop_run(piece.loop);
    assert_int_equal(piece.done_count, 3);
    assert_int_equal(piece.result, 7);
    assert_true(atomic_load(&piece.was_elsewhere));
    end(&piece);
}

static void who_cannot_wait_for_the_loop_is_told_at_once_and_only_once(void **state)
{
    (void)state;
    struct piece piece;
    begin(&piece, 2);
    worker_start(piece.worker);
    worker_finish(piece.worker);
    assert_int_equal(piece.done_count, 2);
    assert_false(worker_is_busy(piece.worker));
    piece.wanted = 3;
    piece.stops_at = 3;
    worker_start(piece.worker);
    loop_run(piece.loop); // the wake-ups of the first two come to nothing
    assert_int_equal(piece.done_count, 3);
    end(&piece);
}

static void freeing_finishes_what_is_under_way(void **state)
{
    (void)state;
    struct piece piece;
    begin(&piece, 1);
    worker_start(piece.worker);
    end(&piece);
    assert_int_equal(piece.done_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_is_done_in_another_thread_and_told_in_the_loops),
        cmocka_unit_test(who_cannot_wait_for_the_loop_is_told_at_once_and_only_once),
        cmocka_unit_test(freeing_finishes_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
