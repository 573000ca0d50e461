// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/http_answer.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

char *http_date_print(int64_t unix_s, char out[HTTP_DATE_BYTES])
{
    static const char DAYS[] = "SunMonTueWedThuFriSat";
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t instant = unix_s;
    struct tm utc = {0};
    gmtime_r(&instant, &utc); // a year beyond all years leaves it as it is
    snprintf(out, HTTP_DATE_BYTES, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", DAYS + 3 * utc.tm_wday,
             utc.tm_mday, MONTHS + 3 * utc.tm_mon, (utc.tm_year + 1900) % 10000, utc.tm_hour, utc.tm_min,
             utc.tm_sec);
    return out;
}

enum status http_date_parse(const char *text, int64_t *unix_s)
{
    struct tm utc = {0};
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    if (end == NULL || *end != '\0') {
        return STATUS_MALFORMED;
    }
    *unix_s = timegm(&utc);
    return STATUS_OK;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

// Whether `etag` is in the list `etags`, or that is "*". A weak tag there (W/"...") matches only when
// `is_weak`.
static bool has_etag(const char *etags, const char *etag, bool is_weak)
{
    const char *at = skip_blanks(etags);
    if (strcmp(at, "*") == 0) {
        return true;
    }
    while (*at != '\0') {
        bool is_tag_weak = text_starts(at, "W/");
        at += is_tag_weak ? 2 : 0;
        size_t length = strcspn(at, ",");
        size_t trimmed = length;
        while (trimmed > 0 && (at[trimmed - 1] == ' ' || at[trimmed - 1] == '\t')) {
            trimmed--;
        }
        bool is_equal = trimmed != 0 && trimmed == strlen(etag) && memcmp(at, etag, trimmed) == 0;
        if (is_equal && (is_weak || !is_tag_weak)) {
            return true;
        }
        at = skip_blanks(at + length + (at[length] == ',' ? 1 : 0));
    }
    return false;
}

struct file {
    uint64_t size;
    const char *etag;
    int64_t modified_s;
};

static bool is_after(const struct file *file, const char *date)
{
    int64_t unix_s;
    return date != NULL && file->modified_s != 0 && http_date_parse(date, &unix_s) == STATUS_OK &&
           file->modified_s > unix_s;
}

static bool is_not_after(const struct file *file, const char *date)
{
    int64_t unix_s;
    return date != NULL && file->modified_s != 0 && http_date_parse(date, &unix_s) == STATUS_OK &&
           file->modified_s <= unix_s;
}

// RFC 9110 section 13.2.2: the order in which conditions count. HTTP_OK: go on.
static enum http_code check_conditions(const struct file *file, const struct http_conditions *conditions)
{
    if (conditions->if_match != NULL) {
        if (!has_etag(conditions->if_match, file->etag, false)) {
            return HTTP_CHANGED;
        }
    } else if (is_after(file, conditions->if_unmodified_since)) {
        return HTTP_CHANGED;
    }
    if (conditions->if_none_match != NULL) {
        return has_etag(conditions->if_none_match, file->etag, true) ? HTTP_NOT_MODIFIED : HTTP_OK;
    }
    return is_not_after(file, conditions->if_modified_since) ? HTTP_NOT_MODIFIED : HTTP_OK;
}

// If-Range: the part only when the file is still the same; a date must be exactly the file's.
static bool is_range_wanted(const struct file *file, const struct http_conditions *conditions)
{
    const char *same = conditions->if_range;
    if (conditions->range == NULL) {
        return false;
    }
    if (same == NULL) {
        return true;
    }
    if (same[0] == '"') {
        return strcmp(same, file->etag) == 0;
    }
    int64_t unix_s;
    return file->modified_s != 0 && http_date_parse(same, &unix_s) == STATUS_OK && unix_s == file->modified_s;
}

static bool parse_position(const char *text, size_t length, uint64_t *value)
{
    char digits[24];
    if (length == 0 || length >= sizeof digits) {
        return false;
    }
    memcpy(digits, text, length);
    digits[length] = '\0';
    return text_parse_u64(digits, INT64_MAX, value) == STATUS_OK;
}

struct range {
    uint64_t first;
    uint64_t last;
    bool has_first; // without it `last` counts from the end
    bool has_last;
};

// One "bytes=a-b", "bytes=a-" or "bytes=-n". Anything else, several ranges too, is ignored as the RFC allows.
static bool parse_range(const char *text, struct range *range)
{
    *range = (struct range){0};
    const char *unit = "bytes=";
    for (; *unit != '\0'; unit++, text++) {
        if (text_lower(*text) != *unit) {
            return false;
        }
    }
    text = skip_blanks(text);
    size_t first_length = strspn(text, "0123456789");
    if (text[first_length] != '-') {
        return false;
    }
    const char *last = text + first_length + 1;
    size_t last_length = strlen(last);
    range->has_first = parse_position(text, first_length, &range->first);
    range->has_last = parse_position(last, last_length, &range->last);
    if ((first_length != 0 && !range->has_first) || (last_length != 0 && !range->has_last)) {
        return false;
    }
    bool is_order_right = !range->has_first || !range->has_last || range->first <= range->last;
    return (range->has_first || range->has_last) && is_order_right;
}

static struct http_answer cut_range(const struct file *file, const struct range *range)
{
    uint64_t size = file->size;
    uint64_t first = range->first;
    uint64_t end = range->has_last && range->last < size ? range->last + 1 : size;
    if (!range->has_first) { // the last n bytes
        first = range->last < size ? size - range->last : 0;
        end = range->last == 0 ? first : size;
    }
    if (first >= end) {
        return (struct http_answer){.code = HTTP_RANGE_UNSATISFIABLE};
    }
    return (struct http_answer){.code = HTTP_PARTIAL, .offset = first, .count = end - first};
}

struct http_answer http_answer_decide(uint64_t size, const char *etag, int64_t modified_s,
                                      const struct http_conditions *conditions)
{
    struct file file = {.size = size, .etag = etag, .modified_s = modified_s};
    enum http_code code = check_conditions(&file, conditions);
    if (code != HTTP_OK) {
        return (struct http_answer){.code = code};
    }
    struct range range;
    if (is_range_wanted(&file, conditions) && parse_range(conditions->range, &range)) {
        return cut_range(&file, &range);
    }
    return (struct http_answer){.code = HTTP_OK, .count = size};
}

const char *http_code_text(enum http_code code)
{
    switch (code) {
    case HTTP_FORBIDDEN:
        return "403: this file is not for you\n";
    case HTTP_NOT_FOUND:
        return "404: there is no such file\n";
    case HTTP_METHOD_NOT_ALLOWED:
        return "405: imprint is read-only, GET and HEAD are served\n";
    case HTTP_CHANGED:
        return "412: the file changed\n";
    case HTTP_TOO_LARGE:
        return "413: that is more than any agent has to say\n";
    case HTTP_RANGE_UNSATISFIABLE:
        return "416: the file is shorter than that\n";
    case HTTP_BAD_GATEWAY:
        return "502: the server behind this mirror did not give the file; imprint mirror status tells why\n";
    case HTTP_STOPPING:
        return "503: the server is busy or stopping\n";
    case HTTP_GATEWAY_TIMEOUT:
        return "504: the server behind this mirror is too slow; imprint mirror status tells more\n";
    case HTTP_OK:
    case HTTP_PARTIAL:
    case HTTP_NOT_MODIFIED:
    case HTTP_ERROR:
        break;
    }
    return "500: the file cannot be read\n";
}

enum http_code http_code_from(enum status status, const struct reasons *reasons)
{
    switch ((unsigned)status) {
    case STATUS_NOT_FOUND:
        return HTTP_NOT_FOUND;
    case STATUS_DENIED:
        return HTTP_FORBIDDEN;
    case STATUS_BUSY:
    case STATUS_WAITING: // and nobody waits for it any more
        return HTTP_STOPPING;
    case STATUS_AWAY:
        return reasons_has(reasons, REASON_MIRROR_TIMEOUT) ? HTTP_GATEWAY_TIMEOUT : HTTP_BAD_GATEWAY;
    default:
        return HTTP_ERROR;
    }
}

enum transfer_outcome http_code_outcome(enum http_code code, bool is_head)
{
    switch (code) {
    case HTTP_OK:
    case HTTP_PARTIAL:
        return is_head ? TRANSFER_PROBED : TRANSFER_DONE;
    case HTTP_NOT_MODIFIED:
    case HTTP_CHANGED:
    case HTTP_RANGE_UNSATISFIABLE:
        return TRANSFER_PROBED;
    case HTTP_NOT_FOUND:
        return TRANSFER_NOT_FOUND;
    case HTTP_FORBIDDEN:
    case HTTP_METHOD_NOT_ALLOWED:
    case HTTP_TOO_LARGE:
        return TRANSFER_REFUSED;
    case HTTP_ERROR:
    case HTTP_BAD_GATEWAY:
    case HTTP_STOPPING:
    case HTTP_GATEWAY_TIMEOUT:
        break;
    }
    return TRANSFER_FAILED;
}

const char *http_code_phrase(enum http_code code)
{
    switch (code) {
    case HTTP_OK:
        return "OK";
    case HTTP_PARTIAL:
        return "Partial Content";
    case HTTP_NOT_MODIFIED:
        return "Not Modified";
    case HTTP_FORBIDDEN:
        return "Forbidden";
    case HTTP_NOT_FOUND:
        return "Not Found";
    case HTTP_METHOD_NOT_ALLOWED:
        return "Method Not Allowed";
    case HTTP_CHANGED:
        return "Precondition Failed";
    case HTTP_TOO_LARGE:
        return "Content Too Large";
    case HTTP_RANGE_UNSATISFIABLE:
        return "Range Not Satisfiable";
    case HTTP_BAD_GATEWAY:
        return "Bad Gateway";
    case HTTP_STOPPING:
        return "Service Unavailable";
    case HTTP_GATEWAY_TIMEOUT:
        return "Gateway Timeout";
    case HTTP_ERROR:
        break;
    }
    return "Internal Server Error";
}

char *http_content_range_print(const struct http_answer *answer, uint64_t size,
                               char out[HTTP_CONTENT_RANGE_BYTES])
{
    unsigned long long whole = size;
    if (answer->code == HTTP_PARTIAL) {
        snprintf(out, HTTP_CONTENT_RANGE_BYTES, "bytes %llu-%llu/%llu", (unsigned long long)answer->offset,
                 (unsigned long long)(answer->offset + answer->count - 1), whole);
    } else {
        snprintf(out, HTTP_CONTENT_RANGE_BYTES, "bytes */%llu", whole);
    }
    return out;
}
