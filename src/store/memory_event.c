// SPDX-License-Identifier: GPL-3.0-or-later
// Events in memory: a ring of the newest. They are written in batches and never wait for the disk.
#include "store/memory.h"

static struct event *event_slot(const struct store *store, uint64_t id)
{
    return &store->events[id % STORE_EVENTS_MOST];
}

/// The oldest id that the ring can hold.
static uint64_t event_oldest(const struct store *store)
{
    return store->event_last < STORE_EVENTS_MOST ? 1 : store->event_last - STORE_EVENTS_MOST + 1;
}

void memory_load_event(void *store, const void *event)
{
    const struct event *loaded = event;
    struct store *self = store;
    *event_slot(self, loaded->id) = *loaded;
    self->event_last = loaded->id;
    self->event_written = loaded->id;
}

uint64_t store_event_add(struct store *store, const struct event *event)
{
    uint64_t id = store->event_last + 1;
    struct event *slot = event_slot(store, id);
    *slot = *event;
    slot->id = id;
    store->event_last = id;
    return id;
}

void store_event_each(const struct store *store, uint64_t after, bool (*visit)(const struct event *, void *),
                      void *context)
{
    uint64_t oldest = event_oldest(store);
    if (after >= store->event_last) {
        return;
    }
    for (uint64_t id = after < oldest ? oldest : after + 1; id <= store->event_last; id++) {
        const struct event *event = event_slot(store, id);
        if (event->id == id && !visit(event, context)) {
            return;
        }
    }
}

enum status memory_write_events(const struct store *store, uint64_t most, uint64_t *last,
                                struct problem *problem)
{
    struct journal *journal = store->journal;
    uint64_t oldest = event_oldest(store);
    uint64_t first = store->event_written < oldest ? oldest : store->event_written + 1;
    uint64_t left = store->event_last + 1 - first;
    *last = left <= most ? store->event_last : first + most - 1;
    if (left == 0) {
        return STATUS_OK;
    }
    for (uint64_t id = first; id <= *last; id++) {
        enum status status = journal->put(journal, STORE_EVENT, event_slot(store, id), problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return oldest > 1 ? journal->remove(journal, STORE_EVENT, oldest - 1, problem) : STATUS_OK;
}
