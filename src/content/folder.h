// SPDX-License-Identifier: GPL-3.0-or-later
// A source that serves a folder: exact name first, then part by part without regard to case (the same name
// first, else the first in byte order, which is reported as FILE_AMBIGUOUS once), by an index that costs one
// stat for each folder (content/index). Opens with openat2 RESOLVE_BENEATH, so neither ".." nor a link leads
// out of it. Only regular files that everybody may read are served (the rule of classic TFTP servers).
#pragma once

#include "base/problem.h"
#include "content/content.h"

struct folder;

/// Serves the folder `path` below `prefix` ("" = the root of the tree, "images" = "images/...", where what
/// begins with a dot is hidden: uploads are gathered there). NULL and
/// `problem` when it cannot be opened. Yours; folder_free gives it back.
struct folder *folder_new(const char *prefix, const char *path, struct problem *problem);

/// Frees it; NULL is allowed.
void folder_free(struct folder *folder);

/// The source to add to a tree, called `name` (static). Thread-safe.
struct content_source folder_source(struct folder *folder, const char *name);
