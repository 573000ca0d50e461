// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/quirk_book.h"

#include "base/text.h"

#include <string.h>

#define QUIRK_ROW(model, shape, witness) {model, shape, witness},
static const struct quirk_known SHIPPED[] = {
#include "model/quirk_table.h"
};
#undef QUIRK_ROW

const struct quirk_known *quirk_shipped(size_t *count)
{
    *count = COUNT_OF(SHIPPED);
    return SHIPPED;
}

// The row of that model and shape, else an unused one, else the one with the fewest lessons.
static struct quirk_row *book_place(struct quirk_book *book, const char *model,
                                    const struct quirk_shape *shape)
{
    struct quirk_row *least = &book->rows[0];
    for (uint32_t i = 0; i < book->count; i++) {
        struct quirk_row *row = &book->rows[i];
        if (strcmp(row->model, model) == 0 && quirk_shape_equal(&row->shape, shape)) {
            return row;
        }
        least = row->count < least->count ? row : least;
    }
    if (book->count < QUIRK_BOOK_ROWS) {
        least = &book->rows[book->count++];
    }
    *least = (struct quirk_row){.shape = *shape};
    (void)text_copy(least->model, sizeof least->model, model);
    return least;
}

void quirk_book_add(struct quirk_book *book, const char *model, const struct quirk_shape *shape)
{
    if (model[0] != '\0') {
        struct quirk_row *row = book_place(book, model, shape);
        row->count += row->count != UINT32_MAX;
    }
}

static bool find_shipped(const char *model, struct quirk_shape *shape)
{
    for (size_t i = 0; i < COUNT_OF(SHIPPED); i++) {
        if (strcmp(SHIPPED[i].model, model) == 0) {
            return quirk_shape_parse(SHIPPED[i].shape, shape) == STATUS_OK;
        }
    }
    return false;
}

bool quirk_book_find(const struct quirk_book *book, const char *model, struct quirk_shape *shape)
{
    const struct quirk_row *best = NULL;
    for (uint32_t i = 0; i < book->count; i++) {
        const struct quirk_row *row = &book->rows[i];
        bool is_better = best == NULL || row->count > best->count;
        if (row->count >= QUIRK_BOOK_LEAST && is_better && strcmp(row->model, model) == 0) {
            best = row;
        }
    }
    if (best == NULL) {
        return find_shipped(model, shape);
    }
    *shape = best->shape;
    return true;
}
