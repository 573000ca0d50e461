// SPDX-License-Identifier: GPL-3.0-or-later
// The daemon's control API (docs/protocols/control-api.md) from the other side: HTTP over its Unix socket, by
// libcurl. It prints nothing: what went wrong comes back as a problem.
#pragma once

#include "base/problem.h"
#include "base/status.h"
#include "base/text.h"

#include <jansson.h>
#include <stdio.h>

#define CLIENT_PATH_BYTES 1024

struct client;

/// A client of the daemon behind `socket`, which is asked when the first request needs it. Yours.
struct client *client_new(const char *socket);

/// Ends it; NULL is allowed.
void client_free(struct client *client);

/// Ends every request after `timeout_ms`; 0 = never.
void client_set_timeout(struct client *client, long timeout_ms);

/// Appends `name` as one part of a path: what a URL or the API would take for something else is escaped.
void client_add_name(struct text *path, const char *name);

/// Does `method` on `path` (below /v1/, escaped), with `body` (borrowed, NULL = none). `*answer` is yours.
/// STATUS_NOT_FOUND no daemon there, STATUS_DENIED its socket is not for us, STATUS_CONFLICT it said no,
/// STATUS_IO the conversation broke; `problem` says what and what to do.
MUST_USE enum status client_ask(struct client *client, const char *method, const char *path,
                                const json_t *body, json_t **answer, struct problem *problem);

struct client_file {
    FILE *file; // borrowed, read from where it stands
    uint64_t bytes;
    void (*sent)(void *context, uint64_t bytes); // how much of it has gone so far; may be NULL
    void *context;
};

/// PUTs `file` to `path`. Fails as client_ask does.
MUST_USE enum status client_put(struct client *client, const char *path, const struct client_file *file,
                                struct problem *problem);

struct client_lines {
    void (*line)(void *context, const json_t *object);
    void *context;
    long timeout_ms; // 0 = until the daemon ends
};

/// GETs `path`, whose answer is one JSON object a line, and gives each line away as it comes. STATUS_OK when
/// the answer ends or the time is up; fails as client_ask does.
MUST_USE enum status client_follow(struct client *client, const char *path, const struct client_lines *lines,
                                   struct problem *problem);
