// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/reader.h"

#include "unit/test.h"

static const uint8_t BYTES[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};

static void numbers_come_in_both_orders(void **state)
{
    (void)state;
    struct reader big = reader_init(BYTES, sizeof BYTES);
    assert_int_equal(read_u8(&big), 0x01);
    assert_int_equal(read_be16(&big), 0x0203);
    assert_int_equal(read_be32(&big), 0x04050607);
    struct reader little = reader_init(BYTES, sizeof BYTES);
    assert_int_equal(read_le16(&little), 0x0201);
    assert_int_equal(read_le32(&little), 0x06050403);
    assert_int_equal(reader_left(&little), 2);
}

static void the_highest_bits_survive(void **state)
{
    (void)state;
    static const uint8_t ONES[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct reader reader = reader_init(ONES, sizeof ONES);
    assert_true(read_be32(&reader) == UINT32_MAX);
    assert_true(read_le32(&reader) == UINT32_MAX);
}

static void reading_to_the_last_byte_is_no_failure(void **state)
{
    (void)state;
    struct reader reader = reader_init(BYTES, sizeof BYTES);
    assert_false(reader_is_done(&reader));
    assert_non_null(read_bytes(&reader, sizeof BYTES));
    assert_true(reader_is_done(&reader));
    assert_false(reader.failed);
}

static void a_read_past_the_end_yields_zero_and_sticks(void **state)
{
    (void)state;
    struct reader reader = reader_init(BYTES, 3);
    assert_int_equal(read_be32(&reader), 0);
    assert_true(reader.failed);
    assert_int_equal(read_u8(&reader), 0); // though three bytes are there
    assert_int_equal(reader_left(&reader), 0);
    assert_false(reader_is_done(&reader));
}

static void every_kind_of_read_fails_on_nothing(void **state)
{
    (void)state;
    const struct reader empty = reader_init(NULL, 0);
    struct reader reader = empty;
    assert_true(reader_is_done(&reader));
    assert_int_equal((read_u8(&reader), reader.failed), true);
    reader = empty;
    assert_int_equal((read_be16(&reader), reader.failed), true);
    reader = empty;
    assert_int_equal((read_le16(&reader), reader.failed), true);
    reader = empty;
    assert_int_equal((read_le32(&reader), reader.failed), true);
    reader = empty;
    assert_null(read_string(&reader, NULL));
    assert_true(reader.failed);
    reader = empty;
    read_skip(&reader, 1);
    assert_true(reader.failed);
}

static void a_length_near_the_largest_number_does_not_wrap(void **state)
{
    (void)state;
    struct reader reader = reader_init(BYTES, sizeof BYTES);
    read_skip(&reader, 1);
    assert_null(read_bytes(&reader, SIZE_MAX));
    assert_true(reader.failed);
}

static void no_bytes_can_be_read_even_at_the_end(void **state)
{
    (void)state;
    struct reader reader = reader_init(BYTES, 0);
    assert_non_null(read_bytes(&reader, 0));
    assert_false(reader.failed);
}

static void a_failed_copy_leaves_zeros_not_old_bytes(void **state)
{
    (void)state;
    struct reader reader = reader_init(BYTES, 2);
    uint8_t out[4] = {9, 9, 9, 9};
    read_copy(&reader, out, sizeof out);
    assert_memory_equal(out, ((const uint8_t[]){0, 0, 0, 0}), sizeof out);
    struct reader good = reader_init(BYTES, 4);
    read_copy(&good, out, sizeof out);
    assert_memory_equal(out, BYTES, sizeof out);
}

static void a_child_sees_only_its_own_bytes(void **state)
{
    (void)state;
    struct reader parent = reader_init(BYTES, sizeof BYTES);
    struct reader child = read_inside(&parent, 2);
    assert_int_equal(read_be16(&child), 0x0102);
    assert_int_equal(read_u8(&child), 0);
    assert_true(child.failed);
    assert_false(parent.failed);
    assert_int_equal(read_u8(&parent), 0x03); // the parent went past all of the child's bytes
}

static void a_child_longer_than_its_parent_fails_both(void **state)
{
    (void)state;
    struct reader parent = reader_init(BYTES, 4);
    struct reader child = read_inside(&parent, 5);
    assert_true(child.failed);
    assert_true(parent.failed);
    assert_int_equal(reader_left(&child), 0);
}

static void a_string_ends_at_its_nul_which_is_consumed(void **state)
{
    (void)state;
    struct reader reader = reader_init("octet\0blksize", 14);
    size_t length = 0;
    assert_string_equal(read_string(&reader, &length), "octet");
    assert_int_equal(length, 5);
    assert_string_equal(read_string(&reader, NULL), "blksize");
    assert_true(reader_is_done(&reader));
}

static void a_string_without_its_nul_is_refused(void **state)
{
    (void)state;
    struct reader reader = reader_init("octet", 5);
    assert_null(read_string(&reader, NULL));
    assert_true(reader.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_in_both_orders),
        cmocka_unit_test(the_highest_bits_survive),
        cmocka_unit_test(reading_to_the_last_byte_is_no_failure),
        cmocka_unit_test(a_read_past_the_end_yields_zero_and_sticks),
        cmocka_unit_test(every_kind_of_read_fails_on_nothing),
        cmocka_unit_test(a_length_near_the_largest_number_does_not_wrap),
        cmocka_unit_test(no_bytes_can_be_read_even_at_the_end),
        cmocka_unit_test(a_failed_copy_leaves_zeros_not_old_bytes),
        cmocka_unit_test(a_child_sees_only_its_own_bytes),
        cmocka_unit_test(a_child_longer_than_its_parent_fails_both),
        cmocka_unit_test(a_string_ends_at_its_nul_which_is_consumed),
        cmocka_unit_test(a_string_without_its_nul_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
