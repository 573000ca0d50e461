// SPDX-License-Identifier: GPL-3.0-or-later
// The loop of an engine thread. One turn: wait, go on with whom something came for, then with those that
// could go on anyway, read the mail, tell what ended. Nothing is freed in the middle that the turn may still
// speak of.
#include "service/http_thread.h"

#include "io/heap.h"
#include "io/loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS_MOST  64
#define ACCEPTS_MOST 64 // in one turn
#define WAIT_MOST_MS 1000
#define FULL_MS      100 // until descriptors are looked for again
#define TELL_MS      5   // ends that nobody waits for are told together
#define TELL_MOST    64
#define TIDY_US      INT64_C(1000000)

// Who comes in.

static unsigned place_of(const struct http_crowd *crowd, struct ip client)
{
    return (unsigned)(hash_bytes(crowd->key, &client, sizeof client) % HTTP_CROWD_PLACES);
}

// Counts one more of `client`, if there is room.
static bool enter_crowd(struct http_thread *thread, struct ip client, unsigned *place)
{
    struct http_engine *engine = thread->engine;
    struct http_crowd *crowd = &engine->crowd;
    *place = place_of(crowd, client);
    if (atomic_load(&crowd->places[*place]) >= engine->options.per_client_most) {
        return false;
    }
    if (atomic_load(&crowd->count) >= engine->options.connections_most && !http_connection_evict(thread)) {
        return false;
    }
    atomic_fetch_add(&crowd->count, 1);
    atomic_fetch_add(&crowd->places[*place], 1);
    return true;
}

static void accept_some(struct http_thread *thread, struct http_entrance *entrance)
{
    for (unsigned i = 0; i < ACCEPTS_MOST; i++) {
        union socket_address peer;
        socklen_t length = sizeof peer;
        unsigned place;
        int fd = accept4(entrance->door->options.fd, &peer.any, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
            thread->is_full = !http_connection_evict(thread);
            return;
        }
        if (fd < 0 && errno == EAGAIN) {
            entrance->has_more = false;
            return;
        }
        if (fd >= 0 && enter_crowd(thread, socket_address_ip(&peer), &place)) {
            http_connection_begin(thread, entrance->door, fd, &peer, place);
        } else if (fd >= 0) {
            (void)close(fd);
        }
    }
}

// Mail.

static void open_door(struct http_thread *thread, struct http_door *door)
{
    struct http_entrance *entrance = heap_new(sizeof *entrance);
    *entrance = (struct http_entrance){.tag = HTTP_TAG_ENTRANCE, .door = door, .next = thread->entrances};
    thread->entrances = entrance;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET | EPOLLEXCLUSIVE, .data.ptr = &entrance->tag};
    int failed = epoll_ctl(thread->epoll_fd, EPOLL_CTL_ADD, door->options.fd, &event);
    assert(failed == 0);
    (void)failed;
}

// Its connections end, whatever they are at.
static void close_door(struct http_thread *thread, const struct http_door *door)
{
    for (struct http_connection *at = thread->first, *next; at != NULL; at = next) {
        next = at->next;
        if (at->door == door) {
            http_connection_end(thread, at, TRANSFER_FAILED);
        }
    }
    struct http_entrance **at = &thread->entrances;
    while (*at != NULL) {
        struct http_entrance *entrance = *at;
        if (entrance->door == door) {
            (void)epoll_ctl(thread->epoll_fd, EPOLL_CTL_DEL, door->options.fd, NULL);
            *at = entrance->next;
            heap_free(entrance);
        } else {
            at = &entrance->next;
        }
    }
}

static void take_mail(struct http_thread *thread, struct http_mail *mail)
{
    if (mail->opened != NULL) {
        open_door(thread, mail->opened);
    }
    if (mail->closed != NULL) {
        close_door(thread, mail->closed);
    }
    thread->is_stopping |= mail->is_stop;
    (void)sem_post(mail->done); // `mail` is gone from here on
}

static void read_mail(struct http_thread *thread)
{
    uint64_t count;
    (void)!read(thread->wake_fd, &count, sizeof count);
    pthread_mutex_lock(&thread->lock);
    struct http_mail *mail = thread->mail_first;
    struct http_ask *ask = thread->answer_first;
    thread->mail_first = thread->mail_last = NULL;
    thread->answer_first = thread->answer_last = NULL;
    pthread_mutex_unlock(&thread->lock);
    while (ask != NULL) {
        struct http_ask *next = ask->next;
        http_connection_answered(thread, ask);
        ask = next;
    }
    while (mail != NULL) {
        struct http_mail *next = mail->next;
        take_mail(thread, mail);
        mail = next;
    }
}

// What ended.

static void post(struct http_thread *thread, struct http_chain *chain)
{
    if (chain->first != NULL) {
        mailbox_post_chain(thread->engine->options.mailbox, chain->first, chain->last);
        *chain = (struct http_chain){0};
    }
}

static void tell_ended(struct http_thread *thread)
{
    post(thread, &thread->ended);
    thread->ended_count = 0;
    thread->is_telling = false;
}

static void reap(struct http_thread *thread)
{
    struct http_connection **at = &thread->over;
    while (*at != NULL) {
        struct http_connection *connection = *at;
        if (connection->is_ready) { // the next turn meets it once more
            at = &connection->next;
        } else {
            *at = connection->next;
            heap_free(connection);
        }
    }
}

// The loop.

static int wait_ms(const struct http_thread *thread)
{
    if (thread->ready != NULL) {
        return 0;
    }
    for (const struct http_entrance *at = thread->entrances; at != NULL; at = at->next) {
        if (at->has_more) {
            return thread->is_full ? FULL_MS : 0;
        }
    }
    return thread->ended_count != 0 ? TELL_MS : WAIT_MOST_MS;
}

static bool serve_event(struct http_thread *thread, const struct epoll_event *event)
{
    enum http_tag *tag = event->data.ptr;
    switch (*tag) {
    case HTTP_TAG_MAIL:
        return true;
    case HTTP_TAG_ENTRANCE:
        ((struct http_entrance *)tag)->has_more = true;
        break;
    case HTTP_TAG_CONNECTION:
        http_connection_event(thread, (struct http_connection *)tag, event->events);
        break;
    }
    return false;
}

static void serve_ready(struct http_thread *thread)
{
    struct http_connection *ready = thread->ready;
    thread->ready = NULL;
    thread->ready_last = &thread->ready;
    while (ready != NULL) {
        struct http_connection *next = ready->next_ready;
        ready->is_ready = false;
        if (ready->stage != HTTP_STAGE_OVER) {
            http_connection_resume(thread, ready);
        }
        ready = next;
    }
}

static void turn(struct http_thread *thread)
{
    struct epoll_event events[EVENTS_MOST];
    bool has_mail = false;
    int count = epoll_wait(thread->epoll_fd, events, EVENTS_MOST, wait_ms(thread));
    thread->now_us = loop_now_us();
    serve_ready(thread);
    for (int i = 0; i < count; i++) {
        has_mail |= serve_event(thread, &events[i]);
    }
    thread->is_full = false;
    for (struct http_entrance *at = thread->entrances; at != NULL; at = at->next) {
        if (at->has_more) {
            accept_some(thread, at);
        }
    }
    if (has_mail) {
        read_mail(thread);
    }
    if (thread->now_us - thread->tidied_us >= TIDY_US) {
        thread->tidied_us = thread->now_us;
        http_connection_expire(thread);
        http_files_tidy(&thread->files, thread->now_us);
    }
    post(thread, &thread->asked);
    bool is_late = thread->ended_count != 0 && thread->now_us - thread->ended_us >= TELL_MS * 1000;
    if (is_late || thread->is_telling || thread->ended_count >= TELL_MOST) {
        tell_ended(thread);
    }
    reap(thread);
}

static void *run(void *context)
{
    struct http_thread *thread = context;
    (void)pthread_setname_np(pthread_self(), "http");
    thread->now_us = loop_now_us();
    while (!thread->is_stopping) {
        turn(thread);
    }
    serve_ready(thread);
    reap(thread);
    tell_ended(thread);
    return NULL;
}

// Its life, in the loop's thread.

struct http_thread *http_thread_new(struct http_engine *engine)
{
    struct http_thread *thread = heap_new(sizeof *thread);
    thread->engine = engine;
    thread->mail_tag = HTTP_TAG_MAIL;
    thread->ready_last = &thread->ready;
    thread->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    thread->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int failed = pthread_mutex_init(&thread->lock, NULL);
    assert(thread->epoll_fd >= 0 && thread->wake_fd >= 0 && failed == 0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &thread->mail_tag};
    failed = epoll_ctl(thread->epoll_fd, EPOLL_CTL_ADD, thread->wake_fd, &event);
    assert(failed == 0);
    (void)failed;
    http_files_init(&thread->files);
    return thread;
}

void http_thread_start(struct http_thread *thread)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all); // signals are the loop thread's
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread->id, NULL, run, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert(failed == 0);
    (void)failed;
}

void http_thread_wake(struct http_thread *thread)
{
    uint64_t one = 1;
    (void)!write(thread->wake_fd, &one, sizeof one); // full means awake already
}

void http_thread_tell(struct http_thread *thread, struct http_mail mail)
{
    sem_t done;
    sem_init(&done, 0, 0);
    mail.done = &done;
    pthread_mutex_lock(&thread->lock);
    *(thread->mail_first == NULL ? &thread->mail_first : &thread->mail_last->next) = &mail;
    thread->mail_last = &mail;
    pthread_mutex_unlock(&thread->lock);
    http_thread_wake(thread);
    while (sem_wait(&done) != 0) { // interrupted
    }
    sem_destroy(&done);
}

void http_thread_free(struct http_thread *taken_thread)
{
    (void)pthread_join(taken_thread->id, NULL);
    assert(taken_thread->first == NULL && taken_thread->answer_first == NULL);
    http_files_tidy(&taken_thread->files, INT64_MAX);
    (void)close(taken_thread->epoll_fd);
    (void)close(taken_thread->wake_fd);
    pthread_mutex_destroy(&taken_thread->lock);
    heap_free(taken_thread);
}
