// SPDX-License-Identifier: GPL-3.0-or-later
// How the loop thread looks into folders without waiting for their disk (docs/decisions/0081): a drive that
// spins up, or a file server that went away, delays who asked for a file of it and nobody else. A source of
// files is asked to answer at once; when it cannot, a thread does the lookup, and whoever asked waits as it
// waits for any source, is told, and asks again: what was looked up is at hand then. A search for several
// names comes back once for each that had to be waited for, so asking must change nothing before the end.
#pragma once

#include "content/content.h"
#include "io/log.h"
#include "io/loop.h"

#define CONTENT_OPENER_THREADS    8
#define CONTENT_OPENER_QUEUE_MOST 1024 // lookups under way
#define CONTENT_OPENER_PATIENCE_S 20   // then the disk is said not to answer: STATUS_IO
#define CONTENT_OPENER_MEMOS_MOST 96   // lookups for one search

/// An opener on `loop`; its threads start when they are needed. `log` may be NULL; `patience_s`: seconds, 0 =
/// CONTENT_OPENER_PATIENCE_S. Yours.
struct content_opener *content_opener_new(struct loop *loop, struct log *log, unsigned patience_s);

/// Ends it, when nobody waits any more; NULL is allowed. A thread that a disk holds is left behind.
void content_opener_free(struct content_opener *opener);

/// Asks `source` for `path` as its `lookup` does, for sources that ask others themselves. For one that may
/// wait, when `client` has a waiter and an opener: STATUS_WAITING rather than wait. STATUS_IO when the disk
/// does not answer, or after CONTENT_OPENER_MEMOS_MOST lookups for the same search; STATUS_BUSY when too many
/// wait already.
MUST_USE enum status content_source_open(const struct content_source *source, const char *path,
                                         const struct content_client *client, struct content_node *node,
                                         struct reasons *reasons);

/// Asks `source` for the name nearest to `path`; its `nearest` may be NULL. STATUS_NOT_FOUND when none is
/// near; else as content_source_open.
MUST_USE enum status content_source_nearest(const struct content_source *source, const char *path,
                                            const struct content_client *client,
                                            char out[CONTENT_PATH_BYTES]);
