// SPDX-License-Identifier: GPL-3.0-or-later
// How each kind of row is written to SQLite and read back: one row of a table per kind, no decisions.
#pragma once

#include "store/journal.h"

#include <sqlite3.h>

struct sqlite_rows {
    const char *table;
    size_t row_bytes;
    const char *put;    // parameters as `bind` fills them
    const char *remove; // parameter 1: the id
    const char *load;   // in order of id, columns as `read` takes them, the id first
    void (*bind)(sqlite3_stmt *statement, const void *row);
    /// Fills the zeroed `row`, which may borrow from the statement until its next step. false = a value that
    /// cannot be.
    bool (*read)(sqlite3_stmt *statement, void *row);

    // What hangs on a row in a table of its own, removed with it; all NULL when nothing does.
    const char *part_put;  // parameters 1: id, 2: position, then as `part_bind` fills them
    const char *part_load; // parameter 1: the id; in order of position
    unsigned (*part_count)(const void *row);
    void (*part_bind)(sqlite3_stmt *statement, const void *row, unsigned position);
    bool (*part_read)(sqlite3_stmt *statement, void *row);
};

/// The row of `kind`.
const struct sqlite_rows *sqlite_rows_get(enum store_kind kind);
