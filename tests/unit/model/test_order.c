// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/order.h"

#include "unit/test.h"

#define CREATED_S 1000
#define EXPIRES_S 2000
#define BEFORE_S  1500
#define EVENTS    (ORDER_EVENT_FAIL + 1)

static struct order order_in(enum order_state state)
{
    struct order order = {
        .id = 7, .machine_id = 3, .state = state, .created_s = CREATED_S, .expires_s = EXPIRES_S};
    order.started_s = state == ORDER_ARMED ? 0 : 1100;
    order.boots = state == ORDER_ARMED ? 0 : 1;
    order.used_s = state == ORDER_USED || state == ORDER_FINISHED ? 1200 : 0;
    order.ended_s = state >= ORDER_FINISHED ? 1300 : 0;
    return order;
}

struct step {
    enum order_state state;
    enum order_event event;
    enum order_state after;
    enum reason_id reason; // NONE = nothing changes
};

static void check_step(const struct step *step, int64_t now_s)
{
    struct order order = order_in(step->state);
    struct order before;
    memcpy(&before, &order, sizeof before);
    struct reasons reasons = {0};
    bool changed = order_step(&order, step->event, now_s, &reasons);
    if (order.state != step->after) {
        fail_msg("%s, event %d: became %s", order_state_text(step->state), (int)step->event,
                 order_state_text(order.state));
    }
    assert_int_equal(changed, step->reason != REASON_NONE);
    assert_int_equal(reasons.count, changed ? 1 : 0);
    assert_int_equal(reasons_worst(&reasons), step->reason);
    assert_int_equal(memcmp(&order, &before, sizeof order) != 0, changed);
}

static void every_event_in_every_live_state_does_what_it_should(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {ORDER_ARMED, ORDER_EVENT_FIRMWARE_BOOT, ORDER_ARMED, REASON_NONE},
        {ORDER_ARMED, ORDER_EVENT_CONFIGURED, ORDER_BOOTING, REASON_ORDER_STARTED},
        {ORDER_ARMED, ORDER_EVENT_DELIVERED, ORDER_USED, REASON_ORDER_USED},
        {ORDER_ARMED, ORDER_EVENT_ANSWERED, ORDER_USED, REASON_ORDER_USED},
        {ORDER_ARMED, ORDER_EVENT_CANCEL, ORDER_CANCELLED, REASON_ORDER_CANCELLED},
        {ORDER_ARMED, ORDER_EVENT_TICK, ORDER_ARMED, REASON_NONE},
        {ORDER_BOOTING, ORDER_EVENT_FIRMWARE_BOOT, ORDER_BOOTING, REASON_NONE},
        {ORDER_BOOTING, ORDER_EVENT_CONFIGURED, ORDER_BOOTING, REASON_ORDER_RETRIED},
        {ORDER_BOOTING, ORDER_EVENT_DELIVERED, ORDER_USED, REASON_ORDER_USED},
        {ORDER_BOOTING, ORDER_EVENT_ANSWERED, ORDER_USED, REASON_ORDER_USED},
        {ORDER_BOOTING, ORDER_EVENT_CANCEL, ORDER_CANCELLED, REASON_ORDER_CANCELLED},
        {ORDER_BOOTING, ORDER_EVENT_TICK, ORDER_BOOTING, REASON_NONE},
        {ORDER_USED, ORDER_EVENT_FIRMWARE_BOOT, ORDER_FINISHED, REASON_ORDER_FINISHED},
        {ORDER_USED, ORDER_EVENT_CONFIGURED, ORDER_USED, REASON_NONE},
        {ORDER_USED, ORDER_EVENT_DELIVERED, ORDER_USED, REASON_NONE},
        {ORDER_USED, ORDER_EVENT_ANSWERED, ORDER_USED, REASON_NONE},
        {ORDER_ARMED, ORDER_EVENT_INSTALLED, ORDER_ARMED, REASON_NONE},
        {ORDER_BOOTING, ORDER_EVENT_INSTALLED, ORDER_BOOTING, REASON_NONE},
        {ORDER_USED, ORDER_EVENT_INSTALLED, ORDER_FINISHED, REASON_ORDER_INSTALLED},
        {ORDER_USED, ORDER_EVENT_CANCEL, ORDER_CANCELLED, REASON_ORDER_CANCELLED},
        {ORDER_USED, ORDER_EVENT_TICK, ORDER_USED, REASON_NONE},
    };
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        check_step(&steps[i], BEFORE_S);
        check_step(&steps[i], EXPIRES_S - 1);
    }
}

static void every_event_after_the_expiry_ends_the_order(void **state)
{
    (void)state;
    for (enum order_event event = 0; event < EVENTS; event++) {
        bool is_back = event == ORDER_EVENT_FIRMWARE_BOOT;
        struct step steps[] = {
            {ORDER_ARMED, event, ORDER_EXPIRED, REASON_ORDER_EXPIRED},
            {ORDER_BOOTING, event, ORDER_EXPIRED, REASON_ORDER_EXPIRED},
            {ORDER_USED, event, ORDER_FINISHED, is_back ? REASON_ORDER_FINISHED : REASON_ORDER_EXPIRED},
        };
        for (size_t i = 0; i < COUNT_OF(steps); i++) {
            check_step(&steps[i], EXPIRES_S);
            check_step(&steps[i], EXPIRES_S + 100000);
        }
    }
}

static void nothing_wakes_an_order_that_is_over(void **state)
{
    (void)state;
    for (enum order_event event = 0; event < EVENTS; event++) {
        for (enum order_state over = ORDER_FINISHED; over < ORDER_STATE_COUNT; over++) {
            struct step step = {over, event, over, REASON_NONE};
            check_step(&step, BEFORE_S);
            check_step(&step, EXPIRES_S + 1);
        }
    }
}

static void an_order_works_once(void **state)
{
    (void)state;
    struct order order = order_in(ORDER_ARMED);
    struct reasons reasons = {0};
    assert_false(order_step(&order, ORDER_EVENT_FIRMWARE_BOOT, 1010, &reasons));
    assert_true(order_step(&order, ORDER_EVENT_CONFIGURED, 1020, &reasons));
    assert_true(order_step(&order, ORDER_EVENT_DELIVERED, 1030, &reasons));
    assert_false(order_may_boot(&order, 1030));
    assert_false(order_step(&order, ORDER_EVENT_ANSWERED, 1040, &reasons));
    assert_true(order_step(&order, ORDER_EVENT_FIRMWARE_BOOT, 1900, &reasons));
    assert_int_equal(order.state, ORDER_FINISHED);
    assert_int_equal(order.started_s, 1020);
    assert_int_equal(order.used_s, 1030);
    assert_int_equal(order.ended_s, 1900);
    assert_int_equal(order.boots, 1);
    for (enum order_event event = 0; event < EVENTS; event++) {
        assert_false(order_step(&order, event, 1901, &reasons));
        assert_false(order_may_boot(&order, 1901));
        assert_false(order_may_answer(&order, 1901));
    }
}

static void a_failed_download_may_be_tried_again_as_often_as_needed(void **state)
{
    (void)state;
    struct order order = order_in(ORDER_ARMED);
    struct reasons reasons = {0};
    for (uint32_t attempt = 1; attempt <= 5; attempt++) {
        assert_false(order_step(&order, ORDER_EVENT_FIRMWARE_BOOT, 1000 + attempt * 10, &reasons));
        assert_true(order_may_boot(&order, 1000 + attempt * 10));
        assert_true(order_step(&order, ORDER_EVENT_CONFIGURED, 1001 + attempt * 10, &reasons));
        assert_int_equal(order.state, ORDER_BOOTING);
        assert_int_equal(order.boots, attempt);
        assert_int_equal(order.started_s, 1011);
    }
    assert_true(order_step(&order, ORDER_EVENT_DELIVERED, 1100, &reasons));
    assert_false(order_may_boot(&order, 1100));
}

static void an_order_delivered_before_its_start_was_noted_has_started(void **state)
{
    (void)state;
    struct order order = order_in(ORDER_ARMED);
    struct reasons reasons = {0};
    assert_true(order_step(&order, ORDER_EVENT_DELIVERED, 1100, &reasons));
    assert_int_equal(order.started_s, 1100);
    assert_int_equal(order.used_s, 1100);
}

static void an_installer_hears_nothing_of_what_agents_say(void **state)
{
    (void)state;
    static const enum order_state states[] = {ORDER_ARMED, ORDER_BOOTING, ORDER_USED};
    for (enum order_event event = ORDER_EVENT_HELLO; event < EVENTS; event++) {
        for (size_t i = 0; i < COUNT_OF(states); i++) {
            struct step step = {states[i], event, states[i], REASON_NONE};
            check_step(&step, BEFORE_S);
        }
    }
}

static void what_an_order_may_follows_from_state_and_time(void **state)
{
    (void)state;
    static const struct {
        enum order_state state;
        bool is_live;
        bool may_boot;
        bool may_answer;
        bool agent_may_boot;
        bool agent_may_work;
    } cases[ORDER_STATE_COUNT] = {
        {ORDER_ARMED, true, true, false, true, false},
        {ORDER_BOOTING, true, true, true, true, true},
        {ORDER_RUNNING, true, false, false, true, true},
        {ORDER_CONFIRM, true, false, false, true, true},
        {ORDER_WRITING, true, false, false, true, true},
        {ORDER_SEALING, true, false, false, true, true},
        {ORDER_USED, true, false, true, false, false},
        {ORDER_FINISHED, false, false, false, false, false},
        {ORDER_FAILED, false, false, false, false, false},
        {ORDER_EXPIRED, false, false, false, false, false},
        {ORDER_CANCELLED, false, false, false, false, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct order order = order_in(cases[i].state);
        assert_int_equal(order_is_live(&order), cases[i].is_live);
        assert_int_equal(order_may_boot(&order, EXPIRES_S - 1), cases[i].may_boot);
        assert_int_equal(order_may_answer(&order, EXPIRES_S - 1), cases[i].may_answer);
        assert_false(order_may_boot(&order, EXPIRES_S));
        assert_false(order_may_answer(&order, EXPIRES_S));
        assert_false(order_may_work(&order, EXPIRES_S - 1));
        order.by_agent = true;
        bool is_on_disk = order.state == ORDER_WRITING || order.state == ORDER_SEALING;
        assert_int_equal(order_may_boot(&order, EXPIRES_S - 1), cases[i].agent_may_boot);
        assert_int_equal(order_may_work(&order, EXPIRES_S - 1), cases[i].agent_may_work);
        assert_false(order_may_boot(&order, EXPIRES_S));
        assert_int_equal(order_may_work(&order, EXPIRES_S), is_on_disk);
        assert_false(order_may_answer(&order, EXPIRES_S - 1));
    }
}

static void states_are_read_back_from_their_texts(void **state)
{
    (void)state;
    static const char *const texts[ORDER_STATE_COUNT] = {
        "armed",    "booting", "running", "needs-confirmation", "writing", "sealing", "used",
        "finished", "failed",  "expired", "cancelled"};
    for (enum order_state i = 0; i < ORDER_STATE_COUNT; i++) {
        enum order_state parsed = ORDER_STATE_COUNT;
        assert_string_equal(order_state_text(i), texts[i]);
        assert_int_equal(order_state_parse(texts[i], &parsed), STATUS_OK);
        assert_int_equal(parsed, i);
    }
    enum order_state parsed = ORDER_USED;
    assert_int_equal(order_state_parse("done", &parsed), STATUS_NOT_FOUND);
    assert_int_equal(parsed, ORDER_USED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_live_state_does_what_it_should),
        cmocka_unit_test(every_event_after_the_expiry_ends_the_order),
        cmocka_unit_test(nothing_wakes_an_order_that_is_over),
        cmocka_unit_test(an_order_works_once),
        cmocka_unit_test(a_failed_download_may_be_tried_again_as_often_as_needed),
        cmocka_unit_test(an_order_delivered_before_its_start_was_noted_has_started),
        cmocka_unit_test(an_installer_hears_nothing_of_what_agents_say),
        cmocka_unit_test(what_an_order_may_follows_from_state_and_time),
        cmocka_unit_test(states_are_read_back_from_their_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
