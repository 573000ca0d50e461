// SPDX-License-Identifier: GPL-3.0-or-later
// The journal of a store in memory only: it keeps nothing and never fails.
#include "io/heap.h"
#include "store/journal.h"

static enum status none_begin(struct journal *journal, bool is_lazy, struct problem *problem)
{
    (void)journal;
    (void)is_lazy;
    (void)problem;
    return STATUS_OK;
}

static enum status none_end(struct journal *journal, struct problem *problem)
{
    (void)journal;
    (void)problem;
    return STATUS_OK;
}

static enum status none_put(struct journal *journal, enum store_kind kind, const void *row,
                            struct problem *problem)
{
    (void)journal;
    (void)kind;
    (void)row;
    (void)problem;
    return STATUS_OK;
}

static enum status none_put_id(struct journal *journal, enum store_kind kind, uint64_t id,
                               struct problem *problem)
{
    (void)journal;
    (void)kind;
    (void)id;
    (void)problem;
    return STATUS_OK;
}

static void none_abandon(struct journal *journal)
{
    (void)journal;
}

static enum status none_load(struct journal *journal, enum store_kind kind,
                             void (*take)(void *context, const void *row), void *context,
                             struct problem *problem)
{
    (void)journal;
    (void)kind;
    (void)take;
    (void)context;
    (void)problem;
    return STATUS_OK;
}

static enum status none_load_last_id(struct journal *journal, enum store_kind kind, uint64_t *last_id,
                                     struct problem *problem)
{
    (void)journal;
    (void)kind;
    (void)problem;
    *last_id = 0;
    return STATUS_OK;
}

static void none_close(struct journal *taken_journal)
{
    heap_free(taken_journal);
}

struct journal *journal_none_open(void)
{
    static const struct journal NONE = {
        .begin = none_begin,
        .put = none_put,
        .remove = none_put_id,
        .put_last_id = none_put_id,
        .end = none_end,
        .abandon = none_abandon,
        .load = none_load,
        .load_last_id = none_load_last_id,
        .close = none_close,
    };
    return heap_copy(&NONE, sizeof NONE);
}
