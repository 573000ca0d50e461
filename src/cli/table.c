// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/table.h"

#include <stdarg.h>
#include <string.h>

#define GAP        2
#define CELL_LEAST 8 // no column is cut below this

struct table_cell {
    char *text;
    enum screen_paint paint;
};

void table_init(struct table *table, const struct table_column *columns, unsigned count)
{
    assert(count >= 1 && count <= TABLE_COLUMNS_MOST);
    *table = (struct table){columns, count, heap_array_init(sizeof(struct table_cell))};
}

void table_add(struct table *table, enum screen_paint paint, const char *text)
{
    struct table_cell cell = {heap_copy_text(text), paint};
    heap_array_add(&table->cells, &cell);
}

void table_add_format(struct table *table, enum screen_paint paint, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    table_add(table, paint, text);
}

static const struct table_cell *cell_at(const struct table *table, size_t row, unsigned column)
{
    return heap_array_get(&table->cells, row * table->column_count + column);
}

static size_t row_count(const struct table *table)
{
    assert(table->cells.count % table->column_count == 0);
    return table->cells.count / table->column_count;
}

static void find_widths(const struct table *table, size_t widths[TABLE_COLUMNS_MOST])
{
    for (unsigned column = 0; column < table->column_count; column++) {
        widths[column] = screen_width(table->columns[column].heading);
        for (size_t row = 0; row < row_count(table); row++) {
            widths[column] = size_max(widths[column], screen_width(cell_at(table, row, column)->text));
        }
    }
}

// The widest column that can still give; column_count when there is none.
static unsigned find_widest(const struct table *table, const size_t widths[TABLE_COLUMNS_MOST])
{
    unsigned widest = table->column_count;
    for (unsigned column = 0; column < table->column_count; column++) {
        bool may = table->columns[column].may_shrink && widths[column] > CELL_LEAST;
        if (may && (widest == table->column_count || widths[column] > widths[widest])) {
            widest = column;
        }
    }
    return widest;
}

static void fit_widths(const struct table *table, size_t columns, size_t widths[TABLE_COLUMNS_MOST])
{
    size_t total = (size_t)GAP * (table->column_count - 1);
    for (unsigned column = 0; column < table->column_count; column++) {
        total += widths[column];
    }
    unsigned widest = find_widest(table, widths);
    while (total > columns && widest < table->column_count) {
        widths[widest]--;
        total--;
        widest = find_widest(table, widths);
    }
}

// Where the first `count` characters of `text` end.
static size_t cut_position(const char *text, size_t count)
{
    size_t at = 0;
    while (text[at] != '\0') {
        bool is_start = ((unsigned char)text[at] & 0xc0) != 0x80;
        if (is_start && count-- == 0) {
            break;
        }
        at++;
    }
    return at;
}

static void print_blanks(const struct screen *screen, size_t count)
{
    (void)fprintf(screen->out, "%*s", (int)count, "");
}

static void print_cell(const struct screen *screen, const struct table_cell *cell, size_t width,
                       bool is_right, bool is_last)
{
    size_t own = screen_width(cell->text);
    if (own > width) {
        char *cut = heap_copy_text(cell->text);
        memcpy(cut + cut_position(cut, width - 2), "..", 3); // two characters are at least two bytes
        screen_paint(screen, cell->paint, cut);
        heap_free(cut);
        return;
    }
    print_blanks(screen, is_right ? width - own : 0);
    screen_paint(screen, cell->paint, cell->text);
    print_blanks(screen, is_right || is_last ? 0 : width - own);
}

static void print_row(const struct table *table, const struct screen *screen, size_t row,
                      const size_t *widths)
{
    for (unsigned column = 0; column < table->column_count; column++) {
        print_blanks(screen, column == 0 ? 0 : GAP);
        print_cell(screen, cell_at(table, row, column), widths[column], table->columns[column].is_right,
                   column + 1 == table->column_count);
    }
    (void)fputc('\n', screen->out);
}

static void print_headings(const struct table *table, const struct screen *screen, const size_t *widths)
{
    for (unsigned column = 0; column < table->column_count; column++) {
        struct table_cell cell = {heap_copy_text(table->columns[column].heading), SCREEN_DIM};
        print_blanks(screen, column == 0 ? 0 : GAP);
        print_cell(screen, &cell, widths[column], table->columns[column].is_right,
                   column + 1 == table->column_count);
        heap_free(cell.text);
    }
    (void)fputc('\n', screen->out);
}

static void print_plain(const struct table *table, const struct screen *screen)
{
    for (size_t row = 0; row < row_count(table); row++) {
        for (unsigned column = 0; column < table->column_count; column++) {
            screen_print_safe(screen->out, cell_at(table, row, column)->text, false);
            (void)fputc(column + 1 == table->column_count ? '\n' : '\t', screen->out);
        }
    }
}

void table_print(const struct table *table, const struct screen *screen)
{
    size_t widths[TABLE_COLUMNS_MOST] = {0};
    if (!screen->is_terminal) {
        print_plain(table, screen);
        return;
    }
    find_widths(table, widths);
    fit_widths(table, screen->columns, widths);
    print_headings(table, screen, widths);
    for (size_t row = 0; row < row_count(table); row++) {
        print_row(table, screen, row, widths);
    }
}

void table_clear(struct table *table)
{
    for (size_t i = 0; i < table->cells.count; i++) {
        struct table_cell *cell = heap_array_get(&table->cells, i);
        heap_free(cell->text);
    }
    heap_array_clear(&table->cells);
}
