// SPDX-License-Identifier: GPL-3.0-or-later
// One libmicrohttpd daemon: HTTPS, and what the engine (service/http_engine) leaves to it of HTTP, which is
// POSTs and all that is not plain. A thread of its own moves the bytes; what they are is asked of the loop's
// thread.
#pragma once

#include "base/problem.h"
#include "io/log.h"
#include "io/socket_address.h"
#include "service/http_question.h"

#include <stdatomic.h>

struct http_daemon;

struct http_daemon_options {
    struct mailbox *mailbox;     // takes questions; must outlive the daemon
    struct log *log;             // may be NULL
    bool takes_posts;            // those below /agent/
    atomic_size_t *bodies_bytes; // of all POSTs that are being gathered
    uint32_t connections_most;
    uint32_t per_client_most;  // connections from one address
    uint32_t interface_index;  // 0 = not known
    const void *listener;      // for its questions
    int listening_fd;          // it accepts from it and closes it; -1 = it serves what it is given
    uint16_t port;             // for messages
    char *key_pem, *chain_pem; // for TLS, not written to; must outlive the daemon; NULL = plain
    bool is_dual;              // `listening_fd` is for IPv4 and IPv6
};

/// Starts one; NULL with `problem`, and `listening_fd` is still yours then. Yours: http_daemon_stop.
struct http_daemon *http_daemon_start(const struct http_daemon_options *options, struct problem *problem);

/// Serves the connection `taken_fd`, of which nothing was read that is to be answered, from `peer`. From any
/// thread.
void http_daemon_give(struct http_daemon *daemon, int taken_fd, const union socket_address *peer,
                      socklen_t length);

/// Refuses new requests from here on; those that wait must be answered before http_daemon_stop. In the loop's
/// thread.
void http_daemon_close(struct http_daemon *daemon);

/// Ends its connections and its thread. Closed before; in the loop's thread.
void http_daemon_stop(struct http_daemon *taken_daemon);
