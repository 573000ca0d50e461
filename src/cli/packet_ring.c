// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/packet_ring.h"

#include "io/heap.h"

#include <string.h>

void packet_ring_init(struct packet_ring *ring, size_t size)
{
    *ring = (struct packet_ring){.bytes = heap_new(size), .size = size};
}

// Where the packet at `at` really is: behind the last one the ring begins again.
static size_t place_of(const struct packet_ring *ring, size_t at)
{
    return at == ring->end && ring->next <= ring->oldest ? 0 : at;
}

static void drop_oldest(struct packet_ring *ring)
{
    struct ring_packet packet;
    memcpy(&packet, ring->bytes + ring->oldest, sizeof packet);
    ring->oldest = place_of(ring, ring->oldest + sizeof packet + packet.count);
    ring->stored--;
}

// Whether the oldest packets lie where the next one goes, or behind that.
static bool is_ahead(const struct packet_ring *ring)
{
    return ring->stored != 0 && ring->oldest >= ring->next;
}

void packet_ring_add(struct packet_ring *ring, const struct ring_packet *packet, const uint8_t *bytes)
{
    size_t needed = sizeof *packet + packet->count;
    if (needed > ring->size) {
        return;
    }
    if (ring->next + needed > ring->size) {
        while (is_ahead(ring) && ring->oldest != 0) { // so that the oldest is at the beginning
            drop_oldest(ring);
        }
        ring->end = ring->next;
        ring->next = 0;
    }
    while (is_ahead(ring) && ring->oldest < ring->next + needed) {
        drop_oldest(ring);
        if (ring->oldest == 0) { // all of the lap before are gone
            break;
        }
    }
    ring->oldest = ring->stored == 0 ? ring->next : ring->oldest;
    memcpy(ring->bytes + ring->next, packet, sizeof *packet);
    memcpy(ring->bytes + ring->next + sizeof *packet, bytes, packet->count);
    ring->next += needed;
    ring->end = ring->next > ring->end ? ring->next : ring->end;
    ring->stored++;
}

bool packet_ring_each(const struct packet_ring *ring,
                      bool (*visit)(void *context, const struct ring_packet *packet, const uint8_t *bytes),
                      void *context)
{
    size_t at = ring->oldest;
    for (uint64_t i = 0; i < ring->stored; i++) {
        struct ring_packet packet;
        at = place_of(ring, at);
        memcpy(&packet, ring->bytes + at, sizeof packet);
        if (!visit(context, &packet, ring->bytes + at + sizeof packet)) {
            return false;
        }
        at += sizeof packet + packet.count;
    }
    return true;
}

void packet_ring_clear(struct packet_ring *ring)
{
    heap_free(ring->bytes);
    *ring = (struct packet_ring){0};
}
