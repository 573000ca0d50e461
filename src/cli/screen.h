// SPDX-License-Identifier: GPL-3.0-or-later
// Where output goes: a terminal of so many columns that may have colours, or a pipe that gets plain text.
#pragma once

#include "base/compiler.h"

#include <stdio.h>

enum screen_paint { SCREEN_PLAIN, SCREEN_BOLD, SCREEN_DIM, SCREEN_GOOD, SCREEN_WARN, SCREEN_BAD };

struct screen {
    FILE *out; // borrowed
    bool is_terminal;
    bool has_colours;
    unsigned columns; // of a terminal
};

/// Looks what `out` is. NO_COLOR (no-color.org) and TERM=dumb leave a terminal without colours.
struct screen screen_open(FILE *out);

/// Prints `text`, painted if there are colours.
void screen_paint(const struct screen *screen, enum screen_paint paint, const char *text);

/// Prints `text`, which may hold anything, so that it cannot command the terminal: control characters, C1
/// ones in UTF-8 too, become '?'. Newlines and tabs stay when `has_lines`.
void screen_print_safe(FILE *out, const char *text, bool has_lines);

/// How many columns `text` in UTF-8 takes: its characters are counted, wide ones as one.
size_t screen_width(const char *text);
