// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the room: the words on the machine's own screen, the same in every dialect. ASCII, at most 78
// columns.
#pragma once

#include "loader/loader.h"

/// Appends one line to the screen in the words of a dialect, quoted.
typedef void screen_line(struct text *out, const char *words);

/// Says that the machine waits: who serves it, who it is, why, and which command helps.
void screen_add_wait(const struct loader_context *context, screen_line *add, struct text *out);

/// Says in one sentence what happens now (`context->sentence`).
void screen_add_sentence(const struct loader_context *context, screen_line *add, struct text *out);
