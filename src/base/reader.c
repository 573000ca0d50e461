// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/reader.h"

#include <string.h>

struct reader reader_init(const void *data, size_t bytes)
{
    const uint8_t *start = data;
    static const uint8_t NOTHING[1];
    if (start == NULL) {
        assert(bytes == 0);
        start = NOTHING;
    }
    return (struct reader){.at = start, .end = start + bytes};
}

size_t reader_left(const struct reader *reader)
{
    return reader->failed ? 0 : (size_t)(reader->end - reader->at);
}

bool reader_is_done(const struct reader *reader)
{
    return !reader->failed && reader->at == reader->end;
}

const uint8_t *read_bytes(struct reader *reader, size_t bytes)
{
    if (reader->failed || reader_left(reader) < bytes) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *start = reader->at;
    reader->at += bytes;
    return start;
}

uint8_t read_u8(struct reader *reader)
{
    const uint8_t *b = read_bytes(reader, 1);
    return b == NULL ? 0 : b[0];
}

uint16_t read_be16(struct reader *reader)
{
    const uint8_t *b = read_bytes(reader, 2);
    return b == NULL ? 0 : (uint16_t)((unsigned)b[0] << 8 | b[1]);
}

uint32_t read_be32(struct reader *reader)
{
    const uint8_t *b = read_bytes(reader, 4);
    return b == NULL ? 0 : (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

uint16_t read_le16(struct reader *reader)
{
    const uint8_t *b = read_bytes(reader, 2);
    return b == NULL ? 0 : (uint16_t)((unsigned)b[1] << 8 | b[0]);
}

uint32_t read_le32(struct reader *reader)
{
    const uint8_t *b = read_bytes(reader, 4);
    return b == NULL ? 0 : (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

void read_copy(struct reader *reader, void *out, size_t bytes)
{
    const uint8_t *start = read_bytes(reader, bytes);
    if (start == NULL) {
        memset(out, 0, bytes);
        return;
    }
    memcpy(out, start, bytes);
}

void read_skip(struct reader *reader, size_t bytes)
{
    (void)read_bytes(reader, bytes);
}

struct reader read_inside(struct reader *reader, size_t bytes)
{
    const uint8_t *start = read_bytes(reader, bytes);
    struct reader child = reader_init(start, start == NULL ? 0 : bytes);
    child.failed = start == NULL;
    return child;
}

const char *read_string(struct reader *reader, size_t *length)
{
    size_t left = reader_left(reader);
    const uint8_t *nul = left == 0 ? NULL : memchr(reader->at, 0, left);
    if (nul == NULL) {
        reader->failed = true;
        return NULL;
    }
    size_t bytes = (size_t)(nul - reader->at);
    const char *start = (const char *)read_bytes(reader, bytes + 1);
    if (length != NULL) {
        *length = bytes;
    }
    return start;
}
