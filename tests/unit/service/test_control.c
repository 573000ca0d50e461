// SPDX-License-Identifier: GPL-3.0-or-later
#include "control_bench.h"

#include "service/control_route.h"
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct control_bench bench;

static int open_bench(void **state)
{
    (void)state;
    control_bench_open(&bench);
    return 0;
}

static int close_bench(void **state)
{
    (void)state;
    control_bench_close(&bench);
    return 0;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "(none)" : text;
}

#define ADD_LAB "{\"name\": \"lab-01\", \"macs\": [\"52:54:00:00:00:01\"]}"

static void paths_find_their_routes(void **state)
{
    (void)state;
    char names[CONTROL_ROUTE_NAMES][CONTROL_NAME_BYTES];
    bool other;
    assert_ptr_equal(control_route_find("GET", "/v1/machines", names, &other)->handle, control_machine_list);
    assert_ptr_equal(control_route_find("GET", "/v1/machines/a b", names, &other)->handle,
                     control_machine_show);
    assert_string_equal(names[0], "a b");
    assert_ptr_equal(control_route_find("POST", "/v1/machines/x/approve", names, &other)->handle,
                     control_machine_approve);
    assert_null(control_route_find("GET", "/v1/machines/x/approve", names, &other));
    assert_true(other);
    static const char *const nowhere[] = {"/",
                                          "/v1",
                                          "/v1/",
                                          "/v1/machines/",
                                          "/v1/machines/x/",
                                          "/v1/machine",
                                          "/v2/status",
                                          "/v1/machines/x/approve/y",
                                          "//v1/status",
                                          "/v1/orders/7/cancel/"};
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
        assert_null(control_route_find("GET", nowhere[i], names, &other));
    }
}

static void requests_that_are_wrong_are_told_so(void **state)
{
    (void)state;
    control_bench_refused(&bench, "GET", "/v1/nothing", NULL, 404, "no such resource");
    control_bench_refused(&bench, "PUT", "/v1/status", "x", 405, "PUT does not work here");
    control_bench_refused(&bench, "POST", "/v1/machines", "{", 400, "not a JSON object");
    control_bench_refused(&bench, "POST", "/v1/machines", "[]", 400, "not a JSON object");
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"name\": 1, \"name\": 2}", 400, "duplicate");
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"nmae\": \"x\"}", 400, "did you mean 'name'?");
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"name\": 7}", 400, "'name' must be a text");
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"name\": \"a\\u0007\"}", 400,
                          "control character");
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"macs\": \"x\"}", 400, "list of texts");
}

static void a_body_that_is_too_long_is_refused(void **state)
{
    (void)state;
    size_t bytes = 3 * 1024 * 1024;
    char *body = malloc(bytes + 1);
    memset(body, ' ', bytes);
    body[bytes] = '\0';
    control_bench_refused(&bench, "POST", "/v1/machines", body, 413, "too long");
    free(body);
}

static void a_machine_is_added_found_and_removed(void **state)
{
    (void)state;
    json_t *machine = control_bench_ask(
        &bench, "POST", "/v1/machines",
        "{\"macs\": [\"52-54-00-AA-BB-CC\"], \"uuid\": "
        "\"4C4C4544-0001-0002-8003-000000000004\", \"address\": \"10.0.0.9\", \"address6\": \"2001:DB8::9\"}",
        201);
    assert_string_equal(text_of(machine, "name"), "m-aabbcc");
    assert_string_equal(text_of(machine, "state"), "approved");
    assert_string_equal(text_of(machine, "address"), "10.0.0.9");
    assert_string_equal(text_of(machine, "address6"), "2001:db8::9");
    json_decref(machine);
    static const char *const names[] = {"m-aabbcc", "52:54:00:aa:bb:cc",
                                        "4c4c4544-0001-0002-8003-000000000004",
                                        "44454c4c-0100-0200-8003-000000000004", "1"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "/v1/machines/%s", names[i]);
        machine = control_bench_ask(&bench, "GET", path, NULL, 200);
        assert_string_equal(text_of(machine, "name"), "m-aabbcc");
        json_decref(machine);
    }
    control_bench_refused(&bench, "GET", "/v1/machines/m-aabbcd", NULL, 404, "did you mean 'm-aabbcc'?");
    assert_int_equal(bench.changes, 1);
    control_bench_do(&bench, "DELETE", "/v1/machines/m-aabbcc", NULL, 200);
    assert_int_equal(bench.changes, 2);
    control_bench_refused(&bench, "DELETE", "/v1/machines/m-aabbcc", NULL, 404, "there is no machine");
}

static void bad_facts_about_a_machine_are_refused(void **state)
{
    (void)state;
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"name\": \"a\"}", 400, "none was given");
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"name\": \"A_\"}", 400,
                          "cannot be a machine's name");
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"macs\": [\"x\"]}", 400,
                          "'x' is not a MAC address");
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"macs\": [\"ff:ff:ff:ff:ff:ff\"]}", 400,
                          "not the address of one network card");
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"address\": \"1.2.3\"}", 400,
                          "not an IPv4 address");
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"address6\": \"fe80::1\"}", 400,
                          "not an IPv6 address that a machine can be given");
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"loader\": \"lilo\"}", 400,
                          "auto, ipxe, pxelinux or grub");
    control_bench_refused(&bench, "POST", "/v1/machines",
                          "{\"uuid\": \"00000000-0000-0000-0000-000000000000\"}", 400,
                          "tells one machine from others");
    control_bench_do(&bench, "POST", "/v1/machines", ADD_LAB, 201);
    control_bench_refused(&bench, "POST", "/v1/machines", ADD_LAB, 409, "lab-01");
}

static void an_address_that_the_network_needs_itself_is_kept_for_no_machine(void **state)
{
    (void)state;
    struct network *network = &bench.config.subnets[0];
    assert_int_equal(subnet_parse("192.0.2.0/24", &network->subnet), STATUS_OK);
    assert_int_equal(ip4_parse("192.0.2.254", &network->routers[0]), STATUS_OK);
    network->router_count = bench.config.subnet_count = 1;
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"address\": \"127.0.0.1\"}", 400,
                          "server's own");
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"address\": \"192.0.2.0\"}", 400, "broadcast");
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"address\": \"192.0.2.255\"}", 400, "broadcast");
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"address\": \"192.0.2.254\"}", 400, "router");
    control_bench_refused(&bench, "POST", "/v1/machines", "{\"address\": \"192.0.2.7\"}", 400,
                          "none was given");
}

static void a_machine_is_edited(void **state)
{
    (void)state;
    control_bench_do(&bench, "POST", "/v1/machines", ADD_LAB, 201);
    json_t *machine =
        control_bench_ask(&bench, "PATCH", "/v1/machines/lab-01",
                          "{\"name\": \"lab-02\", \"loader\": \"grub\", \"hostname\": \"host\", "
                          "\"add_macs\": [\"525400000002\"], \"remove_macs\": [\"52:54:00:00:00:01\"]}",
                          200);
    assert_string_equal(text_of(machine, "name"), "lab-02");
    assert_string_equal(text_of(machine, "loader"), "grub");
    assert_string_equal(text_of(machine, "hostname"), "host");
    assert_int_equal(json_array_size(json_object_get(machine, "macs")), 1);
    json_decref(machine);
    machine = control_bench_ask(&bench, "PATCH", "/v1/machines/lab-02", "{\"hostname\": null}", 200);
    assert_string_equal(text_of(machine, "hostname"), "lab-02");
    assert_string_equal(text_of(machine, "loader"), "grub");
    json_decref(machine);
    control_bench_refused(&bench, "PATCH", "/v1/machines/lab-02", "{\"remove_macs\": [\"525400000002\"]}",
                          409, "no MAC address left");
    control_bench_refused(&bench, "PATCH", "/v1/machines/lab-02", "{\"remove_macs\": [\"525400000009\"]}",
                          404, "does not have");
}

// An image by way of the store, for what comes behind.
static void put_image_and_profile(void)
{
    struct image image = {.name = "debian-12", .kernel = "linux"};
    assert_int_equal(store_image_put(bench.store, &image, NULL), STATUS_OK);
    control_bench_do(&bench, "POST", "/v1/profiles",
                     "{\"name\": \"office\", \"image\": \"debian-12\", \"answer_name\": \"preseed.cfg\", "
                     "\"answer\": \"host {{hostname}}\", \"values\": {\"domain\": \"example.test\"}}",
                     201);
}

static void an_order_is_looked_at_before_it_is_taken(void **state)
{
    (void)state;
    put_image_and_profile();
    control_bench_do(&bench, "POST", "/v1/machines", ADD_LAB, 201);
    control_bench_refused(&bench, "POST", "/v1/orders", "{\"machines\": [\"lab-01\"]}", 400,
                          "needs a profile");
    control_bench_refused(&bench, "POST", "/v1/orders", "{\"machines\": [\"lab-01\"], \"profile\": \"x\"}",
                          404, "no profile 'x'");
    control_bench_refused(&bench, "POST", "/v1/orders", "{\"machines\": [], \"profile\": \"office\"}", 400,
                          "1 to 1000");
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"nobody\"], \"profile\": \"office\"}", 404,
                          "no machine 'nobody'");
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"lab-01\", \"1\"], \"profile\": \"office\"}", 400, "named twice");
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"lab-01\"], \"profile\": \"office\", \"expires_s\": 1}", 400,
                          "expires_s");
    bench.missing = "root_password";
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"lab-01\"], \"profile\": \"office\"}", 409,
                          "'root_password' is not defined");
    control_bench_do(&bench, "POST", "/v1/machines/lab-01/reject", NULL, 200);
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"lab-01\"], \"profile\": \"office\"}", 409,
                          "imprint machine approve lab-01");
    json_t *orders = control_bench_ask(&bench, "GET", "/v1/orders", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(orders, "orders")), 0);
    json_decref(orders);
}

static void an_order_is_made_once_and_cancelled(void **state)
{
    (void)state;
    put_image_and_profile();
    control_bench_do(&bench, "POST", "/v1/machines", ADD_LAB, 201);
    json_t *made = control_bench_ask(&bench, "POST", "/v1/orders",
                                     "{\"machines\": [\"lab-01\"], \"profile\": \"office\"}", 201);
    const json_t *order = json_array_get(json_object_get(made, "orders"), 0);
    assert_string_equal(text_of(order, "state"), "armed");
    assert_string_equal(text_of(order, "machine"), "lab-01");
    assert_int_equal(json_integer_value(json_object_get(order, "expires_s")), bench.now_s + 24 * 3600);
    assert_int_not_equal(text_of(order, "owner")[0], '\0');
    json_decref(made);
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"lab-01\"], \"profile\": \"office\"}", 409,
                          "imprint order cancel 1");
    control_bench_refused(&bench, "DELETE", "/v1/profiles/office", NULL, 409, "");
    control_bench_do(&bench, "POST", "/v1/orders/1/cancel", NULL, 200);
    control_bench_refused(&bench, "POST", "/v1/orders/1/cancel", NULL, 409, "it is cancelled");
    control_bench_refused(&bench, "GET", "/v1/orders/2", NULL, 404, "no order '2'");
    json_t *live = control_bench_ask(&bench, "GET", "/v1/orders?live=1", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(live, "orders")), 0);
    json_decref(live);
}

static void rejecting_a_machine_cancels_its_order(void **state)
{
    (void)state;
    put_image_and_profile();
    control_bench_do(&bench, "POST", "/v1/machines", ADD_LAB, 201);
    control_bench_do(&bench, "POST", "/v1/orders", "{\"machines\": [\"lab-01\"], \"profile\": \"office\"}",
                     201);
    control_bench_do(&bench, "POST", "/v1/machines/lab-01/reject", NULL, 200);
    json_t *order = control_bench_ask(&bench, "GET", "/v1/orders/1", NULL, 200);
    assert_string_equal(text_of(order, "state"), "cancelled");
    json_decref(order);
}

static void a_profile_is_edited_and_rendered(void **state)
{
    (void)state;
    put_image_and_profile();
    control_bench_do(&bench, "POST", "/v1/machines", ADD_LAB, 201);
    control_bench_refused(&bench, "POST", "/v1/profiles", "{\"name\": \"x\", \"image\": \"none\"}", 404,
                          "no image 'none'");
    control_bench_refused(&bench, "PATCH", "/v1/profiles/office", "{\"answer_name\": \"../x\"}", 400,
                          "cannot be a name");
    control_bench_refused(&bench, "PATCH", "/v1/profiles/office", "{\"values\": {\"a b\": \"1\"}}", 400,
                          "cannot be set");
    json_t *profile = control_bench_ask(
        &bench, "PATCH", "/v1/profiles/office",
        "{\"arguments\": \"quiet\", \"values\": {\"domain\": null, \"locale\": \"C\"}}", 200);
    assert_string_equal(text_of(profile, "arguments"), "quiet");
    assert_string_equal(text_of(profile, "answer"), "host {{hostname}}");
    assert_null(json_object_get(json_object_get(profile, "values"), "domain"));
    assert_string_equal(text_of(json_object_get(profile, "values"), "locale"), "C");
    json_decref(profile);
    json_t *text = control_bench_ask(&bench, "GET", "/v1/profiles/office/render?machine=lab-01", NULL, 200);
    assert_string_equal(text_of(text, "answer"), "answer for lab-01");
    assert_string_equal(text_of(text, "arguments"), "arguments for lab-01");
    json_decref(text);
    bench.missing = "x";
    control_bench_refused(&bench, "GET", "/v1/profiles/office/render?machine=lab-01", NULL, 409,
                          "preseed.cfg");
    bench.missing = NULL;
    profile = control_bench_ask(&bench, "PATCH", "/v1/profiles/office", "{\"answer\": null}", 200);
    assert_true(json_is_null(json_object_get(profile, "answer")));
    json_decref(profile);
    text = control_bench_ask(&bench, "GET", "/v1/profiles/office/render?machine=lab-01", NULL, 200);
    assert_true(json_is_null(json_object_get(text, "answer")));
    json_decref(text);
}

static void status_config_and_leases_are_told(void **state)
{
    (void)state;
    control_bench_do(&bench, "POST", "/v1/machines", ADD_LAB, 201);
    json_t *status = control_bench_ask(&bench, "GET", "/v1/status", NULL, 200);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(status, "machines"), "approved")), 1);
    assert_true(json_is_true(json_object_get(status, "bench")));
    json_decref(status);
    json_t *config = control_bench_ask(&bench, "GET", "/v1/config", NULL, 200);
    assert_string_equal(text_of(config, "dhcp.mode"), "auto");
    assert_string_equal(text_of(config, "state"), bench.folder);
    json_decref(config);
    struct hw mac;
    struct lease lease = {
        .address = {0x0a000064}, .state = LEASE_BOUND, .starts_s = 5, .ends_s = bench.now_s + 60};
    assert_int_equal(hw_parse("52:54:00:00:00:01", &mac), STATUS_OK);
    lease.key = lease_key_from(&mac, NULL, 0);
    memcpy(lease.hostname, "a\x1b\xff", 4);
    store_lease_put(bench.store, &lease);
    json_t *leases = control_bench_ask(&bench, "GET", "/v1/leases", NULL, 200);
    const json_t *first = json_array_get(json_object_get(leases, "leases"), 0);
    assert_string_equal(text_of(first, "address"), "10.0.0.100");
    assert_string_equal(text_of(first, "machine"), "lab-01");
    assert_string_equal(text_of(first, "hostname"), "a\\x1b\\xff");
    json_decref(leases);
}

static void who_watches_sees_what_happens(void **state)
{
    (void)state;
    static char seen[65536];
    seen[0] = '\0';
    static const char ask[] = "GET /v1/events?follow=1&last=0 HTTP/1.1\r\nHost: x\r\n\r\n";
    control_bench_do(&bench, "POST", "/v1/machines", ADD_LAB, 201);
    int fd = control_bench_connect(&bench);
    control_bench_send(&bench, fd, ask, strlen(ask));
    control_bench_read(&bench, fd, seen, sizeof seen, "\r\n\r\n");
    assert_non_null(strstr(seen, "200 OK"));
    assert_null(strstr(seen, "was added"));
    control_bench_do(&bench, "PATCH", "/v1/machines/lab-01", "{\"name\": \"lab-09\"}", 200);
    control_bench_read(&bench, fd, seen, sizeof seen, "lab-09 was changed");
    assert_non_null(strstr(seen, "\"machine\":\"lab-09\""));
    (void)close(fd); // and the server must cope with that
    control_bench_do(&bench, "PATCH", "/v1/machines/lab-09", "{\"name\": \"lab-10\"}", 200);
    control_bench_do(&bench, "PATCH", "/v1/machines/lab-10", "{\"name\": \"lab-11\"}", 200);
}

static void events_come_in_order_and_can_be_chosen(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++) {
        struct event event = {.at_ms = i, .kind = EVENT_SERVER, .machine_id = i % 2 == 0 ? 1 : 0};
        (void)snprintf(event.text, sizeof event.text, "number %d;", i);
        (void)store_event_add(bench.store, &event);
    }
    static const struct {
        const char *path;
        int lines;
        const char *first;
        const char *last;
    } rows[] = {{"/v1/events", 30, "number 0;", "number 29;"},
                {"/v1/events?last=3", 3, "number 27;", "number 29;"},
                {"/v1/events?after=28", 2, "number 28;", "number 29;"},
                {"/v1/events?after=10&last=50", 20, "number 10;", "number 29;"},
                {"/v1/events?last=0", 0, "", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static char answer[65536];
        char ask[256];
        answer[0] = '\0';
        int lines = 0;
        int fd = control_bench_connect(&bench);
        (void)snprintf(ask, sizeof ask, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                       rows[i].path);
        control_bench_send(&bench, fd, ask, strlen(ask));
        control_bench_read(&bench, fd, answer, sizeof answer, NULL);
        (void)close(fd);
        for (const char *at = answer; (at = strstr(at, "\"number ")) != NULL; at++) {
            lines++;
        }
        assert_int_equal(lines, rows[i].lines);
        assert_non_null(strstr(answer, rows[i].first));
        assert_non_null(strstr(answer, rows[i].last));
    }
    control_bench_refused(&bench, "GET", "/v1/events?last=x", NULL, 400, "whole numbers");
    control_bench_refused(&bench, "GET", "/v1/events?machine=x", NULL, 404, "no machine");
}

static void closing_ends_those_who_watch(void **state)
{
    (void)state;
    static char seen[4096];
    static const char ask[] = "GET /v1/events?follow=1 HTTP/1.1\r\nHost: x\r\n\r\n";
    seen[0] = '\0';
    int fd = control_bench_connect(&bench);
    control_bench_send(&bench, fd, ask, strlen(ask));
    control_bench_read(&bench, fd, seen, sizeof seen, "\r\n\r\n");
    control_close(bench.control);
    bench.control = NULL;
    ssize_t got = recv(fd, seen, sizeof seen - 1, 0);
    assert_true(got > 0);
    seen[got] = '\0';
    assert_string_equal(seen, "0\r\n\r\n"); // the last chunk: ended, not broken off
    (void)close(fd);
}

static void a_second_daemon_finds_the_first(void **state)
{
    (void)state;
    int listener = -1;
    struct problem problem = {0};
    assert_int_equal(control_listen(bench.config.control_socket, (unsigned)-1, &listener, &problem),
                     STATUS_BUSY);
    assert_non_null(strstr(problem.text, "another imprint is running"));
    control_close(bench.control);
    bench.control = NULL;
    problem_clear(&problem);
    assert_int_equal(control_listen(bench.config.control_socket, (unsigned)-1, &listener, &problem),
                     STATUS_OK);
    struct stat found;
    assert_int_equal(stat(bench.config.control_socket, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0660);
    (void)close(listener);
}

static void a_file_in_the_sockets_place_is_not_removed(void **state)
{
    (void)state;
    char path[128];
    int listener = -1;
    struct problem problem = {0};
    (void)snprintf(path, sizeof path, "%s/file", bench.folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fclose(file);
    assert_int_equal(control_listen(path, (unsigned)-1, &listener, &problem), STATUS_EXISTS);
    assert_int_equal(access(path, F_OK), 0);
}

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_find_their_routes),
        WITH_BENCH(requests_that_are_wrong_are_told_so),
        WITH_BENCH(a_body_that_is_too_long_is_refused),
        WITH_BENCH(a_machine_is_added_found_and_removed),
        WITH_BENCH(bad_facts_about_a_machine_are_refused),
        WITH_BENCH(an_address_that_the_network_needs_itself_is_kept_for_no_machine),
        WITH_BENCH(a_machine_is_edited),
        WITH_BENCH(an_order_is_looked_at_before_it_is_taken),
        WITH_BENCH(an_order_is_made_once_and_cancelled),
        WITH_BENCH(rejecting_a_machine_cancels_its_order),
        WITH_BENCH(a_profile_is_edited_and_rendered),
        WITH_BENCH(status_config_and_leases_are_told),
        WITH_BENCH(who_watches_sees_what_happens),
        WITH_BENCH(events_come_in_order_and_can_be_chosen),
        WITH_BENCH(closing_ends_those_who_watch),
        WITH_BENCH(a_second_daemon_finds_the_first),
        WITH_BENCH(a_file_in_the_sockets_place_is_not_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
