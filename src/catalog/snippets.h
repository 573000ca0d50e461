// SPDX-License-Identifier: GPL-3.0-or-later
// Pieces of templates that several answer files share, {{> NAME}}: the files of one folder, read at once.
#pragma once

#include "base/problem.h"

#define SNIPPETS_DEFAULT   "/etc/imprint/snippets"
#define SNIPPETS_MOST      256
#define SNIPPET_BYTES_MOST 65536
#define SNIPPET_NAME_BYTES 64

struct snippets;

/// Reads the files in `folder`, if there is such a folder, whose names are of a-z A-Z 0-9 '.' '_' '-'. What
/// cannot be read, is too large or one too many is left out and `told`. Yours; snippets_free.
struct snippets *snippets_load(const char *folder, void (*told)(void *context, const struct problem *problem),
                               void *context);

/// The text of the one called `name` (`length` bytes), `*bytes` long; NULL = there is none. `snippets` may be
/// NULL.
const char *snippets_find(const struct snippets *snippets, const char *name, size_t length, size_t *bytes);

/// Frees them; NULL is allowed.
void snippets_free(struct snippets *taken_snippets);
