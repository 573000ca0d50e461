// SPDX-License-Identifier: GPL-3.0-or-later
// The journal that keeps its rows in an SQLite database: write-ahead log, synchronous=FULL, so what a commit
// said is there after a power cut. A lock on `path`.lock keeps a second imprint away; other programs may
// read.
#pragma once

#include "store/journal.h"

/// Opens or creates the database `path` (mode 0600) and brings it to the newest version. NULL and `problem`
/// on failure. Its close frees it.
struct journal *sqlite_open(const char *path, struct problem *problem);
