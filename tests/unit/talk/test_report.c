// SPDX-License-Identifier: GPL-3.0-or-later
#include "talk_test.h"

static void report_comes_back_whole(void **state)
{
    (void)state;
    const struct talk_report report = {.stage = "failed",
                                       .done_bytes = 5368709121,
                                       .all_bytes = INT64_MAX,
                                       .reason = "DISK_FAILED",
                                       .text = "the disk said \"no\" at C:\\x"};
    struct talk_report back;
    char *json = talk_report_encode(&report);
    assert_int_equal(talk_report_decode(json, strlen(json), &back, NULL), STATUS_OK);
    assert_string_equal(back.stage, report.stage);
    assert_int_equal(back.done_bytes, report.done_bytes);
    assert_int_equal(back.all_bytes, report.all_bytes);
    assert_string_equal(back.reason, report.reason);
    assert_string_equal(back.text, report.text);
    free(json);
}

static void control_characters_and_broken_utf8_travel_escaped(void **state)
{
    (void)state;
    struct talk_report report = {.stage = "trouble", .text = "a\x1b[2J\xff\\"};
    struct talk_report back;
    char *json = talk_report_encode(&report);
    assert_int_equal(talk_report_decode(json, strlen(json), &back, NULL), STATUS_OK);
    assert_string_equal(back.text, "a\\x1b[2J\\xff\\x5c");
    free(json);
    memset(report.text, 0xff, sizeof report.text - 1); // four times too long when it is escaped
    json = talk_report_encode(&report);
    assert_int_equal(talk_report_decode(json, strlen(json), &back, NULL), STATUS_OK);
    assert_int_equal(strlen(back.text), 508); // whole escapes only
    assert_string_equal(back.text + 504, "\\xff");
    free(json);
}

static void verdict_comes_back_whole(void **state)
{
    (void)state;
    const struct talk_verdict verdict = {
        .may_go = true, .text = "not yours", .remedy = "look at it", .retry_s = 30};
    struct talk_verdict back;
    char *json = talk_verdict_encode(&verdict);
    assert_int_equal(talk_verdict_decode(json, strlen(json), &back, NULL), STATUS_OK);
    assert_true(back.may_go);
    assert_string_equal(back.text, verdict.text);
    assert_string_equal(back.remedy, verdict.remedy);
    assert_int_equal(back.retry_s, 30);
    free(json);
}

static void only_true_is_leave_to_go(void **state)
{
    (void)state;
    static const char *const bad[] = {"{}", "{\"may_go\":1}", "{\"may_go\":\"true\"}", "{\"may_go\":null}"};
    struct problem problem = {0};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct talk_verdict back = {.may_go = false};
        assert_int_equal(talk_verdict_decode(bad[i], strlen(bad[i]), &back, &problem), STATUS_MALFORMED);
        must_say(&problem, "\"may_go\"");
        assert_false(back.may_go);
    }
}

static void a_wait_of_years_is_refused(void **state)
{
    (void)state;
    struct talk_verdict back;
    struct problem problem = {0};
    const char *json = "{\"may_go\":false,\"retry_s\":86401}";
    assert_int_equal(talk_verdict_decode(json, strlen(json), &back, &problem), STATUS_MALFORMED);
    must_say(&problem, "\"retry_s\" is more than 86400");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_comes_back_whole),
        cmocka_unit_test(control_characters_and_broken_utf8_travel_escaped),
        cmocka_unit_test(verdict_comes_back_whole),
        cmocka_unit_test(only_true_is_leave_to_go),
        cmocka_unit_test(a_wait_of_years_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
