// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/test.h"

#include "cli/order_show.h"
#include "unit/cli/output.h"

static struct call call;

static json_t *order_from(const char *text)
{
    json_t *order = json_loads(text, 0, NULL);
    assert_non_null(order);
    return order;
}

static void show(const char *text, const char *expected)
{
    struct output output;
    json_t *order = order_from(text);
    output_open(&output);
    call.out = (struct screen){.out = output.file};
    order_show(&call, order);
    json_decref(order);
    output_check(&output, expected);
}

static void an_order_that_waits_for_a_person_says_what_for_and_what_to_do(void **state)
{
    (void)state;
    show("{\"id\": 7, \"machine\": \"lab-01\", \"profile\": \"web\", \"owner\": \"ada\", \"why\": \"new "
         "students\", \"state\": \"needs-confirmation\", \"is_live\": true, \"trouble\": \"disk QEMU_1234, 8 "
         "GB: "
         "ext4 'root' is not blank\", \"remedy\": \"imprint order confirm 7 --erase QEMU_1234\", \"boots\": "
         "1, "
         "\"tries\": 5, \"created_s\": 1700000000, \"progress\": null}",
         "order         7\n"
         "machine       lab-01\n"
         "profile       web\n"
         "state         needs-confirmation\n"
         "because       disk QEMU_1234, 8 GB: ext4 'root' is not blank\n"
         "what to do    imprint order confirm 7 --erase QEMU_1234\n"
         "by            ada\n"
         "reason        new students\n"
         "made          2023-11-14T22:13:20Z\n"
         "tries         1 of 5\n");
}

static void an_order_that_writes_says_how_far_it_is(void **state)
{
    (void)state;
    show(
        "{\"id\": 8, \"machine\": null, \"profile\": \"web\", \"owner\": \"ada\", \"state\": \"writing\", "
        "\"is_live\": true, \"target\": \"QEMU_1\", \"erase\": \"QEMU_1\", \"eraser\": \"bob\", \"erase_s\": "
        "1700000000, \"boots\": 2, \"tries\": 5, \"progress\": {\"stage\": \"write\", \"done_bytes\": 430, "
        "\"all_bytes\": 1000, \"text\": \"the first partition\"}}",
        "order         8\n"
        "machine       (removed)\n"
        "profile       web\n"
        "state         writing\n"
        "progress      writing, 43 %, 430 B of 1.0 kB: the first partition\n"
        "writes to     QEMU_1\n"
        "may erase     QEMU_1, said bob 2023-11-14T22:13:20Z\n"
        "by            ada\n"
        "tries         2 of 5\n");
}

static void a_list_has_state_and_percent(void **state)
{
    (void)state;
    static const struct {
        const char *order;
        const char *expected;
    } rows[] = {
        {"{\"state\": \"armed\", \"is_live\": true, \"progress\": null}", "armed"},
        {"{\"state\": \"writing\", \"is_live\": true, \"progress\": {\"done_bytes\": 1, \"all_bytes\": 3}}",
         "writing 33 %"},
        {"{\"state\": \"writing\", \"is_live\": true, \"progress\": {\"done_bytes\": 9, \"all_bytes\": 3}}",
         "writing 100 %"},
        {"{\"state\": \"writing\", \"is_live\": true, \"progress\": {\"done_bytes\": 0, \"all_bytes\": 0}}",
         "writing"},
        {"{\"state\": \"finished\", \"is_live\": false, \"progress\": {\"done_bytes\": 1, \"all_bytes\": 3}}",
         "finished"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[64];
        json_t *order = order_from(rows[i].order);
        assert_string_equal(order_print_state(order, out, sizeof out), rows[i].expected);
        json_decref(order);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_that_waits_for_a_person_says_what_for_and_what_to_do),
        cmocka_unit_test(an_order_that_writes_says_how_far_it_is),
        cmocka_unit_test(a_list_has_state_and_percent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
