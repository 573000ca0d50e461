// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/fetch.h"

#include "agent/fetch_head.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FETCH_CONNECT_MS    10000
#define FETCH_IDLE_S        30
#define FETCH_REQUEST_BYTES 2048
#define FETCH_PORT_FIRST    600 // as rpc's bindresvport(3)
#define FETCH_PORT_END      1024
#define FETCH_WINDOW_BYTES  (4 * 1024 * 1024)

struct fetch_wire { // one connection, and what has been received of it and not been taken yet
    int socket;
    uint16_t port;
    struct tls *tls; // NULL = none
    size_t begin, end;
    char buffer[FETCH_HEAD_BYTES_MOST];
};

struct fetch_stream {
    struct fetch_wire wire;
    uint64_t left; // of the body
};

// The main thread changes the token while others download: see fetch_set_tokens.
static pthread_mutex_t fetch_token_lock = PTHREAD_MUTEX_INITIALIZER;

void fetch_set_tokens(struct fetch_server *server, const char *token, const char *stream_token)
{
    (void)pthread_mutex_lock(&fetch_token_lock);
    (void)text_copy(server->token, sizeof server->token, token);
    (void)text_copy(server->stream_token, sizeof server->stream_token, stream_token);
    (void)pthread_mutex_unlock(&fetch_token_lock);
}

void fetch_get_token(const struct fetch_server *server, char out[80])
{
    (void)pthread_mutex_lock(&fetch_token_lock);
    memcpy(out, server->token, sizeof server->token);
    out[sizeof server->token - 1] = '\0';
    (void)pthread_mutex_unlock(&fetch_token_lock);
}

// What may be shown on a download's connection, which everybody on the wire can read.
static void fetch_get_stream_token(const struct fetch_server *server, char out[80])
{
    (void)pthread_mutex_lock(&fetch_token_lock);
    bool is_own = server->stream_token[0] != '\0' || server->tls_port != 0;
    memcpy(out, is_own ? server->stream_token : server->token, sizeof server->token);
    out[sizeof server->token - 1] = '\0';
    (void)pthread_mutex_unlock(&fetch_token_lock);
}

static const char *fetch_remedy(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return "see that imprint runs there and serves that port";
    case ENETUNREACH:
    case EHOSTUNREACH:
        return "see that the server is in this network, or that the network has a router to it";
    default:
        return "see the cable, the switch and the server";
    }
}

static enum status fetch_fail(const struct fetch_server *server, uint16_t port, int error,
                              struct problem *problem)
{
    char address[IP4_TEXT_BYTES];
    const char *why = error == EAGAIN       ? "it was silent for 30 seconds"
                      : error == ETIMEDOUT  ? "no answer for 10 seconds"
                      : error == ECONNRESET ? "the connection broke off"
                                            : strerror(error);
    problem_set(problem, "no answer from %s port %u: %s", ip4_print(server->address, address), port, why);
    problem_set_remedy(problem, "%s", fetch_remedy(error));
    return STATUS_IO;
}

// A receive that would block after FETCH_IDLE_S says EAGAIN; a peer that ends too early is as good as a
// reset.
static void fetch_set_up(int socket)
{
    struct timeval idle = {.tv_sec = FETCH_IDLE_S};
    int on = 1, probe_s = 10;
    (void)setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle);
    (void)setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &idle, sizeof idle);
    (void)setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &probe_s, sizeof probe_s);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &probe_s, sizeof probe_s);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static int fetch_wait_connected(int socket)
{
    struct pollfd ready = {.fd = socket, .events = POLLOUT};
    int got = 0;
    do {
        got = poll(&ready, 1, FETCH_CONNECT_MS);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        return got == 0 ? ETIMEDOUT : errno;
    }
    int error = 0;
    socklen_t bytes = sizeof error;
    return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0 ? error : errno;
}

// From a port that only root can take: the server wants hello from one, so that no user of the system that
// the machine runs now can speak for an agent. Whoever is not root, as a command, goes on with any port.
static void fetch_take_port(int socket)
{
    unsigned ports = FETCH_PORT_END - FETCH_PORT_FIRST;
    unsigned start = 0;
    if (getrandom(&start, sizeof start, GRND_NONBLOCK) < 0) {
        start = (unsigned)time(NULL);
    }
    for (unsigned i = 0; i < ports; i++) {
        struct sockaddr_in from = {.sin_family = AF_INET,
                                   .sin_port =
                                       htons((uint16_t)(FETCH_PORT_FIRST + (start % ports + i) % ports))};
        if (bind(socket, (struct sockaddr *)&from, sizeof from) == 0 || errno != EADDRINUSE) {
            return;
        }
    }
}

static void fetch_disconnect(struct fetch_wire *wire);

// `is_long`: for a download, without TLS; a window larger than the kernel's default needs root, and is only
// better, not needed.
static enum status fetch_connect(const struct fetch_server *server, bool is_long, struct fetch_wire *wire,
                                 struct problem *problem)
{
    bool has_tls = !is_long && server->tls_port != 0;
    wire->begin = wire->end = 0;
    wire->tls = NULL;
    wire->port = has_tls ? server->tls_port : server->port;
    wire->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (wire->socket < 0) {
        return fetch_fail(server, wire->port, errno, problem);
    }
    int window = FETCH_WINDOW_BYTES;
    if (is_long) {
        (void)setsockopt(wire->socket, SOL_SOCKET, SO_RCVBUFFORCE, &window, sizeof window);
    } else {
        fetch_take_port(wire->socket);
    }
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(wire->port),
                             .sin_addr.s_addr = htonl(server->address.value)};
    int error = connect(wire->socket, (struct sockaddr *)&to, sizeof to) == 0 ? 0 : errno;
    if (error == EINPROGRESS || error == EINTR) {
        error = fetch_wait_connected(wire->socket);
    }
    int flags = fcntl(wire->socket, F_GETFL);
    if (error == 0 && (flags < 0 || fcntl(wire->socket, F_SETFL, flags & ~O_NONBLOCK) != 0)) {
        error = errno;
    }
    if (error != 0) {
        (void)close(wire->socket);
        return fetch_fail(server, wire->port, error, problem);
    }
    fetch_set_up(wire->socket);
    enum status status =
        has_tls ? tls_open(wire->socket, server->certificate, &wire->tls, problem) : STATUS_OK;
    if (status != STATUS_OK) {
        fetch_disconnect(wire);
        return STATUS_IO; // no answer, whatever the reason
    }
    return STATUS_OK;
}

// Wipes what passed through: answers hold secrets.
static void fetch_disconnect(struct fetch_wire *wire)
{
    tls_close(wire->tls);
    (void)close(wire->socket);
    explicit_bzero(wire->buffer, sizeof wire->buffer);
}

// 0, or an errno.
static int fetch_send(const struct fetch_wire *wire, const void *data, size_t bytes)
{
    if (wire->tls != NULL) {
        return tls_send(wire->tls, data, bytes);
    }
    const char *at = data;
    while (bytes != 0) {
        ssize_t sent = send(wire->socket, at, bytes, MSG_NOSIGNAL);
        if (sent > 0) {
            at += sent;
            bytes -= (size_t)sent;
        } else if (sent < 0 && errno != EINTR) {
            return errno == EPIPE ? ECONNRESET : errno;
        }
    }
    return 0;
}

// At least one byte into `out`; 0, or an errno: ECONNRESET at the end too.
static int fetch_receive(const struct fetch_wire *wire, void *out, size_t bytes, size_t *received)
{
    if (wire->tls != NULL) {
        return tls_receive(wire->tls, out, bytes, received);
    }
    for (;;) {
        ssize_t got = recv(wire->socket, out, bytes, 0);
        if (got > 0) {
            *received = (size_t)got;
            return 0;
        }
        if (got == 0) {
            return ECONNRESET;
        }
        if (errno != EINTR) {
            return errno;
        }
    }
}

// Exactly `bytes` bytes of the body.
static int fetch_take(struct fetch_wire *wire, char *out, size_t bytes)
{
    size_t ready = size_min(bytes, wire->end - wire->begin);
    memcpy(out, wire->buffer + wire->begin, ready);
    wire->begin += ready;
    while (ready < bytes) {
        size_t received = 0;
        int error = fetch_receive(wire, out + ready, bytes - ready, &received);
        if (error != 0) {
            return error;
        }
        ready += received;
    }
    return 0;
}

struct fetch_request {
    const char *path;
    const char *type; // of the body; NULL = GET
    size_t body_bytes;
    uint64_t offset; // of GET; 0 = from the beginning
    bool is_stream;
};

static enum status fetch_send_head(const struct fetch_server *server, const struct fetch_wire *wire,
                                   const struct fetch_request *request, struct problem *problem)
{
    char head[FETCH_REQUEST_BYTES], address[IP4_TEXT_BYTES], token[sizeof server->token];
    struct text text;
    text_init(&text, head, sizeof head);
    text_add_format(&text,
                    "%s %s HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: imprint-agent/" IMPRINT_VERSION "\r\n",
                    request->type == NULL ? "GET" : "POST", request->path,
                    ip4_print(server->address, address), wire->port);
    (request->is_stream ? fetch_get_stream_token : fetch_get_token)(server, token);
    if (token[0] != '\0') {
        text_add_format(&text, "Authorization: Bearer %s\r\n", token);
    }
    if (request->type != NULL) {
        text_add_format(&text, "Content-Type: %s\r\nContent-Length: %zu\r\n", request->type,
                        request->body_bytes);
    }
    if (request->offset != 0) {
        text_add_format(&text, "Range: bytes=%" PRIu64 "-\r\n", request->offset);
    }
    text_add(&text, "Connection: close\r\n\r\n");
    enum status status = STATUS_OK;
    if (text.cut) {
        problem_set(problem, "the request for %s is too long", request->path);
        status = STATUS_TOO_LONG;
    } else {
        int error = fetch_send(wire, head, text.length);
        status = error == 0 ? STATUS_OK : fetch_fail(server, wire->port, error, problem);
    }
    explicit_bzero(head, sizeof head);
    explicit_bzero(token, sizeof token);
    return status;
}

// Receives the head; what came of the body with it stays in the buffer.
static enum status fetch_receive_head(const struct fetch_server *server, struct fetch_wire *wire,
                                      struct fetch_head *head, struct problem *problem)
{
    size_t end = 0;
    while ((end = fetch_head_find_end(wire->buffer, wire->end)) == 0) {
        size_t received = 0;
        if (wire->end == sizeof wire->buffer) {
            problem_set(problem, "the server's answer has a head of more than %u bytes",
                        (unsigned)FETCH_HEAD_BYTES_MOST);
            return STATUS_IO;
        }
        int error = fetch_receive(wire, wire->buffer + wire->end, sizeof wire->buffer - wire->end, &received);
        if (error != 0) {
            return fetch_fail(server, wire->port, error, problem);
        }
        wire->end += received;
    }
    wire->begin = end;
    return fetch_head_parse(wire->buffer, end, head, problem) == STATUS_OK ? STATUS_OK : STATUS_IO;
}

static enum status fetch_receive_body(const struct fetch_server *server, struct fetch_wire *wire,
                                      const struct fetch_head *head, struct fetch_answer *answer,
                                      struct problem *problem)
{
    if (!head->has_length && head->http_status != 204) {
        problem_set(problem, "the server's answer does not say how long it is");
        return STATUS_IO;
    }
    if (head->length > FETCH_ANSWER_BYTES_MOST) {
        problem_set(problem, "the server's answer is too long: %" PRIu64 " bytes", head->length);
        return STATUS_IO;
    }
    size_t bytes = (size_t)head->length;
    char *body = malloc(bytes + 1);
    if (body == NULL) {
        problem_set(problem, "there is no memory left for an answer of %zu bytes", bytes);
        return STATUS_IO;
    }
    int error = fetch_take(wire, body, bytes);
    if (error != 0) {
        explicit_bzero(body, bytes);
        free(body);
        return fetch_fail(server, wire->port, error, problem);
    }
    body[bytes] = '\0';
    *answer = (struct fetch_answer){.http_status = head->http_status, .body = body, .bytes = bytes};
    return STATUS_OK;
}

enum status fetch(const struct fetch_server *server, const char *path, const char *type, const void *body,
                  size_t body_bytes, struct fetch_answer *answer, struct problem *problem)
{
    struct fetch_wire *wire = malloc(sizeof *wire);
    if (wire == NULL) {
        problem_set(problem, "there is no memory left for a request");
        return STATUS_IO;
    }
    const struct fetch_request request = {
        .path = path, .type = body == NULL ? NULL : type, .body_bytes = body_bytes};
    enum status status = fetch_connect(server, false, wire, problem);
    if (status == STATUS_OK) {
        struct fetch_head head;
        status = fetch_send_head(server, wire, &request, problem);
        int error = status == STATUS_OK && body != NULL ? fetch_send(wire, body, body_bytes) : 0;
        // A server that refuses a body may close early; its answer says why, so it is read all the same.
        if (error != 0 && error != ECONNRESET) {
            status = fetch_fail(server, wire->port, error, problem);
        }
        if (status == STATUS_OK) {
            status = fetch_receive_head(server, wire, &head, problem);
        }
        if (status == STATUS_OK) {
            status = fetch_receive_body(server, wire, &head, answer, problem);
        }
        fetch_disconnect(wire);
    }
    free(wire);
    return status;
}

void fetch_answer_clear(struct fetch_answer *answer)
{
    if (answer->body != NULL) {
        explicit_bzero(answer->body, answer->bytes);
    }
    free(answer->body);
    *answer = (struct fetch_answer){0};
}

// Whether the answer is the part of the file that was asked for.
static enum status fetch_stream_check(const struct fetch_head *head, const struct fetch_request *request,
                                      struct problem *problem)
{
    switch (head->http_status) {
    case 200:
        if (request->offset == 0 && head->has_length) {
            return STATUS_OK;
        }
        break;
    case 206:
        if (head->has_range && head->first == request->offset && head->has_length &&
            head->length == head->last - head->first + 1) {
            return STATUS_OK;
        }
        break;
    case 401:
    case 403:
        problem_set(problem, "the server does not give %s to this machine now", request->path);
        return STATUS_DENIED;
    case 404:
        problem_set(problem, "the server has no %s", request->path);
        return STATUS_NOT_FOUND;
    case 416:
        problem_set(problem, "%s on the server is shorter than %" PRIu64 " bytes", request->path,
                    request->offset);
        return STATUS_IO;
    default:
        problem_set(problem, "the server answered %u for %s", head->http_status, request->path);
        return STATUS_IO;
    }
    problem_set(problem, "the server sent another part of %s than the one from byte %" PRIu64, request->path,
                request->offset);
    return STATUS_IO;
}

enum status fetch_stream_open(const struct fetch_server *server, const char *path, uint64_t offset,
                              struct fetch_stream **stream, struct problem *problem)
{
    struct fetch_stream *opened = malloc(sizeof *opened);
    if (opened == NULL) {
        problem_set(problem, "there is no memory left for a download");
        return STATUS_IO;
    }
    const struct fetch_request request = {.path = path, .offset = offset, .is_stream = true};
    enum status status = fetch_connect(server, true, &opened->wire, problem);
    if (status == STATUS_OK) {
        struct fetch_head head;
        status = fetch_send_head(server, &opened->wire, &request, problem);
        if (status == STATUS_OK) {
            status = fetch_receive_head(server, &opened->wire, &head, problem);
        }
        if (status == STATUS_OK) {
            status = fetch_stream_check(&head, &request, problem);
        }
        if (status == STATUS_OK) {
            opened->left = head.length;
            *stream = opened;
            return STATUS_OK;
        }
        fetch_disconnect(&opened->wire);
    }
    free(opened);
    return status;
}

enum status fetch_stream_read(struct fetch_stream *stream, void *out, size_t bytes, struct problem *problem)
{
    if (bytes > stream->left) {
        problem_set(problem, "the file on the server ends earlier than its index says");
        return STATUS_IO;
    }
    int error = fetch_take(&stream->wire, out, bytes);
    if (error != 0) {
        problem_set(problem, "the download broke off: %s",
                    error == EAGAIN ? "the server was silent for 30 seconds" : strerror(error));
        return STATUS_IO;
    }
    stream->left -= bytes;
    return STATUS_OK;
}

void fetch_stream_close(struct fetch_stream *taken_stream)
{
    if (taken_stream != NULL) {
        fetch_disconnect(&taken_stream->wire);
        free(taken_stream);
    }
}
