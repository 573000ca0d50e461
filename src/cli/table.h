// SPDX-License-Identifier: GPL-3.0-or-later
// A list for people or for programs: on a terminal columns under headings, fitted to its width; elsewhere one
// line a row, cells whole and separated by tabs, no headings.
#pragma once

#include "cli/screen.h"
#include "io/heap.h"

#define TABLE_COLUMNS_MOST 12

struct table_column {
    const char *heading;
    bool is_right;   // numbers
    bool may_shrink; // its cells may be cut when the terminal is narrow
};

struct table {
    const struct table_column *columns;
    unsigned column_count;
    struct heap_array cells; // of struct table_cell, row by row
};

/// A table without rows, of `count` (1..TABLE_COLUMNS_MOST) columns, borrowed.
void table_init(struct table *table, const struct table_column *columns, unsigned count);

/// Appends the next cell, copied; rows fill from left to right.
void table_add(struct table *table, enum screen_paint paint, const char *text);

/// Appends what printf would print.
void table_add_format(struct table *table, enum screen_paint paint, const char *format, ...)
    PRINTF_LIKE(3, 4);

/// Prints all rows; the last one must be full.
void table_print(const struct table *table, const struct screen *screen);

/// Gives the memory back.
void table_clear(struct table *table);
