// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/http.h"

#include "base/text.h"
#include "io/heap.h"
#include "io/port.h"
#include "io/socket_address.h"
#include "service/http_body.h"
#include "service/http_daemon.h"
#include "service/http_engine.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096

struct http_listener {
    struct http_listener *next;
    struct http_service *service;
    int fd; // -1 once an engine or a daemon has it
    struct http_daemon *daemon;
    struct http_door *door; // into the engine; NULL with TLS
    struct ip4 address;
    uint16_t port;
    bool is_tls;
    bool is_dual; // IPv4 and IPv6
    uint32_t interface_index;
    char interface[IF_NAMESIZE]; // "" = all
};

struct http_service {
    struct loop *loop;
    const struct content *content;
    struct log *log;
    struct transfer_hooks hooks;
    void (*post)(void *context, struct http_post *post);
    void *post_context;
    atomic_size_t bodies_bytes; // of all POSTs that are being gathered
    uint32_t connections_most;
    uint32_t per_client_most;
    struct mailbox *mailbox;
    struct http_question *waiting; // for a source that fetches what they ask for
    struct http_engine *engine;
    struct http_listener *listeners;
    char *key_pem, *chain_pem; // for those with TLS; NULL = not known (yet)
    struct transfer_stats stats;
    atomic_uint live;
    bool is_started;
};

// What is asked.

static void answer_post(struct http_service *service, struct http_question *question,
                        const struct content_client *from)
{
    char path[CONTENT_PATH_BYTES + 1] = "";
    memcpy(path, question->path, question->path_length);
    const char *body = question->body->bytes == NULL ? "" : question->body->bytes;
    struct http_post post = {.path = path,
                             .from = *from,
                             .body = body,
                             .body_bytes = question->body->count,
                             .http_status = HTTP_STOPPING};
    service->post(service->post_context, &post);
    question->post_code = post.http_status;
    question->post_answer = post.answer;
    http_body_free(question->body);
    question->body = NULL;
}

static void open_content(struct http_service *service, struct http_question *question,
                         const struct content_client *from)
{
    question->status = content_open(service->content, question->path, question->path_length, from,
                                    &question->node, &question->end.reasons);
    if (question->status == STATUS_OK) {
        http_question_note_node(question, &question->node);
    }
}

static void look_up(struct http_service *service, struct http_question *question);

static void take_from_waiting(struct http_service *service, const struct http_question *question)
{
    struct http_question **at = &service->waiting;
    while (*at != question) {
        at = &(*at)->next_waiting;
    }
    *at = question->next_waiting;
}

// A source has what a request waited for, or knows that it does not come.
static void ready(struct content_waiter *waiter)
{
    struct http_question *question =
        (struct http_question *)((char *)waiter - offsetof(struct http_question, waiter));
    const struct http_listener *listener = question->listener;
    take_from_waiting(listener->service, question);
    look_up(listener->service, question);
    http_engine_wake(listener->service->engine);
}

// Nobody waits any more on a listener that ends.
static void end_waiting(const struct http_listener *listener)
{
    for (struct http_question *at = listener->service->waiting, *next; at != NULL; at = next) {
        next = at->next_waiting;
        if (at->listener == listener) {
            take_from_waiting(listener->service, at);
            content_waiter_remove(&at->waiter);
            at->asker->answered(at);
        }
    }
    http_engine_wake(listener->service->engine);
}

static void look_up(struct http_service *service, struct http_question *question)
{
    question->waiter.ready = ready;
    struct content_client client = {.address = question->end.client,
                                    .port = question->end.client_port,
                                    .server = question->end.server,
                                    .interface_index = question->end.interface_index,
                                    .query = question->query,
                                    .token = question->token,
                                    .is_http = true,
                                    .is_https = question->is_https,
                                    .waiter = &question->waiter};
    atomic_fetch_add(&service->live, question->was_asked ? 0 : 1);
    question->was_asked = true;
    if (question->body != NULL) {
        answer_post(service, question, &client);
    } else {
        open_content(service, question, &client);
    }
    if (question->status == STATUS_WAITING) {
        question->next_waiting = service->waiting;
        service->waiting = question;
    } else {
        question->asker->answered(question);
    }
}

static void tell_end(struct http_service *service, struct http_question *taken_question)
{
    struct transfer_end *end = &taken_question->end;
    int64_t duration_us = loop_now_us() - taken_question->started_us;
    end->duration_us = duration_us > 0 ? (uint64_t)duration_us : 0;
    atomic_fetch_sub(&service->live, taken_question->was_asked ? 1 : 0);
    // What an agent says is no file that was sent, and whoever listened to it has told what is to be told.
    bool is_talk = taken_question->body != NULL || taken_question->post_code != 0;
    if (!is_talk || end->outcome == TRANSFER_REFUSED) {
        transfer_stats_add(&service->stats, end);
        if (service->hooks.ended != NULL) {
            service->hooks.ended(service->hooks.context, end);
        }
    }
    taken_question->asker->release(taken_question);
}

static void take_message(void *context, struct mailbox_message *message)
{
    struct http_service *service = context;
    struct http_question *question = (struct http_question *)message; // its first member
    if (question->is_over) {
        tell_end(service, question);
    } else {
        look_up(service, question);
    }
}

static void delivered(void *context)
{
    const struct http_service *service = context;
    http_engine_wake(service->engine);
}

// Listeners.

static enum status start_listener(struct http_listener *listener, struct problem *problem)
{
    struct http_service *service = listener->service;
    const struct http_daemon_options options = {.mailbox = service->mailbox,
                                                .log = service->log,
                                                .takes_posts = service->post != NULL,
                                                .bodies_bytes = &service->bodies_bytes,
                                                .connections_most = service->connections_most,
                                                .per_client_most = service->per_client_most,
                                                .interface_index = listener->interface_index,
                                                .listener = listener,
                                                .listening_fd = listener->is_tls ? listener->fd : -1,
                                                .port = listener->port,
                                                .key_pem = listener->is_tls ? service->key_pem : NULL,
                                                .chain_pem = listener->is_tls ? service->chain_pem : NULL,
                                                .is_dual = listener->is_dual};
    listener->daemon = http_daemon_start(&options, problem);
    if (listener->daemon == NULL) {
        return STATUS_IO;
    }
    if (!listener->is_tls) {
        const struct http_door_options door = {.fd = listener->fd,
                                               .interface_index = listener->interface_index,
                                               .listener = listener,
                                               .daemon = listener->daemon};
        listener->door = http_engine_open(service->engine, &door);
    }
    listener->fd = -1;
    return STATUS_OK;
}

// New connections and requests are refused from here on; those that wait are looked up now.
static void stop_listener(struct http_listener *listener)
{
    if (listener->door != NULL) {
        http_engine_close(listener->service->engine, listener->door);
    }
    http_daemon_close(listener->daemon);
    mailbox_deliver(listener->service->mailbox);
    end_waiting(listener);
    http_daemon_stop(listener->daemon);
}

static void free_listener(struct http_listener *listener)
{
    if (listener->daemon != NULL) {
        stop_listener(listener);
    }
    if (listener->fd >= 0) {
        close(listener->fd);
    }
    heap_free(listener);
}

static enum status bind_socket(struct http_listener *listener, struct problem *problem)
{
    int on = 1;
    (void)setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    (void)setsockopt(listener->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // accepted sockets inherit it
    const char *name = listener->interface;
    if (name[0] != '\0' &&
        setsockopt(listener->fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)) != 0) {
        problem_set(problem, "a socket cannot be bound to interface %s: %s", name, strerror(errno));
        problem_set_remedy(problem,
                           "`ip link` lists the interfaces; binding to one may need root or CAP_NET_RAW");
        return STATUS_DENIED;
    }
    union socket_address address;
    socklen_t length = socket_address_set(&address, ip_from_ip4(listener->address), listener->port, 0);
    if (listener->is_dual) { // :: is both families' any address
        address.ip6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(listener->port)};
        length = sizeof address.ip6;
    }
    if (bind(listener->fd, &address.any, length) != 0 || listen(listener->fd, BACKLOG) != 0) {
        int error = errno;
        port_explain(PORT_TCP, listener->address, listener->port, error, problem);
        return error == EADDRINUSE ? STATUS_BUSY : error == EACCES ? STATUS_DENIED : STATUS_IO;
    }
    length = sizeof address;
    if (getsockname(listener->fd, &address.any, &length) == 0) {
        listener->port = socket_address_port(&address);
    }
    return STATUS_OK;
}

// For IPv4 and IPv6 together when no IPv4 address is named, unless this kernel has no IPv6.
static int open_socket(struct http_listener *listener)
{
    const int kind = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    const int off = 0;
    int fd = listener->address.value == 0 ? socket(AF_INET6, kind, 0) : -1;
    listener->is_dual = fd >= 0 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0;
    if (fd >= 0 && !listener->is_dual) {
        close(fd);
    }
    return listener->is_dual ? fd : socket(AF_INET, kind, 0);
}

static enum status open_listener(struct http_listener *listener, struct problem *problem)
{
    listener->fd = open_socket(listener);
    if (listener->fd < 0) {
        problem_set(problem, "no TCP socket could be opened: %s", strerror(errno));
        return STATUS_IO;
    }
    enum status status = bind_socket(listener, problem);
    if (status == STATUS_OK && listener->service->is_started) {
        status = start_listener(listener, problem);
    }
    return status;
}

static bool is_on(const struct http_listener *listener, const char *interface)
{
    return strcmp(listener->interface, interface == NULL ? "" : interface) == 0;
}

enum status http_service_listen(struct http_service *service, const struct http_service_listener *wanted,
                                struct problem *problem)
{
    for (const struct http_listener *at = service->listeners; at != NULL; at = at->next) {
        if (is_on(at, wanted->interface) && ip4_equal(at->address, wanted->address) &&
            at->port == wanted->port) {
            return STATUS_EXISTS;
        }
    }
    struct http_listener *listener = heap_new(sizeof *listener);
    listener->service = service;
    listener->address = wanted->address;
    listener->port = wanted->port;
    listener->is_tls = wanted->is_tls;
    if (wanted->interface != NULL) {
        (void)text_copy(listener->interface, sizeof listener->interface, wanted->interface);
        listener->interface_index = if_nametoindex(listener->interface);
    }
    enum status status = open_listener(listener, problem);
    if (status != STATUS_OK) {
        free_listener(listener);
        return status;
    }
    listener->next = service->listeners;
    service->listeners = listener;
    return STATUS_OK;
}

void http_service_unlisten(struct http_service *service, const char *interface)
{
    struct http_listener **at = &service->listeners;
    while (*at != NULL) {
        struct http_listener *listener = *at;
        if (is_on(listener, interface)) {
            *at = listener->next;
            free_listener(listener);
        } else {
            at = &listener->next;
        }
    }
}

// The service.

struct http_service *http_service_new(const struct http_service_options *options)
{
    struct http_service *service = heap_new(sizeof *service);
    *service = (struct http_service){
        .loop = options->loop,
        .content = options->content,
        .log = options->log,
        .hooks = options->hooks,
        .post = options->post,
        .post_context = options->post_context,
        .connections_most =
            options->connections_most != 0 ? options->connections_most : HTTP_SERVICE_CONNECTIONS_DEFAULT,
        .per_client_most =
            options->per_client_most != 0 ? options->per_client_most : HTTP_SERVICE_PER_CLIENT_DEFAULT};
    service->mailbox = mailbox_new(options->loop, take_message, service);
    mailbox_set_delivered(service->mailbox, delivered);
    service->engine =
        http_engine_new(&(struct http_engine_options){.mailbox = service->mailbox,
                                                      .live = &service->live,
                                                      .connections_most = service->connections_most,
                                                      .per_client_most = service->per_client_most});
    return service;
}

void http_service_set_certificate(struct http_service *service, const char *key_pem, const char *chain_pem)
{
    assert(service->key_pem == NULL);
    service->key_pem = heap_copy_text(key_pem);
    service->chain_pem = heap_copy_text(chain_pem);
}

enum status http_service_start(struct http_service *service, struct problem *problem)
{
    enum status status = STATUS_OK;
    service->is_started = true;
    http_engine_start(service->engine);
    for (struct http_listener *at = service->listeners; at != NULL && status == STATUS_OK; at = at->next) {
        status = at->daemon == NULL ? start_listener(at, problem) : STATUS_OK;
    }
    return status;
}

uint16_t http_service_port(const struct http_service *service)
{
    const struct http_listener *first = service->listeners;
    while (first != NULL && first->next != NULL) { // they stand in the list last first
        first = first->next;
    }
    return first == NULL ? 0 : first->port;
}

struct transfer_stats http_service_stats(const struct http_service *service)
{
    struct transfer_stats stats = service->stats;
    stats.live = atomic_load(&service->live);
    stats.started += stats.live;
    return stats;
}

void http_service_free(struct http_service *service)
{
    if (service == NULL) {
        return;
    }
    while (service->listeners != NULL) {
        struct http_listener *next = service->listeners->next;
        free_listener(service->listeners);
        service->listeners = next;
    }
    http_engine_free(service->engine);
    service->engine = NULL;
    mailbox_free(service->mailbox); // tells what ended last
    if (service->key_pem != NULL) {
        explicit_bzero(service->key_pem, strlen(service->key_pem));
    }
    heap_free(service->key_pem);
    heap_free(service->chain_pem);
    heap_free(service);
}
