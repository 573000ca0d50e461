// SPDX-License-Identifier: GPL-3.0-or-later
// A DHCP message put together byte by byte, so that decoding is not tested with our own encoder.
#pragma once

#include "unit/test.h"

#include "base/writer.h"
#include "wire/dhcp4.h"

struct packet {
    uint8_t bytes[4500];
    struct writer writer;
    max_align_t memory[DHCP4_ARENA_BYTES / sizeof(max_align_t)];
    struct arena arena;
    struct dhcp4_message message;
    struct problem problem;
};

/// A request from 52:54:00:12:34:56 with nothing but header and cookie.
static inline void packet_init(struct packet *packet)
{
    static const uint8_t MAC[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
    memset(packet, 0, sizeof *packet);
    packet->arena = arena_init(packet->memory, sizeof packet->memory);
    packet->writer = writer_init(packet->bytes, sizeof packet->bytes);
    write_bytes(&packet->writer, (const uint8_t[]){1, 1, 6, 0}, 4);
    write_be32(&packet->writer, 0xaabbccdd);
    write_zeros(&packet->writer, 20);
    write_bytes(&packet->writer, MAC, sizeof MAC);
    write_zeros(&packet->writer, 10 + 64 + 128);
    write_be32(&packet->writer, 0x63825363);
}

/// Appends one option.
static inline void packet_add(struct packet *packet, uint8_t code, const void *data, size_t bytes)
{
    write_u8(&packet->writer, code);
    write_u8(&packet->writer, (uint8_t)bytes);
    write_bytes(&packet->writer, data, bytes);
}

/// Appends the bytes of a string as one option.
static inline void packet_add_text(struct packet *packet, uint8_t code, const char *text)
{
    packet_add(packet, code, text, strlen(text));
}

/// Decodes what there is into `message`.
static inline enum status packet_decode(struct packet *packet)
{
    arena_clear(&packet->arena);
    return dhcp4_decode(packet->bytes, writer_length(&packet->writer), &packet->arena, &packet->message,
                        &packet->problem);
}
