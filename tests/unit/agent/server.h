// SPDX-License-Identifier: GPL-3.0-or-later
// An HTTP server of a few lines, in a thread of the test: it hands each request over and sends back what it
// is given, byte for byte, however broken.
#pragma once

#include "agent/fetch.h"

struct server_answer {
    char bytes[64 * 1024];
    size_t count;
    bool keeps_silent; // holds the connection open until the client goes
};

struct server {
    int socket;
    uint16_t port;
    unsigned long thread;
    // Called in the server's thread with a whole request; fills in what goes back.
    void (*answer)(void *context, const char *request, struct server_answer *answer);
    void *context;
};

/// Listens on the loopback and serves until server_stop.
void server_start(struct server *server);

/// Ends its thread.
void server_stop(struct server *server);

/// Where a client finds it.
struct fetch_server server_place(const struct server *server);

/// Puts a whole answer: status line, length, body.
void server_put(struct server_answer *answer, const char *status, const char *body);
