// SPDX-License-Identifier: GPL-3.0-or-later
// One network interface as raw Ethernet frames, read and written in batches: a thousand machines with an
// address each share it. Knows no protocol.
#pragma once

#include "base/problem.h"
#include "base/status.h"

struct link;

/// Opens the interface named `interface`, promiscuous, with a large receive buffer. NULL and `problem` when
/// it cannot be had (root, or CAP_NET_RAW and CAP_NET_ADMIN, is needed). Yours; link_close gives it back.
struct link *link_open(const char *interface, struct problem *problem);

/// Room for one frame of FRAME_MOST_BYTES in the batch to be sent; sends the batch first when it is full.
uint8_t *link_get_room(struct link *link);

/// The frame written to the room last got has `count` bytes and may go with the batch.
void link_put(struct link *link, size_t count);

/// Sends the batch.
void link_flush(struct link *link);

/// Waits at most `most_ms` for a frame; false when none came.
bool link_wait(struct link *link, int most_ms);

/// Hands every frame of one batch to `receive`, valid for the call. Returns how many there were; 0: none
/// waits.
unsigned link_receive(struct link *link, void (*receive)(void *context, const uint8_t *bytes, size_t count),
                      void *context);

/// Frames lost on our side: dropped by the kernel because we were too slow, or longer than a wire carries
/// because segmentation offload (gso_max_segs of the peer interface) is on. Above 0, the measurement shows
/// us, not the server.
uint64_t link_dropped(struct link *link);

/// Closes and frees it; NULL is allowed.
void link_close(struct link *link);
