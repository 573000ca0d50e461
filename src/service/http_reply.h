// SPDX-License-Identifier: GPL-3.0-or-later
// The head of an answer of the HTTP engine, and the short text that goes with a refusal.
#pragma once

#include "service/http_answer.h"

#define HTTP_REPLY_BYTES 1024

struct http_reply {
    const struct content_node *node; // NULL for a refusal
    struct http_answer answer;
    bool is_head;
    bool keeps;     // the connection is kept
    int64_t unix_s; // now
};

/// Prints status line, fields and empty line into `out`, and behind it, unless a file follows or it answers
/// HEAD, the text of a refusal. Returns how many bytes that are.
size_t http_reply_print(const struct http_reply *reply, char out[HTTP_REPLY_BYTES]);
