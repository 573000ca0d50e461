// SPDX-License-Identifier: GPL-3.0-or-later
// The head of an HTTP request (RFC 9112), as far as it is plain: a GET or a HEAD without a body, whose
// grammar leaves nothing to interpret. All that firmware, boot loaders and installers send is; everything
// else is told from it and left to a whole HTTP library.
#pragma once

#include "base/status.h"

#define HTTP_HEAD_FIELDS_MOST 64

enum http_head_kind {
    HTTP_HEAD_SHORT, // it is not whole yet, and nothing is wrong so far
    HTTP_HEAD_PLAIN,
    HTTP_HEAD_OTHER, // another method, a body, an absolute target, or a grammar that calls for a judgement
};

struct http_head {      // strings lie in what was parsed, NUL-terminated; NULL = there is no such field
    size_t bytes;       // of the head, with the empty line that ends it
    bool is_head;       // HEAD, else GET
    bool keeps;         // its client wants the connection kept
    const char *target; // begins with '/'; no blanks, no control characters
    const char *authorization;
    const char *if_match;
    const char *if_none_match;
    const char *if_modified_since;
    const char *if_unmodified_since;
    const char *if_range;
    const char *range;
};

/// Parses what begins `bytes` (`count` of them, hostile). Only HTTP_HEAD_PLAIN fills `*head`; it puts NULs
/// behind the strings. HTTP_HEAD_SHORT leaves the bytes as they are. Work is linear in `count`.
enum http_head_kind http_head_parse(char *bytes, size_t count, struct http_head *head);
