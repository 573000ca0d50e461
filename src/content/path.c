// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/path.h"

#include "base/text.h"

#include <string.h>

#define PATH_JUNK 0xff // what some firmware leaves behind a name

static bool path_is_separator(char character)
{
    return character == '/' || character == '\\';
}

static bool path_is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

static bool path_is_drive(const char *part, size_t length)
{
    char letter = length >= 2 ? text_lower(part[0]) : '\0';
    return letter >= 'a' && letter <= 'z' && part[1] == ':';
}

/// Whether the last part of `path` is ".".
static bool path_ends_in_dot(const char *path, size_t length)
{
    return path[length - 1] == '.' && (length == 1 || path_is_separator(path[length - 2]));
}

/// The length of `path` without the junk behind its name.
static size_t path_trim(const char *path, size_t length)
{
    const char *junk = length == 0 ? NULL : memchr(path, PATH_JUNK, length);
    size_t end = junk == NULL ? length : (size_t)(junk - path);
    while (end > 0 && (path_is_blank(path[end - 1]) || path_is_separator(path[end - 1]) ||
                       path_ends_in_dot(path, end))) {
        end--;
    }
    return end;
}

static bool path_has_control(const char *path, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char octet = (unsigned char)path[i];
        if (octet < 0x20 || octet == 0x7f) {
            return true;
        }
    }
    return false;
}

/// Appends one part, unless it says nothing ("", "." or a drive letter in front); false when it is "..".
static bool path_add_part(struct text *out, const char *part, size_t length)
{
    while (out->length == 0 && path_is_drive(part, length)) {
        part += 2;
        length -= 2;
    }
    if (length == 2 && part[0] == '.' && part[1] == '.') {
        return false;
    }
    if (length == 0 || (length == 1 && part[0] == '.')) {
        return true;
    }
    if (out->length != 0) {
        text_add_char(out, '/');
    }
    text_add_bytes(out, part, length);
    return true;
}

/// Appends every part of `path`; false when one of them is "..".
static bool path_add_parts(struct text *out, const char *path, size_t length)
{
    size_t start = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && !path_is_separator(path[i])) {
            continue;
        }
        if (!path_add_part(out, path + start, i - start)) {
            return false;
        }
        start = i + 1;
    }
    return true;
}

enum status path_parse(const char *path, size_t length, char out[CONTENT_PATH_BYTES])
{
    char found[CONTENT_PATH_BYTES];
    struct text text;
    size_t end = path_trim(path, length);
    if (path_has_control(path, end)) {
        return STATUS_MALFORMED;
    }
    text_init(&text, found, sizeof found);
    if (!path_add_parts(&text, path, end)) {
        return STATUS_DENIED;
    }
    if (text.cut) {
        return STATUS_TOO_LONG;
    }
    if (text.length == 0) {
        return STATUS_MALFORMED;
    }
    memcpy(out, found, text.length + 1);
    return STATUS_OK;
}
