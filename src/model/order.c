// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/order.h"

#include "base/text.h"

static const char *const STATES[ORDER_STATE_COUNT] = {
    [ORDER_ARMED] = "armed",        [ORDER_BOOTING] = "booting",
    [ORDER_RUNNING] = "running",    [ORDER_CONFIRM] = "needs-confirmation",
    [ORDER_WRITING] = "writing",    [ORDER_SEALING] = "sealing",
    [ORDER_USED] = "used",          [ORDER_FINISHED] = "finished",
    [ORDER_FAILED] = "failed",      [ORDER_EXPIRED] = "expired",
    [ORDER_CANCELLED] = "cancelled"};

static bool order_is_past(const struct order *order, int64_t now_s)
{
    return now_s >= order->expires_s;
}

bool order_is_token(const struct order *order, const char *text, size_t length)
{
    unsigned difference = 0;
    if (length != ORDER_TOKEN_BYTES - 1) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        difference |= (unsigned char)text[i] ^ (unsigned char)order->token[i];
    }
    return difference == 0 && order->token[0] != '\0';
}

bool order_is_doubtful(const struct order *order, int64_t now_s)
{
    return order->created_s - now_s > ORDER_CLOCK_SLACK_S;
}

static bool order_is_on_disk(const struct order *order)
{
    return order->state == ORDER_WRITING || order->state == ORDER_SEALING;
}

// Not at the disk yet, or an installer that has not got everything.
static bool order_is_early(const struct order *order)
{
    return order->state == ORDER_ARMED || order->state == ORDER_BOOTING || order->state == ORDER_RUNNING ||
           order->state == ORDER_CONFIRM;
}

bool order_is_live(const struct order *order)
{
    return order_is_early(order) || order_is_on_disk(order) || order->state == ORDER_USED;
}

bool order_is_skipped(const struct order *order, int64_t now_s)
{
    // A clock that was set back must not hold an order for longer.
    return order->state == ORDER_ARMED && now_s < order->skip_until_s &&
           order->skip_until_s - now_s <= ORDER_SKIP_S;
}

bool order_may_boot(const struct order *order, int64_t now_s)
{
    bool is_start = order->state == ORDER_ARMED || order->state == ORDER_BOOTING;
    bool is_again = order->by_agent && (order_is_early(order) || order_is_on_disk(order));
    return (is_start || is_again) && !order_is_past(order, now_s) && !order_is_doubtful(order, now_s) &&
           !order_is_skipped(order, now_s);
}

bool order_may_answer(const struct order *order, int64_t now_s)
{
    return !order->by_agent && (order->state == ORDER_BOOTING || order->state == ORDER_USED) &&
           !order_is_past(order, now_s);
}

bool order_may_work(const struct order *order, int64_t now_s)
{
    if (!order->by_agent || order->state == ORDER_ARMED || order->state == ORDER_USED ||
        !order_is_live(order)) {
        return false;
    }
    return order_is_on_disk(order) || !order_is_past(order, now_s);
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
    enum reason_id again = order->by_agent ? REASON_ORDER_RESUMED : REASON_ORDER_RETRIED;
    reasons_add(reasons, order->state == ORDER_ARMED ? REASON_ORDER_STARTED : again);
    if (order->state == ORDER_ARMED) {
        order->state = ORDER_BOOTING;
        order->skip_until_s = 0;
    }
    if (order->started_s == 0) {
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

static bool come_back(struct order *order, int64_t now_s, struct reasons *reasons)
{
    if (order->state == ORDER_USED) {
        return end(order, ORDER_FINISHED, REASON_ORDER_FINISHED, now_s, reasons);
    }
    if (order->tries > 0 && order->boots >= order->tries) {
        return end(order, ORDER_FAILED, REASON_ORDER_TRIES_OVER, now_s, reasons);
    }
    return false;
}

// Whether `event` ends an order whose time is over, and how. A write that has begun may come to its end, but
// not begin again in another boot.
static bool end_past(struct order *order, enum order_event event, int64_t now_s, struct reasons *reasons,
                     bool *ended)
{
    bool is_back = event == ORDER_EVENT_FIRMWARE_BOOT;
    bool is_new_boot = is_back || event == ORDER_EVENT_CONFIGURED;
    *ended = true;
    if (order->state == ORDER_USED) {
        return end(order, ORDER_FINISHED, is_back ? REASON_ORDER_FINISHED : REASON_ORDER_EXPIRED, now_s,
                   reasons);
    }
    if (!order_is_on_disk(order) || is_new_boot ||
        now_s >= order->expires_s + (int64_t)ORDER_WRITING_GRACE_S) {
        return end(order, ORDER_EXPIRED, REASON_ORDER_EXPIRED, now_s, reasons);
    }
    *ended = false;
    return false;
}

static bool move(struct order *order, enum order_state state, enum reason_id why, struct reasons *reasons)
{
    bool changed = order->state != state;
    order->state = state;
    if (why != REASON_NONE) {
        reasons_add(reasons, why);
    }
    return changed;
}

static bool hello(struct order *order, int64_t now_s, struct reasons *reasons)
{
    if (order_is_skipped(order, now_s)) { // an agent that was told to restart
        return false;
    }
    if (order->state == ORDER_ARMED) { // we were killed before the configuration was noted
        (void)start(order, now_s, reasons);
    }
    if (order_is_on_disk(order)) {
        reasons_add(reasons, REASON_AGENT_HERE);
        return false;
    }
    return move(order, ORDER_RUNNING, REASON_AGENT_HERE, reasons);
}

static bool decline(struct order *order, int64_t now_s, struct reasons *reasons)
{
    if (order->state != ORDER_RUNNING) {
        return false;
    }
    order->boots -= order->boots > 0 ? 1 : 0;
    order->skip_until_s = now_s + ORDER_SKIP_S;
    return move(order, ORDER_ARMED, REASON_PROMPT_NOT_PRESSED, reasons);
}

// What the agent asks for and tells. A past order gets here only when it is on the disk already.
static bool order_step_agent(struct order *order, enum order_event event, int64_t now_s,
                             struct reasons *reasons)
{
    enum order_state state = order->state;
    switch (event) {
    case ORDER_EVENT_HELLO:
        return hello(order, now_s, reasons);
    case ORDER_EVENT_HELD:
        return state == ORDER_RUNNING && move(order, ORDER_CONFIRM, REASON_NONE, reasons);
    case ORDER_EVENT_CONFIRMED:
        return state == ORDER_CONFIRM && move(order, ORDER_RUNNING, REASON_NONE, reasons);
    case ORDER_EVENT_DECLINED:
        return decline(order, now_s, reasons);
    case ORDER_EVENT_WRITE:
        if (order_is_doubtful(order, now_s)) {
            return false;
        }
        if (state == ORDER_RUNNING) {
            order->used_s = now_s;
        }
        return (state == ORDER_RUNNING || state == ORDER_WRITING) &&
               move(order, ORDER_WRITING, REASON_DISK_WRITING, reasons);
    case ORDER_EVENT_SEAL:
        return (state == ORDER_WRITING || state == ORDER_SEALING) &&
               move(order, ORDER_SEALING, REASON_DISK_SEALING, reasons);
    case ORDER_EVENT_DONE:
        return state == ORDER_SEALING && end(order, ORDER_FINISHED, REASON_ORDER_DONE, now_s, reasons);
    case ORDER_EVENT_FAIL:
        return state != ORDER_ARMED && end(order, ORDER_FAILED, REASON_ORDER_FAILED, now_s, reasons);
    case ORDER_EVENT_FIRMWARE_BOOT:
    case ORDER_EVENT_CONFIGURED:
    case ORDER_EVENT_DELIVERED:
    case ORDER_EVENT_ANSWERED:
    case ORDER_EVENT_INSTALLED:
    case ORDER_EVENT_CANCEL:
    case ORDER_EVENT_TICK:
        break;
    }
    return false;
}

bool order_step(struct order *order, enum order_event event, int64_t now_s, struct reasons *reasons)
{
    bool ended = false;
    if (!order_is_live(order)) {
        return false;
    }
    if (order_is_past(order, now_s)) {
        bool changed = end_past(order, event, now_s, reasons, &ended);
        if (ended) {
            return changed;
        }
    }
    bool is_used = order->state == ORDER_USED;
    switch (event) {
    case ORDER_EVENT_FIRMWARE_BOOT:
        return come_back(order, now_s, reasons);
    case ORDER_EVENT_CONFIGURED:
        return !is_used && start(order, now_s, reasons);
    case ORDER_EVENT_DELIVERED:
    case ORDER_EVENT_ANSWERED:
        return !is_used && !order->by_agent && use(order, now_s, reasons);
    case ORDER_EVENT_INSTALLED:
        return is_used && end(order, ORDER_FINISHED, REASON_ORDER_INSTALLED, now_s, reasons);
    case ORDER_EVENT_CANCEL:
        return end(order, ORDER_CANCELLED, REASON_ORDER_CANCELLED, now_s, reasons);
    case ORDER_EVENT_TICK:
        return false;
    case ORDER_EVENT_HELLO:
    case ORDER_EVENT_HELD:
    case ORDER_EVENT_CONFIRMED:
    case ORDER_EVENT_DECLINED:
    case ORDER_EVENT_WRITE:
    case ORDER_EVENT_SEAL:
    case ORDER_EVENT_DONE:
    case ORDER_EVENT_FAIL:
        return order->by_agent && order_step_agent(order, event, now_s, reasons);
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
