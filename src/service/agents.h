// SPDX-License-Identifier: GPL-3.0-or-later
// The server's end of the agent (docs/protocols/agent.md): who it is, what it may do next, what it tells. It
// lives in the loop's thread, beside the desk; HTTP hands requests in and takes answers out. A token is bound
// to one machine, one order, one boot and the address it was given to; it lives in memory only, so after a
// restart of the server agents say hello again with the nonce that they had.
#pragma once

#include "service/desk.h"
#include "service/generated.h"
#include "talk/talk.h"

#define AGENTS_SESSIONS_MOST  4096
#define AGENTS_LOG_BYTES_MOST (1024 * 1024) // of one order's log, kept in STATE/logs/order-N.log

struct agents;

struct agents_options { // all borrowed, must outlive the agents
    struct desk *desk;
    struct generated *generated; // for rendering and for proof of who holds an address
    const struct config *config;
    bool (*commit)(void *context); // makes the store durable; NULL = store_commit
    void *context;
};

struct agents_request {
    const char *path;           // "/agent/hello"
    const char *token;          // of the Authorization header, or ""
    struct content_client from; // address, our address, interface
    const char *body;           // NUL-terminated, hostile
    size_t body_bytes;
};

struct agents_answer {
    unsigned http_status; // 200, 400, 403, 404, 409, 413, 503
    char *body;           // JSON, malloc'ed, yours; NULL = none. May hold secrets: explicit_bzero before free
};

struct agents_progress { // the last that an order's agent told; transient
    char stage[TALK_STAGE_BYTES];
    uint64_t done_bytes, all_bytes;
    char text[TALK_TEXT_BYTES];
    int64_t told_s; // Unix seconds
};

/// Yours; agents_free gives it back.
struct agents *agents_new(const struct agents_options *options);

/// NULL is allowed.
void agents_free(struct agents *agents);

/// Answers one request. What it changed is durable (store_commit) before it returns; when the disk says no,
/// the answer is 503 and the agent comes again.
struct agents_answer agents_handle(struct agents *agents, const struct agents_request *request);

/// Whether who asks may read the image called `name`: its token's order is for it and may work. With HTTPS
/// the index, whose digests vouch for the stream, is read by nothing else; the stream (`is_stream`) by HTTP
/// too, with a token that is good for nothing else.
bool agents_may_read(const struct agents *agents, const struct content_client *from, const char *name,
                     bool is_stream);

/// What the agent of that order told last; false when there is none.
bool agents_find_progress(const struct agents *agents, uint64_t order_id, struct agents_progress *progress);
