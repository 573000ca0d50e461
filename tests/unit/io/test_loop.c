// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/job.h"
#include "io/loop.h"
#include "io/mailbox.h"
#include "unit/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

struct record {
    char order[64];
    struct loop *loop;
    struct loop_timer *timer;
    struct loop_watch *watch;
};

static void add(struct record *record, char what)
{
    size_t length = strlen(record->order);
    assert_true(length < sizeof record->order - 1);
    record->order[length] = what;
}

static void fire(void *context)
{
    struct record *record = context;
    add(record, 't');
    loop_stop(record->loop);
}

static void fire_once_and_free(void *context)
{
    struct record *record = context;
    add(record, 'f');
    loop_timer_free(record->timer);
}

static void end_turn(void *context)
{
    struct record *record = context;
    size_t length = strlen(record->order);
    if (length != 0 && record->order[length - 1] != 'e') {
        add(record, 'e');
    }
}

static void a_turn_ends_after_its_events(void **state)
{
    (void)state;
    struct record record = {.loop = loop_new()};
    loop_add_turn_end(record.loop, end_turn, &record);
    struct loop_timer *first = loop_timer_new(record.loop, fire, &record);
    struct loop_timer *second = loop_timer_new(record.loop, fire, &record);
    loop_timer_start(first, 1, 0);
    loop_timer_start(second, 1, 0);
    loop_run(record.loop);
    loop_run_once(record.loop, 5);
    assert_string_equal(record.order, "tte");
    loop_timer_free(first);
    loop_timer_free(second);
    loop_free(record.loop);
}

static void a_timer_may_free_itself(void **state)
{
    (void)state;
    struct record record = {.loop = loop_new()};
    record.timer = loop_timer_new(record.loop, fire_once_and_free, &record);
    loop_timer_start(record.timer, 0, 1);
    loop_run(record.loop); // ends by itself: nothing is left to wait for
    assert_string_equal(record.order, "f");
    loop_free(record.loop);
}

static void a_stopped_timer_does_not_fire(void **state)
{
    (void)state;
    struct record record = {.loop = loop_new()};
    struct loop_timer *timer = loop_timer_new(record.loop, fire, &record);
    loop_timer_start(timer, 1, 0);
    loop_timer_stop(timer);
    loop_run_once(record.loop, 10);
    assert_string_equal(record.order, "");
    loop_timer_free(timer);
    loop_free(record.loop);
}

static void fire_again_at_once(void *context)
{
    struct record *record = context;
    add(record, 't');
    loop_timer_start(record->timer, 0, 0);
}

static void a_timer_that_starts_itself_anew_at_once_starves_nobody(void **state)
{
    (void)state;
    struct record record = {.loop = loop_new()};
    loop_add_turn_end(record.loop, end_turn, &record);
    record.timer = loop_timer_new(record.loop, fire_again_at_once, &record);
    loop_timer_start(record.timer, 0, 0);
    for (int i = 0; i < 3; i++) {
        loop_run_once(record.loop, 5);
    }
    assert_string_equal(record.order, "tetete");
    loop_timer_stop(record.timer);
    loop_run_once(record.loop, 0);
    assert_string_equal(record.order, "tetete");
    loop_timer_free(record.timer);
    loop_free(record.loop);
}

static void one_turn_waits_no_longer_than_told(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    int64_t before_ms = loop_now_ms();
    loop_run_once(loop, 20);
    int64_t waited_ms = loop_now_ms() - before_ms;
    assert_in_range(waited_ms, 19, 2000);
    loop_free(loop);
}

static void caught(void *context, int number)
{
    struct record *record = context;
    assert_int_equal(number, SIGUSR1);
    add(record, 's');
}

static void a_signal_comes_in_the_loop(void **state)
{
    (void)state;
    struct record record = {.loop = loop_new()};
    struct loop_signal *handler = loop_signal_new(record.loop, SIGUSR1, caught, &record);
    kill(getpid(), SIGUSR1);
    assert_string_equal(record.order, "");
    loop_run_once(record.loop, 1000);
    assert_string_equal(record.order, "s");
    loop_signal_free(handler);
    loop_free(record.loop);
}

static void ready(void *context, unsigned events)
{
    struct record *record = context;
    add(record, (events & LOOP_WRITABLE) != 0 ? 'w' : 'r');
    loop_watch_change(record->watch, events == LOOP_WRITABLE ? LOOP_READABLE : 0);
}

static void a_watch_tells_what_a_descriptor_is_ready_for(void **state)
{
    (void)state;
    struct record record = {.loop = loop_new()};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    record.watch = loop_watch_new(record.loop, ends[0], LOOP_READABLE, ready, &record);
    loop_run_once(record.loop, 5);
    assert_string_equal(record.order, "");
    assert_int_equal(write(ends[1], "x", 1), 1);
    loop_run_once(record.loop, 1000);
    loop_run_once(record.loop, 5); // it waits for nothing now, though the byte is still there
    assert_string_equal(record.order, "r");
    loop_watch_free(record.watch);
    record.watch = loop_watch_new(record.loop, ends[1], LOOP_WRITABLE, ready, &record);
    loop_run_once(record.loop, 1000);
    assert_string_equal(record.order, "rw");
    loop_watch_free(record.watch);
    close(ends[0]);
    close(ends[1]);
    loop_free(record.loop);
}

struct sum {
    int numbers[2];
    int result;
    pthread_t worker;
};

static void work(void *value)
{
    struct sum *sum = value;
    sum->result = sum->numbers[0] + sum->numbers[1];
    sum->worker = pthread_self();
}

static void done(void *context, void *value)
{
    const struct sum *sum = value;
    assert_int_equal(sum->result, 42);
    assert_false(pthread_equal(sum->worker, pthread_self()));
    add(context, 'j');
}

static void a_job_works_on_its_own_copy_elsewhere(void **state)
{
    (void)state;
    struct record record = {.loop = loop_new()};
    struct sum sum = {.numbers = {40, 2}};
    job_start(record.loop,
              &(struct job){
                  .value = &sum, .value_bytes = sizeof sum, .work = work, .done = done, .context = &record});
    assert_string_equal(record.order, "");
    loop_free(record.loop); // waits for it
    assert_string_equal(record.order, "j");
    assert_int_equal(sum.result, 0);
}

#define LETTERS 1000

struct letter {
    struct mailbox_message message; // first
    unsigned number;
};

struct post {
    struct mailbox *mailbox;
    struct letter letters[LETTERS];
    unsigned received;
};

static void receive(void *context, struct mailbox_message *message)
{
    struct post *post = context;
    assert_int_equal(((struct letter *)message)->number, post->received);
    post->received++;
}

static void *send_letters(void *context)
{
    struct post *post = context;
    for (unsigned i = 0; i < LETTERS; i++) {
        post->letters[i].number = i;
        mailbox_post(post->mailbox, &post->letters[i].message);
    }
    return NULL;
}

static void messages_from_another_thread_come_all_and_in_order(void **state)
{
    (void)state;
    static struct post post;
    struct loop *loop = loop_new();
    post.mailbox = mailbox_new(loop, receive, &post);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, send_letters, &post), 0);
    for (unsigned i = 0; i < 1000 && post.received < LETTERS / 2; i++) {
        loop_run_once(loop, 5);
    }
    pthread_join(thread, NULL);
    mailbox_free(post.mailbox); // hands over the rest
    assert_int_equal(post.received, LETTERS);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_ends_after_its_events),
        cmocka_unit_test(a_timer_may_free_itself),
        cmocka_unit_test(a_stopped_timer_does_not_fire),
        cmocka_unit_test(a_timer_that_starts_itself_anew_at_once_starves_nobody),
        cmocka_unit_test(one_turn_waits_no_longer_than_told),
        cmocka_unit_test(a_signal_comes_in_the_loop),
        cmocka_unit_test(a_watch_tells_what_a_descriptor_is_ready_for),
        cmocka_unit_test(a_job_works_on_its_own_copy_elsewhere),
        cmocka_unit_test(messages_from_another_thread_come_all_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
