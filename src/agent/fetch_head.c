// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/fetch_head.h"

#include "base/text.h"

#include <string.h>

#define FETCH_VALUE_BYTES 128

size_t fetch_head_find_end(const char *data, size_t bytes)
{
    const char *end = bytes == 0 ? NULL : memmem(data, bytes, "\r\n\r\n", 4);
    return end == NULL ? 0 : (size_t)(end - data) + 4;
}

static enum status fetch_head_fail(struct problem *problem, const char *what)
{
    problem_set(problem, "the server's answer is not the HTTP that imprint speaks: %s", what);
    problem_set_remedy(problem,
                       "see that no other program answers on that port, and no proxy stands between");
    return STATUS_MALFORMED;
}

// "HTTP/1.1 206 Partial Content"
static bool fetch_head_parse_first(const char *line, size_t bytes, struct fetch_head *head)
{
    if (bytes < 12 || memcmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') ||
        line[8] != ' ' || (bytes > 12 && line[12] != ' ')) {
        return false;
    }
    unsigned number = 0;
    for (size_t i = 9; i < 12; i++) {
        if (line[i] < '0' || line[i] > '9') {
            return false;
        }
        number = number * 10 + (unsigned)(line[i] - '0');
    }
    head->http_status = number;
    return number >= 100 && number <= 599;
}

// "bytes 100-199/1000"; the whole may be unknown: "*".
static bool fetch_head_parse_range(const char *value, struct fetch_head *head)
{
    char text[FETCH_VALUE_BYTES];
    if (text_copy(text, sizeof text, value) != STATUS_OK || !text_starts(text, "bytes ")) {
        return false;
    }
    char *rest = text + strlen("bytes ");
    char *first = strsep(&rest, "-");
    char *last = rest == NULL ? NULL : strsep(&rest, "/");
    uint64_t whole = UINT64_MAX;
    if (last == NULL || rest == NULL || text_parse_u64(first, UINT64_MAX, &head->first) != STATUS_OK ||
        text_parse_u64(last, UINT64_MAX, &head->last) != STATUS_OK) {
        return false;
    }
    if (strcmp(rest, "*") != 0 && text_parse_u64(rest, UINT64_MAX, &whole) != STATUS_OK) {
        return false;
    }
    head->has_range = true;
    return head->first <= head->last && head->last < whole;
}

static enum status fetch_head_take(const char *name, const char *value, struct fetch_head *head,
                                   struct problem *problem)
{
    if (text_equal_nocase(name, "content-length")) {
        uint64_t length = 0;
        if (text_parse_u64(value, UINT64_MAX, &length) != STATUS_OK ||
            (head->has_length && head->length != length)) {
            return fetch_head_fail(problem, "its Content-Length is no number");
        }
        head->has_length = true;
        head->length = length;
    } else if (text_equal_nocase(name, "content-range")) {
        if (head->has_range || !fetch_head_parse_range(value, head)) {
            return fetch_head_fail(problem, "its Content-Range is broken");
        }
    } else if (text_equal_nocase(name, "transfer-encoding") || text_equal_nocase(name, "content-encoding")) {
        (void)fetch_head_fail(problem, "it is sent in an encoding");
        return STATUS_UNSUPPORTED;
    }
    return STATUS_OK;
}

// One "name: value" of `bytes` bytes.
static enum status fetch_head_parse_line(const char *line, size_t bytes, struct fetch_head *head,
                                         struct problem *problem)
{
    char name[FETCH_VALUE_BYTES], value[FETCH_VALUE_BYTES];
    const char *colon = memchr(line, ':', bytes);
    if (colon == NULL || colon == line) {
        return fetch_head_fail(problem, "a line of its head has no name");
    }
    for (size_t i = 0; i < bytes; i++) {
        if (text_is_control(line[i]) && line[i] != '\t') {
            return fetch_head_fail(problem, "its head holds control characters");
        }
    }
    size_t name_bytes = (size_t)(colon - line);
    const char *at = colon + 1;
    const char *end = line + bytes;
    while (at < end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    while (end > at && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    if (name_bytes >= sizeof name || (size_t)(end - at) >= sizeof value) {
        return STATUS_OK; // none of ours is so long
    }
    memcpy(name, line, name_bytes);
    name[name_bytes] = '\0';
    memcpy(value, at, (size_t)(end - at));
    value[end - at] = '\0';
    return fetch_head_take(name, value, head, problem);
}

enum status fetch_head_parse(const char *data, size_t bytes, struct fetch_head *head, struct problem *problem)
{
    struct fetch_head found = {0};
    const char *at = data;
    const char *end = data + bytes;
    for (unsigned number = 0; at < end; number++) {
        const char *stop = memmem(at, (size_t)(end - at), "\r\n", 2);
        if (stop == NULL) {
            return fetch_head_fail(problem, "a line of its head has no end");
        }
        size_t line_bytes = (size_t)(stop - at);
        if (number == 0 && !fetch_head_parse_first(at, line_bytes, &found)) {
            return fetch_head_fail(problem, "its first line is not one of HTTP/1.1");
        }
        if (number != 0 && line_bytes == 0) {
            break; // the empty line at the end
        }
        enum status status = number == 0 ? STATUS_OK : fetch_head_parse_line(at, line_bytes, &found, problem);
        if (status != STATUS_OK) {
            return status;
        }
        at = stop + 2;
    }
    if (found.http_status == 0) {
        return fetch_head_fail(problem, "it is empty");
    }
    if (found.http_status < 200) {
        (void)fetch_head_fail(problem, "it is an interim one");
        return STATUS_UNSUPPORTED;
    }
    *head = found;
    return STATUS_OK;
}
