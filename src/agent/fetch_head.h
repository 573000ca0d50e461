// SPDX-License-Identifier: GPL-3.0-or-later
// The head of an HTTP/1.1 answer (RFC 9112), as much of it as fetch needs. Strict: what is doubtful is
// refused, since only our own server is asked.
#pragma once

#include "base/problem.h"
#include "base/status.h"

#define FETCH_HEAD_BYTES_MOST (16 * 1024)

struct fetch_head {
    unsigned http_status; // 200..599
    bool has_length;
    uint64_t length; // of the body
    bool has_range;
    uint64_t first, last; // Content-Range: both included
};

/// Where the head in `data` ends: the bytes up to and including the empty line; 0 = not all there yet.
size_t fetch_head_find_end(const char *data, size_t bytes);

/// Parses a whole head of `bytes` bytes. STATUS_MALFORMED and `problem`: no HTTP, a length that is no number
/// or is said twice differently, control characters. STATUS_UNSUPPORTED: transfer encodings, interim answers.
MUST_USE enum status fetch_head_parse(const char *data, size_t bytes, struct fetch_head *head,
                                      struct problem *problem);
