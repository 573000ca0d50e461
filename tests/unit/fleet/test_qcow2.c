// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/qcow2.h"

#include "unit/test.h"

static uint8_t header[QCOW2_HEADER_BYTES];
static struct problem problem;
static uint64_t disk_bytes;

static int start(void **state)
{
    (void)state;
    memset(header, 0, sizeof header);
    memcpy(header, "QFI\xfb\0\0\0\x03", 8);
    header[23] = 16;   // cluster bits
    header[28] = 0x40; // 1 GiB
    disk_bytes = 0;
    return 0;
}

static enum status check(void)
{
    problem_clear(&problem);
    enum status status = qcow2_check(header, sizeof header, &disk_bytes, &problem);
    assert_int_equal(status == STATUS_OK, !problem_is_set(&problem));
    return status;
}

static void an_image_that_stands_alone_is_taken(void **state)
{
    (void)state;
    assert_int_equal(check(), STATUS_OK);
    assert_int_equal(disk_bytes, 1u << 30);
    header[7] = 2;
    assert_int_equal(check(), STATUS_OK);
    header[79] = 1 | 8 | 16; // of version 3 only: left open, other compression, larger tables
    header[7] = 3;
    assert_int_equal(check(), STATUS_OK);
}

static void a_backing_file_is_refused(void **state)
{
    (void)state;
    header[15] = 1;
    assert_int_equal(check(), STATUS_UNSUPPORTED);
    header[7] = 2;
    assert_int_equal(check(), STATUS_UNSUPPORTED);
    assert_int_equal(disk_bytes, 0);
}

static void encryption_a_data_file_and_unknown_features_are_refused(void **state)
{
    (void)state;
    header[35] = 1;
    assert_int_equal(check(), STATUS_UNSUPPORTED);
    header[35] = 0;
    header[79] = 4;
    assert_int_equal(check(), STATUS_UNSUPPORTED);
    assert_non_null(strstr(problem.text, "another file"));
    header[79] = 32;
    assert_int_equal(check(), STATUS_UNSUPPORTED);
    header[79] = 0;
    header[72] = 0x80;
    assert_int_equal(check(), STATUS_UNSUPPORTED);
}

static void a_damaged_one_is_refused(void **state)
{
    (void)state;
    header[79] = 2;
    assert_int_equal(check(), STATUS_MALFORMED);
    header[79] = 0;
    header[28] = 0;
    assert_int_equal(check(), STATUS_MALFORMED);
    header[28] = 0x40;
    header[7] = 4;
    assert_int_equal(check(), STATUS_MALFORMED);
}

static void a_header_that_is_cut_off_is_refused(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < 80; bytes++) {
        problem_clear(&problem);
        assert_int_equal(qcow2_check(header, bytes, &disk_bytes, &problem), STATUS_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_image_that_stands_alone_is_taken, start),
        cmocka_unit_test_setup(a_backing_file_is_refused, start),
        cmocka_unit_test_setup(encryption_a_data_file_and_unknown_features_are_refused, start),
        cmocka_unit_test_setup(a_damaged_one_is_refused, start),
        cmocka_unit_test_setup(a_header_that_is_cut_off_is_refused, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
