// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/frame.h"

#include "unit/test.h"

#include <stdlib.h>

static uint8_t out[FRAME_MOST_BYTES];
static size_t written;

// A frame around "hello" in `out`.
static struct frame_udp4 frame_hello(void)
{
    struct frame_udp4 frame = {
        .to_hw = frame_broadcast(),
        .from_hw = hw_ethernet((const uint8_t[]){0x52, 0x54, 0, 0, 0, 1}),
        .to = {0xffffffff},
        .from = {0x0a000001},
        .to_port = 68,
        .from_port = 67,
        .payload = (const uint8_t *)"hello",
        .payload_bytes = 5,
    };
    assert_int_equal(frame_encode_udp4(&frame, out, sizeof out, &written), STATUS_OK);
    return frame;
}

static void a_frame_survives_the_way_out_and_back(void **state)
{
    (void)state;
    struct frame_udp4 frame = frame_hello();
    struct frame_udp4 back;
    assert_int_equal(written, FRAME_HEADER_BYTES + 5);
    assert_int_equal(out[20], 0); // no DF
    assert_int_equal(frame_decode_udp4(out, written, &back), STATUS_OK);
    assert_true(hw_equal(&back.to_hw, &frame.to_hw));
    assert_true(hw_equal(&back.from_hw, &frame.from_hw));
    assert_true(ip4_equal(back.to, frame.to));
    assert_true(ip4_equal(back.from, frame.from));
    assert_int_equal(back.to_port, 68);
    assert_int_equal(back.from_port, 67);
    assert_int_equal(back.time_to_live, 64);
    assert_true(back.is_sum_good);
    assert_int_equal(back.payload_bytes, 5);
    assert_memory_equal(back.payload, "hello", 5);
}

static void a_sum_that_comes_to_zero_is_sent_as_all_ones(void **state)
{
    (void)state;
    // The pseudo header, ports and length add up to 0xffff with this payload, so the sum would be 0.
    struct frame_udp4 frame = frame_hello();
    uint32_t sum = 0xffff + 0xffff + 0x0a00 + 0x0001 + 17 + 10 + 67 + 68 + 10;
    sum = (sum & 0xffff) + (sum >> 16);
    uint16_t missing = (uint16_t)(0xffff - sum);
    uint8_t payload[2] = {(uint8_t)(missing >> 8), (uint8_t)missing};
    frame.payload = payload;
    frame.payload_bytes = 2;
    assert_int_equal(frame_encode_udp4(&frame, out, sizeof out, &written), STATUS_OK);
    assert_int_equal(out[40] << 8 | out[41], 0xffff);
    struct frame_udp4 back;
    assert_int_equal(frame_decode_udp4(out, written, &back), STATUS_OK);
    assert_true(back.is_sum_good);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    frame_hello();
    for (size_t count = 0; count < written; count++) {
        uint8_t *exact = malloc(count + (count == 0));
        memcpy(exact, out, count);
        struct frame_udp4 back = {.to_port = 9};
        assert_int_equal(frame_decode_udp4(exact, count, &back), STATUS_MALFORMED);
        assert_int_equal(back.to_port, 9);
        free(exact);
    }
}

static void every_damaged_bit_of_the_ip_header_is_noticed(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 20 * 8; bit++) {
        frame_hello();
        out[14 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct frame_udp4 back;
        assert_int_not_equal(frame_decode_udp4(out, written, &back), STATUS_OK);
    }
}

static void damage_in_udp_is_reported_beside_the_payload(void **state)
{
    (void)state;
    frame_hello();
    out[FRAME_HEADER_BYTES] ^= 1;
    struct frame_udp4 back;
    assert_int_equal(frame_decode_udp4(out, written, &back), STATUS_OK);
    assert_false(back.is_sum_good);
    out[40] = out[41] = 0; // no sum at all is allowed
    assert_int_equal(frame_decode_udp4(out, written, &back), STATUS_OK);
    assert_true(back.is_sum_good);
}

static void a_udp_length_beyond_the_packet_is_refused(void **state)
{
    (void)state;
    frame_hello();
    out[39]++;
    struct frame_udp4 back;
    assert_int_equal(frame_decode_udp4(out, written, &back), STATUS_MALFORMED);
    out[39] = 7;
    assert_int_equal(frame_decode_udp4(out, written, &back), STATUS_MALFORMED);
}

static void tcp_is_not_ours(void **state)
{
    (void)state;
    frame_hello();
    out[23] = 6;
    uint16_t sum = (uint16_t)((out[24] << 8 | out[25]) + 17 - 6);
    out[24] = (uint8_t)(sum >> 8);
    out[25] = (uint8_t)sum;
    struct frame_udp4 back;
    assert_int_equal(frame_decode_udp4(out, written, &back), STATUS_NOT_FOUND);
}

static void what_is_too_long_or_not_ethernet_is_not_written(void **state)
{
    (void)state;
    struct frame_udp4 frame = frame_hello();
    static uint8_t payload[FRAME_MOST_BYTES];
    frame.payload = payload;
    frame.payload_bytes = FRAME_MOST_BYTES - FRAME_HEADER_BYTES;
    assert_int_equal(frame_encode_udp4(&frame, out, sizeof out, &written), STATUS_OK);
    assert_int_equal(written, FRAME_MOST_BYTES);
    frame.payload_bytes++;
    assert_int_equal(frame_encode_udp4(&frame, out, sizeof out, &written), STATUS_TOO_LONG);
    frame.payload_bytes = 5;
    assert_int_equal(frame_encode_udp4(&frame, out, FRAME_HEADER_BYTES + 4, &written), STATUS_TOO_LONG);
    frame.to_hw.length = 0;
    assert_int_equal(frame_encode_udp4(&frame, out, sizeof out, &written), STATUS_UNSUPPORTED);
    assert_int_equal(written, FRAME_MOST_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_survives_the_way_out_and_back),
        cmocka_unit_test(a_sum_that_comes_to_zero_is_sent_as_all_ones),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_damaged_bit_of_the_ip_header_is_noticed),
        cmocka_unit_test(damage_in_udp_is_reported_beside_the_payload),
        cmocka_unit_test(a_udp_length_beyond_the_packet_is_refused),
        cmocka_unit_test(tcp_is_not_ours),
        cmocka_unit_test(what_is_too_long_or_not_ethernet_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
