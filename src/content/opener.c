// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/opener.h"

#include "content/memo.h"
#include "io/heap.h"
#include "io/mailbox.h"

#include <pthread.h>
#include <time.h>

#define TICK_MS   1000
#define PARTING_S 2 // for threads that are at work when we end

struct opening { // one lookup; the loop's, but for `memo`, which is its thread's until it is done
    struct mailbox_message message; // first
    struct opening *next;           // in the queue
    struct opening *next_live;
    struct opening *previous_live;
    struct content_memo *memo;
    struct content_waiter *waiters; // the one who asked, while it waits
    int64_t began_us;
};

struct content_opener {
    struct log *log;
    unsigned patience_s;
    struct loop_timer *tick;
    struct opening *live; // the latest first
    unsigned live_count;
    int64_t complained_us;
    bool is_ending;       // `live` is not kept any more
    pthread_mutex_t lock; // of what follows
    pthread_cond_t changed;
    struct mailbox *mailbox; // NULL = we end: what is done is thrown away
    struct opening *first;   // queue
    struct opening **last;
    unsigned queued;
    unsigned threads;
    unsigned idle;
    bool is_left; // to the last of its threads
};

static void free_opening(struct opening *taken_opening)
{
    content_memo_free(taken_opening->memo);
    heap_free(taken_opening);
}

// ---- in the threads ----

static void destroy(struct content_opener *taken_opener)
{
    pthread_mutex_destroy(&taken_opener->lock);
    pthread_cond_destroy(&taken_opener->changed);
    heap_free(taken_opener);
}

static struct opening *wait_for_work(struct content_opener *opener)
{
    opener->idle++;
    while (opener->first == NULL && opener->mailbox != NULL) {
        pthread_cond_wait(&opener->changed, &opener->lock);
    }
    opener->idle--;
    struct opening *opening = opener->mailbox == NULL ? NULL : opener->first;
    if (opening != NULL) {
        opener->first = opening->next;
        opener->last = opener->first == NULL ? &opener->first : opener->last;
        opener->queued--;
    }
    return opening;
}

static void *work(void *context)
{
    struct content_opener *opener = context;
    pthread_mutex_lock(&opener->lock);
    for (struct opening *opening; (opening = wait_for_work(opener)) != NULL;) {
        pthread_mutex_unlock(&opener->lock);
        content_memo_work(opening->memo);
        pthread_mutex_lock(&opener->lock);
        if (opener->mailbox != NULL) {
            mailbox_post(opener->mailbox, &opening->message);
        } else {
            free_opening(opening);
        }
    }
    opener->threads--;
    bool is_last = opener->is_left && opener->threads == 0;
    pthread_cond_broadcast(&opener->changed);
    pthread_mutex_unlock(&opener->lock);
    if (is_last) {
        destroy(opener);
    }
    return NULL;
}

static void start_thread(struct content_opener *opener)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attributes, work, opener) == 0) {
        opener->threads++;
    }
    pthread_attr_destroy(&attributes);
}

// ---- in the loop ----

// Lets who waits, if anybody still does, ask again.
static void tell(struct opening *opening, struct content_memo *taken_memo)
{
    struct content_waiter *waiter = opening->waiters;
    if (waiter == NULL) {
        content_memo_free(taken_memo);
        return;
    }
    content_memo_add(&waiter->memos, taken_memo);
    waiter->memo_count++;
    content_waiter_wake(&opening->waiters);
}

static void unlink_live(struct content_opener *opener, struct opening *opening)
{
    struct opening **at = opening->previous_live == NULL ? &opener->live : &opening->previous_live->next_live;
    *at = opening->next_live;
    if (opening->next_live != NULL) {
        opening->next_live->previous_live = opening->previous_live;
    }
    opener->live_count--;
    if (opener->live == NULL) {
        loop_timer_stop(opener->tick);
    }
}

static void take_done(void *context, struct mailbox_message *message)
{
    struct content_opener *opener = context;
    struct opening *opening = (struct opening *)message; // its first member
    if (!opener->is_ending) {
        unlink_live(opener, opening);
    }
    tell(opening, opening->memo);
    opening->memo = NULL;
    free_opening(opening);
}

static void complain(struct content_opener *opener, const struct opening *opening, int64_t now_us)
{
    const int64_t pause_us = INT64_C(60) * 1000000;
    if (opener->log != NULL && (opener->complained_us == 0 || now_us - opener->complained_us > pause_us)) {
        opener->complained_us = now_us;
        log_write(opener->log, LOG_LEVEL_ERROR,
                  "looking for %s takes longer than %u s: its disk or file server does not answer; look at "
                  "dmesg, or mount it with a timeout",
                  content_memo_path(opening->memo), opener->patience_s);
    }
}

// Who is told may begin other lookups: those come to the front of the list, and are young.
static void tick(void *context)
{
    struct content_opener *opener = context;
    int64_t now_us = loop_now_us();
    for (struct opening *opening = opener->live; opening != NULL; opening = opening->next_live) {
        bool is_late = now_us - opening->began_us > INT64_C(1000000) * opener->patience_s;
        if (is_late && opening->waiters != NULL) {
            complain(opener, opening, now_us);
            tell(opening, content_memo_fail(opening->memo, STATUS_IO));
        }
    }
}

struct content_opener *content_opener_new(struct loop *loop, struct log *log, unsigned patience_s)
{
    struct content_opener *opener = heap_new(sizeof *opener);
    *opener = (struct content_opener){.log = log,
                                      .last = &opener->first,
                                      .patience_s = patience_s == 0 ? CONTENT_OPENER_PATIENCE_S : patience_s};
    pthread_mutex_init(&opener->lock, NULL);
    pthread_cond_init(&opener->changed, NULL);
    opener->mailbox = mailbox_new(loop, take_done, opener);
    opener->tick = loop_timer_new(loop, tick, opener);
    return opener;
}

static void link_live(struct content_opener *opener, struct opening *opening)
{
    opening->next_live = opener->live;
    if (opener->live == NULL) {
        loop_timer_start(opener->tick, TICK_MS, TICK_MS);
    } else {
        opener->live->previous_live = opening;
    }
    opener->live = opening;
    opener->live_count++;
}

static enum status begin(struct content_opener *opener, struct content_waiter *waiter,
                         const struct content_source *source, const char *path, bool is_nearest)
{
    if (waiter->at != NULL) { // one after the other
        return STATUS_WAITING;
    }
    if (opener->live_count >= CONTENT_OPENER_QUEUE_MOST) {
        return STATUS_BUSY;
    }
    if (waiter->memo_count >= CONTENT_OPENER_MEMOS_MOST) {
        return STATUS_IO;
    }
    struct opening *opening = heap_new(sizeof *opening);
    *opening =
        (struct opening){.memo = content_memo_new(source, path, is_nearest), .began_us = loop_now_us()};
    content_waiter_add(&opening->waiters, waiter);
    link_live(opener, opening);
    pthread_mutex_lock(&opener->lock);
    *opener->last = opening;
    opener->last = &opening->next;
    opener->queued++;
    if (opener->queued > opener->idle && opener->threads < CONTENT_OPENER_THREADS) {
        start_thread(opener);
    }
    pthread_cond_signal(&opener->changed);
    pthread_mutex_unlock(&opener->lock);
    return STATUS_WAITING;
}

static void part(struct content_opener *opener)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PARTING_S;
    pthread_cond_broadcast(&opener->changed);
    while (opener->threads != 0 && pthread_cond_timedwait(&opener->changed, &opener->lock, &end) == 0) {
    }
}

void content_opener_free(struct content_opener *opener)
{
    if (opener == NULL) {
        return;
    }
    opener->is_ending = true;
    pthread_mutex_lock(&opener->lock);
    struct mailbox *mailbox = opener->mailbox;
    opener->mailbox = NULL;
    while (opener->first != NULL) {
        struct opening *opening = opener->first;
        opener->first = opening->next;
        free_opening(opening);
    }
    pthread_mutex_unlock(&opener->lock);
    mailbox_free(mailbox);
    loop_timer_free(opener->tick);
    pthread_mutex_lock(&opener->lock);
    part(opener);
    opener->is_left = opener->threads != 0; // a disk holds some of them
    bool is_mine = !opener->is_left;
    pthread_mutex_unlock(&opener->lock);
    if (is_mine) {
        destroy(opener);
    }
}

// ---- asking ----

static bool can_wait(const struct content_source *source, const struct content_client *client)
{
    return source->may_wait && client->waiter != NULL && client->opener != NULL;
}

enum status content_source_open(const struct content_source *source, const char *path,
                                const struct content_client *client, struct content_node *node,
                                struct reasons *reasons)
{
    if (!can_wait(source, client)) {
        return source->lookup(source->self, path, client, node, reasons);
    }
    const struct content_memo *memo = content_memo_find(client->waiter->memos, source, path, false);
    if (memo != NULL) {
        return content_memo_open(memo, node, reasons);
    }
    struct content_client quick = *client;
    quick.is_quick = true;
    enum status status = source->lookup(source->self, path, &quick, node, reasons);
    return status == STATUS_BUSY ? begin(client->opener, client->waiter, source, path, false) : status;
}

enum status content_source_nearest(const struct content_source *source, const char *path,
                                   const struct content_client *client, char out[CONTENT_PATH_BYTES])
{
    if (source->nearest == NULL) {
        return STATUS_NOT_FOUND;
    }
    if (!can_wait(source, client)) {
        return source->nearest(source->self, path, out) ? STATUS_OK : STATUS_NOT_FOUND;
    }
    const struct content_memo *memo = content_memo_find(client->waiter->memos, source, path, true);
    return memo != NULL ? content_memo_nearest(memo, out)
                        : begin(client->opener, client->waiter, source, path, true);
}
