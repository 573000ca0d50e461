// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/checksum_list.h"

#include <string.h>

#define SHA256_DIGITS 64
#define SHA512_DIGITS 128

struct checksum_list checksum_list_init(const char *text, size_t bytes)
{
    return (struct checksum_list){.at = text, .end = text + bytes};
}

static bool is_blank(char character)
{
    return character == ' ' || character == '\t';
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at)) {
        at++;
    }
    return at;
}

// How many hexadecimal digits stand at `at`, when no word goes on behind them; else 0.
static size_t count_digits(const char *at, const char *end)
{
    size_t count = 0;
    while (at + count < end && text_parse_hex_digit(at[count]) >= 0) {
        count++;
    }
    bool is_word = at + count == end || is_blank(at[count]);
    return is_word && (count == SHA256_DIGITS || count == SHA512_DIGITS) ? count : 0;
}

static bool take_name(const char *at, const char *end, struct checksum *checksum)
{
    while (end > at && is_blank(end[-1])) {
        end--;
    }
    if (end - at > 2 && at[0] == '.' && at[1] == '/') {
        at += 2;
    }
    size_t length = (size_t)(end - at);
    for (size_t i = 0; i < length; i++) {
        if (text_is_control(at[i])) {
            return false;
        }
    }
    if (length == 0 || length >= sizeof checksum->name) {
        return false;
    }
    memcpy(checksum->name, at, length);
    checksum->name[length] = '\0';
    return true;
}

static void take_hex(const char *at, size_t digits, struct checksum *checksum)
{
    for (size_t i = 0; i < digits; i++) {
        checksum->hex[i] = text_lower(at[i]);
    }
    checksum->hex[digits] = '\0';
}

// "HEX  NAME", "HEX *NAME", or in a Release file, whose lines begin with a blank, " HEX BYTES NAME".
static bool take_plain(const char *start, const char *end, struct checksum *checksum)
{
    const char *at = skip_blanks(start, end);
    size_t digits = count_digits(at, end);
    if (digits == 0) {
        return false;
    }
    const char *name = skip_blanks(at + digits, end);
    if (at != start) {
        while (name < end && *name >= '0' && *name <= '9') {
            name++;
        }
        if (name == end || !is_blank(*name)) {
            return false;
        }
        name = skip_blanks(name, end);
    } else if (name < end && *name == '*') {
        name++;
    }
    take_hex(at, digits, checksum);
    return take_name(name, end, checksum);
}

// "SHA256 (NAME) = HEX".
static bool take_bsd(const char *start, const char *end, struct checksum *checksum)
{
    static const char *const KINDS[] = {"SHA256 (", "SHA512 ("};
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        size_t length = strlen(KINDS[i]);
        const char *hex = end;
        if ((size_t)(end - start) < length || memcmp(start, KINDS[i], length) != 0) {
            continue;
        }
        while (hex > start && text_parse_hex_digit(hex[-1]) >= 0) {
            hex--;
        }
        size_t digits = count_digits(hex, end);
        size_t wanted = i == 0 ? SHA256_DIGITS : SHA512_DIGITS;
        const char *name = start + length;
        if (digits != wanted || hex - name < 5 || memcmp(hex - 4, ") = ", 4) != 0) {
            return false;
        }
        take_hex(hex, digits, checksum);
        return take_name(name, hex - 4, checksum);
    }
    return false;
}

bool checksum_list_next(struct checksum_list *list, struct checksum *checksum)
{
    while (list->at < list->end) {
        const char *start = list->at;
        const char *newline = memchr(start, '\n', (size_t)(list->end - start));
        const char *end = newline == NULL ? list->end : newline;
        list->at = newline == NULL ? list->end : newline + 1;
        if (end > start && end[-1] == '\r') {
            end--;
        }
        if (take_plain(start, end, checksum) || take_bsd(start, end, checksum)) {
            return true;
        }
    }
    return false;
}

bool checksum_is_like(const char *name, const char *pattern)
{
    const char *star = NULL; // the last one met, and where the name was then
    const char *resume = NULL;
    while (*name != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            resume = name;
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star != NULL && *resume != '/') {
            pattern = star + 1;
            name = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static size_t count_number(const char **at)
{
    while (**at == '0') {
        (*at)++;
    }
    return strspn(*at, "0123456789");
}

bool checksum_is_older(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        if (is_digit(*a) && is_digit(*b)) {
            size_t first = count_number(&a);
            size_t second = count_number(&b);
            int order = first == second ? memcmp(a, b, first) : first < second ? -1 : 1;
            if (order != 0) {
                return order < 0;
            }
            a += first;
            b += second;
        } else if (*a != *b) {
            return !is_digit(*a) && (is_digit(*b) || *a < *b);
        } else {
            a++;
            b++;
        }
    }
    return *a == '\0' && *b != '\0';
}
