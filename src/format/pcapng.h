// SPDX-License-Identifier: GPL-3.0-or-later
// Writes captures as pcapng (IETF draft-ietf-opsawg-pcapng), in network byte order, times in microseconds.
// Each function appends one block to `out`, whose writer fails when it is too small (PCAPNG_*_BYTES are
// enough).
#pragma once

#include "base/writer.h"

#define PCAPNG_TEXT_MOST       200
#define PCAPNG_HEAD_BYTES      512
#define PCAPNG_INTERFACE_BYTES 256
#define PCAPNG_PACKET_BYTES    40 // besides the packet itself
#define PCAPNG_LINK_ETHERNET   1

/// The head of a file: who wrote it, and a remark; each at most PCAPNG_TEXT_MOST bytes, cut.
void pcapng_write_head(struct writer *out, const char *program, const char *remark);

/// The next interface, counted from 0: its link type and name.
void pcapng_write_interface(struct writer *out, uint16_t link, const char *name);

struct pcapng_packet {
    uint32_t interface;
    int64_t at_us; // Unix microseconds
    const void *bytes;
    uint32_t count; // of `bytes`
    uint32_t whole; // how many it had on the wire
};

/// A packet of an interface that was written before.
void pcapng_write_packet(struct writer *out, const struct pcapng_packet *packet);
