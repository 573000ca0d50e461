// SPDX-License-Identifier: GPL-3.0-or-later
// Files that the administrator hands to a command: answer files, scripts, keys.
#pragma once

#include "cli/call.h"

#include <jansson.h>

/// The text in the file at `path`, at most `most` bytes of UTF-8 without NUL, as JSON, yours. When it cannot
/// be read or is no such text, that is told and the answer is NULL; `remedy` is what to do about one that is
/// too long.
json_t *read_text(const struct call *call, const char *path, size_t most, const char *remedy);
