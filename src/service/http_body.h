// SPDX-License-Identifier: GPL-3.0-or-later
// The body of a POST, gathered piece by piece in a serving thread. Strangers may send as many as they like:
// each has its bound, and all together have one.
#pragma once

#include "base/status.h"

#include <stdatomic.h>

#define HTTP_BODIES_BYTES_MOST (64u * 1024 * 1024) // all that are being gathered

struct http_body {
    char *bytes; // NUL-terminated
    size_t count;
    size_t capacity;
    size_t most;
    bool is_too_long;     // more came than `most`: thrown away
    bool is_crowded;      // there are too many others: thrown away, worth another try
    atomic_size_t *taken; // by all bodies together
};

/// An empty body of at most `most` bytes; what it takes is counted in `*taken`, which must outlive it. Yours:
/// http_body_free.
struct http_body *http_body_new(size_t most, atomic_size_t *taken);

/// Appends; notes when it cannot.
void http_body_add(struct http_body *body, const char *bytes, size_t count);

/// Wipes and frees; NULL is allowed.
void http_body_free(struct http_body *taken_body);
