// SPDX-License-Identifier: GPL-3.0-or-later
// What a person must read: what happened, where, and what to do. Filled at the place that knows.
#pragma once

#include "base/compiler.h"

#define PROBLEM_TEXT_BYTES   512
#define PROBLEM_REMEDY_BYTES 384
#define PROBLEM_PLACE_BYTES  256

struct problem {
    char text[PROBLEM_TEXT_BYTES];     // what happened, one sentence
    char remedy[PROBLEM_REMEDY_BYTES]; // what to do, one sentence, or empty
    char file[PROBLEM_PLACE_BYTES];    // where, or empty
    unsigned line;                     // 1-based, 0 = no line
    unsigned column;                   // 1-based, 0 = no column
};

/// Empties `problem`.
void problem_clear(struct problem *problem);

/// Says what happened. The first text stays: a caller that knows less cannot overwrite one that knew more.
/// NULL `problem` is allowed and does nothing. Texts longer than the field are cut at its end.
void problem_set(struct problem *problem, const char *format, ...) PRINTF_LIKE(2, 3);

/// Says what to do about it; the first remedy stays. NULL `problem` is allowed.
void problem_set_remedy(struct problem *problem, const char *format, ...) PRINTF_LIKE(2, 3);

/// Says where: `file` (borrowed for the call), 1-based `line` and `column` (0 = not known). The first place
/// stays.
void problem_set_place(struct problem *problem, const char *file, unsigned line, unsigned column);

/// Whether something was said.
bool problem_is_set(const struct problem *problem);

/// Prints "file:line:column: text; remedy" into `out`, always NUL-terminated, cut when too long. Returns
/// `out`.
char *problem_print(const struct problem *problem, char *out, size_t out_bytes);
