// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent's machine shows and does in each state of its order, and what never leaves the server.
#include "agents_bench.h"
#include "unit/test.h"

#include <stdio.h>

static struct agents_bench bench;
static char token[TALK_TOKEN_BYTES];

static int begin(void **state)
{
    (void)state;
    agents_bench_open(&bench);
    return 0;
}

static int end(void **state)
{
    (void)state;
    agents_bench_close(&bench);
    return 0;
}

static bool has_secret(const char *text)
{
    return text != NULL && strstr(text, "SECRET") != NULL;
}

static void a_disk_with_something_on_it_waits_for_a_persons_word(void **state)
{
    (void)state;
    char command[96];
    agents_bench_arrive(&bench, 1, 1, false, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WAIT);
    const struct order *order = agents_bench_order(&bench, 1);
    assert_int_equal(order->state, ORDER_CONFIRM);
    assert_non_null(strstr(order->trouble, "ext4"));
    snprintf(command, sizeof command, "imprint order confirm %llu --erase DISK1",
             (unsigned long long)order->id);
    assert_true(agents_bench_screen_has(&bench, command));
    assert_true(agents_bench_screen_has(&bench, "lab-1"));
    assert_true(agents_bench_screen_has(&bench, "ext4"));
    assert_false(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_CONFIRM);
    struct desk_change word = {.erase = "DISK1", .eraser = "bob", .trouble = ""};
    assert_true(desk_change_order(bench.desk.desk, bench.order_ids[1], ORDER_EVENT_CONFIRMED, &word));
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    assert_string_equal(agents_bench_order(&bench, 1)->hostname, bench.task.personal.hostname);
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_string_equal(agents_bench_order(&bench, 1)->eraser, "bob");
}

static void of_several_disks_none_is_guessed(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 2, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WAIT);
    assert_true(agents_bench_screen_has(&bench, "DISK2"));
    assert_true(agents_bench_screen_has(&bench, "--erase SERIAL"));
    assert_false(agents_bench_report(&bench, 1, token, "begin", "", ""));
    struct desk_change word = {.erase = "DISK2", .eraser = "bob"};
    assert_true(desk_change_order(bench.desk.desk, bench.order_ids[1], ORDER_EVENT_CONFIRMED, &word));
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    assert_string_equal(bench.task.disk_key, "DISK2");
}

static void what_cannot_be_done_is_known_before_anything_is_erased(void **state)
{
    (void)state;
    struct image image = *store_image_find(bench.desk.store, "debian-12");
    image.needs_bytes = 9000000000;
    assert_int_equal(store_image_put(bench.desk.store, &image, NULL), STATUS_OK);
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_STOP);
    const struct order *order = agents_bench_order(&bench, 1);
    assert_int_equal(order->state, ORDER_FAILED);
    assert_non_null(strstr(order->trouble, "DISK1"));
    assert_string_equal(order->target, "");
    assert_int_equal(bench.desk.told_of[REASON_DISK_TOO_SMALL], 1);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_STOP); // it stays on the screen
}

static void a_blank_disk_in_place_of_the_one_asked_about_needs_no_word(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, false, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WAIT);
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_CONFIRM);
    assert_int_equal(agents_bench_inventory(&bench, 1, token, 1, true), 200);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_RUNNING);
    assert_string_equal(agents_bench_order(&bench, 1)->trouble, "");
    assert_string_equal(agents_bench_order(&bench, 1)->hostname, "station101");
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
}

static bool count_event(const struct event *event, void *context)
{
    unsigned *count = context;
    *count += event->kind == EVENT_ORDER;
    return true;
}

static void an_agent_that_runs_in_circles_does_not_fill_the_timeline(void **state)
{
    (void)state;
    unsigned count = 0;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
    for (unsigned i = 0; i < 1000; i++) {
        assert_true(agents_bench_report(&bench, 1, token, i % 2 == 0 ? "write" : "personal", "", ""));
    }
    store_event_each(bench.desk.store, 0, count_event, &count);
    assert_in_range(count, 3, 150);
}

static void who_confirms_reads_what_is_there_now(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, false, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WAIT);
    assert_null(strstr(agents_bench_order(&bench, 1)->trouble, "DISK2"));
    assert_int_equal(agents_bench_inventory(&bench, 1, token, 2, false), 200); // one was plugged in
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WAIT);
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_CONFIRM);
    assert_non_null(strstr(agents_bench_order(&bench, 1)->trouble, "DISK2"));
}

static void when_the_clock_forgot_the_time_the_machine_waits_and_says_why(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    bench.desk.now_ms -= 86400000;
    assert_false(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_non_null(strstr(bench.verdict.text, "clock"));
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WAIT);
    assert_true(agents_bench_screen_has(&bench, "clock"));
    bench.desk.now_ms += 86400000;
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
}

static void a_half_written_disk_is_gone_on_with_and_no_other(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
    agents_bench_arrive(&bench, 1, 1, false, token); // a power cut; what is on it now is ours
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_WRITING);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    assert_string_equal(bench.task.disk_key, "DISK1");
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
    agents_bench_arrive(&bench, 1, 0, true, token); // and now it is not there
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_STOP);
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_FAILED);
}

static void a_power_cut_while_sealing_never_erases_again(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_true(agents_bench_report(&bench, 1, token, "sealing", "", ""));
    agents_bench_arrive(&bench, 1, 0, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WAIT); // its disk is not there
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_SEALING);
    assert_int_equal(agents_bench_inventory(&bench, 1, token, 2, false), 200);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_SEAL);
    assert_string_equal(bench.task.disk_key, "DISK1");
    assert_string_equal(bench.task.personal.root_password, BENCH_HASH);
    assert_false(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_true(agents_bench_report(&bench, 1, token, "sealing", "", ""));
    assert_true(agents_bench_report(&bench, 1, token, "done", "", ""));
}

static void a_cancelled_order_leaves_an_untouched_machine_to_its_own_disk(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    desk_step_order(bench.desk.desk, bench.order_ids[1], ORDER_EVENT_CANCEL);
    assert_false(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_non_null(strstr(bench.verdict.text, "cancelled"));
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_REBOOT);
}

static void a_write_that_is_cancelled_stops_and_says_what_is_left(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
    desk_step_order(bench.desk.desk, bench.order_ids[1], ORDER_EVENT_CANCEL);
    assert_false(agents_bench_report(&bench, 1, token, "write", "", ""));
    assert_false(agents_bench_report(&bench, 1, token, "sealing", "", ""));
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_STOP);
    assert_true(agents_bench_screen_has(&bench, "half written"));
    assert_non_null(strstr(agents_bench_order(&bench, 1)->trouble, "DISK1 is half written"));
}

static void a_stopped_machine_starts_again_for_a_new_order(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 0, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_STOP);
    struct order next = *agents_bench_order(&bench, 1);
    next.id = 0;
    next.state = ORDER_ARMED;
    assert_int_equal(store_order_put(bench.desk.store, &next, NULL), STATUS_OK);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_REBOOT);
}

static void a_failure_ends_the_order_with_the_agents_words(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_true(agents_bench_report(&bench, 1, token, "failed", "DISK_FAILED", "sector 7: \x1b[31mno"));
    const struct order *order = agents_bench_order(&bench, 1);
    assert_int_equal(order->state, ORDER_FAILED);
    assert_non_null(strstr(order->trouble, "sector 7: \\x1b[31mno"));
    assert_non_null(strstr(order->trouble, "half written"));
    assert_int_equal(bench.desk.told_of[REASON_DISK_FAILED], 1);
    assert_true(agents_bench_report(&bench, 1, token, "failed", "DISK_FAILED", "again"));
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_STOP);
}

static void a_reason_that_nobody_knows_is_the_agents_own(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_true(agents_bench_report(&bench, 1, token, "trouble", "NETWORK_LOST", "gone for 9 s"));
    assert_int_equal(bench.desk.told_of[REASON_NETWORK_LOST], 1);
    assert_true(agents_bench_report(&bench, 1, token, "trouble", "NETWORK_LOST", "gone for 10 s"));
    assert_int_equal(bench.desk.told_of[REASON_NETWORK_LOST], 1); // so soon that is no news
    assert_true(agents_bench_report(&bench, 1, token, "failed", "WHATEVER", ""));
    assert_int_equal(bench.desk.told_of[REASON_AGENT_FAILED], 1);
}

static void tries_that_are_over_say_what_is_left_on_the_disk(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        agents_bench_arrive(&bench, 1, 1, true, token);
        assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
        assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
    }
    desk_step_order(bench.desk.desk, bench.order_ids[1], ORDER_EVENT_FIRMWARE_BOOT);
    const struct order *order = agents_bench_order(&bench, 1);
    assert_int_equal(order->state, ORDER_FAILED);
    assert_non_null(strstr(order->trouble, "half written and does not boot"));
    assert_int_equal(bench.desk.told_of[REASON_ORDER_TRIES_OVER], 1);
}

// ---- the key ----

static void with_a_prompt_somebody_must_press_a_key(void **state)
{
    (void)state;
    bench.desk.desk->policy.prompt = POLICY_PROMPT_KEY;
    bench.desk.desk->policy.prompt_timeout_s = 30;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_false(agents_bench_report(&bench, 1, token, "pressed", "", "")); // nobody was asked yet
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_PROMPT);
    assert_int_equal(bench.task.poll_s, 30);
    assert_false(has_secret(bench.body));
    assert_false(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_RUNNING);
    assert_true(agents_bench_report(&bench, 1, token, "pressed", "", ""));
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
    agents_bench_arrive(&bench, 1, 1, true, token); // what was begun goes on unasked
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
}

static void without_a_key_the_machine_boots_its_own_disk_this_time(void **state)
{
    (void)state;
    char next[TALK_TOKEN_BYTES];
    bench.desk.desk->policy.prompt = POLICY_PROMPT_KEY;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_PROMPT);
    assert_true(agents_bench_report(&bench, 1, token, "declined", "", ""));
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_ARMED);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_REBOOT);
    assert_false(agents_bench_report(&bench, 1, token, "pressed", "", "") &&
                 agents_bench_report(&bench, 1, token, "begin", "", ""));
    desk_bench_wait(&bench.desk, ORDER_SKIP_S + 1);
    agents_bench_arrive(&bench, 1, 1, true, next); // though the count of boots is the same again
    assert_int_equal(agents_bench_post(&bench, 101, TALK_PATH_TASK, token, "{}"), 403);
    assert_int_equal(agents_bench_task(&bench, 1, next), TALK_DO_PROMPT);
}

// ---- secrets and words from outside ----

static void secrets_are_only_in_the_tasks_that_need_them(void **state)
{
    (void)state;
    agents_bench_boot(&bench, 1);
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, BENCH_NONCE, token), 200);
    assert_false(has_secret(bench.body));
    assert_int_equal(agents_bench_inventory(&bench, 1, token, 1, false), 200);
    assert_false(has_secret(bench.body));
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WAIT);
    assert_false(has_secret(bench.body));
    struct desk_change word = {.erase = "DISK1", .eraser = "bob"};
    assert_true(desk_change_order(bench.desk.desk, bench.order_ids[1], ORDER_EVENT_CONFIRMED, &word));
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    assert_true(has_secret(bench.body));
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_false(has_secret(bench.body));
    assert_true(agents_bench_report(&bench, 1, token, "sealing", "", ""));
    assert_true(agents_bench_report(&bench, 1, token, "done", "", ""));
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_REBOOT);
    assert_false(has_secret(bench.body));
    assert_false(agents_bench_was_told(&bench, "SECRET"));
    assert_false(agents_bench_was_told(&bench, token));
    char *log = agents_bench_log(&bench, bench.order_ids[1]);
    assert_non_null(log); // the hello
    assert_false(has_secret(log));
    assert_null(strstr(log, token));
    free(log);
}

static void a_profile_that_cannot_be_rendered_erases_nothing_and_says_why(void **state)
{
    (void)state;
    struct profile profile = *store_profile_find(bench.desk.store, "web");
    strcpy(profile.personal.hostname, "x{{site}}");
    assert_int_equal(store_profile_put(bench.desk.store, &profile, NULL), STATUS_OK);
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WAIT);
    assert_true(agents_bench_screen_has(&bench, "site"));
    assert_false(has_secret(bench.body));
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WAIT);
    assert_int_equal(bench.desk.told_of[REASON_ORDER_BROKEN], 1);
    assert_false(agents_bench_report(&bench, 1, token, "begin", "", "")); // no such task was given
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_RUNNING);
}

static void the_log_is_kept_harmless_and_bounded(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_post(&bench, 101, TALK_PATH_LOG, token, "one\n\x1b[2Jtwo\r\n\xff"), 200);
    char *log = agents_bench_log(&bench, bench.order_ids[1]);
    assert_non_null(strstr(log, "one\n\\x1b[2Jtwo\n\\xff"));
    free(log);
    size_t bytes = TALK_LOG_BYTES_MOST;
    char *much = malloc(bytes + 1);
    memset(much, 'x', bytes);
    much[bytes] = '\0';
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(agents_bench_post(&bench, 101, TALK_PATH_LOG, token, much), 200);
    }
    free(much);
    log = agents_bench_log(&bench, bench.order_ids[1]);
    assert_true(strlen(log) < AGENTS_LOG_BYTES_MOST + 100);
    assert_non_null(strstr(log, "is full"));
    free(log);
    assert_null(agents_bench_log(&bench, bench.order_ids[2]));
}

#define TASK_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TASK_TEST(a_disk_with_something_on_it_waits_for_a_persons_word),
        TASK_TEST(of_several_disks_none_is_guessed),
        TASK_TEST(what_cannot_be_done_is_known_before_anything_is_erased),
        TASK_TEST(a_blank_disk_in_place_of_the_one_asked_about_needs_no_word),
        TASK_TEST(an_agent_that_runs_in_circles_does_not_fill_the_timeline),
        TASK_TEST(who_confirms_reads_what_is_there_now),
        TASK_TEST(when_the_clock_forgot_the_time_the_machine_waits_and_says_why),
        TASK_TEST(a_half_written_disk_is_gone_on_with_and_no_other),
        TASK_TEST(a_power_cut_while_sealing_never_erases_again),
        TASK_TEST(a_cancelled_order_leaves_an_untouched_machine_to_its_own_disk),
        TASK_TEST(a_write_that_is_cancelled_stops_and_says_what_is_left),
        TASK_TEST(a_stopped_machine_starts_again_for_a_new_order),
        TASK_TEST(a_failure_ends_the_order_with_the_agents_words),
        TASK_TEST(a_reason_that_nobody_knows_is_the_agents_own),
        TASK_TEST(tries_that_are_over_say_what_is_left_on_the_disk),
        TASK_TEST(with_a_prompt_somebody_must_press_a_key),
        TASK_TEST(without_a_key_the_machine_boots_its_own_disk_this_time),
        TASK_TEST(secrets_are_only_in_the_tasks_that_need_them),
        TASK_TEST(a_profile_that_cannot_be_rendered_erases_nothing_and_says_why),
        TASK_TEST(the_log_is_kept_harmless_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
