// SPDX-License-Identifier: GPL-3.0-or-later
#include "control_bench.h"

#include "unit/test.h"

#include <stdio.h>
#include <string.h>

static struct control_bench bench;

static int open_bench(void **state)
{
    (void)state;
    control_bench_open(&bench);
    control_bench_serve(&bench, "192.0.2.199");
    return 0;
}

static int close_bench(void **state)
{
    (void)state;
    control_bench_close(&bench);
    return 0;
}

#define ADD_LAB "{\"name\": \"lab-01\", \"macs\": [\"52:54:00:00:00:01\", \"52:54:00:00:00:02\"]}"

static struct lease make_lease(const char *address, const char *mac, enum lease_state state, int64_t left_s)
{
    struct hw hw;
    struct lease lease = {.state = state, .starts_s = bench.now_s - 60, .ends_s = bench.now_s + left_s};
    assert_int_equal(ip4_parse(address, &lease.address), STATUS_OK);
    assert_int_equal(hw_parse(mac, &hw), STATUS_OK);
    lease.key = lease_key_from(&hw, NULL, 0);
    store_lease_put(bench.store, &lease);
    dhcp_pools_put(&bench.pools, &lease);
    return lease;
}

static void make_some(void)
{
    (void)make_lease("192.0.2.120", "52:54:00:00:00:03", LEASE_BOUND, 60);
    (void)make_lease("192.0.2.100", "52:54:00:00:00:01", LEASE_BOUND, 60);
    (void)make_lease("192.0.2.101", "52:54:00:00:00:04", LEASE_BOUND, -1);
    (void)make_lease("192.0.2.119", "52:54:00:00:00:05", LEASE_DECLINED, 60);
    (void)make_lease("192.0.2.118", "52:54:00:00:00:06", LEASE_FREE, -5);
    (void)make_lease("198.51.100.7", "52:54:00:00:00:02", LEASE_BOUND, 60);
}

// The addresses that GET leases with `query` tells, with blanks between.
static void check_listed(const char *query, const char *expected)
{
    char path[128];
    char listed[1024] = "";
    size_t position;
    json_t *lease;
    (void)snprintf(path, sizeof path, "/v1/leases%s", query);
    json_t *answer = control_bench_ask(&bench, "GET", path, NULL, 200);
    json_array_foreach(json_object_get(answer, "leases"), position, lease)
    {
        size_t length = strlen(listed);
        (void)snprintf(listed + length, sizeof listed - length, "%s%s", length == 0 ? "" : " ",
                       json_string_value(json_object_get(lease, "address")));
    }
    assert_string_equal(listed, expected);
    json_decref(answer);
}

static void leases_that_stand_are_listed_in_order_of_address(void **state)
{
    (void)state;
    check_listed("", "");
    make_some();
    check_listed("", "192.0.2.100 192.0.2.119 192.0.2.120 198.51.100.7");
    check_listed("?all=1", "192.0.2.100 192.0.2.101 192.0.2.118 192.0.2.119 192.0.2.120 198.51.100.7");
}

static void leases_are_chosen_by_state_network_address_and_client(void **state)
{
    (void)state;
    make_some();
    control_bench_do(&bench, "POST", "/v1/machines", ADD_LAB, 201);
    check_listed("?state=ended", "192.0.2.101");
    check_listed("?state=free", "192.0.2.118");
    check_listed("?state=declined", "192.0.2.119");
    check_listed("?state=bound", "192.0.2.100 192.0.2.120 198.51.100.7");
    check_listed("?subnet=192.0.2.96%2F28", "192.0.2.100");
    check_listed("?subnet=192.0.2.96%2F28&all=1", "192.0.2.100 192.0.2.101");
    check_listed("?address=192.0.2.120", "192.0.2.120");
    check_listed("?address=192.0.2.101", "");
    check_listed("?address=192.0.2.101&all=1", "192.0.2.101");
    check_listed("?address=192.0.2.77", "");
    check_listed("?machine=lab-01", "192.0.2.100 198.51.100.7");
    check_listed("?machine=52:54:00:00:00:02", "192.0.2.100 198.51.100.7");
    check_listed("?machine=52-54-00-00-00-03", "192.0.2.120");
    check_listed("?machine=52:54:00:00:00:77", "");
}

static void leases_of_dhcpv6_are_listed_behind_the_others(void **state)
{
    (void)state;
    struct lease6 lease = {.state = LEASE_BOUND, .starts_s = bench.now_s, .ends_s = bench.now_s + 60};
    lease.client = (struct lease6_client){.duid_length = 3, .duid = {0, 3, 7}, .iaid = 9};
    assert_int_equal(ip6_parse("2001:db8::100", &lease.address), STATUS_OK);
    assert_int_equal(hw_parse("52:54:00:00:00:01", &lease.client.hw), STATUS_OK);
    store_lease6_put(bench.store, &lease, bench.now_s);
    check_listed("", "2001:db8::100");
    make_some();
    check_listed("", "192.0.2.100 192.0.2.119 192.0.2.120 198.51.100.7 2001:db8::100");
    check_listed("?machine=52:54:00:00:00:01", "192.0.2.100 2001:db8::100");
    check_listed("?address=2001:db8::100", "2001:db8::100");
    check_listed("?address=2001:db8::101", "");
    check_listed("?state=declined", "192.0.2.119");
    check_listed("?subnet=192.0.2.96%2F28", "192.0.2.100");
    json_t *answer = control_bench_ask(&bench, "GET", "/v1/leases?address=2001:db8::100", NULL, 200);
    const json_t *first = json_array_get(json_object_get(answer, "leases"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "duid")), "000307");
    assert_int_equal(json_integer_value(json_object_get(first, "iaid")), 9);
    json_decref(answer);
}

static void questions_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    control_bench_refused(&bench, "GET", "/v1/leases?state=asleep", NULL, 400, "bound, declined, free");
    control_bench_refused(&bench, "GET", "/v1/leases?subnet=192.0.2.1%2F24", NULL, 400, "no network");
    control_bench_refused(&bench, "GET", "/v1/leases?address=192.0.2", NULL, 400, "no IP address");
    control_bench_refused(&bench, "GET", "/v1/leases?machine=lab-77", NULL, 404, "lab-77");
}

static void many_leases_are_listed_whole_and_in_order(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t number = i * 7919u % MANY;
        struct hw mac = {1, 6, {2, 0, 0, 0, (uint8_t)(number >> 8), (uint8_t)number}};
        struct lease lease = {.address = {0x0a000001u + number},
                              .key = lease_key_from(&mac, NULL, 0),
                              .state = LEASE_BOUND,
                              .starts_s = bench.now_s,
                              .ends_s = INT64_MAX};
        store_lease_put(bench.store, &lease);
    }
    static char answer[8 << 20];
    static const char ask[] = "GET /v1/leases?lines=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    answer[0] = '\0';
    int fd = control_bench_connect(&bench);
    control_bench_send(&bench, fd, ask, strlen(ask));
    control_bench_read(&bench, fd, answer, sizeof answer, NULL);
    assert_non_null(strstr(answer, "\"address\":\"10.0.0.1\""));
    size_t count = 0;
    for (const char *at = answer; (at = strstr(at, "\"ends_s\":null}")) != NULL; at++) {
        count++;
    }
    assert_true(count >= MANY - 100); // a few are torn between two pieces of HTTP
}

static void a_lease_is_ended_by_hand_and_the_address_is_free(void **state)
{
    (void)state;
    struct lease lease = make_lease("192.0.2.100", "52:54:00:00:00:01", LEASE_BOUND, 60);
    control_bench_do(&bench, "POST", "/v1/machines", ADD_LAB, 201);
    json_t *answer = control_bench_ask(&bench, "POST", "/v1/leases/192.0.2.100/release",
                                       "{\"why\": \"moved\\u001b away\"}", 200);
    assert_string_equal(json_string_value(json_object_get(answer, "state")), "free");
    assert_string_equal(json_string_value(json_object_get(answer, "was_state")), "bound");
    assert_int_equal(json_integer_value(json_object_get(answer, "was_until_s")), bench.now_s + 60);
    json_decref(answer);
    check_listed("", "");
    assert_int_equal(store_lease_find(bench.store, lease.address)->state, LEASE_FREE);
    struct lease_key other = {{1, 6, 9}};
    struct pool_slot *slot = pool_find_address(&bench.pools.pools[0], lease.address);
    assert_true(pool_slot_is_free_for(slot, &other, bench.now_s));
    assert_ptr_equal(pool_find_key(&bench.pools.pools[0], &lease.key), slot); // it may have it again
    static char events[65536];
    static const char ask[] =
        "GET /v1/events?machine=lab-01 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    events[0] = '\0';
    int fd = control_bench_connect(&bench);
    control_bench_send(&bench, fd, ask, strlen(ask));
    control_bench_read(&bench, fd, events, sizeof events, "\r\n0\r\n");
    assert_non_null(strstr(events, "the lease of 192.0.2.100, held by 52:54:00:00:00:01, was ended by"));
    assert_non_null(strstr(events, "moved\\\\x1b away"));
    assert_non_null(strstr(events, "LEASE_ENDED_BY_HAND"));
    control_bench_refused(&bench, "POST", "/v1/leases/192.0.2.100/release", NULL, 409, "is not given out");
}

static void an_address_that_was_set_aside_is_given_back_early(void **state)
{
    (void)state;
    struct lease lease = make_lease("192.0.2.119", "52:54:00:00:00:05", LEASE_DECLINED, 600);
    control_bench_do(&bench, "POST", "/v1/leases/192.0.2.119/release", NULL, 200);
    struct pool_slot *slot = pool_find_address(&bench.pools.pools[0], lease.address);
    assert_true(pool_slot_is_free_for(slot, &(struct lease_key){{1, 6, 9}}, bench.now_s));
}

static void what_cannot_be_ended_is_refused_with_what_to_do(void **state)
{
    (void)state;
    control_bench_do(
        &bench, "POST", "/v1/machines",
        "{\"name\": \"lab-01\", \"macs\": [\"52:54:00:00:00:01\"], \"address\": \"192.0.2.100\"}", 201);
    (void)make_lease("192.0.2.100", "52:54:00:00:00:01", LEASE_BOUND, 60);
    control_bench_refused(&bench, "POST", "/v1/leases/192.0.2.100/release", NULL, 409,
                          "imprint machine edit lab-01 --address none");
    control_bench_refused(&bench, "POST", "/v1/leases/192.0.2.101/release", NULL, 404, "was never given out");
    control_bench_refused(&bench, "POST", "/v1/leases/lab-01/release", NULL, 400, "name the address");
    control_bench_refused(&bench, "POST", "/v1/leases/192.0.2.100/release", "{\"because\": 1}", 400,
                          "no member 'because'");
    // Another client has it, from before it was reserved: that lease can be ended.
    (void)make_lease("192.0.2.100", "52:54:00:00:00:09", LEASE_BOUND, 60);
    control_bench_do(&bench, "POST", "/v1/leases/192.0.2.100/release", NULL, 200);
}

// What POST leases with `leases` says: "TAKEN UNCHANGED NUMBER:REASON ...".
static void check_imported(const char *leases, const char *expected)
{
    char body[2048];
    char said[256];
    size_t position;
    json_t *left;
    (void)snprintf(body, sizeof body, "{\"leases\": [%s]}", leases);
    json_t *answer = control_bench_ask(&bench, "POST", "/v1/leases", body, 200);
    (void)snprintf(said, sizeof said, "%d %d", (int)json_integer_value(json_object_get(answer, "taken")),
                   (int)json_integer_value(json_object_get(answer, "unchanged")));
    json_array_foreach(json_object_get(answer, "left"), position, left)
    {
        size_t length = strlen(said);
        (void)snprintf(said + length, sizeof said - length, " %d:%s",
                       (int)json_integer_value(json_object_get(left, "number")),
                       json_string_value(json_object_get(left, "reason")));
    }
    assert_string_equal(said, expected);
    json_decref(answer);
}

#define LEASE(address, last, starts, ends)                                                                   \
    "{\"address\": \"192.0.2." address "\", \"mac\": \"52:54:00:00:00:" last "\", \"starts_s\": " starts     \
    ", \"ends_s\": " ends "}"
#define BEFORE "1699999000"
#define LATER  "1700001000"

static void leases_of_another_server_are_taken_over_once(void **state)
{
    (void)state;
    const char *leases = LEASE("100", "01", BEFORE, LATER) "," LEASE(
        "101", "02", BEFORE, LATER) ","
                                    "{\"address\": \"192.0.2.102\", \"client\": "
                                    "\"ff030a0b0c000000000000000000000000000000\", \"hostname\": \"x\"}";
    check_imported(leases, "3 0");
    check_imported(leases, "0 3");
    check_listed("", "192.0.2.100 192.0.2.101 192.0.2.102");
    struct ip4 address = {0xc0000264};
    const struct lease *lease = store_lease_find(bench.store, address);
    assert_int_equal(lease->state, LEASE_BOUND);
    assert_int_equal(lease->starts_s, 1699999000);
    assert_int_equal(lease->ends_s, 1700001000);
    struct pool_slot *slot = pool_find_address(&bench.pools.pools[0], address);
    assert_true(pool_slot_is_held(slot, &(struct lease_key){{1, 6, 9}}, bench.now_s));
    assert_ptr_equal(pool_find_key(&bench.pools.pools[0], &lease->key), slot);
    assert_int_equal(store_lease_find(bench.store, (struct ip4){0xc0000266})->ends_s, INT64_MAX);
    check_imported(LEASE("100", "01", BEFORE, "1700002000"), "1 0"); // renewed there meanwhile
    assert_int_equal(store_lease_find(bench.store, address)->ends_s, 1700002000);
}

static void what_is_not_taken_over_is_told_with_the_reason(void **state)
{
    (void)state;
    control_bench_do(
        &bench, "POST", "/v1/machines",
        "{\"name\": \"lab-01\", \"macs\": [\"52:54:00:00:00:01\"], \"address\": \"192.0.2.100\"}", 201);
    (void)make_lease("192.0.2.110", "52:54:00:00:00:03", LEASE_BOUND, 60);
    (void)make_lease("192.0.2.111", "52:54:00:00:00:04", LEASE_DECLINED, 60);
    pool_reserve(&bench.pools.pools[0], (struct ip4){0xc0000270}, true); // as excluded ones are
    check_imported(
        LEASE("101", "02", BEFORE, "1699999999") "," LEASE(
            "50", "02", BEFORE,
            LATER) ","
                   "{\"address\": \"198.51.100.1\", \"mac\": \"52:54:00:00:00:02\"}," LEASE(
                       "100", "02", BEFORE, LATER) "," LEASE("112", "02", BEFORE,
                                                             LATER) "," LEASE("110", "02", BEFORE,
                                                                              LATER) "," LEASE("111", "02",
                                                                                               BEFORE, LATER),
        "0 0 0:expired 1:outside 2:outside 3:reserved 4:excluded 5:in-use 6:in-use");
    check_imported(LEASE("100", "01", BEFORE, LATER), "1 0"); // the machine that it is reserved for
}

static void a_client_has_one_address_and_the_newest_lease_says_which(void **state)
{
    (void)state;
    (void)make_lease("192.0.2.110", "52:54:00:00:00:03", LEASE_BOUND, 60); // 60 seconds ago
    check_imported(LEASE("120", "03", BEFORE, LATER), "0 0 0:elsewhere");
    check_imported("{\"address\": \"192.0.2.120\", \"mac\": \"52:54:00:00:00:03\"}", "0 0 0:elsewhere");
    check_imported(LEASE("120", "03", "1699999990", LATER), "1 0");
    check_listed("", "192.0.2.120");
    check_listed("?all=1", "192.0.2.110 192.0.2.120");
}

static void imports_that_make_no_sense_are_refused_as_a_whole(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "{\"address\": \"192.0.2.100\"}",
        "{\"mac\": \"52:54:00:00:00:01\"}",
        "{\"address\": \"192.0.2\", \"mac\": \"52:54:00:00:00:01\"}",
        "{\"address\": \"192.0.2.100\", \"mac\": \"52:54\"}",
        "{\"address\": \"192.0.2.100\", \"client\": \"ff01\"}",
        "{\"address\": \"192.0.2.100\", \"client\": \"ff000000000000000000000000000000000000000\"}",
        "{\"address\": \"192.0.2.100\", \"mac\": \"52:54:00:00:00:01\", \"ends_s\": -1}",
        "{\"address\": \"192.0.2.100\", \"mac\": \"52:54:00:00:00:01\", \"ends_s\": 999999999999}",
        "{\"address\": \"192.0.2.100\", \"mac\": \"52:54:00:00:00:01\", \"state\": \"bound\"}",
        "7",
    };
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        char body[512];
        (void)snprintf(body, sizeof body, "{\"leases\": [%s, %s]}", LEASE("101", "02", BEFORE, LATER),
                       BAD[i]);
        control_bench_refused(&bench, "POST", "/v1/leases", body, 400, "number 1 of 'leases' is no lease");
    }
    control_bench_refused(&bench, "POST", "/v1/leases", "{}", 400, "'leases' must be a list");
    control_bench_refused(&bench, "POST", "/v1/leases", "{\"leases\": [], \"x\": 1}", 400, "no member 'x'");
    check_listed("?all=1", "");
}

static void a_server_without_networks_takes_no_leases_over(void **state)
{
    (void)state;
    dhcp_pools_clear(&bench.pools);
    control_bench_refused(&bench, "POST", "/v1/leases", "{\"leases\": []}", 409, "dhcp.subnets");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(leases_of_another_server_are_taken_over_once, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(what_is_not_taken_over_is_told_with_the_reason, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(a_client_has_one_address_and_the_newest_lease_says_which, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(imports_that_make_no_sense_are_refused_as_a_whole, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(a_server_without_networks_takes_no_leases_over, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(leases_that_stand_are_listed_in_order_of_address, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(leases_are_chosen_by_state_network_address_and_client, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(leases_of_dhcpv6_are_listed_behind_the_others, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(questions_that_make_no_sense_are_refused, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(many_leases_are_listed_whole_and_in_order, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(a_lease_is_ended_by_hand_and_the_address_is_free, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(an_address_that_was_set_aside_is_given_back_early, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(what_cannot_be_ended_is_refused_with_what_to_do, open_bench,
                                        close_bench),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
