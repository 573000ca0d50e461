// SPDX-License-Identifier: GPL-3.0-or-later
// What HTTP answers for a file that exists: whole, a part, "you have it", or "it changed" (RFC 9110 sections
// 13 and 14). Decides by headers alone; sends nothing.
#pragma once

#include "content/content.h"

#define HTTP_DATE_BYTES 32

enum http_code {
    HTTP_OK = 200,
    HTTP_PARTIAL = 206,
    HTTP_NOT_MODIFIED = 304,
    HTTP_FORBIDDEN = 403,
    HTTP_NOT_FOUND = 404,
    HTTP_METHOD_NOT_ALLOWED = 405,
    HTTP_CHANGED = 412,
    HTTP_TOO_LARGE = 413,
    HTTP_RANGE_UNSATISFIABLE = 416,
    HTTP_ERROR = 500,
    HTTP_BAD_GATEWAY = 502,
    HTTP_STOPPING = 503,
    HTTP_GATEWAY_TIMEOUT = 504,
};

struct http_conditions { // header values, NULL = not there
    const char *if_match;
    const char *if_none_match;
    const char *if_modified_since;
    const char *if_unmodified_since;
    const char *if_range;
    const char *range;
};

struct http_answer {
    enum http_code code; // HTTP_OK, HTTP_PARTIAL, HTTP_NOT_MODIFIED, HTTP_CHANGED or HTTP_RANGE_UNSATISFIABLE
    uint64_t offset;     // of the bytes to send
    uint64_t count;
};

/// Decides how to answer a GET or HEAD for a file of `size` bytes with this `etag` ("" = none) and time (0 =
/// not known). Several ranges at once, and ranges that break their grammar, are answered with the whole file.
struct http_answer http_answer_decide(uint64_t size, const char *etag, int64_t modified_s,
                                      const struct http_conditions *conditions);

/// Prints `unix_s` as HTTP wants it, "Sun, 06 Nov 1994 08:49:37 GMT", into `out` and returns `out`.
char *http_date_print(int64_t unix_s, char out[HTTP_DATE_BYTES]);

/// Parses such a date. STATUS_MALFORMED for anything else; obsolete forms too.
MUST_USE enum status http_date_parse(const char *text, int64_t *unix_s);
