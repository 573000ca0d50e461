// SPDX-License-Identifier: GPL-3.0-or-later
// The HTTP library inside our loop: its one descriptor is watched, its timeouts become a timer, and all of it
// runs in the loop's thread. Everything a request means is in the other files of the control API.
#include "service/control.h"

#include "base/text.h"
#include "io/heap.h"
#include "service/control_peer.h"
#include "service/control_route.h"
#include "service/control_state.h"
#include "service/control_watch.h"

#include <string.h>
#include <unistd.h>

#define CONNECTIONS_MOST 256u
#define IDLE_SECONDS     120u
#define MEMORY_BYTES     ((size_t)128 * 1024) // per connection; the size of a read of an upload
#define HEARTBEAT_MS     15000u
#define LAST_TURNS       4 // resume, answer, send, end

void control_run_soon(struct control *control)
{
    control->must_run = true;
    loop_timer_start(control->timer, 0, 0);
}

static void run(struct control *control)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    control->must_run = false;
    (void)MHD_run(control->daemon);
    if (control->must_run) { // one request has woken another
        loop_timer_start(control->timer, 0, 0);
    } else if (MHD_get_timeout(control->daemon, &timeout_ms) == MHD_YES) {
        loop_timer_start(control->timer, timeout_ms, 0);
    } else {
        loop_timer_stop(control->timer);
    }
}

static void run_ready(void *context, unsigned events)
{
    (void)events;
    run(context);
}

static void run_timeout(void *context)
{
    run(context);
}

static struct control_request *request_new(struct control *control, struct MHD_Connection *connection)
{
    struct control_request *request = heap_new(sizeof *request);
    request->control = control;
    request->world = &control->world;
    request->connection = connection;
    request->file = -1;
    request->next = control->requests;
    control->requests = request;
    return request;
}

static void request_free(struct control_request *request)
{
    struct control_request **at = &request->control->requests;
    while (*at != request) {
        at = &(*at)->next;
    }
    *at = request->next;
    control_upload_drop_file(request);
    json_decref(request->json);
    json_decref(request->answer);
    if (request->response != NULL) {
        MHD_destroy_response(request->response);
    }
    if (request->body_bytes != 0) {
        explicit_bzero(request->body, request->body_bytes);
    }
    heap_free(request->body);
    heap_free(request);
}

// Who asks, and for what; on refusal the answer is given, and sent once the body has been read.
static void request_start(struct control_request *request, const char *url, const char *method)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (control_peer_check(info->connect_fd, request->owner, sizeof request->owner) != STATUS_OK) {
        control_refuse_text(request, MHD_HTTP_FORBIDDEN, "use sudo, or become a member of imprint's group",
                            "you are not allowed to give orders to imprint");
        return;
    }
    bool other_method;
    request->route = control_route_find(method, url, request->names, &other_method);
    if (request->route == NULL && other_method) {
        control_refuse_text(request, MHD_HTTP_METHOD_NOT_ALLOWED, "", "%.16s does not work here", method);
    } else if (request->route == NULL) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND, "see docs/protocols/control-api.md",
                            "there is no such resource");
    }
}

// A piece of the body. After a refusal it is only thrown away: the client must be able to read the answer.
static void request_take(struct control_request *request, const char *data, size_t bytes)
{
    if (request->http_status != 0) {
        return;
    }
    if (request->route->body == CONTROL_BODY_FILE) {
        request->route->take(request, data, bytes);
        return;
    }
    if (request->route->body == CONTROL_BODY_NONE || request->body_bytes + bytes > CONTROL_BODY_BYTES_MOST) {
        control_refuse_text(request, MHD_HTTP_CONTENT_TOO_LARGE, "", "the request is too long");
        return;
    }
    char *longer = heap_new(request->body_bytes + bytes + 1);
    if (request->body_bytes != 0) {
        memcpy(longer, request->body, request->body_bytes);
        explicit_bzero(request->body, request->body_bytes); // it may hold password hashes
    }
    memcpy(longer + request->body_bytes, data, bytes);
    heap_free(request->body);
    request->body = longer;
    request->body_bytes += bytes;
}

static bool request_parse(struct control_request *request)
{
    if (request->route->body != CONTROL_BODY_JSON) {
        return true;
    }
    json_error_t error = {0};
    request->json = request->body_bytes == 0
                        ? json_object()
                        : json_loadb(request->body, request->body_bytes, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(request->json)) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "send one JSON object",
                            "this is not a JSON object: %s", error.text);
        return false;
    }
    return true;
}

static struct MHD_Response *response_from_json(const json_t *answer)
{
    char *text = json_dumps(answer, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text == NULL) {
        return NULL;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (response != NULL) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    }
    return response;
}

static enum MHD_Result request_send(struct control_request *request)
{
    if (request->response == NULL) {
        request->response = response_from_json(request->answer);
    }
    if (request->response == NULL) {
        return MHD_NO;
    }
    return MHD_queue_response(request->connection, request->http_status, request->response);
}

static enum MHD_Result access_handler(void *context, struct MHD_Connection *connection, const char *url,
                                      const char *method, const char *version, const char *upload_data,
                                      size_t *upload_data_bytes, void **request_context)
{
    (void)version;
    struct control_request *request = *request_context;
    if (request == NULL) {
        request = request_new(context, connection);
        *request_context = request;
        request_start(request, url, method);
        return MHD_YES;
    }
    if (*upload_data_bytes != 0) {
        request_take(request, upload_data, *upload_data_bytes);
        *upload_data_bytes = 0;
        return MHD_YES;
    }
    if (request->http_status == 0 && !request->is_waiting && request_parse(request)) {
        request->route->handle(request);
    }
    return request->is_waiting ? MHD_YES : request_send(request);
}

static void completed_handler(void *context, struct MHD_Connection *connection, void **request_context,
                              enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    if (*request_context != NULL) {
        request_free(*request_context);
        *request_context = NULL;
    }
}

static struct MHD_Daemon *daemon_start(struct control *control, int listener)
{
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, access_handler, control,
                            MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_NOTIFY_COMPLETED,
                            completed_handler, control, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MOST,
                            MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            MEMORY_BYTES, MHD_OPTION_END);
}

static void beat(void *context)
{
    control_watch_beat(context);
}

static bool control_start(struct control *control)
{
    control->daemon = daemon_start(control, control->world.taken_listener);
    if (control->daemon == NULL) {
        return false;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(control->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    control->timer = loop_timer_new(control->world.loop, run_timeout, control);
    control->heartbeat = loop_timer_new(control->world.loop, beat, control);
    control->watch = loop_watch_new(control->world.loop, info->epoll_fd, LOOP_READABLE, run_ready, control);
    loop_timer_start(control->heartbeat, HEARTBEAT_MS, HEARTBEAT_MS);
    return control->watch != NULL;
}

struct control *control_open(const struct control_world *world, struct problem *problem)
{
    struct control *control = heap_new(sizeof *control);
    control->world = *world;
    control->started_s = desk_now_s(world->desk);
    enum status status = control_uploads_open(&control->uploads, world->config->state, problem);
    if (status == STATUS_OK && control_start(control)) {
        return control;
    }
    problem_set(problem, "the control socket cannot be served");
    if (control->daemon == NULL) {
        (void)close(world->taken_listener);
    }
    control_close(control);
    return NULL;
}

void control_notify(struct control *control)
{
    if (control == NULL) {
        return;
    }
    control_watch_wake(control);
}

void control_close(struct control *control)
{
    if (control == NULL) {
        return;
    }
    loop_watch_free(control->watch);
    loop_timer_free(control->heartbeat);
    for (struct control_request *request = control->requests; request != NULL; request = request->next) {
        if (request->is_waiting) {
            control_refuse_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "", "imprint is stopping");
        }
        control_request_resume(request);
    }
    control_watch_end(control); // the library must not be stopped while a connection is suspended
    if (control->daemon != NULL) {
        for (int i = 0; i < LAST_TURNS; i++) { // the last words
            (void)MHD_run(control->daemon);
        }
        MHD_stop_daemon(control->daemon);
    }
    loop_timer_free(control->timer);
    control_checks_close(&control->checks);
    control_uploads_close(&control->uploads);
    heap_free(control);
}
