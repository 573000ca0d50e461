// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/chunk_index.h"

#include "fuzz/fuzz.h"

#include "base/reader.h"
#include "base/writer.h"

// The input without its check sums: they are made right first, so that what lies behind them is reached.
static void mend(uint8_t *data, size_t size)
{
    struct chunk_index index = {.kind = data[8], .starts = data[9]};
    struct reader reader = reader_init(data + 16, 32);
    index.chunk_count = read_le32(&reader);
    read_skip(&reader, 4);
    uint64_t numbers[3];
    for (unsigned i = 0; i < 3; i++) {
        uint64_t low = read_le32(&reader);
        numbers[i] = low | (uint64_t)read_le32(&reader) << 32;
    }
    index.content_bytes = numbers[0];
    index.needs_bytes = numbers[1];
    index.stream_bytes = numbers[2];
    memcpy(index.system, data + 48, sizeof index.system);
    chunk_index_encode(&index, data);
    for (size_t at = CHUNK_INDEX_HEADER_BYTES; at + CHUNK_INDEX_ENTRY_BYTES <= size;
         at += CHUNK_INDEX_ENTRY_BYTES) {
        struct chunk chunk = {0};
        reader = reader_init(data + at, 16);
        uint64_t low = read_le32(&reader);
        chunk.offset = low | (uint64_t)read_le32(&reader) << 32;
        chunk.frame_bytes = read_le32(&reader);
        chunk.bytes = read_le32(&reader);
        memcpy(chunk.sha256, data + at + 16, sizeof chunk.sha256);
        chunk_encode(&chunk, data + at);
    }
}

static void check(const uint8_t *data, size_t size)
{
    struct chunk_index index = {0};
    struct problem problem;
    problem_clear(&problem);
    enum status status = chunk_index_check(data, size, &index, &problem);
    fuzz_must((status == STATUS_OK) == !problem_is_set(&problem));
    if (status != STATUS_OK) {
        fuzz_must(index.chunk_count == 0);
        return;
    }
    uint64_t content_bytes = 0;
    uint64_t stream_bytes = 0;
    for (uint32_t i = 0; i < index.chunk_count; i++) {
        struct chunk chunk;
        fuzz_must(chunk_decode(data, size, &index, i, &chunk, &problem) == STATUS_OK);
        fuzz_must(chunk.offset == stream_bytes && chunk.bytes != 0 && chunk.bytes <= CHUNK_BYTES);
        content_bytes += chunk.bytes;
        stream_bytes += chunk.frame_bytes;
    }
    fuzz_must(content_bytes == index.content_bytes && stream_bytes == index.stream_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = (uint8_t *)fuzz_string(data, size);
    check(data, size);
    if (size >= CHUNK_INDEX_HEADER_BYTES) {
        mend(copy, size);
        check(copy, size);
    }
    free(copy);
    return 0;
}
