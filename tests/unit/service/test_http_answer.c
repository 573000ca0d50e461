// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/http_answer.h"
#include "unit/test.h"

#define SIZE     1000
#define ETAG     "\"abc\""
#define MODIFIED 784111777
#define DATE     "Sun, 06 Nov 1994 08:49:37 GMT"
#define LATER    "Sun, 06 Nov 1994 08:49:38 GMT"
#define EARLIER  "Sun, 06 Nov 1994 08:49:36 GMT"

static struct http_answer decide(struct http_conditions conditions)
{
    return http_answer_decide(SIZE, ETAG, MODIFIED, &conditions);
}

static void expect_range(const char *range, unsigned code, uint64_t offset, uint64_t count)
{
    struct http_answer answer = decide((struct http_conditions){.range = range});
    assert_int_equal(answer.code, code);
    if (code != 416) {
        assert_int_equal(answer.offset, offset);
        assert_int_equal(answer.count, count);
    }
}

static void a_date_beyond_all_years_is_still_a_date(void **state)
{
    (void)state;
    char date[HTTP_DATE_BYTES];
    assert_int_equal(strlen(http_date_print(INT64_MAX, date)), strlen(DATE)); // a broken clock's file
}

static void without_conditions_the_whole_file_is_sent(void **state)
{
    (void)state;
    struct http_answer answer = decide((struct http_conditions){0});
    assert_int_equal(answer.code, 200);
    assert_int_equal(answer.offset, 0);
    assert_int_equal(answer.count, SIZE);
}

static void one_range_is_cut_to_the_file(void **state)
{
    (void)state;
    expect_range("bytes=0-0", 206, 0, 1);
    expect_range("bytes=512-1023", 206, 512, 488);
    expect_range("bytes=512-", 206, 512, 488);
    expect_range("bytes=-100", 206, 900, 100);
    expect_range("bytes=-5000", 206, 0, 1000);
    expect_range("Bytes=0-9", 206, 0, 10);
    expect_range("bytes=0-9223372036854775807", 206, 0, 1000);
}

static void a_range_beyond_the_end_cannot_be_satisfied(void **state)
{
    (void)state;
    expect_range("bytes=1000-", 416, 0, 0);
    expect_range("bytes=5000-6000", 416, 0, 0);
    expect_range("bytes=-0", 416, 0, 0);
}

static void several_or_broken_ranges_are_answered_whole(void **state)
{
    (void)state;
    static const char *const BROKEN[] = {"bytes=0-1,5-6",
                                         "bytes=5-1",
                                         "bytes=-",
                                         "bytes=a-b",
                                         "bytes=1",
                                         "lines=0-1",
                                         "bytes=0--1",
                                         "bytes=1-2x",
                                         "bytes= 1 - 2",
                                         "",
                                         "bytes=99999999999999999999999-"};
    for (unsigned i = 0; i < sizeof BROKEN / sizeof BROKEN[0]; i++) {
        expect_range(BROKEN[i], 200, 0, SIZE);
    }
}

static void an_empty_file_has_no_range(void **state)
{
    (void)state;
    struct http_conditions conditions = {.range = "bytes=0-"};
    assert_int_equal(http_answer_decide(0, ETAG, 0, &conditions).code, 416);
    conditions.range = "bytes=-5";
    assert_int_equal(http_answer_decide(0, ETAG, 0, &conditions).code, 416);
}

static void if_none_match_tells_that_the_client_has_it(void **state)
{
    (void)state;
    assert_int_equal(decide((struct http_conditions){.if_none_match = ETAG}).code, 304);
    assert_int_equal(decide((struct http_conditions){.if_none_match = "*"}).code, 304);
    assert_int_equal(decide((struct http_conditions){.if_none_match = "\"x\", W/\"abc\" , \"y\""}).code, 304);
    assert_int_equal(decide((struct http_conditions){.if_none_match = "\"abcd\", \"ab\""}).code, 200);
    assert_int_equal(
        decide((struct http_conditions){.if_none_match = "\"x\"", .if_modified_since = LATER}).code, 200);
}

static void if_match_refuses_a_file_that_changed(void **state)
{
    (void)state;
    assert_int_equal(decide((struct http_conditions){.if_match = ETAG}).code, 200);
    assert_int_equal(decide((struct http_conditions){.if_match = "*"}).code, 200);
    assert_int_equal(decide((struct http_conditions){.if_match = "\"x\""}).code, 412);
    assert_int_equal(decide((struct http_conditions){.if_match = "W/\"abc\""}).code, 412);
    assert_int_equal(decide((struct http_conditions){.if_match = ETAG, .range = "bytes=10-"}).code, 206);
}

static void dates_count_where_no_etag_was_given(void **state)
{
    (void)state;
    assert_int_equal(decide((struct http_conditions){.if_modified_since = DATE}).code, 304);
    assert_int_equal(decide((struct http_conditions){.if_modified_since = EARLIER}).code, 200);
    assert_int_equal(decide((struct http_conditions){.if_modified_since = "yesterday"}).code, 200);
    assert_int_equal(decide((struct http_conditions){.if_unmodified_since = DATE}).code, 200);
    assert_int_equal(decide((struct http_conditions){.if_unmodified_since = EARLIER}).code, 412);
    struct http_conditions since = {.if_modified_since = DATE, .if_unmodified_since = EARLIER};
    assert_int_equal(http_answer_decide(SIZE, ETAG, 0, &since).code, 200); // a file without a time
}

static void if_range_sends_the_whole_of_a_changed_file(void **state)
{
    (void)state;
    assert_int_equal(decide((struct http_conditions){.range = "bytes=10-", .if_range = ETAG}).code, 206);
    assert_int_equal(decide((struct http_conditions){.range = "bytes=10-", .if_range = "\"x\""}).code, 200);
    assert_int_equal(decide((struct http_conditions){.range = "bytes=10-", .if_range = DATE}).code, 206);
    assert_int_equal(decide((struct http_conditions){.range = "bytes=10-", .if_range = LATER}).code, 200);
    assert_int_equal(decide((struct http_conditions){.range = "bytes=10-", .if_range = "W/\"abc\""}).code,
                     200);
}

static void a_date_reads_back_as_it_was_printed(void **state)
{
    (void)state;
    char text[HTTP_DATE_BYTES];
    int64_t unix_s = 0;
    assert_string_equal(http_date_print(MODIFIED, text), DATE);
    assert_int_equal(http_date_parse(text, &unix_s), STATUS_OK);
    assert_int_equal(unix_s, MODIFIED);
    assert_int_equal(http_date_parse("Sun, 06 Nov 1994 08:49:37 GMT ", &unix_s), STATUS_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_beyond_all_years_is_still_a_date),
        cmocka_unit_test(without_conditions_the_whole_file_is_sent),
        cmocka_unit_test(one_range_is_cut_to_the_file),
        cmocka_unit_test(a_range_beyond_the_end_cannot_be_satisfied),
        cmocka_unit_test(several_or_broken_ranges_are_answered_whole),
        cmocka_unit_test(an_empty_file_has_no_range),
        cmocka_unit_test(if_none_match_tells_that_the_client_has_it),
        cmocka_unit_test(if_match_refuses_a_file_that_changed),
        cmocka_unit_test(dates_count_where_no_etag_was_given),
        cmocka_unit_test(if_range_sends_the_whole_of_a_changed_file),
        cmocka_unit_test(a_date_reads_back_as_it_was_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
