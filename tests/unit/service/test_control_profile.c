// SPDX-License-Identifier: GPL-3.0-or-later
// What makes an image one machine's own, through the control API: taken, checked, kept, and never told again
// where it is secret.
#include "control_bench.h"

#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct control_bench bench;

#define ROOT_HASH "$y$j9T$saltsaltsalt$rootroothashroothashroothashroothashroothas"
#define USER_HASH "$6$saltsaltsalt$useruserhash"
#define KEY       "AAAAC3NzaC1lZDI1NTE5AAAAIJ8mZ0N2N0rQ0X0X0X0X0X0X0X0X0X0X0X0X0X0X0X0X"
#define FULL                                                                                                 \
    "{\"name\": \"web\", \"image\": \"debian\", \"hostname\": \"station{{counter}}\", \"root_password\": "   \
    "\"" ROOT_HASH "\", \"user\": \"ada\", \"user_password\": \"" USER_HASH                                  \
    "\", \"timezone\": \"Europe/Berlin\", \"locale\": \"de_DE.UTF-8\", \"packages\": \"vim git\", "          \
    "\"network\": \"static\", \"ssh_keys\": \"ssh-ed25519 " KEY " ada@desk\\n\", \"script\": "               \
    "\"#!/bin/sh\\necho scriptsecret\\n\", \"disk\": \"smallest\"}"

static int open_bench(void **state)
{
    (void)state;
    control_bench_open(&bench);
    struct image image = {.name = "debian",
                          .kind = IMAGE_ROOT,
                          .starts = IMAGE_STARTS_BIOS | IMAGE_STARTS_UEFI,
                          .content_bytes = 7,
                          .needs_bytes = 9};
    struct image agent = {.name = "agent", .family = IMAGE_AGENT_FAMILY};
    assert_int_equal(store_image_put(bench.store, &image, NULL), STATUS_OK);
    assert_int_equal(store_image_put(bench.store, &agent, NULL), STATUS_OK);
    control_bench_do(&bench, "POST", "/v1/profiles", FULL, 201);
    return 0;
}

static int close_bench(void **state)
{
    (void)state;
    control_bench_close(&bench);
    return 0;
}

static void check_member(const char *member, const char *expected)
{
    control_bench_agrees(&bench, "/v1/profiles/web", member, expected);
}

static void a_profile_tells_what_it_is_told(void **state)
{
    (void)state;
    check_member("hostname", "station{{counter}}");
    check_member("root_password", "set");
    check_member("user", "ada");
    check_member("user_password", "set");
    check_member("timezone", "Europe/Berlin");
    check_member("locale", "de_DE.UTF-8");
    check_member("packages", "vim git");
    check_member("network", "static");
    check_member("disk", "smallest");
    json_t *profile = control_bench_ask(&bench, "GET", "/v1/profiles/web", NULL, 200);
    assert_int_equal(json_integer_value(json_object_get(profile, "ssh_key_count")), 1);
    assert_int_equal(json_integer_value(json_object_get(profile, "script_bytes")),
                     strlen("#!/bin/sh\necho scriptsecret\n"));
    json_decref(profile);
    const struct profile *kept = store_profile_find(bench.store, "web");
    assert_string_equal(kept->personal.root_password, ROOT_HASH);
    assert_string_equal(kept->personal.user_password, USER_HASH);
}

// Everything that the API tells with GET, as one text.
static void read_all(char *all, size_t all_bytes)
{
    static const char *const paths[] = {"/v1/status",
                                        "/v1/config",
                                        "/v1/events",
                                        "/v1/leases",
                                        "/v1/machines",
                                        "/v1/machines/m-aabbcc",
                                        "/v1/images",
                                        "/v1/images/debian",
                                        "/v1/profiles",
                                        "/v1/profiles/web",
                                        "/v1/profiles/web/render?machine=m-aabbcc",
                                        "/v1/orders",
                                        "/v1/orders/1",
                                        "/v1/orders/1/log"};
    all[0] = '\0';
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char ask[256];
        (void)snprintf(ask, sizeof ask, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", paths[i]);
        int fd = control_bench_connect(&bench);
        control_bench_send(&bench, fd, ask, strlen(ask));
        control_bench_read(&bench, fd, all, all_bytes, NULL);
        (void)close(fd);
    }
}

static void secrets_are_in_no_answer(void **state)
{
    (void)state;
    static const char *const secrets[] = {"rootroothash", "useruserhash", KEY, "scriptsecret"};
    static char all[262144];
    control_bench_do(&bench, "PATCH", "/v1/profiles/web", "{\"network\": null}", 200);
    control_bench_do(&bench, "POST", "/v1/orders",
                     "{\"machines\": [\"52:54:00:aa:bb:cc\"], \"profile\": \"web\"}", 201);
    read_all(all, sizeof all);
    assert_non_null(strstr(all, "station1")); // it was rendered
    assert_non_null(strstr(all, "\"root_password\":\"set\""));
    assert_non_null(strstr(all, "profile web was changed (network) by "));
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        assert_null(strstr(all, secrets[i]));
    }
    json_t *answer =
        control_bench_ask(&bench, "PATCH", "/v1/profiles/web", "{\"root_password\": \"" USER_HASH "\"}", 200);
    char *text = json_dumps(answer, 0);
    assert_null(strstr(text, "useruserhash"));
    free(text);
    json_decref(answer);
}

static void what_is_not_named_stays_and_null_takes_back(void **state)
{
    (void)state;
    control_bench_do(&bench, "PATCH", "/v1/profiles/web", "{\"locale\": \"C.UTF-8\"}", 200);
    const struct profile *kept = store_profile_find(bench.store, "web");
    assert_string_equal(kept->personal.root_password, ROOT_HASH);
    assert_non_null(strstr(kept->personal.ssh_keys, KEY));
    assert_non_null(strstr(kept->personal.script, "scriptsecret"));
    control_bench_do(
        &bench, "PATCH", "/v1/profiles/web",
        "{\"hostname\": null, \"root_password\": null, \"user_password\": null, \"user\": null, "
        "\"timezone\": \"\", \"locale\": null, \"packages\": null, \"network\": null, \"ssh_keys\": "
        "null, \"script\": null, \"disk\": null}",
        200);
    kept = store_profile_find(bench.store, "web");
    assert_string_equal(kept->personal.root_password, "");
    assert_null(kept->personal.ssh_keys);
    assert_null(kept->personal.script);
    check_member("root_password", "(none)");
    check_member("hostname", "");
    check_member("network", "dhcp");
    check_member("disk", "");
}

static void an_image_that_is_being_written_is_not_exchanged(void **state)
{
    (void)state;
    struct image other = {.name = "other", .kind = IMAGE_DISK, .starts = IMAGE_STARTS_BIOS};
    struct machine machine = {.name = "lab-1", .state = MACHINE_APPROVED};
    assert_int_equal(store_image_put(bench.store, &other, NULL), STATUS_OK);
    assert_int_equal(store_machine_put(bench.store, &machine, NULL), STATUS_OK);
    struct order order = {
        .machine_id = machine.id, .profile = "web", .by_agent = true, .state = ORDER_WRITING};
    assert_int_equal(store_order_put(bench.store, &order, NULL), STATUS_OK);
    control_bench_refused(&bench, "PATCH", "/v1/profiles/web", "{\"image\": \"other\"}", 409,
                          "order 1 writes the image");
    control_bench_refused(&bench, "DELETE", "/v1/images/debian", NULL, 409, "debian");
    control_bench_refused(&bench, "DELETE", "/v1/profiles/web", NULL, 409, "in use by order");
    control_bench_refused(&bench, "DELETE", "/v1/machines/lab-1", NULL, 409, "is writing a disk of lab-1");
    control_bench_do(&bench, "PATCH", "/v1/profiles/web", "{\"image\": \"debian\", \"locale\": null}", 200);
    order.state = ORDER_SEALING;
    assert_int_equal(store_order_put(bench.store, &order, NULL), STATUS_OK);
    control_bench_refused(&bench, "PATCH", "/v1/profiles/web", "{\"image\": \"other\"}", 409, "order 1");
    check_member("image", "debian");
    order.state = ORDER_FINISHED;
    assert_int_equal(store_order_put(bench.store, &order, NULL), STATUS_OK);
    control_bench_do(&bench, "PATCH", "/v1/profiles/web", "{\"image\": \"other\"}", 200);
}

static void what_is_wrong_is_refused_without_quoting_secrets(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *said;
    } rows[] = {{"{\"root_password\": \"plain\"}", "password"},
                {"{\"user\": \"root\"}", "root"},
                {"{\"user\": \"A b\"}", "user"},
                {"{\"timezone\": \"../etc\"}", "time zone"},
                {"{\"network\": \"wifi\"}", "dhcp or static"},
                {"{\"ssh_keys\": \"hello\"}", "key"},
                {"{\"packages\": \"vim;reboot\"}", "package"},
                {"{\"disk\": \"fastest\"}", "fastest"},
                {"{\"hostname\": \"n{{counter\"}", "hostname"},
                {"{\"script\": \"echo {{#x}}\"}", "script"},
                {"{\"arguments\": \"a={{b\"}", "arguments"},
                {"{\"answer_name\": \"preseed.cfg\", \"answer\": \"{{/x}}\"}", "answer"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        control_bench_refused(&bench, "PATCH", "/v1/profiles/web", rows[i].body, 400, rows[i].said);
    }
    json_t *answer =
        control_bench_ask(&bench, "PATCH", "/v1/profiles/web", "{\"root_password\": \"hunter2plain\"}", 400);
    char *text = json_dumps(answer, 0);
    assert_null(strstr(text, "hunter2"));
    free(text);
    json_decref(answer);
    check_member("root_password", "set");
}

static void an_image_tells_its_kind_and_what_it_starts_on(void **state)
{
    (void)state;
    control_bench_agrees(&bench, "/v1/images/debian", "kind", "root");
    json_t *image = control_bench_ask(&bench, "GET", "/v1/images/debian", NULL, 200);
    const json_t *starts = json_object_get(image, "starts");
    assert_int_equal(json_array_size(starts), 2);
    assert_string_equal(json_string_value(json_array_get(starts, 1)), "uefi");
    assert_int_equal(json_integer_value(json_object_get(image, "needs_bytes")), 9);
    json_decref(image);
}

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BENCH(a_profile_tells_what_it_is_told),
        WITH_BENCH(secrets_are_in_no_answer),
        WITH_BENCH(what_is_not_named_stays_and_null_takes_back),
        WITH_BENCH(an_image_that_is_being_written_is_not_exchanged),
        WITH_BENCH(what_is_wrong_is_refused_without_quoting_secrets),
        WITH_BENCH(an_image_tells_its_kind_and_what_it_starts_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
