// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/writer.h"

#include <string.h>

struct writer writer_init(void *out, size_t bytes)
{
    uint8_t *start = out;
    return (struct writer){.start = start, .at = start, .end = start + bytes};
}

size_t writer_length(const struct writer *writer)
{
    return (size_t)(writer->at - writer->start);
}

size_t writer_left(const struct writer *writer)
{
    return writer->failed ? 0 : (size_t)(writer->end - writer->at);
}

static uint8_t *writer_claim(struct writer *writer, size_t bytes)
{
    if (writer->failed || writer_left(writer) < bytes) {
        writer->failed = true;
        return NULL;
    }
    uint8_t *start = writer->at;
    writer->at += bytes;
    return start;
}

void write_bytes(struct writer *writer, const void *data, size_t bytes)
{
    uint8_t *start = writer_claim(writer, bytes);
    if (start != NULL && bytes != 0) {
        memcpy(start, data, bytes);
    }
}

void write_u8(struct writer *writer, uint8_t value)
{
    write_bytes(writer, &value, 1);
}

void write_be16(struct writer *writer, uint16_t value)
{
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    write_bytes(writer, bytes, sizeof bytes);
}

void write_be32(struct writer *writer, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};
    write_bytes(writer, bytes, sizeof bytes);
}

void write_le16(struct writer *writer, uint16_t value)
{
    uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    write_bytes(writer, bytes, sizeof bytes);
}

void write_string(struct writer *writer, const char *text)
{
    write_bytes(writer, text, strlen(text) + 1);
}

void write_zeros(struct writer *writer, size_t bytes)
{
    uint8_t *start = writer_claim(writer, bytes);
    if (start != NULL) {
        memset(start, 0, bytes);
    }
}
