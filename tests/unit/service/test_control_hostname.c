// SPDX-License-Identifier: GPL-3.0-or-later
// The name and the address that a machine gets by its order: made by a rule before the order is taken, each
// only once, and none invented.
#include "control_bench.h"

#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct control_bench bench;

static void put_image(const char *name, const char *family, enum image_kind kind)
{
    struct image image = {.kind = kind, .starts = IMAGE_STARTS_BIOS | IMAGE_STARTS_UEFI, .needs_bytes = 1000};
    (void)snprintf(image.name, sizeof image.name, "%s", name);
    (void)snprintf(image.family, sizeof image.family, "%s", family);
    assert_int_equal(store_image_put(bench.store, &image, NULL), STATUS_OK);
}

static void add_machine(const char *name, unsigned number)
{
    char body[128];
    (void)snprintf(body, sizeof body, "{\"name\": \"%s\", \"macs\": [\"52:54:00:00:00:%02x\"]}", name,
                   number);
    control_bench_do(&bench, "POST", "/v1/machines", body, 201);
}

static int open_bench(void **state)
{
    (void)state;
    control_bench_open(&bench);
    put_image("debian", "linux-root", IMAGE_ROOT);
    put_image("agent", IMAGE_AGENT_FAMILY, IMAGE_BOOT);
    control_bench_do(&bench, "POST", "/v1/profiles", "{\"name\": \"web\", \"image\": \"debian\"}", 201);
    return 0;
}

static int close_bench(void **state)
{
    (void)state;
    control_bench_close(&bench);
    return 0;
}

#define ORDER_LAB "{\"machines\": [\"lab-01\"], \"profile\": \"web\"}"

static size_t count_of(const char *path, const char *member)
{
    json_t *json = control_bench_ask(&bench, "GET", path, NULL, 200);
    size_t count = json_array_size(json_object_get(json, member));
    json_decref(json);
    return count;
}

static bool has_event(const char *text)
{
    char answer[65536] = "";
    static const char ask[] = "GET /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    int fd = control_bench_connect(&bench);
    control_bench_send(&bench, fd, ask, strlen(ask));
    control_bench_read(&bench, fd, answer, sizeof answer, NULL);
    (void)close(fd);
    return strstr(answer, text) != NULL;
}

static void set_rule(const char *rule)
{
    char body[256];
    (void)snprintf(body, sizeof body, "{\"hostname\": \"%s\"}", rule);
    control_bench_do(&bench, "PATCH", "/v1/profiles/web", body, 200);
}

// Orders lab-01; it must get that name.
static void must_become(const char *name)
{
    json_t *made = control_bench_ask(&bench, "POST", "/v1/orders", ORDER_LAB, 201);
    const json_t *order = json_array_get(json_object_get(made, "orders"), 0);
    assert_string_equal(json_string_value(json_object_get(order, "hostname")), name);
    json_decref(made);
}

static void each_rule_for_a_host_name_gives_the_name_that_it_says(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        const char *name;
    } rules[] = {{"", "lab-01"},
                 {"node", "node"},
                 {"pc-{{machine.mac_plain}}", "pc-525400000001"},
                 {"pc-{{machine.serial}}", "pc-czc12345"},
                 {"station{{address.last_octet}}", "station42"},
                 {"n{{counter}}", "n1"},
                 {"n{{counter}}-{{machine.name}}.example", "n1-lab-01"}};
    add_machine("lab-01", 1);
    control_bench_do(&bench, "PATCH", "/v1/machines/lab-01",
                     "{\"serial\": \"CZC12345\", \"address\": \"192.0.2.42\"}", 200);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        char path[32];
        set_rule(rules[i].rule);
        must_become(rules[i].name);
        (void)snprintf(path, sizeof path, "/v1/orders/%zu", i + 1);
        control_bench_agrees(&bench, path, "hostname", rules[i].name);
        (void)strcat(path, "/cancel");
        control_bench_do(&bench, "POST", path, "{}", 200);
    }
}

static void what_a_rule_needs_and_nobody_knows_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const rules[][2] = {{"pc-{{machine.serial}}", "machine.serial"},
                                           {"pc-{{shelf}}", "shelf"},
                                           {"{{machine.mac}}", "is no host name"}};
    add_machine("lab-01", 1);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        set_rule(rules[i][0]);
        control_bench_refused(&bench, "POST", "/v1/orders", ORDER_LAB, 409, rules[i][1]);
    }
    set_rule("pc-{{machine.serial}}");
    control_bench_do(&bench, "PATCH", "/v1/machines/lab-01", "{\"serial\": \"two words\"}", 200);
    control_bench_refused(&bench, "POST", "/v1/orders", ORDER_LAB, 409, "machine.serial");
    assert_int_equal(count_of("/v1/orders", "orders"), 0);
}

static void every_machine_gets_a_number_of_its_own(void **state)
{
    (void)state;
    add_machine("a", 1);
    add_machine("b", 2);
    control_bench_do(&bench, "PATCH", "/v1/profiles/web", "{\"hostname\": \"n{{counter}}\"}", 200);
    control_bench_do(&bench, "POST", "/v1/orders", "{\"machines\": [\"a\", \"b\"], \"profile\": \"web\"}",
                     201);
    json_t *machine = control_bench_ask(&bench, "GET", "/v1/machines/b", NULL, 200);
    assert_int_equal(json_integer_value(json_object_get(machine, "counter")), 2);
    json_decref(machine);
    control_bench_agrees(&bench, "/v1/profiles/web/render?machine=a", "hostname", "n1");
}

static void two_machines_with_one_host_name_are_refused(void **state)
{
    (void)state;
    add_machine("a", 1);
    add_machine("b", 2);
    control_bench_do(&bench, "PATCH", "/v1/profiles/web", "{\"hostname\": \"station\"}", 200);
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"a\", \"b\"], \"profile\": \"web\"}", 409,
                          "b would be called station, and so is a by its order");
    control_bench_do(&bench, "POST", "/v1/orders", "{\"machines\": [\"a\"], \"profile\": \"web\"}", 201);
    control_bench_refused(&bench, "POST", "/v1/orders", "{\"machines\": [\"b\"], \"profile\": \"web\"}", 409,
                          "so is a by its order");
    control_bench_do(&bench, "PATCH", "/v1/profiles/web", "{\"hostname\": \"a\"}", 200);
    control_bench_refused(&bench, "POST", "/v1/orders", "{\"machines\": [\"b\"], \"profile\": \"web\"}", 409,
                          "b would be called a, and so is a");
}

static void finish(uint64_t id)
{
    struct order order = *store_order_get(bench.store, id);
    order.state = ORDER_FINISHED;
    assert_int_equal(store_order_put(bench.store, &order, NULL), STATUS_OK);
}

static void a_name_stays_taken_when_the_order_that_gave_it_is_finished(void **state)
{
    (void)state;
    add_machine("a", 1);
    add_machine("b", 2);
    control_bench_do(&bench, "PATCH", "/v1/profiles/web", "{\"hostname\": \"station5\"}", 200);
    control_bench_do(&bench, "POST", "/v1/orders", "{\"machines\": [\"a\"], \"profile\": \"web\"}", 201);
    control_bench_agrees(&bench, "/v1/orders/1", "hostname", "station5");
    finish(1);
    control_bench_refused(&bench, "POST", "/v1/orders", "{\"machines\": [\"b\"], \"profile\": \"web\"}", 409,
                          "b would be called station5, and so is a by its order");
    control_bench_do(&bench, "POST", "/v1/orders", "{\"machines\": [\"a\"], \"profile\": \"web\"}", 201);
    finish(2);
    control_bench_do(&bench, "PATCH", "/v1/profiles/web", "{\"hostname\": \"station6\"}", 200);
    control_bench_do(&bench, "POST", "/v1/orders", "{\"machines\": [\"a\"], \"profile\": \"web\"}", 201);
    control_bench_do(&bench, "PATCH", "/v1/profiles/web", "{\"hostname\": \"station5\"}", 200);
    control_bench_refused(&bench, "POST", "/v1/orders", "{\"machines\": [\"b\"], \"profile\": \"web\"}", 409,
                          "so is a by its order"); // as long as the new one is not carried out
    finish(3);
    control_bench_do(&bench, "POST", "/v1/orders", "{\"machines\": [\"b\"], \"profile\": \"web\"}", 201);
    control_bench_agrees(&bench, "/v1/orders/4", "hostname", "station5");
}

static void an_address_is_kept_when_the_templates_need_it(void **state)
{
    (void)state;
    control_bench_do(&bench, "PATCH", "/v1/profiles/web", "{\"hostname\": \"station{{address.last_octet}}\"}",
                     200);
    add_machine("lab-01", 1);
    control_bench_refused(&bench, "POST", "/v1/orders", ORDER_LAB, 409, "--address");
    control_bench_serve(&bench, "192.0.2.101");
    json_t *made = control_bench_ask(&bench, "POST", "/v1/orders", ORDER_LAB, 201);
    const json_t *order = json_array_get(json_object_get(made, "orders"), 0);
    assert_string_equal(json_string_value(json_object_get(order, "kept_address")), "192.0.2.100");
    json_decref(made);
    control_bench_agrees(&bench, "/v1/machines/lab-01", "address", "192.0.2.100");
    assert_true(has_event("192.0.2.100 is kept for lab-01"));
    control_bench_do(&bench, "POST", "/v1/orders",
                     "{\"machines\": [\"52:54:00:aa:bb:cc\"], \"profile\": \"web\"}", 201);
    control_bench_agrees(&bench, "/v1/machines/m-aabbcc", "address", "192.0.2.101");
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"52:54:00:aa:bb:dd\"], \"profile\": \"web\"}", 409,
                          "no address is free");
    assert_int_equal(count_of("/v1/machines", "machines"), 2);
}

static struct lease lease_of(const char *address, unsigned number, enum lease_state state)
{
    struct lease lease = {.state = state, .starts_s = bench.now_s, .ends_s = bench.now_s + 3600};
    struct hw mac = {.length = 6, .octets = {0x02, 0, 0, 0, 0, (uint8_t)number}};
    lease.key = lease_key_from(&mac, NULL, 0);
    assert_int_equal(ip4_parse(address, &lease.address), STATUS_OK);
    return lease;
}

static void an_address_that_others_have_or_are_offered_is_kept_for_nobody(void **state)
{
    (void)state;
    set_rule("station{{address.last_octet}}");
    const struct lease bound = lease_of("192.0.2.100", 1, LEASE_BOUND);
    const struct lease offered = lease_of("192.0.2.102", 2, LEASE_OFFERED);
    const struct lease declined = lease_of("192.0.2.103", 3, LEASE_DECLINED);
    store_lease_put(bench.store, &bound);
    store_lease_put(bench.store, &declined);
    control_bench_serve(&bench, "192.0.2.105");
    dhcp_pools_put(&bench.pools, &offered); // the store does not know it
    control_bench_do(&bench, "POST", "/v1/machines",
                     "{\"name\": \"fixed\", \"macs\": [\"52:54:00:00:00:77\"], \"address\": \"192.0.2.104\"}",
                     201);
    add_machine("lab-01", 1);
    add_machine("lab-02", 2);
    must_become("station101");
    control_bench_do(&bench, "POST", "/v1/orders", "{\"machines\": [\"lab-02\"], \"profile\": \"web\"}", 201);
    control_bench_agrees(&bench, "/v1/machines/lab-02", "address", "192.0.2.105");
}

static void what_a_refused_order_had_kept_is_free_again(void **state)
{
    (void)state;
    set_rule("station{{address.last_octet}}");
    control_bench_serve(&bench, "192.0.2.101");
    add_machine("a", 1);
    add_machine("b", 2);
    add_machine("c", 3);
    for (int again = 0; again < 2; again++) {
        control_bench_refused(&bench, "POST", "/v1/orders",
                              "{\"machines\": [\"a\", \"b\", \"c\"], \"profile\": \"web\"}", 409,
                              "no address is free for c");
    }
    control_bench_do(&bench, "POST", "/v1/orders", "{\"machines\": [\"c\", \"b\"], \"profile\": \"web\"}",
                     201);
    control_bench_agrees(&bench, "/v1/machines/c", "address", "192.0.2.100");
    control_bench_agrees(&bench, "/v1/machines/b", "address", "192.0.2.101");
}

#define MANY 1000

static void a_thousand_machines_get_an_address_each_in_one_order(void **state)
{
    (void)state;
    static char body[64 * 1024];
    set_rule("station{{address.last_octet}}-{{counter}}");
    control_bench_serve(&bench, "192.0.2.254");
    // As many as one order may name do not fit into this range; a larger one.
    struct network *network = &bench.config.subnets[0];
    assert_int_equal(subnet_parse("10.0.0.0/16", &network->subnet), STATUS_OK);
    assert_int_equal(network_range_parse("10.0.1.1-10.0.255.1", &network->first, &network->last), STATUS_OK);
    size_t length =
        (size_t)snprintf(body, sizeof body, "{\"profile\": \"web\", \"count\": %d, \"machines\": [", MANY);
    for (int i = 0; i < MANY; i++) {
        length += (size_t)snprintf(body + length, sizeof body - length, "%s\"52:54:00:01:%02x:%02x\"",
                                   i == 0 ? "" : ", ", (unsigned)i / 256, (unsigned)i % 256);
    }
    (void)snprintf(body + length, sizeof body - length, "]}");
    add_machine("first", 1); // builds the pools anew
    const unsigned changes = bench.changes;
    control_bench_do(&bench, "POST", "/v1/orders", body, 201);
    assert_int_equal(bench.changes, changes + 1); // and pools are built no oftener than facts change
    control_bench_agrees(&bench, "/v1/machines/m-010000", "address", "10.0.1.1");
    control_bench_agrees(&bench, "/v1/orders/1000", "hostname", "station232-1000");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_rule_for_a_host_name_gives_the_name_that_it_says),
        TEST(what_a_rule_needs_and_nobody_knows_is_refused_by_name),
        TEST(every_machine_gets_a_number_of_its_own),
        TEST(two_machines_with_one_host_name_are_refused),
        TEST(a_name_stays_taken_when_the_order_that_gave_it_is_finished),
        TEST(an_address_is_kept_when_the_templates_need_it),
        TEST(an_address_that_others_have_or_are_offered_is_kept_for_nobody),
        TEST(what_a_refused_order_had_kept_is_free_again),
        TEST(a_thousand_machines_get_an_address_each_in_one_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
