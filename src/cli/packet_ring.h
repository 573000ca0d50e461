// SPDX-License-Identifier: GPL-3.0-or-later
// The newest packets in memory that does not grow: the oldest make room.
#pragma once

#include "base/compiler.h"

#include <stddef.h>
#include <stdint.h>

struct ring_packet {
    uint32_t interface;
    uint32_t count; // of its bytes
    uint32_t whole; // how many it had on the wire
    int64_t at_us;  // Unix microseconds
};

struct packet_ring {
    uint8_t *bytes; // of `size`: a struct ring_packet and its bytes, one behind the other, none over the end
    size_t size;
    size_t oldest; // where the oldest is
    size_t next;   // where the next one goes
    size_t end;    // behind the last one before the ring begins again
    uint64_t stored;
};

/// An empty ring of `size` bytes; packet_ring_clear frees it.
void packet_ring_init(struct packet_ring *ring, size_t size);

/// Keeps a copy. One that does not fit even alone is left out.
void packet_ring_add(struct packet_ring *ring, const struct ring_packet *packet, const uint8_t *bytes);

/// Visits all, oldest first, until `visit` says false. Whether it never did.
bool packet_ring_each(const struct packet_ring *ring,
                      bool (*visit)(void *context, const struct ring_packet *packet, const uint8_t *bytes),
                      void *context);

/// Frees what it has.
void packet_ring_clear(struct packet_ring *ring);
