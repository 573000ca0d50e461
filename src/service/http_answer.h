// SPDX-License-Identifier: GPL-3.0-or-later
// What HTTP answers for a file that exists: whole, a part, "you have it", or "it changed" (RFC 9110 sections
// 13 and 14). Decides by headers alone; sends nothing.
#pragma once

#include "service/transfer.h"

#define HTTP_DATE_BYTES          32
#define HTTP_CONTENT_RANGE_BYTES 80

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

/// The code for what content could not open (`status` is not OK), for `reasons`.
enum http_code http_code_from(enum status status, const struct reasons *reasons);

/// The words of `code` on the status line, "Not Found".
const char *http_code_phrase(enum http_code code);

/// What a client is told in the body of such an answer: one line of text.
const char *http_code_text(enum http_code code);

/// What it means for the transfer when an answer with `code` reached its client.
enum transfer_outcome http_code_outcome(enum http_code code, bool is_head);

/// Prints `unix_s` as HTTP wants it, "Sun, 06 Nov 1994 08:49:37 GMT", into `out` and returns `out`.
char *http_date_print(int64_t unix_s, char out[HTTP_DATE_BYTES]);

/// Prints the value of Content-Range for a part of a file of `size` bytes, or for one that it does not have,
/// into `out` and returns `out`.
char *http_content_range_print(const struct http_answer *answer, uint64_t size,
                               char out[HTTP_CONTENT_RANGE_BYTES]);

/// Parses such a date. STATUS_MALFORMED for anything else; obsolete forms too.
MUST_USE enum status http_date_parse(const char *text, int64_t *unix_s);
