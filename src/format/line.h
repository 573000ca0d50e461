// SPDX-License-Identifier: GPL-3.0-or-later
// Lines and words of text files that an administrator wrote: what every line-wise grammar of this room starts
// with. Bytes are taken as they are; what they mean belongs to the grammars.
#pragma once

#include "base/reader.h"
#include "base/text.h"

struct line {
    const char *text; // borrowed, without its end, not NUL-terminated
    size_t length;
    unsigned number; // 1-based
};

/// Starts before the first line of a file.
static inline struct line line_init(void)
{
    return (struct line){"", 0, 0};
}

/// Moves on to the next line of `reader`; its end, LF or CR LF, is consumed and left out. False when there is
/// none.
bool line_next(struct reader *reader, struct line *line);

/// `line` without blanks at both ends.
struct line line_trim(struct line line);

/// Whether `line` begins with the character `character`.
static inline bool line_starts(const struct line *line, char character)
{
    return line->length != 0 && line->text[0] == character;
}

/// Takes the first word (up to a blank) off `line` and copies it to `out`, NUL-terminated. STATUS_NOT_FOUND
/// when none is left; STATUS_TOO_LONG when it was cut, and then it is taken off all the same.
MUST_USE enum status line_take_word(struct line *line, char *out, size_t out_bytes);

/// Copies `line` to `out`, NUL-terminated. STATUS_TOO_LONG when it was cut.
enum status line_copy(const struct line *line, char *out, size_t out_bytes);
