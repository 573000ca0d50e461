// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/agent/server.h"

#include "unit/test.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SERVER_REQUEST_BYTES (512 * 1024)

// Reads head and body of one request.
static bool server_receive(int client, char *request)
{
    size_t have = 0;
    for (;;) {
        ssize_t got = recv(client, request + have, SERVER_REQUEST_BYTES - 1 - have, 0);
        if (got <= 0) {
            return false;
        }
        have += (size_t)got;
        request[have] = '\0';
        const char *end = strstr(request, "\r\n\r\n");
        const char *length = strstr(request, "Content-Length: ");
        size_t body = length == NULL ? 0 : strtoul(length + 16, NULL, 10);
        if (end != NULL && have >= (size_t)(end + 4 - request) + body) {
            return true;
        }
    }
}

static void server_serve(struct server *server, int client)
{
    char *request = calloc(1, SERVER_REQUEST_BYTES);
    struct server_answer *answer = calloc(1, sizeof *answer);
    if (request != NULL && answer != NULL && server_receive(client, request)) {
        server->answer(server->context, request, answer);
        for (size_t sent = 0; sent < answer->count;) {
            ssize_t put = send(client, answer->bytes + sent, answer->count - sent, MSG_NOSIGNAL);
            if (put <= 0) {
                break;
            }
            sent += (size_t)put;
        }
        if (answer->keeps_silent) {
            (void)recv(client, request, 1, 0);
        }
    }
    free(answer);
    free(request);
    (void)close(client);
}

static void *server_run(void *context)
{
    struct server *server = context;
    int client = -1;
    while ((client = accept(server->socket, NULL, NULL)) >= 0) {
        server_serve(server, client);
    }
    return NULL;
}

void server_start(struct server *server)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof here;
    server->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(server->socket >= 0);
    assert_int_equal(bind(server->socket, (struct sockaddr *)&here, sizeof here), 0);
    assert_int_equal(listen(server->socket, 16), 0);
    assert_int_equal(getsockname(server->socket, (struct sockaddr *)&here, &bytes), 0);
    server->port = ntohs(here.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, server_run, server), 0);
}

void server_stop(struct server *server)
{
    (void)shutdown(server->socket, SHUT_RDWR);
    (void)pthread_join(server->thread, NULL);
    (void)close(server->socket);
}

struct fetch_server server_place(const struct server *server)
{
    return (struct fetch_server){.address = {INADDR_LOOPBACK}, .port = server->port};
}

void server_put(struct server_answer *answer, const char *status, const char *body)
{
    answer->count = (size_t)snprintf(answer->bytes, sizeof answer->bytes,
                                     "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                                     status, strlen(body), body);
}
