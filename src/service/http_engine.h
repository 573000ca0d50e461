// SPDX-License-Identifier: GPL-3.0-or-later
// The HTTP engine (docs/decisions/0084): threads of its own that answer plain GETs and HEADs over HTTP/1.1,
// with sendfile and few system calls. What a path means for whom is asked of the loop's thread, unless the
// same client asked for the same file a moment ago. Whatever is not plain is left, unread, to a daemon of
// libmicrohttpd.
#pragma once

#include "service/http_daemon.h"

#define HTTP_ENGINE_THREADS_MOST 8

struct http_engine;
struct http_door; // a listening socket of an engine's

struct http_engine_options {
    struct mailbox *mailbox;   // takes questions; must outlive the engine
    atomic_uint *live;         // requests under way
    uint32_t connections_most; // in all
    uint32_t per_client_most;  // from one address
    unsigned threads; // 1..HTTP_ENGINE_THREADS_MOST; 0 = half the processors, at least two and at most eight
};

struct http_door_options {
    int fd; // listening, non-blocking; taken
    uint32_t interface_index;
    const void *listener;       // for its questions
    struct http_daemon *daemon; // gets what is not plain; must outlive the door
};

/// An engine whose threads do not run yet. Yours: http_engine_free.
struct http_engine *http_engine_new(const struct http_engine_options *options);

/// Starts the threads: after privileges were given up, since a thread keeps those that it was born with.
void http_engine_start(struct http_engine *engine);

/// Serves who comes by a listening socket; the engine is started. Yours: http_engine_close.
struct http_door *http_engine_open(struct http_engine *engine, const struct http_door_options *options);

/// Lets the threads look at what was answered since the last call: answers wait for it, so that many cost one
/// waking. In the loop's thread; NULL is allowed.
void http_engine_wake(struct http_engine *engine);

/// Ends the door and all connections that came by it. Questions of theirs that are on their way are still to
/// be answered, and their ends are told later. In the loop's thread.
void http_engine_close(struct http_engine *engine, struct http_door *taken_door);

/// Ends the threads and frees; every question was answered before, every door closed. NULL is allowed.
void http_engine_free(struct http_engine *engine);
