// SPDX-License-Identifier: GPL-3.0-or-later
// Text in buffers of known size: a builder that never overflows and remembers whether it was cut, and the
// small readers (numbers, case-blind comparison, trimming) that every grammar needs. ASCII only; no locale.
#pragma once

#include "base/status.h"

struct text {
    char *start;
    size_t length;   // without the NUL
    size_t capacity; // with the NUL
    bool cut;        // something did not fit
};

/// A builder over `out_bytes` (>= 1) bytes at `out`; starts empty and is NUL-terminated at all times.
void text_init(struct text *text, char *out, size_t out_bytes);

/// Appends `addition`; what does not fit is cut and remembered.
void text_add(struct text *text, const char *addition);

/// Appends `length` bytes of `addition`, which need not be NUL-terminated.
void text_add_bytes(struct text *text, const char *addition, size_t length);

/// Appends one character.
void text_add_char(struct text *text, char character);

/// Appends what printf would print.
void text_add_format(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);

/// Appends `length` bytes with everything outside printable ASCII, and `\`, as \xNN: safe for logs and
/// terminals.
void text_add_escaped(struct text *text, const char *addition, size_t length);

/// Copies `source` to `out`, always NUL-terminated. STATUS_TOO_LONG when it was cut.
enum status text_copy(char *out, size_t out_bytes, const char *source);

/// Whether both are equal when ASCII letters' case is ignored.
bool text_equal_nocase(const char *a, const char *b);

/// Whether `text` begins with `prefix`.
bool text_starts(const char *text, const char *prefix);

/// Whether `text` begins with `prefix` when ASCII letters' case is ignored.
bool text_starts_nocase(const char *text, const char *prefix);

/// Whether `word` is somewhere in `text` when ASCII letters' case is ignored.
bool text_has_nocase(const char *text, const char *word);

/// The number that `text` begins with, behind blanks: digits of `base` (10 or 16), as many as there are.
/// UINT64_MAX when it is larger than that; 0 when there is no digit.
uint64_t text_read_number(const char *text, unsigned base);

/// Whether `text` ends with `suffix`.
bool text_ends(const char *text, const char *suffix);

/// Whether `character` is one of those in `set`; NUL never is.
static inline bool text_is_one_of(char character, const char *set)
{
    while (*set != '\0' && *set != character) {
        set++;
    }
    return *set != '\0';
}

/// Whether `character` is an ASCII control character (newline, tab, DEL ...). Bytes of UTF-8 are not.
static inline bool text_is_control(char character)
{
    unsigned char byte = (unsigned char)character;
    return byte < 0x20 || byte == 0x7f;
}

/// Lower case of one ASCII character, anything else unchanged.
char text_lower(char character);

/// Parses a whole decimal number without sign, spaces or leading '+'. STATUS_MALFORMED when it is not one,
/// STATUS_TOO_LONG when above `most`. `*value` untouched unless OK.
MUST_USE enum status text_parse_u64(const char *text, uint64_t most, uint64_t *value);

/// The position of `text` (exact) among the `count` names in `names`, or `count` when it is none of them.
size_t text_find(const char *text, const char *const names[], size_t count);

/// The value of one hexadecimal digit, or -1.
int text_parse_hex_digit(char digit);

/// How many single edits (insert, delete, replace, swap neighbours) turn `a` into `b`, case-blind; at most
/// the first 63 characters of each are compared. For "did you mean".
unsigned text_distance(const char *a, const char *b);
