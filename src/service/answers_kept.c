// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/answers_kept.h"

#include "io/heap.h"

#include <string.h>

struct answers_kept {
    struct answer_kept rows[ANSWERS_KEPT_MOST]; // the oldest first
    size_t count;
    size_t bytes;
    uint64_t last_number;
};

struct answers_kept *answers_kept_new(void)
{
    return heap_new(sizeof(struct answers_kept));
}

static void answers_kept_drop(struct answers_kept *kept, size_t position)
{
    struct answer_kept *row = &kept->rows[position];
    kept->bytes -= row->text_bytes;
    heap_free(row->text);
    kept->count--;
    memmove(row, row + 1, (kept->count - position) * sizeof *row);
}

void answers_kept_free(struct answers_kept *kept)
{
    while (kept != NULL && kept->count > 0) {
        answers_kept_drop(kept, kept->count - 1);
    }
    heap_free(kept);
}

static struct answer_kept *answers_kept_find(struct answers_kept *kept, uint64_t machine_id, size_t position)
{
    for (size_t i = kept->count; i > 0; i--) {
        if (kept->rows[i - 1].machine_id == machine_id && position-- == 0) {
            return &kept->rows[i - 1];
        }
    }
    return NULL;
}

const struct answer_kept *answers_kept_get(const struct answers_kept *kept, uint64_t machine_id,
                                           size_t position)
{
    for (size_t i = kept->count; i > 0; i--) {
        if (kept->rows[i - 1].machine_id == machine_id && position-- == 0) {
            return &kept->rows[i - 1];
        }
    }
    return NULL;
}

static bool answers_kept_is_same(const struct answer_kept *row, const struct answer_kept *given,
                                 const char *text, size_t text_bytes)
{
    return row != NULL && row->order_id == given->order_id && strcmp(row->file, given->file) == 0 &&
           row->text_bytes == text_bytes && memcmp(row->text, text, text_bytes) == 0;
}

void answers_kept_add(struct answers_kept *kept, const struct answer_kept *given, const char *text,
                      size_t text_bytes)
{
    struct answer_kept *newest = answers_kept_find(kept, given->machine_id, 0);
    const struct answer_kept *oldest =
        answers_kept_find(kept, given->machine_id, ANSWERS_KEPT_OF_MACHINE - 1);
    if (text_bytes > ANSWERS_KEPT_BYTES_MOST) {
        return;
    }
    if (answers_kept_is_same(newest, given, text, text_bytes)) {
        newest->times += newest->times < UINT32_MAX;
        newest->last_s = given->last_s;
        newest->address = given->address;
        return;
    }
    if (oldest != NULL) {
        answers_kept_drop(kept, (size_t)(oldest - kept->rows));
    }
    while (kept->count == ANSWERS_KEPT_MOST || kept->bytes + text_bytes > ANSWERS_KEPT_BYTES_MOST) {
        answers_kept_drop(kept, 0);
    }
    struct answer_kept *row = &kept->rows[kept->count++];
    *row = *given;
    row->number = ++kept->last_number;
    row->first_s = given->last_s;
    row->times = 1;
    row->text = heap_new(text_bytes + 1);
    memcpy(row->text, text, text_bytes);
    row->text_bytes = text_bytes;
    kept->bytes += text_bytes;
}

void answers_kept_forget(struct answers_kept *kept, uint64_t machine_id)
{
    for (size_t i = kept->count; i > 0; i--) {
        if (kept->rows[i - 1].machine_id == machine_id) {
            answers_kept_drop(kept, i - 1);
        }
    }
}
