// SPDX-License-Identifier: GPL-3.0-or-later
// One lookup in a source, to be done in some thread, and what it found.
#pragma once

#include "content/content.h"

/// A lookup of `path` (canonical) in `source`, or of the name nearest to it. Yours; content_memo_free.
MUST_USE struct content_memo *content_memo_new(const struct content_source *source, const char *path,
                                               bool is_nearest);

/// Frees a memo and what it found; NULL is allowed.
void content_memo_free(struct content_memo *taken_memo);

/// Looks it up, in any thread, however long it takes. Its source must stay.
void content_memo_work(struct content_memo *memo);

/// A memo of the same lookup that failed with `status`. Yours.
MUST_USE struct content_memo *content_memo_fail(const struct content_memo *memo, enum status status);

/// What it looks up; as long as it lives.
const char *content_memo_path(const struct content_memo *memo);

/// Puts a memo into a list.
void content_memo_add(struct content_memo **list, struct content_memo *taken_memo);

/// Empties a list.
void content_memo_clear(struct content_memo **list);

/// The memo of this lookup in a list; NULL = it was not done.
const struct content_memo *content_memo_find(const struct content_memo *list,
                                             const struct content_source *source, const char *path,
                                             bool is_nearest);

/// What the `lookup` of its source said, with a node of its own.
MUST_USE enum status content_memo_open(const struct content_memo *memo, struct content_node *node,
                                       struct reasons *reasons);

/// The name that was found nearest; STATUS_NOT_FOUND.
MUST_USE enum status content_memo_nearest(const struct content_memo *memo, char out[CONTENT_PATH_BYTES]);
