// SPDX-License-Identifier: GPL-3.0-or-later
// Why: every decision carries reasons, and a reason is a row of one table (reason_table.h). The same row
// feeds the log, the timeline, `imprint explain` and the manual, so they cannot disagree.
#pragma once

#include "base/compiler.h"

enum reason_severity { REASON_INFO, REASON_NOTICE, REASON_WARNING, REASON_ERROR };

enum reason_id {
    REASON_NONE = 0,
#define REASON_ROW(name, severity, sentence, explanation, remedy) REASON_##name,
#include "model/reason_table.h"
#undef REASON_ROW
    REASON_COUNT
};

struct reason {
    enum reason_id id;
    const char *name; // "ASSIGNED_IMAGE"
    enum reason_severity severity;
    const char *sentence;    // what happened, one sentence
    const char *explanation; // why that is so, for the manual
    const char *remedy;      // what to do, or ""
};

#define REASONS_MOST 8

struct reasons {
    enum reason_id ids[REASONS_MOST];
    uint8_t count;
};

/// The row of `id`; never NULL for a valid id, asserts otherwise.
const struct reason *reason_get(enum reason_id id);

/// The row called `name` (exact), or NULL.
const struct reason *reason_find(const char *name);

/// "info", "notice", "warning" or "error".
const char *reason_severity_text(enum reason_severity severity);

/// Adds `id` unless it is there already; a ninth reason is dropped.
void reasons_add(struct reasons *reasons, enum reason_id id);

/// Whether `id` is among `reasons`.
bool reasons_has(const struct reasons *reasons, enum reason_id id);

/// The most severe of `reasons`, the first among equals; REASON_NONE when empty.
enum reason_id reasons_worst(const struct reasons *reasons);
