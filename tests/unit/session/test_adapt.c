// SPDX-License-Identifier: GPL-3.0-or-later
// Simulated firmware: it says DISCOVER at its own rhythm and takes one shape only.
#include "session/adapt.h"

#include "unit/test.h"

#include <stdlib.h>

#define NOW_MS 1000000

static struct adapt *adapt;
static struct boot_client client;
static const struct quirk_shape DEFAULT_SHAPE;

static int begin(void **state)
{
    (void)state;
    adapt = calloc(1, sizeof *adapt);
    client = (struct boot_client){.stage = BOOT_STAGE_FIRMWARE,
                                  .platform = BOOT_PLATFORM_UEFI,
                                  .architecture = 7,
                                  .mac = hw_ethernet((const uint8_t[]){0x52, 0x54, 0, 0, 0, 1})};
    return adapt == NULL ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    free(adapt);
    return 0;
}

static enum adapt_change discover(int64_t now_ms, bool is_proxy, struct quirk_shape *shape)
{
    *shape = DEFAULT_SHAPE;
    enum adapt_change change = adapt_discover(adapt, &client, is_proxy, now_ms, shape);
    adapt_offer(adapt, &client.mac);
    return change;
}

// Boots again and again, four DISCOVERs each, until the offer has the shape that it wants. How many
// DISCOVERs that took; 0 when it gave up.
static unsigned boot_until(const struct quirk_shape *wanted, bool is_proxy)
{
    static const int64_t GAPS_MS[] = {4000, 8000, 16000, 332000};
    int64_t now_ms = NOW_MS;
    for (unsigned count = 1; count <= 40; count++) {
        struct quirk_shape shape;
        (void)discover(now_ms, is_proxy, &shape);
        if (quirk_shape_equal(&shape, wanted)) {
            return count;
        }
        now_ms += GAPS_MS[(count - 1) % COUNT_OF(GAPS_MS)];
    }
    return 0;
}

static void firmware_that_takes_one_shape_alone_gets_it_whichever_it_is(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        bool is_proxy = (kind & 1) != 0;
        client.platform = (kind & 2) != 0 ? BOOT_PLATFORM_BIOS : BOOT_PLATFORM_UEFI;
        struct quirk_shape wanted = {0};
        unsigned rung = 1;
        do {
            memset(adapt, 0, sizeof *adapt);
            assert_int_equal(boot_until(&wanted, is_proxy), rung++);
            wanted = quirk_shape_next(&wanted, &client, is_proxy);
        } while (!quirk_shape_equal(&wanted, &DEFAULT_SHAPE));
    }
}

static void copies_by_relays_change_nothing(void **state)
{
    (void)state;
    struct quirk_shape shape;
    for (int64_t at_ms = 0; at_ms < ADAPT_REPEAT_MS; at_ms += 500) {
        assert_int_equal(discover(NOW_MS + at_ms, false, &shape), ADAPT_SAME);
        assert_true(quirk_shape_equal(&shape, &DEFAULT_SHAPE));
    }
}

static void silence_of_ours_changes_nothing(void **state)
{
    (void)state;
    struct quirk_shape shape = DEFAULT_SHAPE;
    for (int64_t at_ms = 0; at_ms < 60000; at_ms += 4000) {
        assert_int_equal(adapt_discover(adapt, &client, false, NOW_MS + at_ms, &shape), ADAPT_SAME);
        assert_true(quirk_shape_equal(&shape, &DEFAULT_SHAPE));
    }
}

static void one_question_and_then_silence_says_nothing(void **state)
{
    (void)state;
    struct quirk_shape shape;
    assert_int_equal(discover(NOW_MS, false, &shape), ADAPT_SAME);
    assert_int_equal(discover(NOW_MS + ADAPT_RHYTHM_MS + 1, false, &shape), ADAPT_SAME);
    assert_true(quirk_shape_equal(&shape, &DEFAULT_SHAPE));
}

static void a_request_without_a_download_changes_the_next_offer(void **state)
{
    (void)state;
    struct quirk_shape shape;
    assert_int_equal(discover(NOW_MS, false, &shape), ADAPT_SAME);
    adapt_request(adapt, &client.mac, false, NOW_MS + 4000);
    assert_int_equal(discover(NOW_MS + 30000, false, &shape), ADAPT_NO_DOWNLOAD);
    assert_int_equal(quirk_shape_distance(&shape, &DEFAULT_SHAPE), 1);
}

static void who_chose_another_server_is_not_adapted_to(void **state)
{
    (void)state;
    struct quirk_shape shape;
    assert_int_equal(discover(NOW_MS, false, &shape), ADAPT_SAME);
    adapt_request(adapt, &client.mac, true, NOW_MS + 4000);
    assert_int_equal(discover(NOW_MS + 30000, false, &shape), ADAPT_SAME);
    assert_true(quirk_shape_equal(&shape, &DEFAULT_SHAPE));
}

static void a_download_is_a_lesson_once(void **state)
{
    (void)state;
    struct quirk_shape shape;
    const struct adapt_watch *watch;
    (void)discover(NOW_MS, false, &shape);
    assert_int_equal(discover(NOW_MS + 4000, false, &shape), ADAPT_NO_REQUEST);
    adapt_request(adapt, &client.mac, false, NOW_MS + 8000);
    struct quirk_shape now = adapt_shape(adapt, &client.mac);
    assert_true(quirk_shape_equal(&now, &shape));
    assert_true(adapt_fetch(adapt, &client.mac, true, &watch));
    assert_true(quirk_shape_equal(&watch->shape, &shape));
    assert_false(adapt_fetch(adapt, &client.mac, true, &watch));
}

static void a_file_that_was_asked_for_and_not_had_is_not_the_shapes_fault(void **state)
{
    (void)state;
    struct quirk_shape shape;
    const struct adapt_watch *watch;
    (void)discover(NOW_MS, false, &shape);
    adapt_request(adapt, &client.mac, false, NOW_MS + 4000);
    assert_false(adapt_fetch(adapt, &client.mac, false, &watch));
    assert_int_equal(discover(NOW_MS + 60000, false, &shape), ADAPT_SAME);
    assert_true(quirk_shape_equal(&shape, &DEFAULT_SHAPE));
}

static void after_a_download_it_begins_with_what_is_known(void **state)
{
    (void)state;
    const struct adapt_watch *watch;
    struct quirk_shape shape;
    (void)discover(NOW_MS, false, &shape);
    (void)discover(NOW_MS + 4000, false, &shape);
    assert_true(adapt_fetch(adapt, &client.mac, true, &watch));
    struct quirk_shape known = {.vendor = QUIRK_VENDOR_RASPBERRY};
    struct quirk_shape offered = known;
    assert_int_equal(adapt_discover(adapt, &client, false, NOW_MS + 90000, &offered), ADAPT_SAME);
    assert_true(quirk_shape_equal(&offered, &known));
}

static void a_loader_that_was_fetched_and_did_nothing_is_counted_for_its_order(void **state)
{
    (void)state;
    struct quirk_shape shape;
    const struct adapt_watch *watch;
    int64_t now_ms = NOW_MS;
    for (unsigned boot = 0; boot < 4; boot++) {
        assert_int_equal(adapt_count_vain(adapt, &client.mac, 7, true), boot);
        (void)discover(now_ms, false, &shape);
        assert_int_equal(adapt_count_vain(adapt, &client.mac, 7, false), boot);
        assert_int_equal(adapt_count_vain(adapt, &client.mac, 7, true), boot); // it says DISCOVER again
        (void)discover(now_ms + 4000, false, &shape);
        adapt_request(adapt, &client.mac, false, now_ms + 4100);
        (void)adapt_fetch(adapt, &client.mac, true, &watch);
        now_ms += 60000;
    }
    assert_int_equal(adapt_count_vain(adapt, &client.mac, 8, true), 0); // another order
    client.mac.octets[5]++;
    assert_int_equal(adapt_count_vain(adapt, &client.mac, 8, true), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(firmware_that_takes_one_shape_alone_gets_it_whichever_it_is, begin,
                                        end),
        cmocka_unit_test_setup_teardown(copies_by_relays_change_nothing, begin, end),
        cmocka_unit_test_setup_teardown(silence_of_ours_changes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(one_question_and_then_silence_says_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_request_without_a_download_changes_the_next_offer, begin, end),
        cmocka_unit_test_setup_teardown(who_chose_another_server_is_not_adapted_to, begin, end),
        cmocka_unit_test_setup_teardown(a_download_is_a_lesson_once, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_was_asked_for_and_not_had_is_not_the_shapes_fault, begin,
                                        end),
        cmocka_unit_test_setup_teardown(after_a_download_it_begins_with_what_is_known, begin, end),
        cmocka_unit_test_setup_teardown(a_loader_that_was_fetched_and_did_nothing_is_counted_for_its_order,
                                        begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
