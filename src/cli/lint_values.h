// SPDX-License-Identifier: GPL-3.0-or-later
// Values to fill a template in with before there is a machine: the profile's own, and for what only a machine
// knows something that looks like it.
#pragma once

#include "catalog/snippets.h"
#include "cli/call.h"
#include "model/lint.h"

#include <jansson.h>

struct lint_values {
    json_t *values;                  // text by name, owned; a dot in a name is part of it
    json_t *known;                   // names that a template may write, owned
    bool is_open;                    // others may come
    const struct snippets *snippets; // borrowed; NULL = none
};

/// Fills in: imprint's own names with samples, and the profile's `own` (an object of texts, borrowed, NULL =
/// none), which go before them. lint_values_clear must follow.
void lint_values_init(struct lint_values *values, json_t *own, bool is_open);

/// Gives the memory back.
void lint_values_clear(struct lint_values *values);

/// What the rules want to know of them; borrowed.
struct lint_names lint_values_names(const struct lint_values *values);

/// Fills `source` in, with samples for names that it cannot do without, so that lines can be told apart:
/// `*text` (yours: heap_free) of `*length` bytes, and `*lines` (yours, too), `*line_count` of them. `problem`
/// and the status of template_render when that fails.
MUST_USE enum status lint_values_render(struct lint_values *values, const char *name, const char *source,
                                        char **text, size_t *length, unsigned **lines, size_t *line_count,
                                        struct problem *problem);
