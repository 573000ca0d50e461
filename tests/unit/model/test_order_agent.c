// SPDX-License-Identifier: GPL-3.0-or-later
// Orders that the agent carries out: every event in every state, and long random lives of which none may
// erase a disk twice.
#include "model/order.h"

#include "unit/test.h"

#define CREATED_S 1000
#define EXPIRES_S 100000
#define BEFORE_S  1500
#define EVENTS    (ORDER_EVENT_FAIL + 1)
#define TRIES     5

static struct order order_in(enum order_state state)
{
    struct order order = {.id = 7,
                          .machine_id = 3,
                          .state = state,
                          .by_agent = true,
                          .tries = TRIES,
                          .created_s = CREATED_S,
                          .expires_s = EXPIRES_S};
    order.started_s = state == ORDER_ARMED ? 0 : 1100;
    order.boots = state == ORDER_ARMED ? 0 : 1;
    order.used_s = state == ORDER_WRITING || state == ORDER_SEALING ? 1200 : 0;
    order.ended_s = state >= ORDER_FINISHED ? 1300 : 0;
    return order;
}

struct step {
    enum order_state state;
    enum order_event event;
    enum order_state after;
    bool changes;
    enum reason_id reason; // NONE = none at all
};

// What is not here changes nothing and says nothing.
static const struct step STEPS[] = {
    {ORDER_ARMED, ORDER_EVENT_CONFIGURED, ORDER_BOOTING, true, REASON_ORDER_STARTED},
    {ORDER_ARMED, ORDER_EVENT_HELLO, ORDER_RUNNING, true, REASON_AGENT_HERE},
    {ORDER_ARMED, ORDER_EVENT_CANCEL, ORDER_CANCELLED, true, REASON_ORDER_CANCELLED},

    {ORDER_BOOTING, ORDER_EVENT_CONFIGURED, ORDER_BOOTING, true, REASON_ORDER_RESUMED},
    {ORDER_BOOTING, ORDER_EVENT_HELLO, ORDER_RUNNING, true, REASON_AGENT_HERE},
    {ORDER_BOOTING, ORDER_EVENT_FAIL, ORDER_FAILED, true, REASON_ORDER_FAILED},
    {ORDER_BOOTING, ORDER_EVENT_CANCEL, ORDER_CANCELLED, true, REASON_ORDER_CANCELLED},

    {ORDER_RUNNING, ORDER_EVENT_CONFIGURED, ORDER_RUNNING, true, REASON_ORDER_RESUMED},
    {ORDER_RUNNING, ORDER_EVENT_HELLO, ORDER_RUNNING, false, REASON_AGENT_HERE},
    {ORDER_RUNNING, ORDER_EVENT_HELD, ORDER_CONFIRM, true, REASON_NONE},
    {ORDER_RUNNING, ORDER_EVENT_DECLINED, ORDER_ARMED, true, REASON_PROMPT_NOT_PRESSED},
    {ORDER_RUNNING, ORDER_EVENT_WRITE, ORDER_WRITING, true, REASON_DISK_WRITING},
    {ORDER_RUNNING, ORDER_EVENT_FAIL, ORDER_FAILED, true, REASON_ORDER_FAILED},
    {ORDER_RUNNING, ORDER_EVENT_CANCEL, ORDER_CANCELLED, true, REASON_ORDER_CANCELLED},

    {ORDER_CONFIRM, ORDER_EVENT_CONFIGURED, ORDER_CONFIRM, true, REASON_ORDER_RESUMED},
    {ORDER_CONFIRM, ORDER_EVENT_HELLO, ORDER_RUNNING, true, REASON_AGENT_HERE},
    {ORDER_CONFIRM, ORDER_EVENT_CONFIRMED, ORDER_RUNNING, true, REASON_NONE},
    {ORDER_CONFIRM, ORDER_EVENT_FAIL, ORDER_FAILED, true, REASON_ORDER_FAILED},
    {ORDER_CONFIRM, ORDER_EVENT_CANCEL, ORDER_CANCELLED, true, REASON_ORDER_CANCELLED},

    {ORDER_WRITING, ORDER_EVENT_CONFIGURED, ORDER_WRITING, true, REASON_ORDER_RESUMED},
    {ORDER_WRITING, ORDER_EVENT_HELLO, ORDER_WRITING, false, REASON_AGENT_HERE},
    {ORDER_WRITING, ORDER_EVENT_WRITE, ORDER_WRITING, false, REASON_DISK_WRITING},
    {ORDER_WRITING, ORDER_EVENT_SEAL, ORDER_SEALING, true, REASON_DISK_SEALING},
    {ORDER_WRITING, ORDER_EVENT_FAIL, ORDER_FAILED, true, REASON_ORDER_FAILED},
    {ORDER_WRITING, ORDER_EVENT_CANCEL, ORDER_CANCELLED, true, REASON_ORDER_CANCELLED},

    {ORDER_SEALING, ORDER_EVENT_CONFIGURED, ORDER_SEALING, true, REASON_ORDER_RESUMED},
    {ORDER_SEALING, ORDER_EVENT_HELLO, ORDER_SEALING, false, REASON_AGENT_HERE},
    {ORDER_SEALING, ORDER_EVENT_SEAL, ORDER_SEALING, false, REASON_DISK_SEALING},
    {ORDER_SEALING, ORDER_EVENT_DONE, ORDER_FINISHED, true, REASON_ORDER_DONE},
    {ORDER_SEALING, ORDER_EVENT_FAIL, ORDER_FAILED, true, REASON_ORDER_FAILED},
    {ORDER_SEALING, ORDER_EVENT_CANCEL, ORDER_CANCELLED, true, REASON_ORDER_CANCELLED},
};

static struct step step_find(enum order_state state, enum order_event event)
{
    for (size_t i = 0; i < COUNT_OF(STEPS); i++) {
        if (STEPS[i].state == state && STEPS[i].event == event) {
            return STEPS[i];
        }
    }
    return (struct step){state, event, state, false, REASON_NONE};
}

static void check_step(const struct step *step, int64_t now_s)
{
    struct order order = order_in(step->state);
    struct order before;
    memcpy(&before, &order, sizeof before);
    struct reasons reasons = {0};
    bool changed = order_step(&order, step->event, now_s, &reasons);
    if (order.state != step->after || changed != step->changes) {
        fail_msg("%s, event %d at %lld: became %s, %schanged", order_state_text(step->state),
                 (int)step->event, (long long)now_s, order_state_text(order.state), changed ? "" : "un");
    }
    assert_int_equal(memcmp(&order, &before, sizeof order) != 0, changed);
    assert_int_equal(reasons.count == 0, step->reason == REASON_NONE);
    assert_true(step->reason == REASON_NONE || reasons_has(&reasons, step->reason));
    assert_int_equal(order.ended_s != 0, !order_is_live(&order));
}

static void every_event_in_every_state_does_what_it_should(void **state)
{
    (void)state;
    for (enum order_state at = ORDER_ARMED; at < ORDER_STATE_COUNT; at++) {
        for (enum order_event event = 0; event < EVENTS && at != ORDER_USED; event++) {
            struct step step = step_find(at, event);
            check_step(&step, BEFORE_S);
            check_step(&step, EXPIRES_S - 1);
        }
    }
}

static void an_order_that_has_not_begun_to_write_ends_with_its_time(void **state)
{
    (void)state;
    for (enum order_state at = ORDER_ARMED; at <= ORDER_CONFIRM; at++) {
        for (enum order_event event = 0; event < EVENTS; event++) {
            struct step step = {at, event, ORDER_EXPIRED, true, REASON_ORDER_EXPIRED};
            check_step(&step, EXPIRES_S);
            check_step(&step, EXPIRES_S + 100000);
        }
    }
}

static void a_write_that_has_begun_may_go_on_but_not_into_another_boot(void **state)
{
    (void)state;
    for (enum order_state at = ORDER_WRITING; at <= ORDER_SEALING; at++) {
        for (enum order_event event = 0; event < EVENTS; event++) {
            bool is_boot = event == ORDER_EVENT_FIRMWARE_BOOT || event == ORDER_EVENT_CONFIGURED;
            struct step over = {at, event, ORDER_EXPIRED, true, REASON_ORDER_EXPIRED};
            struct step step = is_boot ? over : step_find(at, event);
            check_step(&step, EXPIRES_S);
            check_step(&step, EXPIRES_S + ORDER_WRITING_GRACE_S - 1);
            check_step(&over, EXPIRES_S + ORDER_WRITING_GRACE_S);
        }
    }
}

static void the_last_try_that_came_to_nothing_ends_it(void **state)
{
    (void)state;
    for (enum order_state at = ORDER_ARMED; at <= ORDER_SEALING; at++) {
        struct order order = order_in(at);
        struct reasons reasons = {0};
        order.boots = TRIES - 1;
        assert_false(order_step(&order, ORDER_EVENT_FIRMWARE_BOOT, BEFORE_S, &reasons));
        assert_true(order_step(&order, ORDER_EVENT_CONFIGURED, BEFORE_S, &reasons));
        assert_true(order_step(&order, ORDER_EVENT_FIRMWARE_BOOT, BEFORE_S, &reasons));
        assert_int_equal(order.state, ORDER_FAILED);
        assert_true(reasons_has(&reasons, REASON_ORDER_TRIES_OVER));
        assert_int_equal(order.ended_s, BEFORE_S);
    }
}

static void an_order_without_tries_may_be_tried_for_ever(void **state)
{
    (void)state;
    struct order order = order_in(ORDER_BOOTING);
    struct reasons reasons = {0};
    order.tries = 0;
    order.boots = 1000;
    assert_false(order_step(&order, ORDER_EVENT_FIRMWARE_BOOT, BEFORE_S, &reasons));
}

static void a_disk_is_written_from_power_on_to_its_end(void **state)
{
    (void)state;
    struct order order = order_in(ORDER_ARMED);
    struct reasons reasons = {0};
    static const enum order_event events[] = {ORDER_EVENT_CONFIGURED, ORDER_EVENT_HELLO, ORDER_EVENT_HELD,
                                              ORDER_EVENT_CONFIRMED,  ORDER_EVENT_WRITE, ORDER_EVENT_SEAL,
                                              ORDER_EVENT_DONE};
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        assert_true(order_step(&order, events[i], 2000 + 10 * (int64_t)i, &reasons));
    }
    assert_int_equal(order.state, ORDER_FINISHED);
    assert_int_equal(order.started_s, 2000);
    assert_int_equal(order.used_s, 2040);
    assert_int_equal(order.ended_s, 2060);
    assert_int_equal(order.boots, 1);
}

static void nobody_at_the_key_costs_no_try_and_gives_the_machine_its_disk(void **state)
{
    (void)state;
    struct order order = order_in(ORDER_ARMED);
    struct reasons reasons = {0};
    int64_t now_s = BEFORE_S;
    for (unsigned round = 0; round < 3 * TRIES; round++, now_s += ORDER_SKIP_S) {
        assert_false(order_is_skipped(&order, now_s));
        assert_true(order_may_boot(&order, now_s));
        assert_false(order_step(&order, ORDER_EVENT_FIRMWARE_BOOT, now_s, &reasons));
        assert_true(order_step(&order, ORDER_EVENT_CONFIGURED, now_s, &reasons));
        assert_true(order_step(&order, ORDER_EVENT_HELLO, now_s, &reasons));
        assert_true(order_step(&order, ORDER_EVENT_DECLINED, now_s, &reasons));
        assert_int_equal(order.boots, 0);
        assert_true(order_is_skipped(&order, now_s + ORDER_SKIP_S - 1));
        assert_false(order_may_boot(&order, now_s + ORDER_SKIP_S - 1));
        assert_false(order_may_work(&order, now_s + ORDER_SKIP_S - 1));
        // The agent that was sent away says hello once more before it restarts.
        assert_false(order_step(&order, ORDER_EVENT_HELLO, now_s + 1, &reasons));
        assert_int_equal(order.state, ORDER_ARMED);
    }
}

static void a_clock_that_was_set_back_does_not_hold_an_order(void **state)
{
    (void)state;
    struct order order = order_in(ORDER_ARMED);
    order.skip_until_s = 50000;
    assert_false(order_is_skipped(&order, BEFORE_S));
    assert_true(order_may_boot(&order, BEFORE_S));
}

static void a_clock_that_forgot_the_time_begins_no_order(void **state)
{
    (void)state;
    struct reasons reasons = {0};
    struct order order = order_in(ORDER_ARMED);
    order.created_s = 10 * EXPIRES_S;
    order.expires_s = 11 * EXPIRES_S;
    assert_true(order_may_boot(&order, order.created_s - ORDER_CLOCK_SLACK_S)); // put right, a little
    assert_false(order_may_boot(&order, order.created_s - ORDER_CLOCK_SLACK_S - 1));
    order.state = ORDER_RUNNING;
    assert_false(order_step(&order, ORDER_EVENT_WRITE, BEFORE_S, &reasons));
    assert_int_equal(order.state, ORDER_RUNNING);
    order.state = ORDER_SEALING; // erases nothing
    assert_true(order_step(&order, ORDER_EVENT_DONE, BEFORE_S, &reasons));
}

// ---- random lives ----

static uint64_t random_state;

static uint32_t random_below(uint32_t most)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 33) % most;
}

// The order of states for which there is no way back, once the disk is touched.
static unsigned depth(enum order_state state)
{
    switch (state) {
    case ORDER_WRITING:
        return 1;
    case ORDER_SEALING:
        return 2;
    case ORDER_FINISHED:
    case ORDER_FAILED:
    case ORDER_EXPIRED:
    case ORDER_CANCELLED:
        return 3;
    case ORDER_ARMED:
    case ORDER_BOOTING:
    case ORDER_RUNNING:
    case ORDER_CONFIRM:
    case ORDER_USED:
    case ORDER_STATE_COUNT:
        break;
    }
    return 0;
}

static void check_one_event(const struct order *before, const struct order *after, enum order_event event,
                            int64_t now_s)
{
    bool was_past = now_s >= before->expires_s;
    bool was_over = !order_is_live(before);
    assert_true(!was_over || memcmp(before, after, sizeof *after) == 0);
    assert_true(depth(after->state) >= depth(before->state));
    if (after->state == ORDER_WRITING && before->state != ORDER_WRITING) {
        assert_int_equal(before->state, ORDER_RUNNING);
        assert_int_equal(event, ORDER_EVENT_WRITE);
        assert_false(was_past);
    }
    if (after->state == ORDER_SEALING && before->state != ORDER_SEALING) {
        assert_int_equal(before->state, ORDER_WRITING);
        assert_int_equal(event, ORDER_EVENT_SEAL);
    }
    if (after->state == ORDER_FINISHED && !was_over) {
        assert_int_equal(before->state, ORDER_SEALING);
        assert_int_equal(event, ORDER_EVENT_DONE);
    }
    if (event == ORDER_EVENT_FIRMWARE_BOOT && !was_over && before->boots >= before->tries) {
        assert_false(order_is_live(after));
    }
    if (was_past && (event == ORDER_EVENT_FIRMWARE_BOOT || depth(before->state) == 0)) {
        assert_false(order_is_live(after));
    }
    assert_true(after->boots <= before->boots + 1);
    assert_int_not_equal(after->state, ORDER_USED);
    assert_int_equal(after->ended_s != 0, !order_is_live(after));
}

static void live_once(unsigned counts[ORDER_STATE_COUNT])
{
    // Such as an order meets in good times, more often than the others.
    static const enum order_event usual[] = {ORDER_EVENT_FIRMWARE_BOOT, ORDER_EVENT_CONFIGURED,
                                             ORDER_EVENT_HELLO,         ORDER_EVENT_WRITE,
                                             ORDER_EVENT_SEAL,          ORDER_EVENT_DONE};
    struct order order = order_in(ORDER_ARMED);
    int64_t now_s = CREATED_S;
    unsigned writes = 0;
    for (unsigned i = 0; i < 60; i++) {
        struct order before;
        struct reasons reasons = {0};
        enum order_event event = random_below(3) != 0 ? usual[random_below(COUNT_OF(usual))]
                                                      : (enum order_event)random_below(EVENTS);
        if (event == ORDER_EVENT_CONFIGURED && !order_may_boot(&order, now_s)) {
            continue; // as boot_plan_decide sees to
        }
        memcpy(&before, &order, sizeof before);
        bool changed = order_step(&order, event, now_s, &reasons);
        assert_int_equal(memcmp(&before, &order, sizeof order) != 0, changed);
        check_one_event(&before, &order, event, now_s);
        writes += before.state != ORDER_WRITING && order.state == ORDER_WRITING;
        now_s += random_below(50) == 0 ? random_below(2 * EXPIRES_S) : random_below(300);
    }
    assert_true(writes <= 1);
    assert_true(order_is_live(&order) || !order_may_boot(&order, now_s));
    assert_true(order_is_live(&order) || !order_may_work(&order, now_s));
    counts[order.state]++;
}

static void in_no_life_is_anything_done_twice(void **state)
{
    (void)state;
    unsigned counts[ORDER_STATE_COUNT] = {0};
    random_state = UINT64_C(0x9e3779b97f4a7c15);
    for (unsigned life = 0; life < 20000; life++) {
        live_once(counts);
    }
    for (enum order_state over = ORDER_FINISHED; over < ORDER_STATE_COUNT; over++) {
        assert_true(counts[over] > 100); // else the walk shows nothing
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_state_does_what_it_should),
        cmocka_unit_test(an_order_that_has_not_begun_to_write_ends_with_its_time),
        cmocka_unit_test(a_write_that_has_begun_may_go_on_but_not_into_another_boot),
        cmocka_unit_test(the_last_try_that_came_to_nothing_ends_it),
        cmocka_unit_test(an_order_without_tries_may_be_tried_for_ever),
        cmocka_unit_test(a_disk_is_written_from_power_on_to_its_end),
        cmocka_unit_test(nobody_at_the_key_costs_no_try_and_gives_the_machine_its_disk),
        cmocka_unit_test(a_clock_that_was_set_back_does_not_hold_an_order),
        cmocka_unit_test(a_clock_that_forgot_the_time_begins_no_order),
        cmocka_unit_test(in_no_life_is_anything_done_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
