// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/arp.h"

#include "unit/test.h"

static const struct ip4 PROBED = {0x0a000064};
static uint8_t out[ARP_FRAME_BYTES];
static size_t written;

static struct hw us(void)
{
    return hw_ethernet((const uint8_t[]){0x52, 0x54, 0, 0, 0, 1});
}

static struct hw somebody(void)
{
    return hw_ethernet((const uint8_t[]){0x52, 0x54, 0, 0x12, 0x34, 0x56});
}

static void a_probe_has_no_sender_address(void **state)
{
    (void)state;
    struct hw hw = us();
    struct arp probe = arp_probe(&hw, PROBED);
    assert_int_equal(arp_encode(&probe, out, sizeof out, &written), STATUS_OK);
    assert_int_equal(written, ARP_FRAME_BYTES);
    assert_memory_equal(out, "\xff\xff\xff\xff\xff\xff\x52\x54\0\0\0\1\x08\x06\0\1\x08\0\6\4\0\1", 22);
    assert_memory_equal(out + 22, "\x52\x54\0\0\0\1\0\0\0\0\0\0\0\0\0\0\x0a\0\0\x64", 20);
    struct arp back;
    assert_int_equal(arp_decode(out, written, &back), STATUS_OK);
    assert_int_equal(back.operation, ARP_REQUEST);
    assert_int_equal(back.sender.value, 0);
    assert_true(ip4_equal(back.target, PROBED));
}

static void an_answer_or_another_probe_is_a_conflict(void **state)
{
    (void)state;
    struct hw hw = us();
    struct arp heard = {.operation = ARP_REPLY, .sender_hw = somebody(), .sender = PROBED};
    assert_true(arp_is_conflict(&heard, PROBED, &hw));
    heard.operation = ARP_REQUEST; // an announcement
    assert_true(arp_is_conflict(&heard, PROBED, &hw));
    heard = (struct arp){.operation = ARP_REQUEST, .sender_hw = somebody(), .target = PROBED};
    assert_true(arp_is_conflict(&heard, PROBED, &hw));
}

static void our_own_probe_and_other_traffic_are_none(void **state)
{
    (void)state;
    struct hw hw = us();
    struct arp heard = arp_probe(&hw, PROBED);
    assert_false(arp_is_conflict(&heard, PROBED, &hw));
    heard.sender_hw = somebody();
    heard.sender = (struct ip4){0x0a000002}; // somebody looks for it, that is no use of it
    assert_false(arp_is_conflict(&heard, PROBED, &hw));
    heard = (struct arp){.operation = ARP_REPLY, .sender_hw = somebody(), .sender = {0x0a000065}};
    assert_false(arp_is_conflict(&heard, PROBED, &hw));
}

static void frames_that_are_not_ethernet_arp_are_told_apart(void **state)
{
    (void)state;
    struct hw hw = us();
    struct arp probe = arp_probe(&hw, PROBED);
    struct arp back = {.sender = {7}};
    assert_int_equal(arp_encode(&probe, out, sizeof out, &written), STATUS_OK);
    for (size_t count = 0; count < written; count++) {
        assert_int_equal(arp_decode(out, count, &back), STATUS_MALFORMED);
    }
    static const size_t FIELDS[] = {15, 17, 18, 19, 21};
    for (size_t i = 0; i < COUNT_OF(FIELDS); i++) {
        out[FIELDS[i]] ^= 8;
        assert_int_equal(arp_decode(out, written, &back), STATUS_UNSUPPORTED);
        out[FIELDS[i]] ^= 8;
    }
    out[13] = 0;
    assert_int_equal(arp_decode(out, written, &back), STATUS_NOT_FOUND);
    assert_int_equal(back.sender.value, 7);
}

static void what_does_not_fit_is_not_written(void **state)
{
    (void)state;
    struct hw hw = us();
    struct arp probe = arp_probe(&hw, PROBED);
    written = 3;
    assert_int_equal(arp_encode(&probe, out, ARP_FRAME_BYTES - 1, &written), STATUS_TOO_LONG);
    probe.sender_hw.type = 32;
    assert_int_equal(arp_encode(&probe, out, sizeof out, &written), STATUS_UNSUPPORTED);
    assert_int_equal(written, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_probe_has_no_sender_address),
        cmocka_unit_test(an_answer_or_another_probe_is_a_conflict),
        cmocka_unit_test(our_own_probe_and_other_traffic_are_none),
        cmocka_unit_test(frames_that_are_not_ethernet_arp_are_told_apart),
        cmocka_unit_test(what_does_not_fit_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
