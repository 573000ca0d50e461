// SPDX-License-Identifier: GPL-3.0-or-later
// Plain columns, as every kind of row binds and reads them. Inside the room: for the sqlite_* files.
#pragma once

#include "base/text.h"

#include <sqlite3.h>

/// Binds `text`, which must live until the statement has run.
static inline void rows_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    (void)sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

/// Binds a number.
static inline void rows_bind_number(sqlite3_stmt *statement, int at, uint64_t number)
{
    (void)sqlite3_bind_int64(statement, at, (sqlite3_int64)number);
}

/// Binds Unix seconds.
static inline void rows_bind_time(sqlite3_stmt *statement, int at, int64_t time)
{
    (void)sqlite3_bind_int64(statement, at, time);
}

/// Copies the text in column `at` into `out`. false when it is none, or does not fit.
static inline bool rows_read_text(sqlite3_stmt *statement, int at, char *out, size_t out_bytes)
{
    const char *text = (const char *)sqlite3_column_text(statement, at);
    return text != NULL && text_copy(out, out_bytes, text) == STATUS_OK;
}

/// The number in column `at`.
static inline uint64_t rows_read_number(sqlite3_stmt *statement, int at)
{
    return (uint64_t)sqlite3_column_int64(statement, at);
}

/// The text in column `at` until the next step; "" for none.
static inline const char *rows_text(sqlite3_stmt *statement, int at)
{
    const char *text = (const char *)sqlite3_column_text(statement, at);
    return text == NULL ? "" : text;
}
