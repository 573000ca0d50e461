// SPDX-License-Identifier: GPL-3.0-or-later
// Orders for images that the agent writes: what is refused at the desk, what is confirmed, what is taken
// back.
#include "control_bench.h"

#include "talk/talk.h"
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
    control_bench_do(&bench, "POST", "/v1/profiles", "{\"name\": \"web\", \"image\": \"debian\"}", 201);
    return 0;
}

static int open_bench_with_agent(void **state)
{
    (void)open_bench(state);
    put_image("agent", IMAGE_AGENT_FAMILY, IMAGE_BOOT);
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

static void without_the_agent_nothing_is_written(void **state)
{
    (void)state;
    add_machine("lab-01", 1);
    control_bench_refused(&bench, "POST", "/v1/orders", ORDER_LAB, 409, "sudo imprint agent build");
    put_image("agent", IMAGE_AGENT_FAMILY, IMAGE_BOOT);
    json_t *made = control_bench_ask(&bench, "POST", "/v1/orders", ORDER_LAB, 201);
    const json_t *order = json_array_get(json_object_get(made, "orders"), 0);
    assert_true(json_is_true(json_object_get(order, "by_agent")));
    assert_int_equal(json_integer_value(json_object_get(order, "tries")), ORDER_TRIES_DEFAULT);
    assert_true(json_is_null(json_object_get(order, "kept_address")));
    json_decref(made);
}

static void a_root_file_system_without_a_boot_loader_is_refused(void **state)
{
    (void)state;
    add_machine("lab-01", 1);
    struct image image = *store_image_find(bench.store, "debian");
    image.starts = 0;
    assert_int_equal(store_image_put(bench.store, &image, NULL), STATUS_OK);
    control_bench_refused(&bench, "POST", "/v1/orders", ORDER_LAB, 409, "image debian holds no boot loader");
    control_bench_refused(&bench, "POST", "/v1/orders", ORDER_LAB, 409, "grub-pc-bin");
    assert_int_equal(count_of("/v1/orders", "orders"), 0);
    image.kind = IMAGE_DISK; // of a disk it is only not known
    assert_int_equal(store_image_put(bench.store, &image, NULL), STATUS_OK);
    control_bench_do(&bench, "POST", "/v1/orders", ORDER_LAB, 201);
}

static void an_image_that_a_live_order_needs_cannot_be_removed(void **state)
{
    (void)state;
    add_machine("lab-01", 1);
    control_bench_do(&bench, "POST", "/v1/orders", ORDER_LAB, 201);
    static const char *const needed[] = {"debian", "agent"};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "/v1/images/%s", needed[i]);
        control_bench_refused(&bench, "DELETE", path, NULL, 409,
                              "order 1 for lab-01 is armed and needs the image");
        control_bench_refused(&bench, "DELETE", path, NULL, 409, "imprint order cancel 1");
        control_bench_agrees(&bench, path, "name", needed[i]);
    }
    put_image("agent-2", IMAGE_AGENT_FAMILY, IMAGE_BOOT); // machines boot the newest one
    control_bench_do(&bench, "DELETE", "/v1/images/agent", NULL, 200);
    control_bench_do(&bench, "POST", "/v1/orders/1/cancel", "{}", 200);
    control_bench_refused(&bench, "DELETE", "/v1/images/debian", NULL, 409, "in use by the profile 'web'");
    control_bench_do(&bench, "DELETE", "/v1/images/agent-2", NULL, 200);
}

static void many_machines_must_have_been_counted(void **state)
{
    (void)state;
    bench.desk->policy.targets_most = 2;
    add_machine("a", 1);
    add_machine("b", 2);
    add_machine("c", 3);
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"a\", \"b\", \"c\"], \"profile\": \"web\"}", 409,
                          "add --count 3 to the command");
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"a\", \"b\", \"c\"], \"profile\": \"web\", \"count\": 2}", 409,
                          "the count says 2, but 3 machines are named");
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"a\"], \"profile\": \"web\", \"count\": 2}", 409, "count says 2");
    assert_int_equal(count_of("/v1/orders", "orders"), 0);
    control_bench_do(&bench, "POST", "/v1/orders",
                     "{\"machines\": [\"a\", \"b\", \"c\"], \"profile\": \"web\", \"count\": 3}", 201);
    assert_int_equal(count_of("/v1/orders", "orders"), 3);
}

static void a_mac_address_that_nobody_has_becomes_a_machine(void **state)
{
    (void)state;
    json_t *made = control_bench_ask(
        &bench, "POST", "/v1/orders",
        "{\"machines\": [\"52:54:00:AA:BB:CC\"], \"profile\": \"web\", \"why\": \"new lab\"}", 201);
    const json_t *order = json_array_get(json_object_get(made, "orders"), 0);
    assert_string_equal(json_string_value(json_object_get(order, "machine")), "m-aabbcc");
    assert_string_equal(json_string_value(json_object_get(order, "why")), "new lab");
    json_decref(made);
    control_bench_agrees(&bench, "/v1/machines/m-aabbcc", "state", "approved");
    assert_true(has_event("m-aabbcc was added by"));
    assert_true(has_event("reason: new lab"));
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"ff:ff:ff:ff:ff:ff\"], \"profile\": \"web\"}", 404, "no machine");
}

static void a_refused_order_leaves_no_trace_on_machines(void **state)
{
    (void)state;
    add_machine("lab-01", 1);
    control_bench_do(&bench, "PATCH", "/v1/profiles/web", "{\"hostname\": \"n{{counter}}-{{shelf}}\"}", 200);
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"52:54:00:aa:bb:cc\"], \"profile\": \"web\"}", 409, "shelf");
    control_bench_refused(&bench, "POST", "/v1/orders", ORDER_LAB, 409, "shelf");
    assert_int_equal(count_of("/v1/machines", "machines"), 1);
    json_t *machine = control_bench_ask(&bench, "GET", "/v1/machines/lab-01", NULL, 200);
    assert_true(json_is_null(json_object_get(machine, "counter")));
    json_decref(machine);
    assert_int_equal(count_of("/v1/orders", "orders"), 0);
}

static void a_new_machine_is_only_approved_when_that_is_said(void **state)
{
    (void)state;
    struct machine machine;
    machine_init(&machine);
    (void)snprintf(machine.name, sizeof machine.name, "lab-01");
    assert_int_equal(hw_parse("52:54:00:00:00:01", &machine.macs[0]), STATUS_OK);
    machine.mac_count = 1;
    assert_int_equal(store_machine_put(bench.store, &machine, NULL), STATUS_OK);
    control_bench_refused(&bench, "POST", "/v1/orders", ORDER_LAB, 409, "--approve");
    control_bench_do(&bench, "POST", "/v1/orders",
                     "{\"machines\": [\"lab-01\"], \"profile\": \"web\", \"approve\": true}", 201);
    control_bench_agrees(&bench, "/v1/machines/lab-01", "state", "approved");
}

static struct inventory inventory;

// One disk with something on it, and a blank one.
static void put_inventory(void)
{
    inventory = (struct inventory){.memory_bytes = 1000000000, .disk_count = 2};
    inventory.disks[0] = (struct inventory_disk){.name = "sda",
                                                 .serial = "Q1",
                                                 .bytes = 8000000000,
                                                 .sector_bytes = 512,
                                                 .content = {.filesystem = "ext4", .label = "root"}};
    inventory.disks[1] =
        (struct inventory_disk){.name = "vda", .bytes = 4000000000, .sector_bytes = 512, .is_blank = true};
    char *json = talk_inventory_encode(&inventory);
    assert_int_equal(store_inventory_put(bench.store, 1, json, bench.now_s), STATUS_OK);
    free(json);
}

static void set_state(enum order_state wanted)
{
    struct order order = *store_order_get(bench.store, 1);
    order.state = wanted;
    assert_int_equal(store_order_put(bench.store, &order, NULL), STATUS_OK);
}

static void only_an_order_that_asks_is_confirmed_and_only_with_a_disk_that_is_there(void **state)
{
    (void)state;
    add_machine("lab-01", 1);
    control_bench_do(&bench, "POST", "/v1/orders",
                     "{\"machines\": [\"lab-01\"], \"profile\": \"web\", \"disk\": \"serial=Q1\"}", 201);
    control_bench_refused(&bench, "POST", "/v1/orders/1/confirm", "{\"erase\": \"Q1\"}", 409,
                          "imprint watch lab-01 shows when it asks");
    set_state(ORDER_CONFIRM);
    control_bench_refused(&bench, "POST", "/v1/orders/1/confirm", "{\"erase\": \"Q1\"}", 409, "not known");
    put_inventory();
    control_bench_agrees(&bench, "/v1/orders/1", "remedy",
                         "imprint order confirm 1 --erase Q1, or imprint order cancel 1");
    static const char *const wrong[] = {"{\"erase\": \"q1\"}",  "{\"erase\": \"Q\"}",
                                        "{\"erase\": \"\"}",    "{}",
                                        "{\"erase\": \"vda\"}", "{\"erase\": \"sda@8000000000\"}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        control_bench_refused(&bench, "POST", "/v1/orders/1/confirm", wrong[i], 409,
                              "its disks are: Q1 (8 GB), vda@4000000000 (4 GB)");
    }
    control_bench_agrees(&bench, "/v1/orders/1", "state", "needs-confirmation");
    control_bench_agrees(&bench, "/v1/orders/1", "erase", "");
    control_bench_do(&bench, "POST", "/v1/orders/1/confirm", "{\"erase\": \"Q1\"}", 200);
    control_bench_agrees(&bench, "/v1/orders/1", "state", "running");
    control_bench_agrees(&bench, "/v1/orders/1", "erase", "Q1");
    assert_true(has_event("gave up disk Q1, 8 GB: ext4 'root'"));
    control_bench_refused(&bench, "POST", "/v1/orders/1/confirm", "{\"erase\": \"Q1\"}", 409,
                          "order 1 is running");
    set_state(ORDER_WRITING);
    control_bench_refused(&bench, "POST", "/v1/orders/1/confirm", "{\"erase\": \"Q1\"}", 409,
                          "order 1 is writing");
}

static void disks_that_share_a_name_are_confirmed_by_nobody(void **state)
{
    (void)state;
    add_machine("lab-01", 1);
    control_bench_do(&bench, "POST", "/v1/orders", ORDER_LAB, 201);
    put_inventory();
    inventory.disks[1] = inventory.disks[0];
    char *json = talk_inventory_encode(&inventory);
    assert_int_equal(store_inventory_put(bench.store, 1, json, bench.now_s), STATUS_OK);
    free(json);
    set_state(ORDER_CONFIRM);
    control_bench_refused(&bench, "POST", "/v1/orders/1/confirm", "{\"erase\": \"Q1\"}", 409,
                          "several disks of lab-01 are called 'Q1'");
}

static void what_may_be_erased_is_said_for_one_machine_and_a_disk_that_it_has(void **state)
{
    (void)state;
    add_machine("lab-01", 1);
    add_machine("lab-02", 2);
    put_inventory();
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"lab-01\", \"lab-02\"], \"profile\": \"web\", \"erase\": \"Q1\"}",
                          400, "one machine only");
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"lab-01\"], \"profile\": \"web\", \"erase\": \"Q9\"}", 409,
                          "its disks are: Q1");
    control_bench_refused(&bench, "POST", "/v1/orders",
                          "{\"machines\": [\"lab-01\"], \"profile\": \"web\", \"disk\": \"fastest\"}", 400,
                          "fastest");
    assert_int_equal(count_of("/v1/orders", "orders"), 0);
    control_bench_do(&bench, "POST", "/v1/orders",
                     "{\"machines\": [\"lab-01\"], \"profile\": \"web\", \"erase\": \"Q1\", \"tries\": 2}",
                     201);
    json_t *order = control_bench_ask(&bench, "GET", "/v1/orders/1", NULL, 200);
    assert_string_equal(json_string_value(json_object_get(order, "erase")), "Q1");
    assert_int_equal(json_integer_value(json_object_get(order, "erase_s")), bench.now_s);
    assert_string_equal(json_string_value(json_object_get(order, "eraser")),
                        json_string_value(json_object_get(order, "owner")));
    assert_int_equal(json_integer_value(json_object_get(order, "tries")), 2);
    json_decref(order);
    control_bench_do(&bench, "POST", "/v1/orders",
                     "{\"machines\": [\"lab-02\"], \"profile\": \"web\", \"erase\": \"X\"}",
                     201); // not known yet
}

static void a_cancelled_order_tells_who_and_why(void **state)
{
    (void)state;
    add_machine("lab-01", 1);
    control_bench_do(&bench, "POST", "/v1/orders", ORDER_LAB, 201);
    control_bench_do(&bench, "POST", "/v1/orders/1/cancel", "{\"why\": \"wrong room\"}", 200);
    control_bench_agrees(&bench, "/v1/orders/1", "state", "cancelled");
    assert_true(has_event("order 1 (web) is cancelled: by "));
    assert_true(has_event("; reason: wrong room"));
}

static void a_log_is_told_without_what_commands_a_terminal(void **state)
{
    (void)state;
    char path[128];
    add_machine("lab-01", 1);
    control_bench_do(&bench, "POST", "/v1/orders", ORDER_LAB, 201);
    control_bench_refused(&bench, "GET", "/v1/orders/1/log", NULL, 404, "no log of order 1");
    (void)snprintf(path, sizeof path, "%s/logs", bench.folder);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/logs/order-1.log", bench.folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("one\n\x1b[2Jtwo\xff\n", file);
    (void)fclose(file);
    control_bench_agrees(&bench, "/v1/orders/1/log", "text", "one\n?[2Jtwo?\n");
    file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1024 * 1024; i++) {
        (void)fputc('x', file);
    }
    (void)fputs("end", file);
    (void)fclose(file);
    json_t *log = control_bench_ask(&bench, "GET", "/v1/orders/1/log", NULL, 200);
    const char *text = json_string_value(json_object_get(log, "text"));
    assert_true(json_is_true(json_object_get(log, "is_cut")));
    assert_int_equal(strlen(text), 1024 * 1024);
    assert_string_equal(text + 1024 * 1024 - 4, "xend");
    json_decref(log);
}

static void a_machine_tells_what_the_agent_found(void **state)
{
    (void)state;
    add_machine("lab-01", 1);
    json_t *machine = control_bench_ask(&bench, "GET", "/v1/machines/lab-01", NULL, 200);
    assert_true(json_is_null(json_object_get(machine, "inventory")));
    json_decref(machine);
    put_inventory();
    machine = control_bench_ask(&bench, "GET", "/v1/machines/lab-01", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(json_object_get(machine, "inventory"), "disks")), 2);
    assert_int_equal(json_integer_value(json_object_get(machine, "found_s")), bench.now_s);
    json_decref(machine);
}

#define WITH_AGENT(test) cmocka_unit_test_setup_teardown(test, open_bench_with_agent, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_the_agent_nothing_is_written, open_bench, close_bench),
        WITH_AGENT(a_root_file_system_without_a_boot_loader_is_refused),
        WITH_AGENT(an_image_that_a_live_order_needs_cannot_be_removed),
        WITH_AGENT(many_machines_must_have_been_counted),
        WITH_AGENT(a_mac_address_that_nobody_has_becomes_a_machine),
        WITH_AGENT(a_refused_order_leaves_no_trace_on_machines),
        WITH_AGENT(a_new_machine_is_only_approved_when_that_is_said),
        WITH_AGENT(only_an_order_that_asks_is_confirmed_and_only_with_a_disk_that_is_there),
        WITH_AGENT(disks_that_share_a_name_are_confirmed_by_nobody),
        WITH_AGENT(what_may_be_erased_is_said_for_one_machine_and_a_disk_that_it_has),
        WITH_AGENT(a_cancelled_order_tells_who_and_why),
        WITH_AGENT(a_log_is_told_without_what_commands_a_terminal),
        WITH_AGENT(a_machine_tells_what_the_agent_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
