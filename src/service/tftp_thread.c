// SPDX-License-Identifier: GPL-3.0-or-later
// The loop of an engine thread. One turn: wait, take packets in batches and send what they lead to in
// batches, wake who is due, then the mail of the loop thread, and last free what ended. Nothing is freed in
// the middle that the turn may still speak of.
#include "service/tftp_thread.h"

#include "base/text.h"
#include "io/heap.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS_MOST  32
#define WAIT_MOST_MS 1000
#define PACED_MS     5
#define SPIN_US      50 // after a packet: an answer within that finds us awake
#define SPIN_FLOWS   2  // more than these come in batches anyway

// Mail.

static void wake_thread(struct tftp_thread *thread)
{
    uint64_t one = 1;
    (void)!write(thread->wake_fd, &one, sizeof one); // full means awake already
}

void tftp_thread_post(struct tftp_thread *thread, struct tftp_mail *taken_mail)
{
    taken_mail->next = NULL;
    pthread_mutex_lock(&thread->lock);
    *(thread->mail_last == NULL ? &thread->mail_first : &thread->mail_last->next) = taken_mail;
    thread->mail_last = taken_mail;
    pthread_mutex_unlock(&thread->lock);
    wake_thread(thread);
}

void tftp_thread_post_answer(struct tftp_thread *thread, struct tftp_question *taken_question)
{
    taken_question->next = NULL;
    pthread_mutex_lock(&thread->lock);
    bool was_empty = thread->answer_first == NULL;
    *(was_empty ? &thread->answer_first : &thread->answer_last->next) = taken_question;
    thread->answer_last = taken_question;
    pthread_mutex_unlock(&thread->lock);
    if (was_empty) {
        wake_thread(thread);
    }
}

static void end_flows(struct tftp_thread *thread, const struct tftp_port *port, const char *why)
{
    for (uint32_t i = 0; i < thread->flows.capacity; i++) {
        struct tftp_flow *flow = thread->flows.slots[i].value;
        if (flow != NULL && (port == NULL || flow->port == port)) {
            tftp_flow_send_error(flow, TFTP_ERROR_NOT_DEFINED, why);
            tftp_flow_end(flow, TRANSFER_FAILED);
            i--; // another one may have moved up into its place
        }
    }
    tftp_output_flush(thread);
    tftp_flow_reap(thread);
}

// Questions that came by the port are nobody's any more; those by other ports stay.
static void forget_questions(struct tftp_thread *thread, const struct tftp_port *port)
{
    for (uint32_t i = 0; i < thread->asked.capacity; i++) {
        struct tftp_question *question = thread->asked.slots[i].value;
        if (question != NULL && question->port == port) {
            question->is_stale = true;
            question->port = NULL;
            (void)tftp_table_remove(&thread->asked, thread->asked.slots[i].key);
            i--;
        }
    }
}

static void unlisten(struct tftp_thread *thread, const char *interface)
{
    struct tftp_port *next;
    for (struct tftp_port *port = thread->ports; port != NULL; port = next) {
        next = port->next;
        if (port->is_listener && strcmp(port->interface, interface) == 0) {
            end_flows(thread, port, "this server no longer serves this network");
            forget_questions(thread, port);
            tftp_port_remove(thread, port);
        }
    }
}

static void take_mail(struct tftp_thread *thread, struct tftp_mail *taken_mail)
{
    switch (taken_mail->kind) {
    case TFTP_MAIL_LISTEN:
        tftp_port_offer(thread, taken_mail->port);
        break;
    case TFTP_MAIL_UNLISTEN:
        unlisten(thread, taken_mail->interface);
        break;
    case TFTP_MAIL_POLICY:
        thread->policy = taken_mail->policy;
        break;
    case TFTP_MAIL_STORED:
        tftp_flow_write_stored(taken_mail->store);
        break;
    case TFTP_MAIL_STOP:
        thread->is_stopping = true;
        break;
    }
    sem_t *done = taken_mail->done;
    heap_free(taken_mail);
    if (done != NULL) {
        (void)sem_post(done);
    }
}

static void read_mail(struct tftp_thread *thread)
{
    uint64_t count;
    (void)!read(thread->wake_fd, &count, sizeof count);
    pthread_mutex_lock(&thread->lock);
    struct tftp_mail *mail = thread->mail_first;
    struct tftp_question *answer = thread->answer_first;
    thread->mail_first = thread->mail_last = NULL;
    thread->answer_first = thread->answer_last = NULL;
    pthread_mutex_unlock(&thread->lock);
    while (mail != NULL) {
        struct tftp_mail *next = mail->next;
        take_mail(thread, mail);
        mail = next;
    }
    while (answer != NULL) {
        struct tftp_question *next = answer->next;
        tftp_intake_answer(thread, answer);
        answer = next;
    }
}

// The loop.

// A lone client in lock-step is bound by how quickly we wake, so for a moment we do not sleep.
static bool should_spin(const struct tftp_thread *thread)
{
    return thread->may_spin && thread->flows.count != 0 && thread->flows.count <= SPIN_FLOWS &&
           thread->gap_us <= SPIN_US && thread->now_us - thread->heard_us < SPIN_US;
}

static int wait_ms(const struct tftp_thread *thread)
{
    if (should_spin(thread)) {
        return 0;
    }
    int64_t until_us = tftp_flow_next_us(thread);
    int64_t wait_us = until_us == INT64_MAX ? WAIT_MOST_MS * 1000 : until_us - thread->now_us;
    wait_us = wait_us < 0 ? 0 : wait_us;
    int64_t most_ms = thread->paced.first != NULL ? PACED_MS : WAIT_MOST_MS;
    int64_t ms = (wait_us + 999) / 1000;
    return (int)(ms < most_ms ? ms : most_ms);
}

static void serve_port(struct tftp_thread *thread, struct tftp_port *port, unsigned events)
{
    if ((events & EPOLLERR) != 0) {
        tftp_port_read_errors(thread, port);
    }
    if ((events & EPOLLIN) != 0) {
        tftp_port_receive(thread, port);
    }
    if ((events & EPOLLOUT) != 0) {
        tftp_port_watch(thread, port, false);
        tftp_flow_resume_port(thread, port);
        tftp_output_flush(thread);
    }
}

static void turn(struct tftp_thread *thread)
{
    struct epoll_event events[EVENTS_MOST];
    bool has_mail = false;
    int count = epoll_wait(thread->epoll_fd, events, EVENTS_MOST, wait_ms(thread));
    thread->now_us = loop_now_us();
    for (int i = 0; i < count; i++) {
        struct tftp_port *port = events[i].data.ptr;
        if (port == NULL) {
            has_mail = true;
        } else {
            serve_port(thread, port, events[i].events);
        }
    }
    tftp_flow_run_timers(thread);
    if (thread->paced.first != NULL) {
        tftp_flow_resume_paced(thread);
    }
    if (has_mail) {
        read_mail(thread);
    }
    tftp_output_flush(thread);
    tftp_flow_reap(thread);
    tftp_intake_tell_dropped(thread, false);
    tftp_port_tidy(thread);
}

static void finish(struct tftp_thread *thread)
{
    end_flows(thread, NULL, "the server is stopping");
    tftp_intake_tell_dropped(thread, true);
    while (thread->ports != NULL) {
        forget_questions(thread, thread->ports);
        tftp_port_remove(thread, thread->ports);
    }
}

static void *run(void *context)
{
    struct tftp_thread *thread = context;
    char name[16];
    (void)snprintf(name, sizeof name, "tftp-%u", thread->number);
    (void)pthread_setname_np(pthread_self(), name);
    thread->now_us = loop_now_us();
    while (!thread->is_stopping) {
        turn(thread);
    }
    finish(thread);
    return NULL;
}

// Its life, in the loop thread.

struct tftp_thread *tftp_thread_new(struct tftp_engine *engine, unsigned number)
{
    struct tftp_thread *thread = heap_new(sizeof *thread);
    thread->engine = engine;
    thread->number = number;
    thread->may_spin = sysconf(_SC_NPROCESSORS_ONLN) > 1;
    thread->gap_us = INT64_MAX;
    thread->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    thread->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int failed = pthread_mutex_init(&thread->lock, NULL);
    assert(thread->epoll_fd >= 0 && thread->wake_fd >= 0 && failed == 0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    failed = epoll_ctl(thread->epoll_fd, EPOLL_CTL_ADD, thread->wake_fd, &event);
    assert(failed == 0);
    tftp_port_prepare(&thread->input, false);
    tftp_port_prepare(&thread->requests, true);
    tftp_table_init(&thread->flows);
    tftp_table_init(&thread->asked);
    tftp_table_init(&thread->files);
    tftp_limiter_init(&thread->limiter);
    thread->seed = (uint32_t)thread->flows.seed | 1u;
    return thread;
}

void tftp_thread_start(struct tftp_thread *thread)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all); // signals are the loop thread's
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread->id, NULL, run, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert(failed == 0);
    thread->is_running = true;
}

void tftp_thread_stop(struct tftp_thread *thread)
{
    struct tftp_mail *mail = heap_new(sizeof *mail);
    mail->kind = TFTP_MAIL_STOP;
    tftp_thread_post(thread, mail);
    if (thread->is_running) {
        (void)pthread_join(thread->id, NULL);
        thread->is_running = false;
    } else {
        read_mail(thread);
        finish(thread);
    }
}

void tftp_thread_free(struct tftp_thread *thread)
{
    read_mail(thread); // answers and uploads that came too late
    tftp_output_flush(thread);
    tftp_flow_reap(thread);
    assert(thread->uploads == 0 && thread->uploads_unheard == 0);
    tftp_table_clear(&thread->flows);
    tftp_table_clear(&thread->asked);
    tftp_table_clear(&thread->files);
    tftp_limiter_clear(&thread->limiter);
    heap_free(thread->heap);
    heap_free(thread->groups);
    (void)close(thread->epoll_fd);
    (void)close(thread->wake_fd);
    pthread_mutex_destroy(&thread->lock);
    heap_free(thread);
}
