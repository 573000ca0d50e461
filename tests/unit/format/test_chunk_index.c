// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/chunk_index.h"

#include "unit/test.h"

#define CHUNKS       3
#define BYTES        (CHUNK_INDEX_HEADER_BYTES + CHUNKS * CHUNK_INDEX_ENTRY_BYTES)
#define LAST_CONTENT 1000
#define CONTENT      (2ull * CHUNK_BYTES + LAST_CONTENT)

static uint8_t data[BYTES];
static struct chunk_index header;
static struct chunk chunks[CHUNKS];
static struct problem problem;

static void encode_all(void)
{
    chunk_index_encode(&header, data);
    for (unsigned i = 0; i < CHUNKS; i++) {
        chunk_encode(&chunks[i], data + chunk_index_bytes(i));
    }
}

static int start(void **state)
{
    (void)state;
    header = (struct chunk_index){.kind = 1,
                                  .starts = 3,
                                  .content_bytes = CONTENT,
                                  .needs_bytes = CONTENT + 500,
                                  .stream_bytes = 600,
                                  .chunk_count = CHUNKS,
                                  .system = "Debian GNU/Linux 12 (bookworm)"};
    for (unsigned i = 0; i < CHUNKS; i++) {
        chunks[i] = (struct chunk){.offset = i * 200,
                                   .frame_bytes = 200,
                                   .bytes = i + 1 < CHUNKS ? CHUNK_BYTES : LAST_CONTENT,
                                   .is_zero = i == 1};
        memset(chunks[i].sha256, (int)(i + 7), sizeof chunks[i].sha256);
    }
    problem_clear(&problem);
    encode_all();
    return 0;
}

static enum status check(void)
{
    struct chunk_index index;
    problem_clear(&problem);
    enum status status = chunk_index_check(data, BYTES, &index, &problem);
    assert_int_equal(status != STATUS_OK, problem_is_set(&problem));
    return status;
}

static void what_was_encoded_comes_back(void **state)
{
    (void)state;
    struct chunk_index index;
    assert_int_equal(chunk_index_check(data, BYTES, &index, &problem), STATUS_OK);
    assert_int_equal(index.kind, 1);
    assert_int_equal(index.starts, 3);
    assert_int_equal(index.content_bytes, CONTENT);
    assert_int_equal(index.needs_bytes, CONTENT + 500);
    assert_int_equal(index.stream_bytes, 600);
    assert_int_equal(index.chunk_count, CHUNKS);
    assert_string_equal(index.system, "Debian GNU/Linux 12 (bookworm)");
    for (uint32_t i = 0; i < CHUNKS; i++) {
        struct chunk chunk;
        assert_int_equal(chunk_decode(data, BYTES, &index, i, &chunk, &problem), STATUS_OK);
        assert_int_equal(chunk.offset, i * 200);
        assert_int_equal(chunk.frame_bytes, 200);
        assert_int_equal(chunk.bytes, chunks[i].bytes);
        assert_int_equal(chunk.is_zero, i == 1);
        assert_memory_equal(chunk.sha256, chunks[i].sha256, CHUNK_SHA256_BYTES);
    }
}

static void the_layout_is_the_documented_one(void **state)
{
    (void)state;
    assert_memory_equal(data, "imprint1\x01\x03\0\0\0\0\x40\0\x03\0\0\0\0\0\0\0\xe8\x03\x80\0", 28);
    assert_memory_equal(data + 48, "Debian GNU/Linux 12 (bookworm)\0", 31);
    assert_memory_equal(data + 256 + 56, "\xc8\0\0\0\0\0\0\0\xc8\0\0\0\0\0\x40\x80\x08", 17);
}

static void any_flipped_bit_is_found(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < (size_t)BYTES * 8; bit++) {
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(check(), STATUS_MALFORMED);
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(check(), STATUS_OK);
}

static void a_cut_or_longer_index_is_refused(void **state)
{
    (void)state;
    static uint8_t longer[BYTES + 1];
    struct chunk_index index;
    memcpy(longer, data, BYTES);
    assert_int_equal(chunk_index_decode(longer, BYTES + 1, &index, &problem), STATUS_MALFORMED);
    for (size_t bytes = 0; bytes < BYTES; bytes++) {
        assert_int_equal(chunk_index_decode(data, bytes, &index, &problem), STATUS_MALFORMED);
    }
}

static void frames_must_lie_one_behind_the_other(void **state)
{
    (void)state;
    const uint64_t bad[] = {0, 199, 201, 600, UINT64_MAX, UINT64_MAX - 199};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        chunks[1].offset = bad[i];
        encode_all();
        assert_int_equal(check(), STATUS_MALFORMED);
    }
    chunks[1].offset = 200;
    chunks[0].offset = 1;
    encode_all();
    assert_int_equal(check(), STATUS_MALFORMED);
}

static void frames_must_fill_the_stream(void **state)
{
    (void)state;
    header.stream_bytes = 601;
    encode_all();
    assert_int_equal(check(), STATUS_MALFORMED);
    header.stream_bytes = 599;
    encode_all();
    assert_int_equal(check(), STATUS_MALFORMED);
}

static void a_frame_has_a_possible_size(void **state)
{
    (void)state;
    chunks[2].frame_bytes = 0;
    header.stream_bytes = 400;
    encode_all();
    assert_int_equal(check(), STATUS_MALFORMED);
    chunks[2].frame_bytes = CHUNK_FRAME_BYTES_MOST + 1;
    header.stream_bytes = 400 + chunks[2].frame_bytes;
    encode_all();
    assert_int_equal(check(), STATUS_MALFORMED);
    chunks[2].frame_bytes = CHUNK_FRAME_BYTES_MOST;
    header.stream_bytes = 400 + chunks[2].frame_bytes;
    encode_all();
    assert_int_equal(check(), STATUS_OK);
}

static void contents_must_add_up(void **state)
{
    (void)state;
    chunks[2].bytes = LAST_CONTENT - 1;
    encode_all();
    assert_int_equal(check(), STATUS_MALFORMED);
    chunks[2].bytes = LAST_CONTENT;
    chunks[0].bytes = CHUNK_BYTES - 1;
    encode_all();
    assert_int_equal(check(), STATUS_MALFORMED);
}

static void the_header_must_agree_with_itself(void **state)
{
    (void)state;
    struct chunk_index good = header;
    struct chunk_index bad[9];
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        bad[i] = good;
    }
    bad[0].kind = 0;
    bad[1].kind = 3;
    bad[2].starts = 8;
    bad[3].content_bytes = 0;
    bad[4].content_bytes = 2ull * CHUNK_BYTES;
    bad[5].content_bytes = UINT64_MAX;
    bad[6].chunk_count = 2;
    bad[7].needs_bytes = CONTENT - 1;
    bad[8].system[3] = '\n';
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        header = bad[i];
        encode_all();
        assert_int_equal(check(), STATUS_MALFORMED);
    }
    header = good;
    header.kind = 2;
    header.needs_bytes = 1; // a root file system unpacked may need less than its tar
    encode_all();
    assert_int_equal(check(), STATUS_OK);
}

static void more_chunks_than_we_take_are_too_long(void **state)
{
    (void)state;
    header.chunk_count = CHUNK_INDEX_CHUNKS_MOST + 1;
    header.content_bytes = (uint64_t)header.chunk_count * CHUNK_BYTES;
    header.needs_bytes = header.content_bytes;
    encode_all();
    assert_int_equal(check(), STATUS_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_was_encoded_comes_back, start),
        cmocka_unit_test_setup(the_layout_is_the_documented_one, start),
        cmocka_unit_test_setup(any_flipped_bit_is_found, start),
        cmocka_unit_test_setup(a_cut_or_longer_index_is_refused, start),
        cmocka_unit_test_setup(frames_must_lie_one_behind_the_other, start),
        cmocka_unit_test_setup(frames_must_fill_the_stream, start),
        cmocka_unit_test_setup(a_frame_has_a_possible_size, start),
        cmocka_unit_test_setup(contents_must_add_up, start),
        cmocka_unit_test_setup(the_header_must_agree_with_itself, start),
        cmocka_unit_test_setup(more_chunks_than_we_take_are_too_long, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
