// SPDX-License-Identifier: GPL-3.0-or-later
// The words of a scenario: one statement a line, blanks between words, "quotes" around words with blanks, '#'
// before comments. A word is taken by name wherever it stands, so the order of a statement's parts is free.
#pragma once

#include "base/addr.h"
#include "base/problem.h"
#include "base/uuid.h"

#define SCRIPT_LINE_BYTES 512
#define SCRIPT_WORDS_MOST 64

struct script_line {
    const char *file;
    unsigned number; // 1-based
    char text[SCRIPT_LINE_BYTES];
    const char *words[SCRIPT_WORDS_MOST];
    bool is_taken[SCRIPT_WORDS_MOST];
    unsigned count;
};

/// Splits `text` into words. False when it is too long or a quote is left open.
bool script_split(struct script_line *line, const char *file, unsigned number, const char *text);

/// The next word that nobody took, taken; NULL when there is none.
const char *script_take(struct script_line *line);

/// Takes the word `name` wherever it stands. Whether it was there.
bool script_take_flag(struct script_line *line, const char *name);

/// Takes the word `name` and the one behind it, which is returned; NULL when `name` is not there.
const char *script_take_value(struct script_line *line, const char *name);

/// The same as an address, a MAC address, a UUID, a number or a duration; `*out` untouched when `name` is not
/// there. False, with `problem`, when the value does not read as one.
bool script_take_ip4(struct script_line *line, const char *name, struct ip4 *out, struct problem *problem);
bool script_take_hw(struct script_line *line, const char *name, struct hw *out, struct problem *problem);
bool script_take_uuid(struct script_line *line, const char *name, struct uuid *out, struct problem *problem);
bool script_take_number(struct script_line *line, const char *name, uint64_t *out, struct problem *problem);
bool script_take_seconds(struct script_line *line, const char *name, uint32_t *out, struct problem *problem);
