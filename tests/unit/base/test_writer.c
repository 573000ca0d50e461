// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/writer.h"

#include "unit/test.h"

static void numbers_go_out_in_both_orders(void **state)
{
    (void)state;
    uint8_t out[9];
    struct writer writer = writer_init(out, sizeof out);
    write_u8(&writer, 0x01);
    write_be16(&writer, 0x0203);
    write_be32(&writer, 0x04050607);
    write_le16(&writer, 0x0908);
    assert_memory_equal(out, ((const uint8_t[]){1, 2, 3, 4, 5, 6, 7, 8, 9}), sizeof out);
    assert_int_equal(writer_length(&writer), sizeof out);
    assert_int_equal(writer_left(&writer), 0);
    assert_false(writer.failed);
}

static void what_does_not_fit_is_not_written_in_part(void **state)
{
    (void)state;
    uint8_t out[4] = {9, 9, 9, 9};
    struct writer writer = writer_init(out, 3);
    write_u8(&writer, 1);
    write_be32(&writer, 0x05060708);
    assert_true(writer.failed);
    assert_int_equal(writer_length(&writer), 1);
    assert_memory_equal(out, ((const uint8_t[]){1, 9, 9, 9}), sizeof out);
}

static void after_a_failure_nothing_more_is_written(void **state)
{
    (void)state;
    uint8_t out[2] = {9, 9};
    struct writer writer = writer_init(out, sizeof out);
    write_zeros(&writer, 3);
    write_u8(&writer, 1); // would fit
    assert_true(writer.failed);
    assert_int_equal(writer_left(&writer), 0);
    assert_int_equal(out[0], 9);
}

static void a_string_goes_out_with_its_nul_or_not_at_all(void **state)
{
    (void)state;
    char out[6] = "......";
    struct writer writer = writer_init(out, 4);
    write_string(&writer, "abc");
    assert_false(writer.failed);
    assert_memory_equal(out, "abc\0..", sizeof out);
    struct writer narrow = writer_init(out, 3);
    write_string(&narrow, "xyz");
    assert_true(narrow.failed);
    assert_memory_equal(out, "abc\0..", sizeof out);
}

static void zeros_fill_exactly_what_was_asked(void **state)
{
    (void)state;
    uint8_t out[4] = {9, 9, 9, 9};
    struct writer writer = writer_init(out, sizeof out);
    write_zeros(&writer, 3);
    assert_memory_equal(out, ((const uint8_t[]){0, 0, 0, 9}), sizeof out);
    assert_int_equal(writer_left(&writer), 1);
}

static void nothing_can_be_written_anywhere(void **state)
{
    (void)state;
    struct writer writer = writer_init(NULL, 0);
    write_bytes(&writer, NULL, 0);
    assert_false(writer.failed);
    write_u8(&writer, 1);
    assert_true(writer.failed);
}

static void a_length_near_the_largest_number_does_not_wrap(void **state)
{
    (void)state;
    uint8_t out[2];
    struct writer writer = writer_init(out, sizeof out);
    write_u8(&writer, 1);
    write_zeros(&writer, SIZE_MAX);
    assert_true(writer.failed);
    assert_int_equal(writer_length(&writer), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_go_out_in_both_orders),
        cmocka_unit_test(what_does_not_fit_is_not_written_in_part),
        cmocka_unit_test(after_a_failure_nothing_more_is_written),
        cmocka_unit_test(a_string_goes_out_with_its_nul_or_not_at_all),
        cmocka_unit_test(zeros_fill_exactly_what_was_asked),
        cmocka_unit_test(nothing_can_be_written_anywhere),
        cmocka_unit_test(a_length_near_the_largest_number_does_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
