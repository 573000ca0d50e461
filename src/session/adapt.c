// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/adapt.h"

#include <string.h>

static size_t adapt_place(const struct hw *mac)
{
    size_t hash = 0;
    for (unsigned i = 0; i < mac->length && i < sizeof mac->octets; i++) {
        hash = hash * 257 + mac->octets[i];
    }
    return hash % ADAPT_WATCHES;
}

static struct adapt_watch *adapt_find(struct adapt *adapt, const struct hw *mac)
{
    struct adapt_watch *watch = &adapt->watches[adapt_place(mac)];
    return watch->state != ADAPT_NOBODY && hw_equal(&watch->mac, mac) ? watch : NULL;
}

static void adapt_begin(struct adapt_watch *watch, const struct boot_client *client, bool is_proxy,
                        int64_t now_ms, const struct quirk_shape *shape)
{
    bool is_same = hw_equal(&watch->mac, &client->mac);
    uint64_t order_id = is_same ? watch->order_id : 0;
    unsigned vain = is_same ? watch->vain : 0;
    *watch = (struct adapt_watch){.state = ADAPT_OFFERED,
                                  .order_id = order_id,
                                  .vain = vain,
                                  .mac = client->mac,
                                  .is_proxy = is_proxy,
                                  .offers = 1,
                                  .at_ms = now_ms,
                                  .shape = *shape};
    if (!quirk_model_print(client, watch->model)) {
        watch->model[0] = '\0';
    }
}

// Why the last offer's shape was in vain, if it was.
static enum adapt_change adapt_judge(const struct adapt_watch *watch, int64_t gap_ms)
{
    if (watch->state == ADAPT_REQUESTED) {
        return gap_ms >= ADAPT_DOWNLOAD_MS ? ADAPT_NO_DOWNLOAD : ADAPT_SAME;
    }
    // One question and then silence may be a machine that was switched off, or has taken somebody else's
    // offer.
    bool is_repeated = gap_ms <= ADAPT_RHYTHM_MS || watch->offers > 1;
    return is_repeated ? ADAPT_NO_REQUEST : ADAPT_SAME;
}

enum adapt_change adapt_discover(struct adapt *adapt, const struct boot_client *client, bool is_proxy,
                                 int64_t now_ms, struct quirk_shape *shape)
{
    struct adapt_watch *watch = adapt_find(adapt, &client->mac);
    int64_t gap_ms = watch == NULL ? 0 : now_ms - watch->at_ms;
    if (watch == NULL || watch->state == ADAPT_FETCHED || watch->is_proxy != is_proxy ||
        gap_ms > ADAPT_FORGET_MS) {
        adapt_begin(&adapt->watches[adapt_place(&client->mac)], client, is_proxy, now_ms, shape);
        return ADAPT_SAME;
    }
    *shape = watch->shape;
    if (gap_ms < ADAPT_REPEAT_MS) {
        return ADAPT_SAME;
    }
    enum adapt_change change = watch->has_offer ? adapt_judge(watch, gap_ms) : ADAPT_SAME;
    watch->has_offer = false;
    watch->offers = gap_ms > ADAPT_RHYTHM_MS || watch->state == ADAPT_REQUESTED ? 1 : watch->offers + 1;
    watch->state = ADAPT_OFFERED;
    watch->at_ms = now_ms;
    if (change != ADAPT_SAME) {
        watch->shape = quirk_shape_next(&watch->shape, client, is_proxy);
        *shape = watch->shape;
    }
    return change;
}

void adapt_offer(struct adapt *adapt, const struct hw *mac)
{
    struct adapt_watch *watch = adapt_find(adapt, mac);
    if (watch != NULL) {
        watch->has_offer = true;
    }
}

void adapt_request(struct adapt *adapt, const struct hw *mac, bool is_for_other, int64_t now_ms)
{
    struct adapt_watch *watch = adapt_find(adapt, mac);
    if (watch == NULL || watch->state == ADAPT_FETCHED) {
        return;
    }
    watch->state = is_for_other ? ADAPT_NOBODY : ADAPT_REQUESTED;
    watch->at_ms = now_ms;
}

struct quirk_shape adapt_shape(const struct adapt *adapt, const struct hw *mac)
{
    const struct adapt_watch *watch = &adapt->watches[adapt_place(mac)];
    bool is_its = watch->state != ADAPT_NOBODY && hw_equal(&watch->mac, mac);
    return is_its ? watch->shape : (struct quirk_shape){0};
}

bool adapt_fetch(struct adapt *adapt, const struct hw *mac, bool is_whole, const struct adapt_watch **watch)
{
    struct adapt_watch *found = adapt_find(adapt, mac);
    if (found == NULL || found->state == ADAPT_FETCHED) {
        return false;
    }
    if (!is_whole) {
        found->state = ADAPT_OFFERED; // it knows server and file; what went wrong is not the reply's shape
        found->offers = 0;
        return false;
    }
    found->state = ADAPT_FETCHED;
    *watch = found;
    return true;
}

unsigned adapt_count_vain(struct adapt *adapt, const struct hw *mac, uint64_t order_id, bool is_back)
{
    struct adapt_watch *watch = adapt_find(adapt, mac);
    if (watch == NULL) {
        return 0;
    }
    if (watch->order_id != order_id) {
        watch->order_id = order_id;
        watch->vain = 0;
    } else if (is_back && watch->state == ADAPT_FETCHED) {
        watch->vain++;
    }
    return watch->vain;
}
