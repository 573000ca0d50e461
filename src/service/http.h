// SPDX-License-Identifier: GPL-3.0-or-later
// The HTTP service: HTTP/1.1 GET and HEAD for firmware, boot loaders and installers, by an engine of our own
// (http_engine.h) and libmicrohttpd (http_daemon.h: HTTPS, POSTs, odd requests). Their threads move the
// bytes; which bytes a path means is asked of content in the loop's thread, where all state is. No redirects,
// no chunks, no compression; the only POSTs are the agent's.
#pragma once

#include "base/problem.h"
#include "io/log.h"
#include "io/loop.h"
#include "service/transfer.h"

#define HTTP_SERVICE_CONNECTIONS_DEFAULT 8192
#define HTTP_SERVICE_PER_CLIENT_DEFAULT  1024 // a whole room may stand behind one address
#define HTTP_SERVICE_IDLE_S              60   // keep-alive; firmware wants at least 30

struct http_service;

#define HTTP_SERVICE_POST_BYTES_MOST (256 * 1024)

struct http_post {    // one POST, in the loop's thread
    const char *path; // as the client sent it, without query; hostile
    struct content_client from;
    const char *body; // NUL-terminated; it may hold NULs before
    size_t body_bytes;
    unsigned http_status; // the answer, to be filled in
    char *answer;         // malloc'ed; taken, wiped and freed; NULL = none
};

struct http_service_options {
    struct loop *loop;             // must outlive the service
    const struct content *content; // must outlive the service; used in the loop's thread only
    struct log *log;               // may be NULL
    struct transfer_hooks hooks;   // `ended` may be NULL; called in the loop's thread
    void (*post)(void *context, struct http_post *post); // answers POSTs below /agent/; NULL = there are none
    void *post_context;
    uint32_t connections_most; // in all, HTTPS apart; 0 = HTTP_SERVICE_CONNECTIONS_DEFAULT
    uint32_t per_client_most;  // connections from one address; 0 = HTTP_SERVICE_PER_CLIENT_DEFAULT
};

struct http_service_listener {
    const char *interface; // name, bound to it; NULL = all interfaces
    struct ip4 address;    // 0 = any, of IPv4 and IPv6
    uint16_t port;         // 0 = the kernel picks one
    bool is_tls;           // HTTPS; needs http_service_set_certificate before it is started
};

/// A service that listens nowhere yet. Yours; http_service_free gives it back.
struct http_service *http_service_new(const struct http_service_options *options);

/// Takes key and certificate chain (PEM, copied) for listeners with TLS; called once.
void http_service_set_certificate(struct http_service *service, const char *key_pem, const char *chain_pem);

/// Opens and binds a listening socket; nothing is accepted before http_service_start, so that privileges can
/// be dropped before threads run. After http_service_start it serves at once. STATUS_EXISTS: listens there
/// already. STATUS_IO, STATUS_DENIED, STATUS_BUSY with `problem`, which names the process that holds the
/// port.
MUST_USE enum status http_service_listen(struct http_service *service,
                                         const struct http_service_listener *listener,
                                         struct problem *problem);

/// Starts a serving thread for each listener. STATUS_IO with `problem`.
MUST_USE enum status http_service_start(struct http_service *service, struct problem *problem);

/// Listens no more on `interface` (NULL: the listener for all); its connections end.
void http_service_unlisten(struct http_service *service, const char *interface);

/// The port of the first listener, 0 = none.
uint16_t http_service_port(const struct http_service *service);

/// Counters; a copy.
struct transfer_stats http_service_stats(const struct http_service *service);

/// Ends all connections, stops the threads and frees; NULL is allowed. Call it in the loop's thread.
void http_service_free(struct http_service *service);
