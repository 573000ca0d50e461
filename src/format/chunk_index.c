// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/chunk_index.h"

#include "base/reader.h"
#include "base/writer.h"

#include <string.h>

// Bytes of the header and of an entry that their check sum covers: all before it.
#define HEADER_COVERED_BYTES (CHUNK_INDEX_HEADER_BYTES - 4)
#define ENTRY_COVERED_BYTES  (CHUNK_INDEX_ENTRY_BYTES - 4)
#define HEADER_SPARE_BYTES   (HEADER_COVERED_BYTES - 48 - CHUNK_SYSTEM_BYTES)

// IMAGE_DISK and IMAGE_ROOT of model/image.h, which is a floor above.
#define KIND_DISK  1
#define KIND_ROOT  2
#define STARTS_ALL 7

#define FLAG_ZERO 1u

// CRC-32 as in zip and GPT. It finds what a failing disk or a cut transfer did to the index, so that a wrong
// "all zeros" or a wrong size is never believed; against people there is nothing in it.
static uint32_t checksum(const uint8_t *data, size_t bytes)
{
    static const uint32_t nibbles[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < bytes; i++) {
        crc ^= data[i];
        crc = crc >> 4 ^ nibbles[crc & 15];
        crc = crc >> 4 ^ nibbles[crc & 15];
    }
    return ~crc;
}

static uint64_t read_le64(struct reader *reader)
{
    uint64_t low = read_le32(reader);
    return low | (uint64_t)read_le32(reader) << 32;
}

static void write_le32(struct writer *writer, uint32_t value)
{
    write_le16(writer, (uint16_t)value);
    write_le16(writer, (uint16_t)(value >> 16));
}

static void write_le64(struct writer *writer, uint64_t value)
{
    write_le32(writer, (uint32_t)value);
    write_le32(writer, (uint32_t)(value >> 32));
}

uint64_t chunk_index_bytes(uint32_t chunk_count)
{
    return CHUNK_INDEX_HEADER_BYTES + (uint64_t)chunk_count * CHUNK_INDEX_ENTRY_BYTES;
}

void chunk_index_encode(const struct chunk_index *index, uint8_t out[CHUNK_INDEX_HEADER_BYTES])
{
    struct writer writer = writer_init(out, CHUNK_INDEX_HEADER_BYTES);
    size_t system = strnlen(index->system, sizeof index->system - 1);
    write_bytes(&writer, CHUNK_INDEX_MAGIC, strlen(CHUNK_INDEX_MAGIC));
    write_u8(&writer, index->kind);
    write_u8(&writer, index->starts);
    write_le16(&writer, 0);
    write_le32(&writer, CHUNK_BYTES);
    write_le32(&writer, index->chunk_count);
    write_le32(&writer, 0);
    write_le64(&writer, index->content_bytes);
    write_le64(&writer, index->needs_bytes);
    write_le64(&writer, index->stream_bytes);
    write_bytes(&writer, index->system, system);
    write_zeros(&writer, CHUNK_SYSTEM_BYTES - system);
    write_zeros(&writer, HEADER_SPARE_BYTES);
    write_le32(&writer, checksum(out, HEADER_COVERED_BYTES));
    assert(!writer.failed && writer_left(&writer) == 0);
}

void chunk_encode(const struct chunk *chunk, uint8_t out[CHUNK_INDEX_ENTRY_BYTES])
{
    struct writer writer = writer_init(out, CHUNK_INDEX_ENTRY_BYTES);
    write_le64(&writer, chunk->offset);
    write_le32(&writer, chunk->frame_bytes);
    write_le32(&writer, chunk->bytes | (chunk->is_zero ? FLAG_ZERO << 31 : 0));
    write_bytes(&writer, chunk->sha256, sizeof chunk->sha256);
    write_zeros(&writer, 4);
    write_le32(&writer, checksum(out, ENTRY_COVERED_BYTES));
    assert(!writer.failed && writer_left(&writer) == 0);
}

static enum status refuse(struct problem *problem, const char *what)
{
    problem_set(problem, "the index of the image is damaged: %s", what);
    problem_set_remedy(problem, "add the image again");
    return STATUS_MALFORMED;
}

// How many chunks `content_bytes` of content are.
static uint64_t count_chunks(uint64_t content_bytes)
{
    return content_bytes / CHUNK_BYTES + (content_bytes % CHUNK_BYTES != 0 ? 1 : 0);
}

static enum status check_header(const struct chunk_index *index, uint64_t bytes, struct problem *problem)
{
    if (index->kind != KIND_DISK && index->kind != KIND_ROOT) {
        return refuse(problem, "it is of no known kind");
    }
    if ((index->starts & ~STARTS_ALL) != 0) {
        return refuse(problem, "it starts on firmware that nobody knows");
    }
    if (index->content_bytes == 0 || index->chunk_count == 0) {
        return refuse(problem, "it is empty");
    }
    if (index->chunk_count > CHUNK_INDEX_CHUNKS_MOST) {
        problem_set(problem, "the image has more than %d chunks", CHUNK_INDEX_CHUNKS_MOST);
        return STATUS_TOO_LONG;
    }
    if (count_chunks(index->content_bytes) != index->chunk_count) {
        return refuse(problem, "its content has another number of chunks");
    }
    if (chunk_index_bytes(index->chunk_count) != bytes) {
        return refuse(problem, "its size is not what its number of chunks needs");
    }
    if (index->needs_bytes < (index->kind == KIND_DISK ? index->content_bytes : 1)) {
        return refuse(problem, "it says that it fits where it does not");
    }
    if (index->stream_bytes < index->chunk_count ||
        index->stream_bytes > (uint64_t)index->chunk_count * CHUNK_FRAME_BYTES_MOST) {
        return refuse(problem, "its stream has an impossible size");
    }
    return STATUS_OK;
}

// Printable ASCII, then NULs to the end.
static bool is_text(const char *text, size_t bytes)
{
    size_t length = strnlen(text, bytes);
    for (size_t i = 0; i < bytes; i++) {
        bool is_good = i < length ? text[i] >= ' ' && text[i] <= '~' : text[i] == '\0';
        if (!is_good) {
            return false;
        }
    }
    return length < bytes;
}

static bool is_zeros(const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (data[i] != 0) {
            return false;
        }
    }
    return true;
}

enum status chunk_index_decode(const uint8_t *data, uint64_t bytes, struct chunk_index *index,
                               struct problem *problem)
{
    struct chunk_index fresh = {0};
    if (bytes < CHUNK_INDEX_HEADER_BYTES) {
        return refuse(problem, "it is cut off");
    }
    struct reader reader = reader_init(data, CHUNK_INDEX_HEADER_BYTES);
    if (memcmp(read_bytes(&reader, strlen(CHUNK_INDEX_MAGIC)), CHUNK_INDEX_MAGIC,
               strlen(CHUNK_INDEX_MAGIC)) != 0) {
        problem_set(problem, "this is no index of an image for disks that this version of imprint knows");
        return STATUS_MALFORMED;
    }
    fresh.kind = read_u8(&reader);
    fresh.starts = read_u8(&reader);
    bool is_known = read_le16(&reader) == 0;
    is_known = read_le32(&reader) == CHUNK_BYTES && is_known;
    fresh.chunk_count = read_le32(&reader);
    is_known = read_le32(&reader) == 0 && is_known;
    fresh.content_bytes = read_le64(&reader);
    fresh.needs_bytes = read_le64(&reader);
    fresh.stream_bytes = read_le64(&reader);
    read_copy(&reader, fresh.system, sizeof fresh.system);
    is_known = is_zeros(read_bytes(&reader, HEADER_SPARE_BYTES), HEADER_SPARE_BYTES) && is_known;
    if (read_le32(&reader) != checksum(data, HEADER_COVERED_BYTES)) {
        return refuse(problem, "the check sum of its header is wrong");
    }
    if (!is_known || !is_text(fresh.system, sizeof fresh.system)) {
        return refuse(problem, "its header holds what it must not");
    }
    enum status status = check_header(&fresh, bytes, problem);
    if (status == STATUS_OK) {
        *index = fresh;
    }
    return status;
}

// Entry `number` as it stands there; false when its check sum is wrong.
static bool read_entry(const uint8_t *data, uint64_t bytes, uint32_t number, struct chunk *chunk)
{
    uint64_t offset = chunk_index_bytes(number);
    assert(offset + CHUNK_INDEX_ENTRY_BYTES <= bytes);
    const uint8_t *entry = data + offset;
    struct reader reader = reader_init(entry, CHUNK_INDEX_ENTRY_BYTES);
    *chunk = (struct chunk){0};
    chunk->offset = read_le64(&reader);
    chunk->frame_bytes = read_le32(&reader);
    uint32_t size = read_le32(&reader);
    chunk->bytes = size & ~(FLAG_ZERO << 31);
    chunk->is_zero = (size & FLAG_ZERO << 31) != 0;
    read_copy(&reader, chunk->sha256, sizeof chunk->sha256);
    bool is_known = read_le32(&reader) == 0;
    return read_le32(&reader) == checksum(entry, ENTRY_COVERED_BYTES) && is_known;
}

static uint32_t content_of(const struct chunk_index *index, uint32_t number)
{
    uint64_t before = (uint64_t)number * CHUNK_BYTES;
    uint64_t left = index->content_bytes - before;
    return left < CHUNK_BYTES ? (uint32_t)left : CHUNK_BYTES;
}

enum status chunk_decode(const uint8_t *data, uint64_t bytes, const struct chunk_index *index,
                         uint32_t number, struct chunk *chunk, struct problem *problem)
{
    struct chunk fresh;
    struct chunk before = {0};
    assert(number < index->chunk_count);
    if (!read_entry(data, bytes, number, &fresh) ||
        (number > 0 && !read_entry(data, bytes, number - 1, &before))) {
        return refuse(problem, "the check sum of an entry is wrong");
    }
    if (fresh.bytes != content_of(index, number)) {
        return refuse(problem, "a chunk has the wrong size");
    }
    if (fresh.frame_bytes == 0 || fresh.frame_bytes > CHUNK_FRAME_BYTES_MOST) {
        return refuse(problem, "a frame has an impossible size");
    }
    // Two frames that may be anywhere in the stream cannot overflow: each offset is checked against its size.
    if (before.offset > index->stream_bytes || fresh.offset != before.offset + before.frame_bytes) {
        return refuse(problem, "its frames do not lie one behind the other");
    }
    if (fresh.offset > index->stream_bytes || fresh.frame_bytes > index->stream_bytes - fresh.offset) {
        return refuse(problem, "a frame lies outside the stream");
    }
    if (number + 1 == index->chunk_count && fresh.offset + fresh.frame_bytes != index->stream_bytes) {
        return refuse(problem, "its frames do not fill the stream");
    }
    *chunk = fresh;
    return STATUS_OK;
}

enum status chunk_index_check(const uint8_t *data, uint64_t bytes, struct chunk_index *index,
                              struct problem *problem)
{
    struct chunk_index fresh;
    enum status status = chunk_index_decode(data, bytes, &fresh, problem);
    for (uint32_t i = 0; status == STATUS_OK && i < fresh.chunk_count; i++) {
        struct chunk chunk;
        status = chunk_decode(data, bytes, &fresh, i, &chunk, problem);
    }
    if (status == STATUS_OK) {
        *index = fresh;
    }
    return status;
}
