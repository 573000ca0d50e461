// SPDX-License-Identifier: GPL-3.0-or-later
// What the name of a file in a package repository tells: whether it ever changes, what its bytes must be, and
// where it is to be fetched. Names are canonical paths below the repository, made by strangers.
#pragma once

#include "base/text.h"

#define MIRROR_DIGEST_BYTES 129 // SHA-512 in hex
#define MIRROR_KIND_BYTES   8   // how many first bytes tell a format

/// Whether what is under this name stays what it is: packages and their sources, and what is named by its
/// digest. Everything else may be another file a minute later.
bool mirror_name_is_kept(const char *path);

/// The digest that the name says the file has, in lower-case hex; 64 characters are SHA-256 and 128 are
/// SHA-512. false when it says none.
bool mirror_name_find_digest(const char *path, char hex[MIRROR_DIGEST_BYTES]);

/// Whether a file that begins with these bytes (as many as it has, at most MIRROR_KIND_BYTES) can be of the
/// kind that its name says. A page that asks for a login is no package.
bool mirror_name_is_kind(const char *path, const uint8_t *first, size_t count);

/// Appends the URL of `path` below the folder `base`: everything that is not plain in a URL is escaped, so a
/// name can neither leave the folder nor become a query.
void mirror_name_add_url(const char *base, const char *path, struct text *out);
