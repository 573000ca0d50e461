// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/pack.h"

#include "fleet/scratch.h"
#include "format/chunk_index.h"
#include "io/heap.h"

#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "unit/test.h"

#define DISK_BYTES (3 * (size_t)CHUNK_BYTES + 700) // not even whole sectors

static char folder[64];
static char source[96];
static struct problem problem;

static int start(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/imprint-pack-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(source, sizeof source, "%s/source.raw", folder);
    problem_clear(&problem);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

// Incompressible bytes at the beginning, a hole over more than a chunk, something at the end.
static uint8_t *make_disk(void)
{
    uint8_t *disk = heap_new(DISK_BYTES + 512);
    uint32_t noise = 7;
    for (size_t i = 0; i < CHUNK_BYTES + 100; i++) {
        noise = noise * 1664525 + 1013904223;
        disk[i] = (uint8_t)(noise >> 24);
    }
    disk[510] = 0x55;
    disk[511] = 0xaa;
    memset(disk + DISK_BYTES - 50, 'e', 50);
    int fd = open(source, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, DISK_BYTES), 0);
    assert_int_equal(pwrite(fd, disk, CHUNK_BYTES + 100, 0), CHUNK_BYTES + 100);
    assert_int_equal(pwrite(fd, disk + DISK_BYTES - 50, 50, DISK_BYTES - 50), 50);
    assert_int_equal(close(fd), 0);
    return disk;
}

static uint8_t *read_whole(const char *name, size_t *bytes)
{
    char path[128];
    struct stat status;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(stat(path, &status), 0);
    *bytes = (size_t)status.st_size;
    uint8_t *data = heap_new(*bytes);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(data, 1, *bytes, file), *bytes);
    (void)fclose(file);
    return data;
}

static void write_source(const char *text)
{
    FILE *file = fopen(source, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void check_chunk(const struct chunk *chunk, const uint8_t *stream, const uint8_t *content)
{
    uint8_t digest[CHUNK_SHA256_BYTES];
    uint8_t *out = heap_new(CHUNK_BYTES);
    struct sha256_ctx sha256;
    sha256_init(&sha256);
    sha256_update(&sha256, chunk->frame_bytes, stream + chunk->offset);
    sha256_digest(&sha256, sizeof digest, digest);
    assert_memory_equal(digest, chunk->sha256, sizeof digest);
    assert_int_equal(ZSTD_getFrameContentSize(stream + chunk->offset, chunk->frame_bytes), chunk->bytes);
    assert_int_equal(ZSTD_findFrameCompressedSize(stream + chunk->offset, chunk->frame_bytes),
                     chunk->frame_bytes);
    assert_int_equal(ZSTD_decompress(out, CHUNK_BYTES, stream + chunk->offset, chunk->frame_bytes),
                     chunk->bytes);
    assert_memory_equal(out, content, chunk->bytes);
    heap_free(out);
}

static void a_disk_is_packed_byte_for_byte(void **state)
{
    (void)state;
    uint8_t *disk = make_disk();
    const struct pack_job job = {.file = source, .folder = folder};
    assert_int_equal(pack(&job, &problem), STATUS_OK);
    size_t index_bytes = 0;
    size_t stream_bytes = 0;
    uint8_t *index_data = read_whole(IMAGE_INDEX_FILE, &index_bytes);
    uint8_t *stream = read_whole(IMAGE_STREAM_FILE, &stream_bytes);
    struct chunk_index index;
    assert_int_equal(chunk_index_check(index_data, index_bytes, &index, &problem), STATUS_OK);
    assert_int_equal(index.kind, IMAGE_DISK);
    assert_int_equal(index.starts, IMAGE_STARTS_BIOS);
    assert_int_equal(index.content_bytes, 3 * CHUNK_BYTES + 1024); // filled up to whole sectors
    assert_int_equal(index.needs_bytes, index.content_bytes);
    assert_int_equal(index.stream_bytes, stream_bytes);
    assert_string_equal(index.system, "source.raw");
    for (uint32_t i = 0; i < index.chunk_count; i++) {
        struct chunk chunk;
        assert_int_equal(chunk_decode(index_data, index_bytes, &index, i, &chunk, &problem), STATUS_OK);
        assert_int_equal(chunk.is_zero, i == 2);
        check_chunk(&chunk, stream, disk + (size_t)i * CHUNK_BYTES);
    }
    heap_free(index_data);
    heap_free(stream);
    heap_free(disk);
}

static void sources_are_recognised_by_their_first_bytes(void **state)
{
    (void)state;
    const struct {
        const char *text;
        enum pack_source source;
    } rows[] = {{"QFI\xfb", PACK_QCOW2},        {"hsqs", PACK_SQUASHFS}, {"\x1f\x8b", PACK_TAR},
                {"\x28\xb5\x2f\xfd", PACK_TAR}, {"BZh9", PACK_TAR},      {"hello", PACK_RAW}};
    enum pack_source found;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        write_source(rows[i].text);
        assert_int_equal(pack_recognise(source, &found, &problem), STATUS_OK);
        assert_int_equal(found, rows[i].source);
    }
    (void)snprintf(source, sizeof source, "%s/notes.txt", folder);
    write_source("hello");
    assert_int_equal(pack_recognise(source, &found, &problem), STATUS_OK);
    assert_int_equal(found, PACK_UNKNOWN);
}

static void what_cannot_be_packed_leaves_nothing(void **state)
{
    (void)state;
    const char *const bad[] = {"", "\x1f\x8bnot gzip at all", "QFI\xfb too short", "hsqs and no more"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char path[128];
        write_source(bad[i]);
        problem_clear(&problem);
        const struct pack_job job = {.file = source, .folder = folder};
        assert_int_not_equal(pack(&job, &problem), STATUS_OK);
        assert_true(problem_is_set(&problem));
        (void)snprintf(path, sizeof path, "%s/%s", folder, IMAGE_STREAM_FILE);
        assert_int_not_equal(access(path, F_OK), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_disk_is_packed_byte_for_byte, start, end),
        cmocka_unit_test_setup_teardown(sources_are_recognised_by_their_first_bytes, start, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_packed_leaves_nothing, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
