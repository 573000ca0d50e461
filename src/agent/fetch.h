// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP/1.1 to one server: small requests with an answer in memory, and a long download that goes on where it
// broke off. One connection each; no names are looked up and no proxies asked. What is small may hold secrets
// and goes through TLS when the server has it; images are large, checked by their index, and go without.
#pragma once

#include "agent/tls.h"
#include "base/addr.h"
#include "base/problem.h"

#define FETCH_ANSWER_BYTES_MOST (64ull * 1024 * 1024)

struct fetch_server {
    struct ip4 address;
    uint16_t port;
    char token[80];        // "" = none yet
    char stream_token[80]; // of downloads: it goes in the clear and is good for nothing else; "" = none
    uint16_t tls_port;     // of HTTPS; 0 = the server has none, and everything goes by HTTP
    uint8_t certificate[TLS_PIN_BYTES]; // SHA-256 of the only one to be believed
};

/// Gives `server` other tokens. Threads may fetch with them at the same time; all who change or read a token
/// after the start must do it by this and fetch_get_token.
void fetch_set_tokens(struct fetch_server *server, const char *token, const char *stream_token);

/// Copies the token into `out`.
void fetch_get_token(const struct fetch_server *server, char out[80]);

struct fetch_answer {
    unsigned http_status;
    char *body; // malloc'ed, NUL-terminated; fetch_answer_clear wipes and frees it
    size_t bytes;
};

/// GET, or POST when `body` is not NULL; through TLS when the server has it, and never else. STATUS_OK when
/// there was an answer at all, whatever its http_status. STATUS_IO and `problem` (what failed: no route,
/// refused, silent for 30 s, broke off) when there was none.
MUST_USE enum status fetch(const struct fetch_server *server, const char *path, const char *type,
                           const void *body, size_t body_bytes, struct fetch_answer *answer,
                           struct problem *problem);

/// Wipes and frees; a zeroed one is allowed.
void fetch_answer_clear(struct fetch_answer *answer);

struct fetch_stream; // one connection that streams a file from an offset

/// Opens GET `path` from byte `offset` (Range), with the stream token and without TLS; only a server that has
/// no TLS is shown the other token when there is no stream token. STATUS_NOT_FOUND, STATUS_DENIED, STATUS_IO
/// and `problem`.
MUST_USE enum status fetch_stream_open(const struct fetch_server *server, const char *path, uint64_t offset,
                                       struct fetch_stream **stream, struct problem *problem);

/// Reads exactly `bytes` bytes. STATUS_IO and `problem` when the connection broke.
MUST_USE enum status fetch_stream_read(struct fetch_stream *stream, void *out, size_t bytes,
                                       struct problem *problem);

/// NULL is allowed.
void fetch_stream_close(struct fetch_stream *taken_stream);
