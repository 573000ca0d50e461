// SPDX-License-Identifier: GPL-3.0-or-later
// The loop thread's end of the engine: it makes the threads, opens their sockets, and takes what they tell.
#include "service/tftp_engine.h"

#include "base/text.h"
#include "io/heap.h"
#include "io/interface.h"
#include "service/tftp_thread.h"

#include <unistd.h>

#define THREADS_AUTO_MOST 4

enum message_kind { MESSAGE_QUESTION, MESSAGE_END, MESSAGE_STALL, MESSAGE_DROPPED };

struct end_message {
    struct tftp_message message;
    struct transfer_end end;
};

struct dropped_message {
    struct tftp_message message;
    uint64_t count;
    struct ip client;
};

// From the threads.

static void take_question(struct tftp_engine *engine, struct tftp_question *question)
{
    if (engine->is_stopping) { // nobody is there any more to serve it
        tftp_thread_post_answer(question->thread, question);
        return;
    }
    engine->options.ask(engine->options.context, question);
}

static void take_end(struct tftp_engine *engine, struct end_message *taken_message)
{
    atomic_fetch_sub_explicit(&engine->told, 1, memory_order_relaxed);
    engine->options.ended(engine->options.context, &taken_message->end);
    heap_free(taken_message);
}

static void take_stall(struct tftp_engine *engine, struct end_message *taken_message)
{
    if (engine->options.stalled != NULL) {
        engine->options.stalled(engine->options.context, &taken_message->end);
    }
    heap_free(taken_message);
}

static void take_dropped(struct tftp_engine *engine, struct dropped_message *taken_message)
{
    if (engine->options.dropped != NULL) {
        engine->options.dropped(engine->options.context, taken_message->count, taken_message->client);
    }
    heap_free(taken_message);
}

static void receive(void *context, struct mailbox_message *link)
{
    struct tftp_engine *engine = context;
    struct tftp_message *message = (struct tftp_message *)link; // each message begins with one
    switch ((enum message_kind)message->kind) {
    case MESSAGE_QUESTION:
        take_question(engine, (struct tftp_question *)message);
        break;
    case MESSAGE_END:
        take_end(engine, (struct end_message *)message);
        break;
    case MESSAGE_STALL:
        take_stall(engine, (struct end_message *)message);
        break;
    case MESSAGE_DROPPED:
        take_dropped(engine, (struct dropped_message *)message);
        break;
    }
}

void tftp_engine_ask(struct tftp_question *question)
{
    question->message.kind = MESSAGE_QUESTION;
    mailbox_post(question->engine->mailbox, &question->message.link);
}

void tftp_engine_tell_end(struct tftp_engine *engine, const struct transfer_end *end)
{
    struct end_message *message = heap_new(sizeof *message);
    message->message.kind = MESSAGE_END;
    message->end = *end;
    atomic_fetch_add_explicit(&engine->told, 1, memory_order_relaxed);
    mailbox_post(engine->mailbox, &message->message.link);
}

void tftp_engine_tell_stall(struct tftp_engine *engine, const struct transfer_end *end)
{
    struct end_message *message = heap_new(sizeof *message);
    message->message.kind = MESSAGE_STALL;
    message->end = *end;
    mailbox_post(engine->mailbox, &message->message.link);
}

void tftp_engine_tell_dropped(struct tftp_engine *engine, uint64_t count, struct ip client)
{
    struct dropped_message *message = heap_new(sizeof *message);
    message->message.kind = MESSAGE_DROPPED;
    message->count = count;
    message->client = client;
    mailbox_post(engine->mailbox, &message->message.link);
}

// To the threads.

void tftp_engine_answer(struct tftp_question *taken_question)
{
    tftp_thread_post_answer(taken_question->thread, taken_question);
}

static void add_listener(struct tftp_engine *engine, unsigned number, struct tftp_port *taken_port)
{
    struct tftp_mail *mail = heap_new(sizeof *mail);
    mail->kind = TFTP_MAIL_LISTEN;
    mail->port = taken_port;
    tftp_thread_post(engine->threads[number], mail);
}

// Sockets for transfers are opened beforehand, as long as we may have large buffers: a thousand clients'
// ACKs come to one of them.
static void open_ahead(struct tftp_engine *engine, struct ip address, uint32_t scope)
{
    for (unsigned i = 0; i < engine->thread_count && !engine->options.policy.is_single_port; i++) {
        uint32_t chance = (uint32_t)tftp_key(address, 0) + i;
        struct tftp_port *port = tftp_port_open(&engine->options.policy, chance, address, scope);
        if (port != NULL) {
            add_listener(engine, i, port);
        }
    }
}

static void open_all_ahead(struct tftp_engine *engine, const struct tftp_engine_listener *wanted)
{
    struct interface interface;
    if (!ip_is_none(wanted->address)) {
        open_ahead(engine, wanted->address, 0);
    } else if (wanted->interface != NULL && interface_find(wanted->interface, &interface) == STATUS_OK) {
        for (unsigned i = 0; i < interface.address_count; i++) {
            open_ahead(engine, ip_from_ip4(interface.addresses[i].address), 0);
        }
        for (unsigned i = 0; i < interface.address6_count; i++) {
            open_ahead(engine, ip_from_ip6(interface.addresses6[i].address), interface.index);
        }
    }
}

// One socket for each thread.
static enum status open_family(struct tftp_engine *engine, struct tftp_engine_listener *each, bool is_ip6,
                               struct tftp_port *ports[TFTP_ENGINE_THREADS_MOST], struct problem *problem)
{
    bool is_shared = engine->thread_count > 1;
    for (unsigned i = 0; i < engine->thread_count; i++) {
        ports[i] = tftp_port_listen(each, is_ip6, i == 0, is_shared, problem);
        if (ports[i] == NULL) {
            while (i-- > 0) {
                tftp_port_free(ports[i]);
            }
            return STATUS_IO;
        }
        each->port = ports[i]->number;
    }
    return STATUS_OK;
}

static bool has_ip6(void)
{
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd >= 0;
}

enum status tftp_engine_listen(struct tftp_engine *engine, const struct tftp_engine_listener *wanted,
                               uint16_t *port, struct problem *problem)
{
    struct tftp_port *ports[2][TFTP_ENGINE_THREADS_MOST];
    struct tftp_engine_listener each = *wanted;
    bool is_any = ip_is_none(wanted->address);
    bool wants[2] = {!ip_is_ip6(wanted->address), ip_is_ip6(wanted->address) || (is_any && has_ip6())};
    for (unsigned family = 0; family < 2; family++) {
        if (!wants[family] || open_family(engine, &each, family == 1, ports[family], problem) == STATUS_OK) {
            continue;
        }
        for (unsigned i = 0; family == 1 && wants[0] && i < engine->thread_count; i++) {
            tftp_port_free(ports[0][i]);
        }
        return STATUS_IO;
    }
    for (unsigned i = 0; i < 2 * engine->thread_count; i++) {
        if (wants[i % 2]) {
            add_listener(engine, i / 2, ports[i % 2][i / 2]);
        }
    }
    open_all_ahead(engine, wanted);
    *port = each.port;
    return STATUS_OK;
}

void tftp_engine_unlisten(struct tftp_engine *engine, const char *interface)
{
    // An interface with a new address is served again at once, by the same port: so the old sockets must be
    // closed when this returns. The threads never wait for the loop thread.
    sem_t done;
    unsigned waited = 0;
    int failed = sem_init(&done, 0, 0);
    assert(failed == 0);
    for (unsigned i = 0; i < engine->thread_count; i++) {
        struct tftp_mail *mail = heap_new(sizeof *mail);
        mail->kind = TFTP_MAIL_UNLISTEN;
        mail->done = engine->threads[i]->is_running ? &done : NULL;
        waited += mail->done != NULL ? 1 : 0;
        (void)text_copy(mail->interface, sizeof mail->interface, interface == NULL ? "" : interface);
        tftp_thread_post(engine->threads[i], mail);
    }
    while (waited != 0) {
        waited -= sem_wait(&done) == 0 ? 1 : 0;
    }
    (void)sem_destroy(&done);
}

// The limits of all clients together are shared out among the threads.
static struct tftp_policy share_policy(const struct tftp_engine *engine, const struct tftp_policy *whole)
{
    struct tftp_policy policy = *whole;
    unsigned threads = engine->thread_count;
    policy.transfers_most = (whole->transfers_most + threads - 1) / threads;
    policy.requests_per_second = (whole->requests_per_second + threads - 1) / threads;
    policy.rate_bytes = (whole->rate_bytes + threads - 1) / threads;
    return policy;
}

void tftp_engine_set_policy(struct tftp_engine *engine, const struct tftp_policy *policy)
{
    engine->options.policy = *policy;
    for (unsigned i = 0; i < engine->thread_count; i++) {
        struct tftp_mail *mail = heap_new(sizeof *mail);
        mail->kind = TFTP_MAIL_POLICY;
        mail->policy = share_policy(engine, policy);
        tftp_thread_post(engine->threads[i], mail);
    }
}

uint32_t tftp_engine_live(const struct tftp_engine *engine)
{
    return atomic_load_explicit(&engine->live, memory_order_relaxed);
}

// The engine.

// Each thread needs a port of its own to send from.
static unsigned pick_threads(unsigned wanted, const struct tftp_policy *policy)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (wanted == 0) {
        wanted = processors < 2 ? 1 : (unsigned)size_min((size_t)processors / 2, THREADS_AUTO_MOST);
    }
    size_t ports = (size_t)(policy->port_last - policy->port_first) + 1;
    bool is_short = policy->port_first != 0 && !policy->is_single_port && ports < wanted;
    return (unsigned)size_min(is_short ? ports : wanted, TFTP_ENGINE_THREADS_MOST);
}

struct tftp_engine *tftp_engine_new(const struct tftp_engine_options *options)
{
    struct tftp_engine *engine = heap_new(sizeof *engine);
    engine->options = *options;
    engine->mailbox = mailbox_new(options->loop, receive, engine);
    engine->disk = tftp_disk_new();
    engine->thread_count = pick_threads(options->threads, &options->policy);
    for (unsigned i = 0; i < engine->thread_count; i++) {
        engine->threads[i] = tftp_thread_new(engine, i);
    }
    tftp_engine_set_policy(engine, &options->policy);
    return engine;
}

void tftp_engine_start(struct tftp_engine *engine)
{
    for (unsigned i = 0; i < engine->thread_count; i++) {
        tftp_thread_start(engine->threads[i]);
    }
}

void tftp_engine_free(struct tftp_engine *engine)
{
    if (engine == NULL) {
        return;
    }
    engine->is_stopping = true;
    for (unsigned i = 0; i < engine->thread_count; i++) {
        tftp_thread_stop(engine->threads[i]);
    }
    mailbox_deliver(engine->mailbox); // questions come back as answers that nobody gave
    tftp_disk_free(engine->disk);
    for (unsigned i = 0; i < engine->thread_count; i++) {
        tftp_thread_free(engine->threads[i]);
    }
    mailbox_free(engine->mailbox);
    heap_free(engine);
}
