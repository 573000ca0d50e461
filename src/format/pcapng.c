// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/pcapng.h"

#include <string.h>

#define BLOCK_HEAD      0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET    6u
#define BYTE_ORDER_MARK 0x1a2b3c4du
#define OPTION_COMMENT  1
#define OPTION_NAME     2 // of an interface
#define OPTION_PROGRAM  4
#define OPTION_END      4u  // bytes
#define BLOCK_BYTES     12u // type, and the length twice
#define HEAD_BYTES      16u // of its body
#define INTERFACE_BYTES 8u
#define PACKET_BYTES    20u

static uint32_t padded(size_t bytes)
{
    return (uint32_t)((bytes + 3) / 4 * 4);
}

static size_t text_bytes(const char *text)
{
    size_t length = strlen(text);
    return length < PCAPNG_TEXT_MOST ? length : PCAPNG_TEXT_MOST;
}

static void write_option(struct writer *out, uint16_t code, const char *text)
{
    size_t length = text_bytes(text);
    write_be16(out, code);
    write_be16(out, (uint16_t)length);
    write_bytes(out, text, length);
    write_zeros(out, padded(length) - length);
}

static uint32_t option_bytes(const char *text)
{
    return 4 + padded(text_bytes(text));
}

void pcapng_write_head(struct writer *out, const char *program, const char *remark)
{
    uint32_t length = BLOCK_BYTES + HEAD_BYTES + option_bytes(remark) + option_bytes(program) + OPTION_END;
    write_be32(out, BLOCK_HEAD);
    write_be32(out, length);
    write_be32(out, BYTE_ORDER_MARK);
    write_be16(out, 1);
    write_be16(out, 0);
    write_be32(out, UINT32_MAX); // the section's length: not said
    write_be32(out, UINT32_MAX);
    write_option(out, OPTION_COMMENT, remark);
    write_option(out, OPTION_PROGRAM, program);
    write_zeros(out, OPTION_END);
    write_be32(out, length);
}

void pcapng_write_interface(struct writer *out, uint16_t link, const char *name)
{
    uint32_t length = BLOCK_BYTES + INTERFACE_BYTES + option_bytes(name) + OPTION_END;
    write_be32(out, BLOCK_INTERFACE);
    write_be32(out, length);
    write_be16(out, link);
    write_be16(out, 0);
    write_be32(out, 0); // packets are kept up to any length
    write_option(out, OPTION_NAME, name);
    write_zeros(out, OPTION_END);
    write_be32(out, length);
}

void pcapng_write_packet(struct writer *out, const struct pcapng_packet *packet)
{
    uint32_t length = BLOCK_BYTES + PACKET_BYTES + padded(packet->count);
    write_be32(out, BLOCK_PACKET);
    write_be32(out, length);
    write_be32(out, packet->interface);
    write_be32(out, (uint32_t)((uint64_t)packet->at_us >> 32));
    write_be32(out, (uint32_t)packet->at_us);
    write_be32(out, packet->count);
    write_be32(out, packet->whole);
    write_bytes(out, packet->bytes, packet->count);
    write_zeros(out, padded(packet->count) - packet->count);
    write_be32(out, length);
}
