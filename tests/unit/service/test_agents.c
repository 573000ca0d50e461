// SPDX-License-Identifier: GPL-3.0-or-later
// Who may speak for an agent, and what it is told when.
#include "agents_bench.h"
#include "unit/test.h"

#include <stdio.h>

#define OTHER_NONCE "ffeeddccbbaa99887766554433221100"

static struct agents_bench bench;
static char token[TALK_TOKEN_BYTES];

static int begin(void **state)
{
    (void)state;
    token[0] = '\0';
    agents_bench_open(&bench);
    return 0;
}

static int end(void **state)
{
    (void)state;
    agents_bench_close(&bench);
    return 0;
}

static void the_whole_way_from_hello_to_its_own_disk(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_RUNNING);
    assert_string_equal(store_machine_find_name(bench.desk.store, "lab-1")->serial, "CHASSIS7");
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    assert_string_equal(bench.task.disk_key, "DISK1");
    assert_string_equal(bench.task.image, "debian-12");
    assert_string_equal(bench.task.personal.hostname, "station101");
    assert_string_equal(bench.task.personal.root_password, BENCH_HASH);
    assert_string_equal(bench.task.personal.script, "echo SECRETscript on station101\n");
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_RUNNING); // a task alone erases nothing
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_WRITING);
    assert_string_equal(agents_bench_order(&bench, 1)->target, "DISK1");
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", "")); // its answer was lost
    assert_true(agents_bench_report(&bench, 1, token, "write", "", ""));
    struct agents_progress progress;
    assert_true(agents_find_progress(bench.agents, bench.order_ids[1], &progress));
    assert_string_equal(progress.stage, "write");
    assert_int_equal(progress.all_bytes, 100);
    assert_true(agents_bench_report(&bench, 1, token, "sealing", "", ""));
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_SEALING);
    assert_false(agents_bench_report(&bench, 1, token, "begin", "", "")); // never erased again
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_SEALING);
    assert_true(agents_bench_report(&bench, 1, token, "done", "", ""));
    assert_true(agents_bench_report(&bench, 1, token, "done", "", ""));
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_FINISHED);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_REBOOT);
    assert_false(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_int_equal(bench.desk.told_of[REASON_AGENT_REFUSED], 0);
}

// ---- who it is ----

// Both files, or none.
static bool may_read(const char *of, unsigned last, const char *name)
{
    const struct content_client from = {.address = bench_address(last), .token = of, .is_http = true};
    bool has_stream = agents_may_read(bench.agents, &from, name, true);
    assert_int_equal(agents_may_read(bench.agents, &from, name, false), has_stream);
    return has_stream;
}

static void a_token_works_from_its_own_address_only(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_post(&bench, 102, TALK_PATH_TASK, token, "{}"), 403);
    assert_int_equal(bench.desk.told_of[REASON_AGENT_REFUSED], 1);
    assert_int_equal(agents_bench_post(&bench, 150, TALK_PATH_REPORT, token, "{\"stage\":\"begin\"}"), 403);
    assert_true(may_read(token, 101, "debian-12"));
    assert_false(may_read(token, 102, "debian-12"));
    assert_false(may_read(token, 101, "debian-13"));
    assert_false(may_read("", 101, "debian-12"));
}

static unsigned post_by(bool is_https, const char *path, const char *of, const char *body)
{
    struct agents_request request = {
        .path = path,
        .token = of,
        .from = {.address = bench_address(101), .is_http = true, .is_https = is_https},
        .body = body,
        .body_bytes = strlen(body)};
    struct agents_answer answer = agents_handle(bench.agents, &request);
    assert_non_null(answer.body);
    if (answer.http_status == 403 && !is_https) {
        assert_non_null(strstr(answer.body, "sudo imprint agent build"));
    }
    free(answer.body);
    return answer.http_status;
}

static void where_there_is_https_nothing_is_told_by_http(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, true, token);
    bench.generated.https_port = 443;
    assert_int_equal(post_by(false, TALK_PATH_HELLO, "", "{}"), 403); // not 400: it is not even read
    assert_int_equal(post_by(false, TALK_PATH_TASK, token, "{}"), 403);
    assert_int_equal(post_by(false, TALK_PATH_REPORT, token, "{\"stage\":\"begin\"}"), 403);
    assert_int_equal(post_by(true, TALK_PATH_TASK, token, "{}"), 200);
    struct content_client from = {.address = bench_address(101), .token = token, .is_http = true};
    assert_false(agents_may_read(bench.agents, &from, "debian-12", false));
    assert_false(agents_may_read(bench.agents, &from, "debian-12", true));
    from.is_https = true;
    assert_true(agents_may_read(bench.agents, &from, "debian-12", false));
}

static void the_streams_token_is_good_for_the_stream_and_nothing_else(void **state)
{
    (void)state;
    struct talk_welcome welcome;
    struct problem problem;
    problem_clear(&problem);
    agents_bench_boot(&bench, 1);
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, BENCH_NONCE, token), 200);
    assert_int_equal(talk_welcome_decode(bench.body, strlen(bench.body), &welcome, &problem), STATUS_OK);
    assert_int_equal(agents_bench_inventory(&bench, 1, token, 1, true), 200);
    assert_int_equal(strlen(welcome.stream_token), TALK_TOKEN_BYTES - 1);
    assert_string_not_equal(welcome.stream_token, welcome.token);
    for (unsigned port = 0; port <= 443; port += 443) {
        bench.generated.https_port = (uint16_t)port;
        for (int is_https = 0; is_https <= 1; is_https++) {
            struct content_client from = {.address = bench_address(101),
                                          .token = welcome.stream_token,
                                          .is_http = true,
                                          .is_https = is_https != 0};
            assert_true(agents_may_read(bench.agents, &from, "debian-12", true));
            assert_false(agents_may_read(bench.agents, &from, "debian-12", false));
            assert_false(agents_may_read(bench.agents, &from, "debian-13", true));
            from.address = bench_address(102);
            assert_false(agents_may_read(bench.agents, &from, "debian-12", true));
        }
    }
    assert_int_equal(post_by(true, TALK_PATH_TASK, welcome.stream_token, "{}"), 403);
    assert_int_equal(post_by(true, TALK_PATH_REPORT, welcome.stream_token, "{\"stage\":\"begin\"}"), 403);
    assert_int_equal(post_by(true, TALK_PATH_LOG, welcome.stream_token, "a line\n"), 403);
    assert_int_equal(post_by(true, TALK_PATH_INVENTORY, welcome.stream_token, "{}"), 403);
    assert_int_equal(post_by(true, TALK_PATH_TASK, token, "{}"), 200);
}

static void a_token_is_good_for_its_own_order_only(void **state)
{
    (void)state;
    char other[TALK_TOKEN_BYTES];
    agents_bench_arrive(&bench, 1, 1, true, token);
    agents_bench_arrive(&bench, 2, 1, true, other);
    assert_string_not_equal(token, other);
    assert_int_equal(agents_bench_task(&bench, 2, other), TALK_DO_WRITE);
    assert_int_equal(bench.task.order_id, bench.order_ids[2]);
    assert_int_equal(agents_bench_post(&bench, 102, TALK_PATH_TASK, token, "{}"), 403);
    token[5] = token[5] == '0' ? '1' : '0';
    assert_int_equal(agents_bench_post(&bench, 101, TALK_PATH_TASK, token, "{}"), 403);
    assert_int_equal(agents_bench_post(&bench, 101, TALK_PATH_TASK, "", "{}"), 403);
}

static void swapped_orders_and_cards_are_refused(void **state)
{
    (void)state;
    agents_bench_boot(&bench, 1);
    agents_bench_boot(&bench, 2);
    assert_int_equal(agents_bench_hello(&bench, 102, 2, 1, BENCH_NONCE, token), 403); // the other's order
    assert_int_equal(agents_bench_hello(&bench, 102, 1, 1, BENCH_NONCE, token), 403); // and its card
    assert_int_equal(agents_bench_hello(&bench, 101, 2, 1, BENCH_NONCE, token), 403); // a card of another
    assert_int_equal(agents_bench_hello(&bench, 150, 1, 1, BENCH_NONCE, token), 403); // an address of nobody
    assert_true(bench.desk.told_of[REASON_AGENT_REFUSED] >= 3);
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_BOOTING);
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, BENCH_NONCE, token), 200);
}

static void saying_to_have_an_address_is_not_enough(void **state)
{
    (void)state;
    struct boot_client liar = bench_client(1);
    agents_bench_boot(&bench, 1);
    desk_note_address(bench.desk.desk, &liar, bench_address(150));
    assert_int_equal(agents_bench_hello(&bench, 150, 1, 1, BENCH_NONCE, token), 403);
    assert_non_null(strstr(bench.verdict.text, "proven"));
    assert_non_null(strstr(bench.verdict.remedy, "relay"));
    assert_int_not_equal(bench.verdict.retry_s, 0);
}

static void a_machine_that_says_another_uuid_is_refused(void **state)
{
    (void)state;
    struct machine machine = *store_machine_find_name(bench.desk.store, "lab-1");
    assert_int_equal(uuid_parse("4c4c4544-0057-5810-804a-c3c04f463732", &machine.uuid), STATUS_OK);
    assert_int_equal(store_machine_put(bench.desk.store, &machine, NULL), STATUS_OK);
    agents_bench_boot(&bench, 1);
    struct talk_hello hello = {
        .version = TALK_VERSION, .nonce = BENCH_NONCE, .mac = bench_mac(1), .order_id = bench.order_ids[1]};
    assert_int_equal(uuid_parse("aaaaaaaa-0057-5810-804a-c3c04f463732", &hello.uuid), STATUS_OK);
    char *json = talk_hello_encode(&hello);
    assert_int_equal(agents_bench_post(&bench, 101, TALK_PATH_HELLO, "", json), 403);
    free(json);
    hello.uuid = machine.uuid;
    json = talk_hello_encode(&hello);
    assert_int_equal(agents_bench_post(&bench, 101, TALK_PATH_HELLO, "", json), 200);
    free(json);
}

// The server was killed between sending the configuration and noting it, or the last acknowledgement was
// lost.
static void an_agent_whose_boot_was_not_noted_starts_its_order(void **state)
{
    (void)state;
    char again[TALK_TOKEN_BYTES];
    assert_int_equal(agents_bench_hello(&bench, 102, 1, 1, BENCH_NONCE, token), 403); // still only its own
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_ARMED);
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, BENCH_NONCE, token), 200);
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_RUNNING);
    assert_int_equal(agents_bench_order(&bench, 1)->boots, 1); // it costs a try as any boot does
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, BENCH_NONCE, again), 200);
    assert_string_equal(token, again);
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, OTHER_NONCE, again), 403);
    assert_int_equal(agents_bench_inventory(&bench, 1, token, 1, true), 200);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
}

static void an_order_that_is_armed_and_expired_is_not_started_by_hello(void **state)
{
    (void)state;
    desk_bench_wait(&bench.desk, 7201);
    bench_lease(&bench.desk, 1, bench_ip(101));
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, BENCH_NONCE, token), 403);
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_EXPIRED);
}

static void a_card_that_was_given_to_another_machine_takes_the_token_with_it(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    struct machine machine = *store_machine_find_name(bench.desk.store, "lab-1");
    machine.macs[0] = bench_mac(7);
    assert_int_equal(store_machine_put(bench.desk.store, &machine, NULL), STATUS_OK);
    assert_false(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_int_equal(bench.http_status, 403);
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_RUNNING);
    assert_false(may_read(token, 101, "debian-12"));
    machine.macs[0] = bench_mac(1);
    machine.state = MACHINE_NEW; // and nobody has decided about it
    assert_int_equal(store_machine_put(bench.desk.store, &machine, NULL), STATUS_OK);
    assert_false(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_int_equal(bench.http_status, 403);
}

static void a_hello_is_short(void **state)
{
    (void)state;
    static char body[8192];
    agents_bench_boot(&bench, 1);
    memset(body, ' ', sizeof body - 1);
    assert_int_equal(agents_bench_post(&bench, 101, TALK_PATH_HELLO, "", body), 413); // before it is read
}

static void no_hello_for_an_order_that_is_over(void **state)
{
    (void)state;
    agents_bench_boot(&bench, 1);
    desk_step_order(bench.desk.desk, bench.order_ids[1], ORDER_EVENT_CANCEL);
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, BENCH_NONCE, token), 403);
    assert_non_null(strstr(bench.verdict.text, "cancelled"));
    assert_int_equal(bench.verdict.retry_s, 0);
}

static void an_expired_order_takes_no_agent_and_no_begin(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    desk_bench_wait(&bench.desk, 7201);
    assert_false(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_EXPIRED);
    assert_false(may_read(token, 101, "debian-12"));
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_REBOOT);
}

static void hello_may_be_said_twice_but_not_by_two(void **state)
{
    (void)state;
    char again[TALK_TOKEN_BYTES];
    agents_bench_boot(&bench, 1);
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, BENCH_NONCE, token), 200);
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, BENCH_NONCE, again), 200);
    assert_string_equal(token, again);
    assert_int_equal(bench.desk.told_of[REASON_AGENT_HERE], 1);
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, OTHER_NONCE, again), 403);
    assert_int_equal(bench.desk.told_of[REASON_AGENT_REFUSED], 1);
    assert_int_equal(agents_bench_inventory(&bench, 1, token, 1, true), 200); // the first one goes on
}

static void a_new_boot_makes_the_old_token_worthless(void **state)
{
    (void)state;
    char fresh[TALK_TOKEN_BYTES];
    agents_bench_arrive(&bench, 1, 1, true, token);
    agents_bench_boot(&bench, 1);
    assert_int_equal(agents_bench_post(&bench, 101, TALK_PATH_TASK, token, "{}"), 403);
    assert_false(may_read(token, 101, "debian-12"));
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, OTHER_NONCE, fresh), 200);
    assert_string_not_equal(token, fresh);
    assert_int_equal(agents_bench_post(&bench, 101, TALK_PATH_TASK, token, "{}"), 403);
    // What the earlier boot found is not what is there now.
    assert_int_equal(agents_bench_post(&bench, 101, TALK_PATH_TASK, fresh, "{}"), 409);
    assert_int_equal(agents_bench_inventory(&bench, 1, fresh, 1, true), 200);
    assert_int_equal(agents_bench_task(&bench, 1, fresh), TALK_DO_WRITE);
}

static void after_a_restart_of_the_server_its_agent_is_known_again(void **state)
{
    (void)state;
    agents_bench_boot(&bench, 1);
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, BENCH_NONCE, token), 200);
    assert_int_equal(agents_bench_inventory(&bench, 1, token, 1, true), 200);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
    agents_bench_restart(&bench);
    assert_false(agents_bench_report(&bench, 1, token, "write", "", ""));
    assert_int_equal(bench.http_status, 403);
    assert_int_equal(bench.desk.told_of[REASON_AGENT_REFUSED], 0); // that is no stranger
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, BENCH_NONCE, token), 200);
    assert_true(agents_bench_report(&bench, 1, token, "write", "", ""));
    assert_true(may_read(token, 101, "debian-12"));
    assert_true(agents_bench_report(&bench, 1, token, "sealing", "", ""));
    assert_true(agents_bench_report(&bench, 1, token, "done", "", ""));
}

// ---- nothing is acknowledged that could be forgotten ----

static void nothing_may_begin_while_the_store_cannot_be_written(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE);
    bench.is_disk_full = true;
    assert_false(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_int_equal(bench.http_status, 503);
    assert_int_not_equal(bench.verdict.retry_s, 0);
    bench.is_disk_full = false;
    assert_true(agents_bench_report(&bench, 1, token, "begin", "", ""));
    assert_int_equal(agents_bench_order(&bench, 1)->state, ORDER_WRITING);
}

static void a_token_is_not_given_while_the_store_cannot_be_written(void **state)
{
    (void)state;
    agents_bench_boot(&bench, 1);
    bench.is_disk_full = true;
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, BENCH_NONCE, token), 503);
    assert_null(strstr(bench.body, "token"));
    bench.is_disk_full = false;
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, BENCH_NONCE, token), 200);
}

static void what_is_no_message_is_refused(void **state)
{
    (void)state;
    agents_bench_arrive(&bench, 1, 1, true, token);
    assert_int_equal(agents_bench_post(&bench, 101, TALK_PATH_HELLO, "", "{"), 400);
    assert_int_equal(agents_bench_post(&bench, 101, TALK_PATH_INVENTORY, token, "[]"), 400);
    assert_int_equal(agents_bench_post(&bench, 101, TALK_PATH_REPORT, token, "{}"), 400);
    assert_false(agents_bench_report(&bench, 1, token, "erase", "", ""));
    assert_int_equal(bench.http_status, 400);
    assert_int_equal(agents_bench_post(&bench, 101, "/agent/other", token, "{}"), 404);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE); // and nothing is spoiled
}

static void an_agent_that_fell_silent_is_succeeded_by_the_next_boots(void **state)
{
    (void)state;
    char fresh[TALK_TOKEN_BYTES];
    agents_bench_arrive(&bench, 1, 1, true, token);
    desk_bench_wait(&bench.desk, 50);
    assert_int_equal(agents_bench_task(&bench, 1, token), TALK_DO_WRITE); // it is heard
    desk_bench_wait(&bench.desk, 50);
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, OTHER_NONCE, fresh), 403);
    assert_true(bench.verdict.retry_s > 0);
    desk_bench_wait(&bench.desk, 15); // and now it is not
    assert_int_equal(agents_bench_hello(&bench, 101, 1, 1, OTHER_NONCE, fresh), 200);
    assert_int_equal(agents_bench_post(&bench, 101, TALK_PATH_TASK, token, "{}"), 403);
}

static void who_is_not_root_on_the_machine_does_not_speak_for_its_agent(void **state)
{
    (void)state;
    agents_bench_boot(&bench, 1);
    struct talk_hello hello = {
        .version = TALK_VERSION, .nonce = BENCH_NONCE, .mac = bench_mac(1), .order_id = bench.order_ids[1]};
    char *json = talk_hello_encode(&hello);
    struct agents_request request = {.path = TALK_PATH_HELLO,
                                     .token = "",
                                     .from = {.address = bench_address(101),
                                              .port = 1024,
                                              .server = bench_address(1),
                                              .interface_index = 0xffffff},
                                     .body = json,
                                     .body_bytes = strlen(json)};
    struct agents_answer answer = agents_handle(bench.agents, &request);
    assert_int_equal(answer.http_status, 403);
    free(answer.body);
    assert_int_equal(bench.desk.told_of[REASON_AGENT_REFUSED], 1);
    request.from.port = 1023;
    answer = agents_handle(bench.agents, &request);
    assert_int_equal(answer.http_status, 200);
    free(answer.body);
    free(json);
}

#define AGENTS_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AGENTS_TEST(the_whole_way_from_hello_to_its_own_disk),
        AGENTS_TEST(a_token_works_from_its_own_address_only),
        AGENTS_TEST(where_there_is_https_nothing_is_told_by_http),
        AGENTS_TEST(the_streams_token_is_good_for_the_stream_and_nothing_else),
        AGENTS_TEST(a_token_is_good_for_its_own_order_only),
        AGENTS_TEST(swapped_orders_and_cards_are_refused),
        AGENTS_TEST(saying_to_have_an_address_is_not_enough),
        AGENTS_TEST(a_machine_that_says_another_uuid_is_refused),
        AGENTS_TEST(an_agent_whose_boot_was_not_noted_starts_its_order),
        AGENTS_TEST(an_order_that_is_armed_and_expired_is_not_started_by_hello),
        AGENTS_TEST(a_card_that_was_given_to_another_machine_takes_the_token_with_it),
        AGENTS_TEST(a_hello_is_short),
        AGENTS_TEST(no_hello_for_an_order_that_is_over),
        AGENTS_TEST(an_expired_order_takes_no_agent_and_no_begin),
        AGENTS_TEST(hello_may_be_said_twice_but_not_by_two),
        AGENTS_TEST(a_new_boot_makes_the_old_token_worthless),
        AGENTS_TEST(after_a_restart_of_the_server_its_agent_is_known_again),
        AGENTS_TEST(nothing_may_begin_while_the_store_cannot_be_written),
        AGENTS_TEST(a_token_is_not_given_while_the_store_cannot_be_written),
        AGENTS_TEST(an_agent_that_fell_silent_is_succeeded_by_the_next_boots),
        AGENTS_TEST(who_is_not_root_on_the_machine_does_not_speak_for_its_agent),
        AGENTS_TEST(what_is_no_message_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
