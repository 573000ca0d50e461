// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/http_daemon.h"

#include "io/heap.h"
#include "service/http.h"
#include "service/http_body.h"
#include "service/http_request.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTION_MEMORY_BYTES 16384
#define COMPLAINT_BYTES         256
#define TLS_PRIORITIES          "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
#define POST_FOLDER             "/agent/" // the only place where something can be posted

struct http_daemon {
    struct http_daemon_options options;
    struct MHD_Daemon *mhd;
    pthread_mutex_t lock; // of what follows
    bool is_stopping;
    unsigned suspended; // connections that wait for the loop
};

// In the loop.

// The answer is known: its connection goes on.
static void resume(struct http_question *question)
{
    struct http_request *request = (struct http_request *)question; // its first member
    struct http_daemon *daemon = request->daemon;
    request->stage = HTTP_REQUEST_FOUND;
    MHD_resume_connection(request->connection);
    pthread_mutex_lock(&daemon->lock);
    daemon->suspended--;
    pthread_mutex_unlock(&daemon->lock);
}

static void release(struct http_question *taken_question)
{
    http_question_clear(taken_question);
    heap_free(taken_question);
}

static const struct http_asker ASKER = {resume, release};

// In the serving threads.

static void *start_request(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct http_request *request = heap_new(sizeof *request);
    struct http_question *question = &request->question;
    request->daemon = context;
    request->connection = connection;
    question->asker = &ASKER;
    question->listener = request->daemon->options.listener;
    question->is_https = request->daemon->options.key_pem != NULL;
    question->started_us = loop_now_us();
    question->end.protocol = TRANSFER_HTTP;
    question->end.interface_index = request->daemon->options.interface_index;
    content_node_init(&question->node);
    http_question_set_target(question, uri);
    return request;
}

static void read_socket(struct http_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != NULL) {
        http_question_set_ends(&request->question, info->connect_fd);
    }
}

// The connection sleeps until the loop looked its path up. Suspended first: the loop may be done before we
// return.
static enum MHD_Result ask_loop(struct http_request *request)
{
    struct http_daemon *daemon = request->daemon;
    pthread_mutex_lock(&daemon->lock);
    bool is_stopping = daemon->is_stopping;
    if (!is_stopping) {
        daemon->suspended++;
        request->stage = HTTP_REQUEST_ASKED;
        MHD_suspend_connection(request->connection);
        mailbox_post(daemon->options.mailbox, &request->question.message);
    }
    pthread_mutex_unlock(&daemon->lock);
    return is_stopping ? http_request_refuse(request, HTTP_STOPPING) : MHD_YES;
}

static bool is_post(const struct http_request *request, const char *method)
{
    size_t length = strlen(POST_FOLDER);
    return strcmp(method, MHD_HTTP_METHOD_POST) == 0 && request->daemon->options.takes_posts &&
           request->question.path_length >= length &&
           memcmp(request->question.path, POST_FOLDER, length) == 0;
}

// A body that says in its head that it is too long need not come.
static enum MHD_Result begin_post(struct http_request *request)
{
    const char *length = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Content-Length");
    if (length != NULL && strtoull(length, NULL, 10) > HTTP_SERVICE_POST_BYTES_MOST) {
        return http_request_refuse(request, HTTP_TOO_LARGE);
    }
    request->question.body =
        http_body_new(HTTP_SERVICE_POST_BYTES_MOST, request->daemon->options.bodies_bytes);
    request->stage = HTTP_REQUEST_READ;
    return MHD_YES;
}

// First call, after the headers: only a method that is not served is answered already, since an answer now
// ends the connection.
static enum MHD_Result read_headers(struct http_request *request, const char *method)
{
    read_socket(request);
    http_request_count_from_here(request);
    http_question_set_token(&request->question, MHD_lookup_connection_value(
                                                    request->connection, MHD_HEADER_KIND, "Authorization"));
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
    const struct http_body *body = request->question.body;
    if (request->question.is_path_broken) {
        return http_request_refuse(request, HTTP_NOT_FOUND);
    }
    if (body != NULL && (body->is_too_long || body->is_crowded)) {
        return http_request_refuse(request, body->is_too_long ? HTTP_TOO_LARGE : HTTP_STOPPING);
    }
    return ask_loop(request);
}

static enum MHD_Result answer(struct http_request *request)
{
    return request->question.post_code != 0 ? http_request_answer_post(request)
                                            : http_request_answer(request);
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
        if (request->question.body != NULL && request->stage == HTTP_REQUEST_READ) {
            http_body_add(request->question.body, upload, *upload_bytes);
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
    struct http_daemon *daemon = context;
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
    request->question.is_over = true;
    mailbox_post(daemon->options.mailbox, &request->question.message);
}

static void PRINTF_LIKE(2, 0) complain(void *context, const char *format, va_list arguments)
{
    struct http_daemon *daemon = context;
    char text[COMPLAINT_BYTES];
    vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\n")] = '\0';
    log_write(daemon->options.log, LOG_LEVEL_DEBUG, "HTTP: %s", text);
}

// Its life.

static struct MHD_Daemon *start_mhd(struct http_daemon *daemon)
{
    const struct http_daemon_options *options = &daemon->options;
    bool is_tls = options->key_pem != NULL;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (is_tls ? MHD_USE_TLS : 0) | (options->is_dual ? MHD_USE_DUAL_STACK : 0) |
                     (options->listening_fd < 0 ? MHD_USE_NO_LISTEN_SOCKET : 0);
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_KEY, 0, options->key_pem},
                                   {MHD_OPTION_HTTPS_MEM_CERT, 0, options->chain_pem},
                                   {MHD_OPTION_HTTPS_PRIORITIES, 0, TLS_PRIORITIES},
                                   {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem listening[] = {{MHD_OPTION_LISTEN_SOCKET, options->listening_fd, NULL},
                                         {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    return MHD_start_daemon(
        flags, 0, NULL, NULL, handle, daemon, MHD_OPTION_EXTERNAL_LOGGER, complain, daemon,
        MHD_OPTION_URI_LOG_CALLBACK, start_request, daemon, MHD_OPTION_NOTIFY_COMPLETED, completed, daemon,
        MHD_OPTION_CONNECTION_LIMIT, options->connections_most, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        options->per_client_most, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_SERVICE_IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_ARRAY,
        options->listening_fd < 0 ? none : listening, MHD_OPTION_ARRAY, is_tls ? tls : none, MHD_OPTION_END);
}

struct http_daemon *http_daemon_start(const struct http_daemon_options *options, struct problem *problem)
{
    struct http_daemon *daemon = heap_new(sizeof *daemon);
    daemon->options = *options;
    pthread_mutex_init(&daemon->lock, NULL);
    daemon->mhd = start_mhd(daemon);
    if (daemon->mhd == NULL) {
        problem_set(problem, "the HTTP(S) server for port %u could not be started: %s", options->port,
                    strerror(errno));
        pthread_mutex_destroy(&daemon->lock);
        heap_free(daemon);
        return NULL;
    }
    return daemon;
}

void http_daemon_give(struct http_daemon *daemon, int taken_fd, const union socket_address *peer,
                      socklen_t length)
{
    (void)MHD_add_connection(daemon->mhd, taken_fd, &peer->any, length); // closes it when it cannot
}

void http_daemon_close(struct http_daemon *daemon)
{
    pthread_mutex_lock(&daemon->lock);
    daemon->is_stopping = true;
    pthread_mutex_unlock(&daemon->lock);
}

// No connection may be suspended when its daemon is stopped.
void http_daemon_stop(struct http_daemon *taken_daemon)
{
    assert(taken_daemon->is_stopping && taken_daemon->suspended == 0);
    MHD_stop_daemon(taken_daemon->mhd);
    pthread_mutex_destroy(&taken_daemon->lock);
    heap_free(taken_daemon);
}
