// SPDX-License-Identifier: GPL-3.0-or-later
// The loop's side of FTP: listeners, and what the clients' threads ask.
#include "service/ftp.h"

#include "base/text.h"
#include "io/heap.h"
#include "io/port.h"
#include "io/socket_address.h"
#include "service/ftp_state.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG     128
#define STACK_BYTES (256 * 1024)
#define ENDING_S    5 // for threads that a disk holds
#define PORT_FIRST  32768
#define PORT_LAST   60999

// ---- what the threads ask ----

void ftp_question_begin(struct ftp_question *question, struct ftp_client *client, enum ftp_question_kind kind,
                        const char *path, const char *asked)
{
    *question = (struct ftp_question){.kind = kind,
                                      .service = client->service,
                                      .status = STATUS_IO,
                                      .end = {.protocol = TRANSFER_FTP,
                                              .client = client->peer,
                                              .client_port = client->peer_port,
                                              .server = client->own,
                                              .interface_index = client->interface_index}};
    content_node_init(&question->node);
    (void)text_copy(question->end.served, sizeof question->end.served, path);
    (void)text_copy(question->end.asked, sizeof question->end.asked, asked);
}

void ftp_ask(struct ftp_question *question)
{
    struct ftp_service *service = question->service;
    sem_init(&question->answered, 0, 0);
    pthread_mutex_lock(&service->lock);
    bool may_ask = !service->is_stopping;
    if (may_ask) {
        mailbox_post(service->mailbox, &question->message);
    }
    pthread_mutex_unlock(&service->lock);
    while (may_ask && sem_wait(&question->answered) != 0) {
    }
    sem_destroy(&question->answered);
}

void ftp_tell_end(struct ftp_service *service, const struct transfer_end *end, bool was_begun)
{
    struct ftp_question *told = heap_new(sizeof *told);
    told->kind = FTP_QUESTION_END;
    told->service = service;
    told->end = *end;
    told->was_begun = was_begun;
    mailbox_post(service->mailbox, &told->message);
}

// ---- in the loop ----

static void answer(struct ftp_question *question, enum status status)
{
    question->status = status;
    (void)sem_post(&question->answered);
}

static void take_from_waiting(struct ftp_service *service, const struct ftp_question *question)
{
    struct ftp_question **at = &service->waiting;
    while (*at != question) {
        at = &(*at)->next_waiting;
    }
    *at = question->next_waiting;
}

static void open_file(struct ftp_question *question);

static void open_again(struct content_waiter *waiter)
{
    struct ftp_question *question =
        (struct ftp_question *)((char *)waiter - offsetof(struct ftp_question, waiter));
    take_from_waiting(question->service, question);
    open_file(question);
}

static void describe(struct ftp_question *question)
{
    struct transfer_end *end = &question->end;
    const struct content_node *node = &question->node;
    (void)text_copy(end->served, sizeof end->served, node->path);
    end->part = node->part;
    end->machine_id = node->machine_id;
    end->order_id = node->order_id;
    end->size = node->size;
}

static void open_file(struct ftp_question *question)
{
    struct ftp_service *service = question->service;
    struct transfer_end *end = &question->end;
    char path[CONTENT_PATH_BYTES];
    memcpy(path, end->served, sizeof path);
    question->waiter.ready = open_again;
    const struct content_client client = {.address = end->client,
                                          .port = end->client_port,
                                          .server = end->server,
                                          .interface_index = end->interface_index,
                                          .query = "",
                                          .waiter = &question->waiter};
    end->reasons = (struct reasons){0};
    enum status status =
        content_open(service->options.content, path, strlen(path), &client, &question->node, &end->reasons);
    if (status == STATUS_WAITING) {
        question->next_waiting = service->waiting;
        service->waiting = question;
        return;
    }
    if (status == STATUS_OK) {
        describe(question);
        service->stats.live++;
        question->was_begun = true;
    } else {
        end->served[0] = '\0';
    }
    answer(question, status);
}

// The folder of an image that only agents may read is not there for anybody else.
static enum status look_for_list(const struct ftp_question *question)
{
    const struct ftp_service_options *options = &question->service->options;
    const char *path = question->end.served;
    char image[CONTENT_PATH_BYTES];
    if (!text_starts(path, "images/") || options->hides == NULL) {
        return STATUS_OK;
    }
    const char *start = path + strlen("images/");
    size_t length = strcspn(start, "/");
    memcpy(image, start, length);
    image[length] = '\0';
    return options->hides(options->context, image) ? STATUS_NOT_FOUND : STATUS_OK;
}

static void take_end(struct ftp_service *service, struct ftp_question *taken_told)
{
    service->stats.live -= taken_told->was_begun ? 1 : 0;
    transfer_stats_add(&service->stats, &taken_told->end);
    if (service->options.hooks.ended != NULL) {
        service->options.hooks.ended(service->options.hooks.context, &taken_told->end);
    }
    heap_free(taken_told);
}

static void take_message(void *context, struct mailbox_message *message)
{
    struct ftp_service *service = context;
    struct ftp_question *question = (struct ftp_question *)message; // its first member
    switch (question->kind) {
    case FTP_QUESTION_OPEN:
        open_file(question);
        break;
    case FTP_QUESTION_LIST:
        answer(question, look_for_list(question));
        break;
    case FTP_QUESTION_END:
        take_end(service, question);
        break;
    }
}

static void end_waiting(struct ftp_service *service)
{
    while (service->waiting != NULL) {
        struct ftp_question *question = service->waiting;
        service->waiting = question->next_waiting;
        content_waiter_remove(&question->waiter);
        answer(question, STATUS_IO);
    }
}

// ---- accepting, in a thread for each listener ----

static void unlink_client(struct ftp_client *client)
{
    struct ftp_service *service = client->service;
    pthread_mutex_lock(&service->lock);
    struct ftp_client **at = client->previous == NULL ? &service->clients : &client->previous->next;
    *at = client->next;
    if (client->next != NULL) {
        client->next->previous = client->previous;
    }
    (void)close(client->control);
    service->client_count--;
    pthread_cond_broadcast(&service->changed);
    pthread_mutex_unlock(&service->lock);
}

static void *serve(void *context)
{
    struct ftp_client *client = context;
    ftp_client_serve(client);
    unlink_client(client);
    heap_free(client);
    return NULL;
}

// Whether there is room for one more of `peer`, under the lock.
static bool has_room(const struct ftp_service *service, struct ip peer)
{
    uint32_t of_peer = 0;
    for (const struct ftp_client *at = service->clients; at != NULL; at = at->next) {
        of_peer += ip_equal(at->peer, peer) ? 1 : 0;
    }
    return !service->is_stopping && service->client_count < service->options.connections_most &&
           of_peer < service->options.per_client_most;
}

static bool link_client(struct ftp_client *client)
{
    struct ftp_service *service = client->service;
    pthread_mutex_lock(&service->lock);
    bool may_enter = has_room(service, client->peer);
    if (may_enter) {
        client->next = service->clients;
        if (client->next != NULL) {
            client->next->previous = client;
        }
        service->clients = client;
        service->client_count++;
    }
    pthread_mutex_unlock(&service->lock);
    return may_enter;
}

static bool start_thread(struct ftp_client *client)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    bool is_started = pthread_create(&thread, &attributes, serve, client) == 0;
    pthread_attr_destroy(&attributes);
    return is_started;
}

static void begin_client(struct ftp_listener *listener, int taken_fd, const union socket_address *from)
{
    static const char full[] = "421 Too many connections; try again later.\r\n";
    const int on = 1;
    union socket_address own;
    socklen_t length = sizeof own;
    struct ftp_client *client = heap_new(sizeof *client);
    *client = (struct ftp_client){.service = listener->service,
                                  .control = taken_fd,
                                  .listening = -1,
                                  .data = -1,
                                  .peer = socket_address_ip(from),
                                  .peer_port = socket_address_port(from),
                                  .interface_index = listener->interface_index};
    if (getsockname(taken_fd, &own.any, &length) == 0) {
        client->own = socket_address_ip(&own);
    }
    (void)setsockopt(taken_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(taken_fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on); // ABOR comes as urgent data
    (void)setsockopt(taken_fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (!link_client(client)) {
        (void)send(taken_fd, full, sizeof full - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)close(taken_fd);
        heap_free(client);
    } else if (!start_thread(client)) {
        unlink_client(client);
        heap_free(client);
    }
}

static void *accept_all(void *context)
{
    struct ftp_listener *listener = context;
    for (;;) {
        union socket_address from;
        socklen_t length = sizeof from;
        int fd = accept4(listener->fd, &from.any, &length, SOCK_CLOEXEC);
        if (fd >= 0) {
            begin_client(listener, fd, &from);
        } else if (errno == EINVAL || errno == EBADF) { // shut down
            return NULL;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            (void)poll(NULL, 0, 100);
        }
    }
}

static void start_listener(struct ftp_listener *listener)
{
    listener->has_thread = pthread_create(&listener->thread, NULL, accept_all, listener) == 0;
}

static void free_listener(struct ftp_listener *taken_listener)
{
    if (taken_listener->has_thread) {
        (void)shutdown(taken_listener->fd, SHUT_RDWR);
        (void)pthread_join(taken_listener->thread, NULL);
    }
    if (taken_listener->fd >= 0) {
        (void)close(taken_listener->fd);
    }
    heap_free(taken_listener);
}

// ---- the service ----

// Ports for data, when none are given: those that the kernel gives to connections. They are taken in turn,
// beginning anywhere: the end of each is remembered for a minute by the kernel, which would look for a free
// one for long.
static void choose_ports(struct ftp_service_options *options)
{
    unsigned first = 0;
    unsigned last = 0;
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    bool is_known = file != NULL && fscanf(file, "%u %u", &first, &last) == 2 && first >= 1024 &&
                    first < last && last <= UINT16_MAX;
    if (file != NULL) {
        (void)fclose(file);
    }
    options->port_first = is_known ? (uint16_t)first : PORT_FIRST;
    options->port_last = is_known ? (uint16_t)last : PORT_LAST;
}

static uint16_t random_port(const struct ftp_service_options *options)
{
    uint32_t chance = 0;
    ssize_t got = getrandom(&chance, sizeof chance, 0);
    assert(got == sizeof chance);
    (void)got;
    return (uint16_t)(options->port_first + chance % (options->port_last - options->port_first + 1u));
}

struct ftp_service *ftp_service_new(const struct ftp_service_options *options)
{
    struct ftp_service *service = heap_new(sizeof *service);
    *service = (struct ftp_service){.options = *options};
    if (options->port_first == 0) {
        choose_ports(&service->options);
    }
    service->port_next = random_port(&service->options);
    pthread_mutex_init(&service->lock, NULL);
    pthread_cond_init(&service->changed, NULL);
    service->mailbox = mailbox_new(options->loop, take_message, service);
    return service;
}

// For IPv4 and IPv6 together, unless this kernel has no IPv6.
static enum status open_listener(struct ftp_listener *listener, struct problem *problem)
{
    const int kind = SOCK_STREAM | SOCK_CLOEXEC;
    const int on = 1;
    const int off = 0;
    union socket_address address;
    socklen_t length = sizeof address;
    listener->fd = socket(AF_INET6, kind, 0);
    bool is_dual =
        listener->fd >= 0 && setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0;
    if (listener->fd < 0) {
        listener->fd = socket(AF_INET, kind, 0);
    }
    const char *name = listener->interface;
    (void)setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (listener->fd < 0 || (name[0] != '\0' && setsockopt(listener->fd, SOL_SOCKET, SO_BINDTODEVICE, name,
                                                           (socklen_t)strlen(name)) != 0)) {
        problem_set(problem, "no FTP socket could be opened for %s: %s",
                    name[0] == '\0' ? "all interfaces" : name, strerror(errno));
        return STATUS_IO;
    }
    if (is_dual) {
        address.ip6 =
            (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(listener->port_asked)};
        length = sizeof address.ip6;
    } else {
        length = socket_address_set(&address, (struct ip){0}, listener->port_asked, 0);
    }
    if (bind(listener->fd, &address.any, length) != 0 || listen(listener->fd, BACKLOG) != 0) {
        int error = errno;
        port_explain(PORT_TCP, (struct ip4){0}, listener->port_asked, error, problem);
        return error == EADDRINUSE ? STATUS_BUSY : error == EACCES ? STATUS_DENIED : STATUS_IO;
    }
    length = sizeof address;
    if (getsockname(listener->fd, &address.any, &length) == 0) {
        listener->port = socket_address_port(&address);
    }
    return STATUS_OK;
}

enum status ftp_service_listen(struct ftp_service *service, const char *interface, uint16_t port,
                               struct problem *problem)
{
    const char *name = interface == NULL ? "" : interface;
    for (const struct ftp_listener *at = service->listeners; at != NULL; at = at->next) {
        if (strcmp(at->interface, name) == 0 && at->port_asked == port) {
            return STATUS_EXISTS;
        }
    }
    struct ftp_listener *listener = heap_new(sizeof *listener);
    *listener = (struct ftp_listener){.service = service, .port_asked = port, .fd = -1};
    (void)text_copy(listener->interface, sizeof listener->interface, name);
    listener->interface_index = name[0] == '\0' ? 0 : if_nametoindex(name);
    enum status status = open_listener(listener, problem);
    if (status != STATUS_OK) {
        free_listener(listener);
        return status;
    }
    listener->next = service->listeners;
    service->listeners = listener;
    if (service->is_started) {
        start_listener(listener);
    }
    return STATUS_OK;
}

void ftp_service_start(struct ftp_service *service)
{
    service->is_started = true;
    for (struct ftp_listener *at = service->listeners; at != NULL; at = at->next) {
        start_listener(at);
    }
}

void ftp_service_unlisten(struct ftp_service *service, const char *interface)
{
    struct ftp_listener **at = &service->listeners;
    while (*at != NULL) {
        struct ftp_listener *listener = *at;
        if (strcmp(listener->interface, interface == NULL ? "" : interface) == 0) {
            *at = listener->next;
            free_listener(listener);
        } else {
            at = &listener->next;
        }
    }
}

uint16_t ftp_service_port(const struct ftp_service *service)
{
    const struct ftp_listener *first = service->listeners;
    while (first != NULL && first->next != NULL) {
        first = first->next;
    }
    return first == NULL ? 0 : first->port;
}

struct transfer_stats ftp_service_stats(const struct ftp_service *service)
{
    return service->stats;
}

// Wakes every thread from whatever it waits for on the network.
static void hang_up(struct ftp_service *service)
{
    pthread_mutex_lock(&service->lock);
    service->is_stopping = true;
    for (struct ftp_client *at = service->clients; at != NULL; at = at->next) {
        (void)shutdown(at->control, SHUT_RDWR);
        if (at->data >= 0) {
            (void)shutdown(at->data, SHUT_RDWR);
        }
        if (at->listening >= 0) {
            (void)shutdown(at->listening, SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&service->lock);
}

// The threads go one after the other; until then their questions are answered. false: a disk holds some.
static bool wait_for_clients(struct ftp_service *service)
{
    bool is_empty = false;
    for (int turns = 0; !is_empty && turns < ENDING_S * 50; turns++) {
        mailbox_deliver(service->mailbox);
        end_waiting(service);
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 20000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_mutex_lock(&service->lock);
        if (service->client_count != 0) {
            (void)pthread_cond_timedwait(&service->changed, &service->lock, &until);
        }
        is_empty = service->client_count == 0;
        pthread_mutex_unlock(&service->lock);
    }
    return is_empty;
}

void ftp_service_free(struct ftp_service *service)
{
    if (service == NULL) {
        return;
    }
    while (service->listeners != NULL) {
        struct ftp_listener *listener = service->listeners;
        service->listeners = listener->next;
        free_listener(listener);
    }
    hang_up(service);
    bool is_empty = wait_for_clients(service);
    if (!is_empty) { // what it uses stays as it is for the moment that is left
        log_write(service->options.log, LOG_LEVEL_ERROR,
                  "an FTP client waits for a disk that does not answer");
        return;
    }
    mailbox_free(service->mailbox);
    pthread_mutex_destroy(&service->lock);
    pthread_cond_destroy(&service->changed);
    heap_free(service);
}
