// SPDX-License-Identifier: GPL-3.0-or-later
// Paths inside URLs (RFC 3986). Only writes them; reading requests is the HTTP library's business.
#pragma once

#include "base/text.h"

/// Appends `path` with every byte that is not unreserved (RFC 3986 section 2.3) or '/' written as %XX. What
/// comes out has no blank, quote, '$' or '#', so that it is one harmless word to every boot loader too.
void uri_add_path(struct text *out, const char *path);
