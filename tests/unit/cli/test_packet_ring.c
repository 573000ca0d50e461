// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/packet_ring.h"

#include "unit/test.h"

#include <string.h>

#define RING_BYTES 4096
#define PACKETS    20000
#define LONGEST    900

static uint32_t size_of(uint32_t number)
{
    return (number * 2654435761u >> 7) % LONGEST;
}

static void add(struct packet_ring *ring, uint32_t number)
{
    uint8_t bytes[LONGEST];
    struct ring_packet packet = {
        .interface = number, .count = size_of(number), .whole = 5000, .at_us = number};
    memset(bytes, (int)(number & 0xff), sizeof bytes);
    packet_ring_add(ring, &packet, bytes);
}

struct seen {
    uint32_t next; // the number that must come
    uint32_t count;
    size_t bytes;
};

static bool see(void *context, const struct ring_packet *packet, const uint8_t *bytes)
{
    struct seen *seen = context;
    assert_int_equal(packet->interface, seen->next);
    assert_int_equal(packet->at_us, seen->next);
    assert_int_equal(packet->count, size_of(seen->next));
    for (uint32_t i = 0; i < packet->count; i++) {
        assert_int_equal(bytes[i], seen->next & 0xff);
    }
    seen->next++;
    seen->count++;
    seen->bytes += sizeof *packet + packet->count;
    return true;
}

static void the_newest_packets_are_kept_whole_and_in_order(void **state)
{
    (void)state;
    struct packet_ring ring;
    packet_ring_init(&ring, RING_BYTES);
    for (uint32_t number = 0; number < PACKETS; number++) {
        add(&ring, number);
        struct seen seen = {.next = number + 1 - (uint32_t)ring.stored};
        assert_true(packet_ring_each(&ring, see, &seen));
        assert_int_equal(seen.next, number + 1);
        assert_true(seen.bytes <= RING_BYTES);
        // No more goes than must: room that is lost is less than two packets, one at the end of the ring.
        assert_true(number < 20 || seen.bytes > RING_BYTES - 2 * (LONGEST + sizeof(struct ring_packet)));
    }
    packet_ring_clear(&ring);
}

static void packets_that_fill_it_exactly_go_round(void **state)
{
    (void)state;
    enum { COUNT = 8 };
    uint8_t bytes[64] = {0};
    struct packet_ring ring;
    packet_ring_init(&ring, COUNT * (sizeof(struct ring_packet) + sizeof bytes));
    for (uint32_t number = 0; number < 1000; number++) {
        struct ring_packet packet = {.interface = number, .count = sizeof bytes};
        packet_ring_add(&ring, &packet, bytes);
        assert_int_equal(ring.stored, number < COUNT ? number + 1 : COUNT);
    }
    packet_ring_clear(&ring);
}

static void one_that_is_larger_than_the_ring_is_left_out(void **state)
{
    (void)state;
    uint8_t bytes[200] = {0};
    struct packet_ring ring;
    packet_ring_init(&ring, 100);
    packet_ring_add(&ring, &(struct ring_packet){.count = 10}, bytes);
    packet_ring_add(&ring, &(struct ring_packet){.count = sizeof bytes}, bytes);
    assert_int_equal(ring.stored, 1);
    packet_ring_clear(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_packets_are_kept_whole_and_in_order),
        cmocka_unit_test(packets_that_fill_it_exactly_go_round),
        cmocka_unit_test(one_that_is_larger_than_the_ring_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
