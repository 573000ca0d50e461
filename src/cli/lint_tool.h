// SPDX-License-Identifier: GPL-3.0-or-later
// The checkers that other people made for their formats, run when they are on this machine.
#pragma once

#include "model/lint.h"

/// Lets the checker of `format` look at `text` in a file that nobody else may read, a minute at most, and
/// adds what it says to `lint`. Returns its name, or NULL when there is none for the format or it is not
/// installed.
const char *lint_tool_run(enum lint_format format, const char *text, size_t length, struct lint *lint);

/// The name of the program for `format`, or NULL.
const char *lint_tool_name(enum lint_format format);
