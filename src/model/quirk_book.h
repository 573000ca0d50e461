// SPDX-License-Identifier: GPL-3.0-or-later
// Which shape of reply the machines of a firmware model took here, as far as it is worth telling, so that the
// next machine of that model gets it with its first offer. And what imprint knew before it saw any
// (quirk_table.h).
#pragma once

#include "model/quirk.h"

#define QUIRK_BOOK_ROWS  512
#define QUIRK_BOOK_LEAST 2 // one machine's lesson may have been a lost packet

struct quirk_row {
    char model[QUIRK_KEY_BYTES];
    struct quirk_shape shape;
    uint32_t count; // lessons; the machine's own memory is its record
};

struct quirk_book { // all zero is empty
    uint32_t count;
    struct quirk_row rows[QUIRK_BOOK_ROWS];
};

struct quirk_known { // shipped; static
    const char *model;
    const char *shape;
    const char *witness;
};

/// One lesson more: a machine of `model` ("" = unknown, nothing happens) took `shape`. A full book gives up
/// the row with the fewest lessons.
void quirk_book_add(struct quirk_book *book, const char *model, const struct quirk_shape *shape);

/// The shape that most lessons of `model` had, when there are at least QUIRK_BOOK_LEAST with it; else the
/// shipped one. False when nothing is known.
bool quirk_book_find(const struct quirk_book *book, const char *model, struct quirk_shape *shape);

/// What imprint knows before it has seen a machine; `*count` rows.
const struct quirk_known *quirk_shipped(size_t *count);
