// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/fuzz.h"
#include "wire/arp.h"
#include "wire/frame.h"

// What was decoded can be written again, and then says the same.
static void frame_check(const struct frame_udp4 *frame)
{
    uint8_t out[FRAME_MOST_BYTES];
    size_t written = 0;
    struct frame_udp4 back;
    if (frame_encode_udp4(frame, out, sizeof out, &written) != STATUS_OK) {
        fuzz_must(frame->payload_bytes > FRAME_MOST_BYTES - FRAME_HEADER_BYTES);
        return;
    }
    fuzz_must(frame_decode_udp4(out, written, &back) == STATUS_OK && back.is_sum_good);
    fuzz_must(hw_equal(&back.to_hw, &frame->to_hw) && ip4_equal(back.to, frame->to));
    fuzz_must(back.to_port == frame->to_port && back.payload_bytes == frame->payload_bytes);
    fuzz_must(memcmp(back.payload, frame->payload, frame->payload_bytes) == 0);
}

// Makes the IPv4 header checksum of `frame` right, so that mutations get past it.
static void sum_repair(uint8_t *frame, size_t size)
{
    uint32_t sum = 0;
    size_t header_bytes = size > FRAME_ETHERNET_BYTES ? (size_t)(frame[FRAME_ETHERNET_BYTES] & 15) * 4 : 0;
    if (header_bytes < 20 || FRAME_ETHERNET_BYTES + header_bytes > size) {
        return;
    }
    uint8_t *ip = frame + FRAME_ETHERNET_BYTES;
    ip[10] = ip[11] = 0;
    for (size_t i = 0; i < header_bytes; i += 2) {
        sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    ip[10] = (uint8_t)(~sum >> 8);
    ip[11] = (uint8_t)~sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame_udp4 frame;
    struct arp arp;
    char *repaired = fuzz_string(data, size);
    sum_repair((uint8_t *)repaired, size);
    if (frame_decode_udp4(data, size, &frame) == STATUS_OK) {
        frame_check(&frame);
    }
    if (frame_decode_udp4(repaired, size, &frame) == STATUS_OK) {
        frame_check(&frame);
    }
    free(repaired);
    if (arp_decode(data, size, &arp) == STATUS_OK) {
        uint8_t out[ARP_FRAME_BYTES];
        size_t written = 0;
        fuzz_must(arp_encode(&arp, out, sizeof out, &written) == STATUS_OK);
        fuzz_must(memcmp(out, data, written) == 0);
    }
    return 0;
}
