// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/http.h"

#include "base/text.h"
#include "io/heap.h"
#include "io/port.h"
#include "io/socket_address.h"
#include "service/http_body.h"
#include "service/http_request.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG                 4096
#define CONNECTION_MEMORY_BYTES 16384
#define COMPLAINT_BYTES         256
#define TLS_PRIORITIES          "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
#define POST_FOLDER             "/agent/" // the only place where something can be posted

struct http_listener {
    struct http_listener *next;
    struct http_service *service;
    int fd; // -1 once a daemon has it
    struct MHD_Daemon *daemon;
    struct ip4 address;
    uint16_t port;
    bool is_tls;
    bool is_dual; // IPv4 and IPv6
    uint32_t interface_index;
    char interface[IF_NAMESIZE]; // "" = all
    pthread_mutex_t lock;        // of what follows
    bool is_stopping;
    unsigned suspended; // connections that wait for the loop
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
    struct http_request *waiting; // for a source that fetches what they ask for; the loop's
    struct http_listener *listeners;
    char *key_pem, *chain_pem; // for those with TLS; NULL = not known (yet)
    struct transfer_stats stats;
    uint32_t live;
    bool is_started;
};

// In the loop.

static void answer_post(struct http_service *service, struct http_request *request,
                        const struct content_client *from)
{
    char path[CONTENT_PATH_BYTES + 1] = "";
    memcpy(path, request->path, request->path_length);
    const char *body = request->body->bytes == NULL ? "" : request->body->bytes;
    struct http_post post = {.path = path,
                             .from = *from,
                             .body = body,
                             .body_bytes = request->body->count,
                             .http_status = MHD_HTTP_SERVICE_UNAVAILABLE};
    service->post(service->post_context, &post);
    request->post_code = post.http_status;
    request->post_answer = post.answer;
    http_body_free(request->body);
    request->body = NULL;
}

static void open_content(struct http_service *service, struct http_request *request,
                         const struct content_client *from)
{
    request->status = content_open(service->content, request->path, request->path_length, from,
                                   &request->node, &request->end.reasons);
    if (request->status == STATUS_OK) {
        const struct content_node *node = &request->node;
        (void)text_copy(request->end.served, sizeof request->end.served, node->path);
        request->end.size = node->size;
        request->end.part = node->part;
        request->end.machine_id = node->machine_id;
        request->end.order_id = node->order_id;
    }
}

// The answer is known: its connection goes on.
static void resume(struct http_request *request)
{
    struct http_listener *listener = request->listener;
    request->stage = HTTP_REQUEST_FOUND;
    MHD_resume_connection(request->connection);
    pthread_mutex_lock(&listener->lock);
    listener->suspended--;
    pthread_mutex_unlock(&listener->lock);
}

static void look_up(struct http_service *service, struct http_request *request);

static void take_from_waiting(struct http_service *service, const struct http_request *request)
{
    struct http_request **at = &service->waiting;
    while (*at != request) {
        at = &(*at)->next_waiting;
    }
    *at = request->next_waiting;
}

// A source has what a request waited for, or knows that it does not come.
static void ready(struct content_waiter *waiter)
{
    struct http_request *request =
        (struct http_request *)((char *)waiter - offsetof(struct http_request, waiter));
    struct http_service *service = request->listener->service;
    take_from_waiting(service, request);
    look_up(service, request);
}

// Nobody waits any more on a listener that ends.
static void end_waiting(struct http_listener *listener)
{
    for (struct http_request *at = listener->service->waiting, *next; at != NULL; at = next) {
        next = at->next_waiting;
        if (at->listener == listener) {
            take_from_waiting(listener->service, at);
            content_waiter_remove(&at->waiter);
            resume(at);
        }
    }
}

static void look_up(struct http_service *service, struct http_request *request)
{
    request->waiter.ready = ready;
    struct content_client client = {.address = request->end.client,
                                    .port = request->end.client_port,
                                    .server = request->end.server,
                                    .interface_index = request->end.interface_index,
                                    .query = request->query,
                                    .token = request->token,
                                    .is_http = true,
                                    .is_https = request->listener->is_tls,
                                    .waiter = &request->waiter};
    service->live += request->was_asked ? 0 : 1;
    request->was_asked = true;
    if (request->body != NULL) {
        answer_post(service, request, &client);
    } else {
        open_content(service, request, &client);
    }
    if (request->status == STATUS_WAITING) {
        request->next_waiting = service->waiting;
        service->waiting = request;
    } else {
        resume(request);
    }
}

static void free_request(struct http_request *taken_request)
{
    http_body_free(taken_request->body);
    if (taken_request->post_answer != NULL) {
        explicit_bzero(taken_request->post_answer, strlen(taken_request->post_answer));
        heap_free(taken_request->post_answer);
    }
    content_node_close(&taken_request->node);
    explicit_bzero(taken_request->token, sizeof taken_request->token);
    heap_free(taken_request);
}

static void tell_end(struct http_service *service, struct http_request *taken_request)
{
    struct transfer_end *end = &taken_request->end;
    int64_t duration_us = loop_now_us() - taken_request->started_us;
    end->duration_us = duration_us > 0 ? (uint64_t)duration_us : 0;
    service->live -= taken_request->was_asked ? 1 : 0;
    // What an agent says is no file that was sent, and whoever listened to it has told what is to be told.
    bool is_talk = taken_request->body != NULL || taken_request->post_code != 0;
    if (!is_talk || end->outcome == TRANSFER_REFUSED) {
        transfer_stats_add(&service->stats, end);
        if (service->hooks.ended != NULL) {
            service->hooks.ended(service->hooks.context, end);
        }
    }
    free_request(taken_request);
}

static void take_message(void *context, struct mailbox_message *message)
{
    struct http_service *service = context;
    struct http_request *request = (struct http_request *)message; // its first member
    if (request->stage == HTTP_REQUEST_ASKED) {
        look_up(service, request);
    } else {
        tell_end(service, request);
    }
}

// In the serving threads.

static void *start_request(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct http_request *request = heap_new(sizeof *request);
    request->listener = context;
    request->connection = connection;
    request->started_us = loop_now_us();
    request->end.protocol = TRANSFER_HTTP;
    content_node_init(&request->node);
    http_request_set_target(request, uri);
    return request;
}

static void read_socket(struct http_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    union socket_address address;
    socklen_t length = sizeof address;
    if (info == NULL) {
        return;
    }
    if (getpeername(info->connect_fd, &address.any, &length) == 0) {
        request->end.client = socket_address_ip(&address);
        request->end.client_port = socket_address_port(&address);
    }
    length = sizeof address;
    if (getsockname(info->connect_fd, &address.any, &length) == 0) {
        request->end.server = socket_address_ip(&address);
    }
    request->end.interface_index = request->listener->interface_index;
}

// The connection sleeps until the loop looked its path up. Suspended first: the loop may be done before we
// return.
static enum MHD_Result ask_loop(struct http_request *request)
{
    struct http_listener *listener = request->listener;
    pthread_mutex_lock(&listener->lock);
    bool is_stopping = listener->is_stopping;
    if (!is_stopping) {
        listener->suspended++;
        request->stage = HTTP_REQUEST_ASKED;
        MHD_suspend_connection(request->connection);
        mailbox_post(listener->service->mailbox, &request->message);
    }
    pthread_mutex_unlock(&listener->lock);
    return is_stopping ? http_request_refuse(request, HTTP_STOPPING) : MHD_YES;
}

static bool is_post(const struct http_request *request, const char *method)
{
    size_t length = strlen(POST_FOLDER);
    return strcmp(method, MHD_HTTP_METHOD_POST) == 0 && request->listener->service->post != NULL &&
           request->path_length >= length && memcmp(request->path, POST_FOLDER, length) == 0;
}

// A body that says in its head that it is too long need not come.
static enum MHD_Result begin_post(struct http_request *request)
{
    struct http_service *service = request->listener->service;
    const char *length = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Content-Length");
    if (length != NULL && strtoull(length, NULL, 10) > HTTP_SERVICE_POST_BYTES_MOST) {
        return http_request_refuse(request, HTTP_TOO_LARGE);
    }
    request->body = http_body_new(HTTP_SERVICE_POST_BYTES_MOST, &service->bodies_bytes);
    request->stage = HTTP_REQUEST_READ;
    return MHD_YES;
}

// First call, after the headers: only a method that is not served is answered already, since an answer now
// ends the connection.
static enum MHD_Result read_headers(struct http_request *request, const char *method)
{
    read_socket(request);
    http_request_count_from_here(request);
    http_request_read_token(request);
    if (is_post(request, method)) {
        return begin_post(request);
    }
    request->is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    if (!request->is_head && strcmp(method, MHD_HTTP_METHOD_GET) != 0) {
        return http_request_refuse(request, HTTP_METHOD_NOT_ALLOWED);
    }
    request->stage = HTTP_REQUEST_READ;
    return MHD_YES;
}

// The whole request is here.
static enum MHD_Result ask(struct http_request *request)
{
    const struct http_body *body = request->body;
    if (request->is_path_broken) {
        return http_request_refuse(request, HTTP_NOT_FOUND);
    }
    if (body != NULL && (body->is_too_long || body->is_crowded)) {
        return http_request_refuse(request, body->is_too_long ? HTTP_TOO_LARGE : HTTP_STOPPING);
    }
    return ask_loop(request);
}

static enum MHD_Result answer(struct http_request *request)
{
    return request->post_code != 0 ? http_request_answer_post(request) : http_request_answer(request);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_bytes, void **request_at)
{
    (void)context;
    (void)connection;
    (void)url;
    (void)version;
    struct http_request *request = *request_at;
    if (request->stage == HTTP_REQUEST_NEW) {
        return read_headers(request, method);
    }
    if (*upload_bytes != 0) {
        if (request->body != NULL && request->stage == HTTP_REQUEST_READ) {
            http_body_add(request->body, upload, *upload_bytes);
        } // else a body that nobody asked for
        *upload_bytes = 0;
        return MHD_YES;
    }
    if (request->stage == HTTP_REQUEST_READ) {
        return ask(request);
    }
    return request->stage == HTTP_REQUEST_FOUND ? answer(request) : MHD_YES;
}

static void completed(void *context, struct MHD_Connection *connection, void **request_at,
                      enum MHD_RequestTerminationCode reason)
{
    (void)connection;
    struct http_listener *listener = context;
    struct http_request *request = *request_at;
    *request_at = NULL;
    if (request == NULL) {
        return;
    }
    if (request->stage ==
        HTTP_REQUEST_NEW) { // never became one: its headers broke the grammar, or never came
        heap_free(request);
        return;
    }
    http_request_finish(request, reason);
    mailbox_post(listener->service->mailbox, &request->message);
}

static void PRINTF_LIKE(2, 0) complain(void *context, const char *format, va_list arguments)
{
    struct http_service *service = context;
    char text[COMPLAINT_BYTES];
    vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\n")] = '\0';
    log_write(service->log, LOG_LEVEL_DEBUG, "HTTP: %s", text);
}

// Listeners.

static enum status start_daemon(struct http_listener *listener, struct problem *problem)
{
    struct http_service *service = listener->service;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (listener->is_tls ? MHD_USE_TLS : 0) | (listener->is_dual ? MHD_USE_DUAL_STACK : 0);
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_KEY, 0, service->key_pem},
                                   {MHD_OPTION_HTTPS_MEM_CERT, 0, service->chain_pem},
                                   {MHD_OPTION_HTTPS_PRIORITIES, 0, TLS_PRIORITIES},
                                   {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    listener->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, listener, MHD_OPTION_EXTERNAL_LOGGER, complain, service,
        MHD_OPTION_LISTEN_SOCKET, listener->fd, MHD_OPTION_URI_LOG_CALLBACK, start_request, listener,
        MHD_OPTION_NOTIFY_COMPLETED, completed, listener, MHD_OPTION_CONNECTION_LIMIT,
        service->connections_most, MHD_OPTION_PER_IP_CONNECTION_LIMIT, service->per_client_most,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_SERVICE_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_ARRAY, listener->is_tls ? tls : none, MHD_OPTION_END);
    if (listener->daemon == NULL) {
        problem_set(problem, "the HTTP(S) server for port %u could not be started: %s", listener->port,
                    strerror(errno));
        return STATUS_IO;
    }
    listener->fd = -1;
    return STATUS_OK;
}

// No connection may be suspended when its daemon is stopped. New ones are refused from here on; those that
// wait are looked up now.
static void stop_daemon(struct http_listener *listener)
{
    pthread_mutex_lock(&listener->lock);
    listener->is_stopping = true;
    pthread_mutex_unlock(&listener->lock);
    mailbox_deliver(listener->service->mailbox);
    end_waiting(listener);
    assert(listener->suspended == 0);
    MHD_stop_daemon(listener->daemon);
}

static void free_listener(struct http_listener *listener)
{
    if (listener->daemon != NULL) {
        stop_daemon(listener);
    }
    if (listener->fd >= 0) {
        close(listener->fd);
    }
    pthread_mutex_destroy(&listener->lock);
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
        status = start_daemon(listener, problem);
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
    pthread_mutex_init(&listener->lock, NULL);
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
    for (struct http_listener *at = service->listeners; at != NULL && status == STATUS_OK; at = at->next) {
        status = at->daemon == NULL ? start_daemon(at, problem) : STATUS_OK;
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
    stats.live = service->live;
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
    mailbox_free(service->mailbox);
    if (service->key_pem != NULL) {
        explicit_bzero(service->key_pem, strlen(service->key_pem));
    }
    heap_free(service->key_pem);
    heap_free(service->chain_pem);
    heap_free(service);
}
