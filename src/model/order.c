// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/order.h"

#include "base/text.h"

static const char *const STATES[ORDER_STATE_COUNT] = {
    [ORDER_ARMED] = "armed",       [ORDER_BOOTING] = "booting", [ORDER_USED] = "used",
    [ORDER_FINISHED] = "finished", [ORDER_EXPIRED] = "expired", [ORDER_CANCELLED] = "cancelled"};

static bool order_is_past(const struct order *order, int64_t now_s)
{
    return now_s >= order->expires_s;
}

bool order_is_live(const struct order *order)
{
    return order->state == ORDER_ARMED || order->state == ORDER_BOOTING || order->state == ORDER_USED;
}

bool order_may_boot(const struct order *order, int64_t now_s)
{
    return (order->state == ORDER_ARMED || order->state == ORDER_BOOTING) && !order_is_past(order, now_s);
}

bool order_may_answer(const struct order *order, int64_t now_s)
{
    return (order->state == ORDER_BOOTING || order->state == ORDER_USED) && !order_is_past(order, now_s);
}

static bool end(struct order *order, enum order_state state, enum reason_id why, int64_t now_s,
                struct reasons *reasons)
{
    order->state = state;
    order->ended_s = now_s;
    reasons_add(reasons, why);
    return true;
}

static bool start(struct order *order, int64_t now_s, struct reasons *reasons)
{
    reasons_add(reasons, order->state == ORDER_BOOTING ? REASON_ORDER_RETRIED : REASON_ORDER_STARTED);
    if (order->state == ORDER_ARMED) {
        order->state = ORDER_BOOTING;
        order->started_s = now_s;
    }
    order->boots++;
    return true;
}

// An ARMED order gets here when we were killed between sending the configuration and noting it. The machine
// has all it needs all the same, so the order is used: it must not fire a second time.
static bool use(struct order *order, int64_t now_s, struct reasons *reasons)
{
    order->state = ORDER_USED;
    order->used_s = now_s;
    if (order->started_s == 0) {
        order->started_s = now_s;
    }
    reasons_add(reasons, REASON_ORDER_USED);
    return true;
}

static bool end_past(struct order *order, enum order_event event, int64_t now_s, struct reasons *reasons)
{
    if (order->state != ORDER_USED) {
        return end(order, ORDER_EXPIRED, REASON_ORDER_EXPIRED, now_s, reasons);
    }
    bool is_back = event == ORDER_EVENT_FIRMWARE_BOOT;
    return end(order, ORDER_FINISHED, is_back ? REASON_ORDER_FINISHED : REASON_ORDER_EXPIRED, now_s, reasons);
}

bool order_step(struct order *order, enum order_event event, int64_t now_s, struct reasons *reasons)
{
    if (!order_is_live(order)) {
        return false;
    }
    if (order_is_past(order, now_s)) {
        return end_past(order, event, now_s, reasons);
    }
    bool is_used = order->state == ORDER_USED;
    switch (event) {
    case ORDER_EVENT_FIRMWARE_BOOT:
        return is_used && end(order, ORDER_FINISHED, REASON_ORDER_FINISHED, now_s, reasons);
    case ORDER_EVENT_CONFIGURED:
        return !is_used && start(order, now_s, reasons);
    case ORDER_EVENT_DELIVERED:
    case ORDER_EVENT_ANSWERED:
        return !is_used && use(order, now_s, reasons);
    case ORDER_EVENT_CANCEL:
        return end(order, ORDER_CANCELLED, REASON_ORDER_CANCELLED, now_s, reasons);
    case ORDER_EVENT_TICK:
        return false;
    }
    assert(!"an event out of range");
    return false;
}

const char *order_state_text(enum order_state state)
{
    assert(state < ORDER_STATE_COUNT);
    return STATES[state];
}

enum status order_state_parse(const char *text, enum order_state *state)
{
    size_t found = text_find(text, STATES, COUNT_OF(STATES));
    if (found == COUNT_OF(STATES)) {
        return STATUS_NOT_FOUND;
    }
    *state = (enum order_state)found;
    return STATUS_OK;
}
