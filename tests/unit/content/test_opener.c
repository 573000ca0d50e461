// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/opener.h"

#include "io/loop.h"
#include "unit/test.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

struct disk {      // a source that answers at once only what it was asked before, if at all
    sem_t turns;   // a lookup waits for it
    sem_t at_work; // posted by each lookup that begins to wait
    atomic_uint waits;
    atomic_bool was_loop; // somebody waited in the loop's thread
    pthread_t loop_thread;
    bool is_warm;
};

static enum status disk_lookup(void *self, const char *path, const struct content_client *client,
                               struct content_node *node, struct reasons *reasons)
{
    struct disk *disk = self;
    if (client->is_quick && !disk->is_warm) {
        return STATUS_BUSY;
    }
    if (!client->is_quick) {
        atomic_fetch_add(&disk->waits, 1);
        atomic_store(&disk->was_loop, pthread_equal(pthread_self(), disk->loop_thread) != 0);
        sem_post(&disk->at_work);
        sem_wait(&disk->turns);
    }
    if (strcmp(path, "missing") == 0) {
        reasons_add(reasons, REASON_FILE_UNREADABLE);
        return STATUS_NOT_FOUND;
    }
    content_node_set_memory(node, path, strlen(path));
    return STATUS_OK;
}

static bool disk_nearest(void *self, const char *path, char out[CONTENT_PATH_BYTES])
{
    struct disk *disk = self;
    (void)path;
    atomic_fetch_add(&disk->waits, 1);
    memcpy(out, "mission", sizeof "mission");
    return true;
}

struct bench {
    struct disk disk;
    struct loop *loop;
    struct content content;
    struct content_waiter waiter; // of one who asks
    unsigned told;
};

static struct bench *bench_of(struct content_waiter *waiter)
{
    return (struct bench *)((char *)waiter - offsetof(struct bench, waiter));
}

static void be_told(struct content_waiter *waiter)
{
    bench_of(waiter)->told++;
}

static void begin_with(struct bench *bench, unsigned patience_s)
{
    *bench = (struct bench){.loop = loop_new()};
    sem_init(&bench->disk.turns, 0, 0);
    sem_init(&bench->disk.at_work, 0, 0);
    bench->disk.loop_thread = pthread_self();
    bench->waiter.ready = be_told;
    content_init(&bench->content);
    bench->content.opener = content_opener_new(bench->loop, NULL, patience_s);
    content_add(&bench->content, (struct content_source){.name = "disk",
                                                         .lookup = disk_lookup,
                                                         .nearest = disk_nearest,
                                                         .is_shared = true,
                                                         .may_wait = true,
                                                         .self = &bench->disk});
}

static void finish(struct bench *bench)
{
    content_waiter_remove(&bench->waiter);
    content_opener_free(bench->content.opener);
    loop_free(bench->loop);
    sem_destroy(&bench->disk.turns);
    sem_destroy(&bench->disk.at_work);
}

static enum status ask(struct bench *bench, const char *path, struct content_node *node,
                       struct reasons *reasons)
{
    const struct content_client client = {.query = "", .waiter = &bench->waiter};
    *reasons = (struct reasons){0};
    return content_open(&bench->content, path, strlen(path), &client, node, reasons);
}

static void run_until_told(struct bench *bench, unsigned times)
{
    for (int turns = 0; bench->told < times && turns < 500; turns++) {
        loop_run_once(bench->loop, 20);
    }
    assert_int_equal(bench->told, times);
}

static void who_asks_waits_for_the_disk_and_the_loop_does_not(void **state)
{
    (void)state;
    struct bench bench;
    struct content_node node;
    struct reasons reasons;
    begin_with(&bench, 0);
    assert_int_equal(ask(&bench, "a", &node, &reasons), STATUS_WAITING);
    sem_wait(&bench.disk.at_work);
    loop_run_once(bench.loop, 10); // it turns
    assert_int_equal(bench.told, 0);
    sem_post(&bench.disk.turns);
    run_until_told(&bench, 1);
    assert_int_equal(ask(&bench, "a", &node, &reasons), STATUS_OK);
    assert_int_equal(node.size, 1);
    assert_string_equal(node.source, "disk");
    assert_int_equal(atomic_load(&bench.disk.waits), 1);
    assert_false(atomic_load(&bench.disk.was_loop));
    content_node_close(&node);
    assert_null(bench.waiter.memos); // the search is over, so the next one looks anew
    finish(&bench);
}

static void what_is_at_hand_is_answered_at_once(void **state)
{
    (void)state;
    struct bench bench;
    struct content_node node;
    struct reasons reasons;
    begin_with(&bench, 0);
    bench.disk.is_warm = true;
    assert_int_equal(ask(&bench, "a", &node, &reasons), STATUS_OK);
    assert_int_equal(atomic_load(&bench.disk.waits), 0);
    content_node_close(&node);
    finish(&bench);
}

static void a_search_for_several_names_keeps_what_was_found(void **state)
{
    (void)state;
    struct bench bench;
    struct content_node node;
    struct reasons reasons;
    char nearest[CONTENT_PATH_BYTES];
    begin_with(&bench, 0);
    bench.waiter.keeps = true;
    const struct content_client client = {.query = "", .waiter = &bench.waiter};
    for (unsigned i = 0; i < 3; i++) {
        sem_post(&bench.disk.turns);
    }
    assert_int_equal(ask(&bench, "missing", &node, &reasons), STATUS_WAITING);
    assert_int_equal(ask(&bench, "b", &node, &reasons), STATUS_WAITING); // not begun: one after the other
    run_until_told(&bench, 1);
    assert_int_equal(ask(&bench, "missing", &node, &reasons), STATUS_NOT_FOUND);
    assert_true(reasons_has(&reasons, REASON_FILE_UNREADABLE));
    assert_int_equal(ask(&bench, "b", &node, &reasons), STATUS_WAITING);
    assert_int_equal(reasons.count, 0);
    run_until_told(&bench, 2);
    assert_int_equal(ask(&bench, "missing", &node, &reasons), STATUS_NOT_FOUND);
    assert_int_equal(ask(&bench, "b", &node, &reasons), STATUS_OK);
    content_node_close(&node);
    assert_int_equal(content_find_nearest(&bench.content, "missing", 7, &client, nearest), STATUS_WAITING);
    run_until_told(&bench, 3);
    assert_int_equal(content_find_nearest(&bench.content, "missing", 7, &client, nearest), STATUS_OK);
    assert_string_equal(nearest, "mission");
    assert_int_equal(atomic_load(&bench.disk.waits), 3);
    finish(&bench);
}

static void who_stops_waiting_is_not_told(void **state)
{
    (void)state;
    struct bench bench;
    struct content_node node;
    struct reasons reasons;
    begin_with(&bench, 0);
    assert_int_equal(ask(&bench, "a", &node, &reasons), STATUS_WAITING);
    sem_wait(&bench.disk.at_work);
    content_waiter_remove(&bench.waiter);
    sem_post(&bench.disk.turns);
    for (int turns = 0; turns < 20; turns++) {
        loop_run_once(bench.loop, 5);
    }
    assert_int_equal(bench.told, 0);
    finish(&bench);
}

static void a_disk_that_does_not_answer_is_an_error_after_a_while(void **state)
{
    (void)state;
    struct bench bench;
    struct content_node node;
    struct reasons reasons;
    begin_with(&bench, 1);
    assert_int_equal(ask(&bench, "a", &node, &reasons), STATUS_WAITING);
    run_until_told(&bench, 1);
    assert_int_equal(ask(&bench, "a", &node, &reasons), STATUS_IO);
    sem_post(&bench.disk.turns); // it came back: nobody waits for it any more
    for (int turns = 0; turns < 20; turns++) {
        loop_run_once(bench.loop, 5);
    }
    assert_int_equal(bench.told, 1);
    finish(&bench);
}

static void ending_does_not_wait_for_a_disk_that_does_not_answer(void **state)
{
    (void)state;
    static struct bench bench; // its thread uses it until the very end
    struct content_node node;
    struct reasons reasons;
    begin_with(&bench, 0);
    assert_int_equal(ask(&bench, "a", &node, &reasons), STATUS_WAITING);
    sem_wait(&bench.disk.at_work);
    content_waiter_remove(&bench.waiter);
    content_opener_free(bench.content.opener);
    loop_free(bench.loop);
    assert_int_equal(bench.told, 0);
    sem_post(&bench.disk.turns); // the thread frees what is its own
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_asks_waits_for_the_disk_and_the_loop_does_not),
        cmocka_unit_test(what_is_at_hand_is_answered_at_once),
        cmocka_unit_test(a_search_for_several_names_keeps_what_was_found),
        cmocka_unit_test(who_stops_waiting_is_not_told),
        cmocka_unit_test(a_disk_that_does_not_answer_is_an_error_after_a_while),
        cmocka_unit_test(ending_does_not_wait_for_a_disk_that_does_not_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
