// SPDX-License-Identifier: GPL-3.0-or-later
// What to do, with the names of the order it is about.
#include "service/remedy.h"

#include "unit/test.h"

#include <string.h>

static struct store *store;
static struct order order;

static int begin(void **state)
{
    (void)state;
    struct machine machine = {.name = "lab-01", .state = MACHINE_APPROVED};
    struct profile profile = {.name = "web", .image = "debian-12"};
    struct problem problem = {0};
    store = store_open(NULL, &problem);
    assert_non_null(store);
    assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
    assert_int_equal(store_profile_put(store, &profile, NULL), STATUS_OK);
    order = (struct order){.id = 7, .machine_id = machine.id, .profile = "web"};
    return 0;
}

static int end(void **state)
{
    (void)state;
    store_close(store);
    return 0;
}

static const char *print(enum reason_id reason, bool as_sentence)
{
    static char out[512];
    struct text text;
    text_init(&text, out, sizeof out);
    (as_sentence ? remedy_add_sentence : remedy_print)(store, reason, &order, &text);
    return out;
}

static void words_of_capitals_become_the_orders_own(void **state)
{
    (void)state;
    assert_string_equal(print(REASON_PROFILE_MISSING, false), "imprint order cancel 7, then order again");
    assert_string_equal(print(REASON_ORDER_BROKEN, false),
                        "imprint profile render web lab-01 shows what is wrong");
    assert_non_null(strstr(print(REASON_FIRMWARE_UNFIT, false), "imprint image show debian-12 tells"));
    assert_non_null(strstr(print(REASON_DISK_READ_ONLY, false), "--disk RULE"));
}

static void what_is_gone_keeps_its_word(void **state)
{
    (void)state;
    order.machine_id = 99;
    (void)strcpy(order.profile, "gone");
    assert_string_equal(print(REASON_ORDER_BROKEN, false),
                        "imprint profile render gone NAME shows what is wrong");
    assert_non_null(strstr(print(REASON_FIRMWARE_UNFIT, false), "imprint image show IMAGE tells"));
}

static void a_sentence_begins_with_a_capital_or_says_where_its_command_is_typed(void **state)
{
    (void)state;
    assert_string_equal(print(REASON_DISK_TOO_SMALL, true),
                        " Put in a larger disk, or order a smaller image.");
    assert_non_null(strstr(print(REASON_DISK_NONE, true), " On the server: imprint machine show lab-01 "));
    assert_string_equal(print(REASON_ORDER_STARTED, true), "");
    assert_string_equal(print(REASON_AGENT_FAILED, true), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(words_of_capitals_become_the_orders_own, begin, end),
        cmocka_unit_test_setup_teardown(what_is_gone_keeps_its_word, begin, end),
        cmocka_unit_test_setup_teardown(a_sentence_begins_with_a_capital_or_says_where_its_command_is_typed,
                                        begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
