// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of HTTP share: the service on loopback, a client made by hand, and what its answers must be.
#pragma once

#include "service/http.h"
#include "unit/service/file_service.h"
#include "unit/test.h"

#define ANSWER_BYTES 8192

struct fixture {
    struct file_service files;
    struct http_service *http;
    unsigned port;
    char answer[ANSWER_BYTES]; // of the last request, head and body
    struct http_post posted;   // the last; body and path are gone
    char posted_path[64];
    char posted_body[64];
    char posted_token[100];
    unsigned posted_count;
};

/// The service, with limits of `connections_most` connections and `per_client_most` from one address (0 = the
/// usual).
struct fixture *fixture_new(uint32_t connections_most, uint32_t per_client_most);

/// Gives everything back.
void fixture_free(struct fixture *fixture);

/// A connection to it.
int client_connect(const struct fixture *fixture);

/// Sends `request` on `fd` and reads one answer into `fixture->answer`.
void exchange_on(struct fixture *fixture, int fd, const char *request);

/// The same on a connection of its own.
void exchange(struct fixture *fixture, const char *request);

/// Reads one answer.
void expect_answer(struct fixture *fixture, int fd, bool is_head);

/// Fails unless the answer has `line`.
void expect(const struct fixture *fixture, const char *line);

/// Fails if the answer has `line`.
void expect_none(const struct fixture *fixture, const char *line);

/// Fails unless the answer's status line has `code`.
void expect_code(const struct fixture *fixture, const char *code);

/// Waits for the end of one transfer, the only one.
const struct transfer_end *expect_end(struct fixture *fixture, enum transfer_outcome outcome);

/// Fails unless the server closes `fd` soon.
void expect_closed(struct fixture *fixture, int fd);
