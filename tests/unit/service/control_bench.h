// SPDX-License-Identifier: GPL-3.0-or-later
// A control socket with a store in memory, a clock of its own and a folder for images, and a client that asks
// it in the same thread: what the tests of the control API stand on.
#pragma once

#include "service/control.h"
#include "service/dhcp_pools.h"

#include <jansson.h>

struct control_bench {
    char folder[64]; // the state folder, a new one
    struct config config;
    struct loop *loop;
    struct store *store;
    struct desk *desk;
    struct control *control;
    int64_t now_s;
    struct dhcp_pools pools; // control_bench_serve makes them; built anew when facts change
    unsigned changes;        // how often it said that facts have changed
    const char *missing;     // rendering fails: this value is not defined; NULL = it works
    const char *unknown;     // recognising fails with this text; NULL = it works
};

/// Builds it; asserts that it works.
void control_bench_open(struct control_bench *bench);

/// Takes it down and removes its folder.
void control_bench_close(struct control_bench *bench);

/// Gives the addresses of 192.0.2.0/24 from 192.0.2.100 to `last` on, as the DHCP service does.
void control_bench_serve(struct control_bench *bench, const char *last);

/// Connects; the socket is yours.
int control_bench_connect(const struct control_bench *bench);

/// Sends `text` on `fd` and lets the server work.
void control_bench_send(struct control_bench *bench, int fd, const char *text, size_t bytes);

/// Reads what came on `fd` until `until` is seen or it ends, at most 5 seconds; adds to `out`,
/// NUL-terminated.
void control_bench_read(struct control_bench *bench, int fd, char *out, size_t out_bytes, const char *until);

/// Asks, expects the HTTP status `expected`, and returns the answer's JSON, yours. `body` may be NULL.
json_t *control_bench_ask(struct control_bench *bench, const char *method, const char *path, const char *body,
                          int expected);

/// The same, and only the error's text and remedy matter: `said` must be in it.
void control_bench_refused(struct control_bench *bench, const char *method, const char *path,
                           const char *body, int expected, const char *said);

/// Gets `path`: its text `member` must be `expected`, "(none)" for one that is not there or null.
void control_bench_agrees(struct control_bench *bench, const char *path, const char *member,
                          const char *expected);

/// Asks, and the answer does not matter.
void control_bench_do(struct control_bench *bench, const char *method, const char *path, const char *body,
                      int expected);
