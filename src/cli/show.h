// SPDX-License-Identifier: GPL-3.0-or-later
// How results look: fields, times, hints. Results go to standard output; hints are for people and go to
// standard error, so that a pipe gets results only.
#pragma once

#include "cli/ask.h"
#include "cli/table.h"

#define SHOW_TIME_BYTES 32

/// Unix seconds for a person ("3 min ago") or, when the output is no terminal, for a program (UTC); "" for 0.
/// Returns `out`.
const char *show_time(const struct call *call, int64_t unix_s, char out[SHOW_TIME_BYTES]);

/// A size for a person ("41.2 MB") or for a program (bytes). Returns `out`.
const char *show_size(const struct call *call, int64_t bytes, char out[SHOW_TIME_BYTES]);

/// One line "label  value"; nothing when `value` is empty.
void show_field(const struct call *call, const char *label, enum screen_paint paint, const char *value);

/// The same with what printf would print.
void show_field_format(const struct call *call, const char *label, const char *format, ...) PRINTF_LIKE(3, 4);

/// What to do next. Silent with --json.
void show_hint(const struct call *call, const char *format, ...) PRINTF_LIKE(2, 3);

/// Prints a list: `taken_list` as JSON, or `taken_table`, made from it, or `hint` when it has no rows. The
/// exit status.
int show_list(const struct call *call, json_t *taken_list, struct table *taken_table, const char *hint);

/// Prints the daemon's answer, as JSON or by `print`. NULL = it said no and that was told already. The exit
/// status.
int show_one(struct call *call, json_t *taken_answer, void (*print)(struct call *call, const json_t *answer));

struct show_each { // what to do with every argument of a call
    const char *method;
    const char *first;  // path is "first/argument/rest"
    const char *rest;   // may be NULL
    const json_t *body; // may be NULL
    void (*print)(struct call *call, const json_t *answer);
};

/// Asks for every argument, though some may be refused; prints each answer, or with --json all in an array.
/// The exit status.
int show_each(struct call *call, const struct show_each *each);

/// For show_each: says that {"removed": NAME} is removed.
void show_removed(struct call *call, const json_t *answer);
