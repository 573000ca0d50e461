// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/packed.h"
#include "format/chunk_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit/test.h"

static char folder[64];
static struct problem problem;
static struct image image;

static void write_file(const char *name, const void *bytes, size_t count)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

// An image of one chunk of 1,000 bytes whose frame has 40.
static void write_image(size_t stream_bytes)
{
    uint8_t data[CHUNK_INDEX_HEADER_BYTES + CHUNK_INDEX_ENTRY_BYTES];
    struct chunk_index index = {.kind = IMAGE_ROOT,
                                .starts = IMAGE_STARTS_BIOS,
                                .content_bytes = 1000,
                                .needs_bytes = 70000000,
                                .stream_bytes = 40,
                                .chunk_count = 1,
                                .system = "Debian GNU/Linux 12 (bookworm)"};
    struct chunk chunk = {.frame_bytes = 40, .bytes = 1000};
    chunk_index_encode(&index, data);
    chunk_encode(&chunk, data + CHUNK_INDEX_HEADER_BYTES);
    write_file(IMAGE_INDEX_FILE, data, sizeof data);
    write_file(IMAGE_STREAM_FILE, data, stream_bytes);
}

static enum status read_folder(void)
{
    problem_clear(&problem);
    return catalog_packed_read(folder, &image, &problem);
}

static int begin(void **state)
{
    (void)state;
    image = (struct image){.name = "mine", .kernel = "old"};
    snprintf(folder, sizeof folder, "/tmp/imprint-packed-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return 0;
}

static int end(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, IMAGE_INDEX_FILE);
    (void)unlink(path);
    snprintf(path, sizeof path, "%s/%s", folder, IMAGE_STREAM_FILE);
    (void)unlink(path);
    (void)rmdir(folder);
    return 0;
}

static void a_packed_image_is_read_from_its_index(void **state)
{
    (void)state;
    write_image(40);
    assert_int_equal(read_folder(), STATUS_OK);
    assert_string_equal(image.name, "mine");
    assert_string_equal(image.family, PACKED_FAMILY_ROOT);
    assert_string_equal(image.description, "Debian GNU/Linux 12 (bookworm)");
    assert_string_equal(image.kernel, "");
    assert_int_equal(image.kind, IMAGE_ROOT);
    assert_int_equal(image.starts, IMAGE_STARTS_BIOS);
    assert_int_equal(image.content_bytes, 1000);
    assert_int_equal(image.needs_bytes, 70000000);
}

static void a_folder_without_index_is_something_else(void **state)
{
    (void)state;
    assert_int_equal(read_folder(), STATUS_NOT_FOUND);
    assert_false(problem_is_set(&problem));
    assert_string_equal(image.kernel, "old");
}

static void a_stream_that_is_short_or_missing_is_told(void **state)
{
    (void)state;
    write_image(39);
    assert_int_equal(read_folder(), STATUS_MALFORMED);
    assert_non_null(strstr(problem.text, "39 bytes"));
    assert_string_equal(image.family, "");
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, IMAGE_STREAM_FILE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(read_folder(), STATUS_MALFORMED);
    assert_non_null(strstr(problem.text, IMAGE_STREAM_FILE));
}

static void a_damaged_index_and_one_that_is_a_link_are_told(void **state)
{
    (void)state;
    char path[128];
    write_image(40);
    write_file(IMAGE_INDEX_FILE, "imprint1 but no more", 20);
    assert_int_equal(read_folder(), STATUS_MALFORMED);
    assert_true(problem_is_set(&problem));
    snprintf(path, sizeof path, "%s/%s", folder, IMAGE_INDEX_FILE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(read_folder(), STATUS_IO);
}

#define PACKED_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PACKED_TEST(a_packed_image_is_read_from_its_index),
        PACKED_TEST(a_folder_without_index_is_something_else),
        PACKED_TEST(a_stream_that_is_short_or_missing_is_told),
        PACKED_TEST(a_damaged_index_and_one_that_is_a_link_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
