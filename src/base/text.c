// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_init(struct text *text, char *out, size_t out_bytes)
{
    assert(out_bytes >= 1);
    out[0] = '\0';
    *text = (struct text){.start = out, .capacity = out_bytes};
}

void text_add_bytes(struct text *text, const char *addition, size_t length)
{
    size_t space = text->capacity - 1 - text->length;
    if (length > space) {
        length = space;
        text->cut = true;
    }
    if (length != 0) {
        memcpy(text->start + text->length, addition, length);
    }
    text->length += length;
    text->start[text->length] = '\0';
}

void text_add(struct text *text, const char *addition)
{
    text_add_bytes(text, addition, strlen(addition));
}

void text_add_char(struct text *text, char character)
{
    text_add_bytes(text, &character, 1);
}

void text_add_format(struct text *text, const char *format, ...)
{
    size_t space = text->capacity - text->length;
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(text->start + text->length, space, format, arguments);
    va_end(arguments);
    assert(wanted >= 0);
    if ((size_t)wanted >= space) {
        text->cut = true;
        text->length = text->capacity - 1;
        return;
    }
    text->length += (size_t)wanted;
}

void text_add_escaped(struct text *text, const char *addition, size_t length)
{
    static const char HEX[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)addition[i];
        if (byte >= 0x20 && byte < 0x7f && byte != '\\') {
            text_add_char(text, (char)byte);
            continue;
        }
        char escape[4] = {'\\', 'x', HEX[byte >> 4], HEX[byte & 15]};
        text_add_bytes(text, escape, sizeof escape);
    }
}

enum status text_copy(char *out, size_t out_bytes, const char *source)
{
    struct text text;
    text_init(&text, out, out_bytes);
    text_add(&text, source);
    return text.cut ? STATUS_TOO_LONG : STATUS_OK;
}

char text_lower(char character)
{
    return character >= 'A' && character <= 'Z' ? (char)(character + ('a' - 'A')) : character;
}

bool text_equal_nocase(const char *a, const char *b)
{
    while (*a != '\0' && text_lower(*a) == text_lower(*b)) {
        a++;
        b++;
    }
    return text_lower(*a) == text_lower(*b);
}

bool text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_starts_nocase(const char *text, const char *prefix)
{
    while (*prefix != '\0' && text_lower(*text) == text_lower(*prefix)) {
        text++;
        prefix++;
    }
    return *prefix == '\0';
}

bool text_has_nocase(const char *text, const char *word)
{
    while (*text != '\0' && !text_starts_nocase(text, word)) {
        text++;
    }
    return text_starts_nocase(text, word);
}

uint64_t text_read_number(const char *text, unsigned base)
{
    uint64_t value = 0;
    while (text_is_one_of(*text, " \t")) {
        text++;
    }
    for (;; text++) {
        int digit = text_parse_hex_digit(*text);
        if (digit < 0 || (unsigned)digit >= base) {
            return value;
        }
        value = value > (UINT64_MAX - (unsigned)digit) / base ? UINT64_MAX : value * base + (unsigned)digit;
    }
}

bool text_ends(const char *text, const char *suffix)
{
    size_t text_length = strlen(text);
    size_t suffix_length = strlen(suffix);
    return text_length >= suffix_length && strcmp(text + text_length - suffix_length, suffix) == 0;
}

enum status text_parse_u64(const char *text, uint64_t most, uint64_t *value)
{
    if (*text == '\0') {
        return STATUS_MALFORMED;
    }
    uint64_t number = 0;
    bool over = false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return STATUS_MALFORMED;
        }
        uint64_t digit = (uint64_t)(*text - '0');
        over = over || number > (UINT64_MAX - digit) / 10;
        number = over ? number : number * 10 + digit;
    }
    if (over || number > most) {
        return STATUS_TOO_LONG;
    }
    *value = number;
    return STATUS_OK;
}

size_t text_find(const char *text, const char *const names[], size_t count)
{
    size_t position = 0;
    while (position < count && strcmp(names[position], text) != 0) {
        position++;
    }
    return position;
}

int text_parse_hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    char lower = text_lower(digit);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

#define DISTANCE_MOST 63

static unsigned distance_min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

// Optimal string alignment: three rows, since a swap of neighbours looks two rows back.
unsigned text_distance(const char *a, const char *b)
{
    size_t a_length = size_min(strlen(a), DISTANCE_MOST);
    size_t b_length = size_min(strlen(b), DISTANCE_MOST);
    unsigned rows[3][DISTANCE_MOST + 1];
    for (size_t j = 0; j <= b_length; j++) {
        rows[0][j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3];
        const unsigned *higher = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned cost = text_lower(a[i - 1]) != text_lower(b[j - 1]);
            row[j] = distance_min(distance_min(above[j] + 1, row[j - 1] + 1), above[j - 1] + cost);
            bool swapped = i > 1 && j > 1 && text_lower(a[i - 1]) == text_lower(b[j - 2]) &&
                           text_lower(a[i - 2]) == text_lower(b[j - 1]);
            if (swapped) {
                row[j] = distance_min(row[j], higher[j - 2] + 1);
            }
        }
    }
    return rows[a_length % 3][b_length];
}
