// SPDX-License-Identifier: GPL-3.0-or-later
// Paths as strangers send them made canonical: '\' is '/', doubled and leading separators and a drive letter
// go, junk after the name (0xff and what follows, trailing blanks) goes, "." goes, and anything with ".." is
// refused.
#pragma once

#include "content/content.h"

/// Makes `path` (`length` bytes, need not be NUL-terminated) canonical: relative, parts separated by one '/'.
/// STATUS_DENIED for
/// "..", STATUS_TOO_LONG, STATUS_MALFORMED for control characters or an empty result.
MUST_USE enum status path_parse(const char *path, size_t length, char out[CONTENT_PATH_BYTES]);
