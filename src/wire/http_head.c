// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/http_head.h"

#include "base/text.h"

#include <string.h>

struct field {
    const char *name; // lower case
    size_t offset;    // in struct http_head, of a string; 0 = none
};

// What has a meaning here. A field that changes what a request is makes it another one; any field not named
// is passed over.
static const struct field FIELDS[] = {
    {"authorization", offsetof(struct http_head, authorization)},
    {"if-match", offsetof(struct http_head, if_match)},
    {"if-none-match", offsetof(struct http_head, if_none_match)},
    {"if-modified-since", offsetof(struct http_head, if_modified_since)},
    {"if-unmodified-since", offsetof(struct http_head, if_unmodified_since)},
    {"if-range", offsetof(struct http_head, if_range)},
    {"range", offsetof(struct http_head, range)},
};
static const char *const OTHERS[] = {"content-length", "transfer-encoding", "expect",
                                     "upgrade",        "trailer",           "te"};

struct parsing {
    struct http_head *head;
    bool is_1_0;
    bool has_host;
    bool has_close;
    bool has_keep;
};

// Where the head ends: behind the first empty line. 0 = there is none.
static size_t find_end(const char *bytes, size_t count)
{
    const char *at = bytes;
    const char *end = bytes + count;
    while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        at++;
        if (end - at >= 2 && at[0] == '\r' && at[1] == '\n') {
            return (size_t)(at - bytes) + 2;
        }
        if (at < end && at[0] == '\n') { // a sloppy client's
            return (size_t)(at - bytes) + 1;
        }
    }
    return 0;
}

// Whether what is there begins with GET or HEAD and a blank, or may still do so.
static bool may_be_plain(const char *bytes, size_t count)
{
    return memcmp(bytes, "GET /", count < 5 ? count : 5) == 0 ||
           memcmp(bytes, "HEAD /", count < 6 ? count : 6) == 0;
}

// RFC 9110 section 5.6.2
static bool is_token_character(char character)
{
    bool is_letter = text_lower(character) >= 'a' && text_lower(character) <= 'z';
    bool is_digit = character >= '0' && character <= '9';
    return is_letter || is_digit || text_is_one_of(character, "!#$%&'*+-.^_`|~");
}

// The request line without its "\r\n", `length` bytes.
static bool parse_line(struct parsing *parsing, char *line, size_t length)
{
    struct http_head *head = parsing->head;
    head->is_head = line[0] == 'H';
    char *target = line + (head->is_head ? 5 : 4);
    char *blank = memchr(target, ' ', length - (size_t)(target - line));
    static const char VERSION[] = " HTTP/1.";
    if (blank == NULL || (size_t)(line + length - blank) != sizeof VERSION ||
        memcmp(blank, VERSION, sizeof VERSION - 1) != 0) {
        return false;
    }
    char minor = line[length - 1];
    if (minor != '0' && minor != '1') {
        return false;
    }
    for (const char *at = target; at < blank; at++) {
        if (text_is_control(*at)) {
            return false;
        }
    }
    parsing->is_1_0 = minor == '0';
    *blank = '\0';
    head->target = target;
    return true;
}

// Connection: a list of words in any case.
static void note_connection(struct parsing *parsing, const char *value)
{
    while (*value != '\0') {
        size_t length = strcspn(value, ", \t");
        char word[12] = "";
        if (length < sizeof word) {
            memcpy(word, value, length);
        }
        parsing->has_close |= text_equal_nocase(word, "close");
        parsing->has_keep |= text_equal_nocase(word, "keep-alive");
        value += length;
        value += strspn(value, ", \t");
    }
}

static bool note_field(struct parsing *parsing, const char *name, const char *value)
{
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
        if (text_equal_nocase(name, OTHERS[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < COUNT_OF(FIELDS); i++) {
        if (text_equal_nocase(name, FIELDS[i].name)) {
            const char **place = (const char **)((char *)parsing->head + FIELDS[i].offset);
            bool is_first = *place == NULL;
            *place = value;
            return is_first;
        }
    }
    if (text_equal_nocase(name, "connection")) {
        note_connection(parsing, value);
    } else if (text_equal_nocase(name, "host")) {
        bool is_first = !parsing->has_host;
        parsing->has_host = true;
        return is_first;
    }
    return true;
}

// One field line without its "\r\n".
static bool parse_field(struct parsing *parsing, char *line, size_t length)
{
    size_t name_length = 0;
    while (name_length < length && is_token_character(line[name_length])) {
        name_length++;
    }
    if (name_length == 0 || name_length == length || line[name_length] != ':') { // folded lines, too
        return false;
    }
    for (size_t i = name_length; i < length; i++) {
        if (text_is_control(line[i]) && line[i] != '\t') {
            return false;
        }
    }
    char *value = line + name_length + 1;
    char *end = line + length;
    while (value < end && (*value == ' ' || *value == '\t')) {
        value++;
    }
    while (end > value && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    line[name_length] = '\0';
    *end = '\0';
    return note_field(parsing, line, value);
}

// Whether each line of the head ends with "\r\n" and none with less; how many there are, the last, empty one
// included.
static bool count_lines(const char *bytes, size_t length, size_t *lines)
{
    *lines = 0;
    for (const char *at = bytes; (at = memchr(at, '\n', length - (size_t)(at - bytes))) != NULL; at++) {
        if (at == bytes || at[-1] != '\r') {
            return false;
        }
        (*lines)++;
    }
    return true;
}

enum http_head_kind http_head_parse(char *bytes, size_t count, struct http_head *head)
{
    if (count == 0) {
        return HTTP_HEAD_SHORT;
    }
    if (!may_be_plain(bytes, count)) {
        return HTTP_HEAD_OTHER;
    }
    size_t length = find_end(bytes, count);
    size_t lines = 0;
    if (length == 0) {
        return HTTP_HEAD_SHORT;
    }
    if (!count_lines(bytes, length, &lines) || lines > HTTP_HEAD_FIELDS_MOST + 2) {
        return HTTP_HEAD_OTHER;
    }
    *head = (struct http_head){.bytes = length};
    struct parsing parsing = {.head = head};
    char *at = bytes;
    for (size_t i = 0; i + 1 < lines; i++) {
        char *end = memchr(at, '\n', length - (size_t)(at - bytes));
        size_t line_length = (size_t)(end - at) - 1;
        if (!(i == 0 ? parse_line(&parsing, at, line_length) : parse_field(&parsing, at, line_length))) {
            return HTTP_HEAD_OTHER;
        }
        at = end + 1;
    }
    head->keeps = !parsing.has_close && (!parsing.is_1_0 || parsing.has_keep);
    return parsing.has_host || parsing.is_1_0 ? HTTP_HEAD_PLAIN : HTTP_HEAD_OTHER;
}
