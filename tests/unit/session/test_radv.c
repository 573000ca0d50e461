// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/radv.h"

#include "unit/test.h"

static struct network6 network_of(uint8_t number, enum network6_advertise advertise)
{
    return (struct network6){.prefix = {{0x20, 0x01, 0x0d, 0xb8, 0, number}},
                             .prefix_bits = 64,
                             .valid_s = 3600,
                             .advertise = advertise};
}

static void the_first_three_come_soon_and_then_they_are_rare(void **state)
{
    (void)state;
    struct radv radv;
    int64_t now_ms = 77;
    radv_init(&radv, now_ms);
    for (unsigned i = 0; i < 10; i++) {
        assert_false(i != 0 && radv_step(&radv, radv.next_ms - 1, i));
        now_ms = radv.next_ms;
        assert_true(radv_step(&radv, now_ms, 12345 * i));
        int64_t wait_ms = radv.next_ms - now_ms;
        if (i < 2) {
            assert_int_equal(wait_ms, RADV_FIRST_MS);
        } else {
            assert_true(wait_ms > RADV_INTERVAL_MS * 3 / 4 && wait_ms <= RADV_INTERVAL_MS);
        }
    }
}

static void who_asks_is_answered_soon_but_not_more_than_once_in_three_seconds(void **state)
{
    (void)state;
    struct radv radv;
    radv_init(&radv, 0);
    assert_true(radv_step(&radv, 0, 0));
    unsigned sent = 0;
    for (int64_t now_ms = 0; now_ms < 30000; now_ms += 10) {
        radv_hear(&radv, now_ms, (uint32_t)now_ms * 7);
        int64_t last_ms = radv.last_ms;
        if (radv_step(&radv, now_ms, 5)) {
            sent++;
            assert_true(now_ms - last_ms >= RADV_APART_MS);
        }
    }
    assert_true(sent >= 8 && sent <= 10);
    assert_true(radv_step(&radv, 40000, 0));
    int64_t now_ms = 40000 + 100000;
    radv_hear(&radv, now_ms, 4000000000u);
    assert_true(radv.next_ms >= now_ms && radv.next_ms <= now_ms + 500);
}

static void flags_and_prefixes_are_those_of_the_networks(void **state)
{
    (void)state;
    static const struct {
        enum network6_advertise advertise;
        uint8_t flags;
        uint8_t prefix_flags;
    } CASES[] = {{NETWORK6_ADVERTISE_MANAGED, 0xc0, 0x80},
                 {NETWORK6_ADVERTISE_OTHER, 0x40, 0xc0},
                 {NETWORK6_ADVERTISE_SLAAC, 0x00, 0xc0}};
    uint8_t bytes[ICMP6_ADVERTISEMENT_BYTES];
    struct hw none = {0};
    struct network6 silent = network_of(2, NETWORK6_ADVERTISE_NO);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct network6 network = network_of(1, CASES[i].advertise);
        const struct network6 *networks[] = {&silent, &network};
        assert_int_equal(radv_encode(networks, 2, &none, false, bytes), 16 + 32);
        assert_int_equal(bytes[5], CASES[i].flags);
        assert_int_equal(bytes[19], CASES[i].prefix_flags);
        assert_int_equal(bytes[6] << 8 | bytes[7], 0);
        network.is_router = true;
        (void)radv_encode(networks, 2, &none, false, bytes);
        assert_int_equal(bytes[6] << 8 | bytes[7], RADV_ROUTER_S);
        (void)radv_encode(networks, 2, &none, true, bytes); // the last one
        assert_int_equal(bytes[6] << 8 | bytes[7], 0);
        assert_memory_equal(bytes + 24, "\0\0\0\0", 4); // nobody prefers its addresses any more
        assert_int_equal(radv_encode(networks, 1, &none, false, bytes), 0);
    }
}

static void more_networks_than_fit_are_left_out_whole(void **state)
{
    (void)state;
    uint8_t bytes[ICMP6_ADVERTISEMENT_BYTES];
    struct network6 network = network_of(1, NETWORK6_ADVERTISE_SLAAC);
    const struct network6 *networks[64];
    for (size_t i = 0; i < COUNT_OF(networks); i++) {
        networks[i] = &network;
    }
    size_t length = radv_encode(networks, COUNT_OF(networks), &(struct hw){0}, false, bytes);
    assert_int_equal((length - 16) % 32, 0);
    assert_true(length > ICMP6_ADVERTISEMENT_BYTES - 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_three_come_soon_and_then_they_are_rare),
        cmocka_unit_test(who_asks_is_answered_soon_but_not_more_than_once_in_three_seconds),
        cmocka_unit_test(flags_and_prefixes_are_those_of_the_networks),
        cmocka_unit_test(more_networks_than_fit_are_left_out_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
