// SPDX-License-Identifier: GPL-3.0-or-later
// Completion for the shell: what the word that is being written may become. Commands and options come from
// the table, names from the running daemon; when there is none there are no names.
#pragma once

#include "base/compiler.h"

#include <stdio.h>

/// `line` has the `count` words behind the program's name; the last one, which may be empty, is being
/// written. Prints what it may become, one a line; ":file" or ":folder" alone leaves it to the shell. Always
/// 0.
int complete_run(size_t count, char *const line[], FILE *out);
