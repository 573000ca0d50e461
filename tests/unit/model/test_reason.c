// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/reason.h"

#include "base/text.h"

#include "unit/test.h"

static void every_reason_is_found_by_its_name(void **state)
{
    (void)state;
    for (enum reason_id id = REASON_NONE + 1; id < REASON_COUNT; id++) {
        const struct reason *reason = reason_get(id);
        assert_int_equal(reason->id, id);
        assert_ptr_equal(reason_find(reason->name), reason);
    }
    assert_string_equal(reason_get(REASON_ASSIGNED_IMAGE)->name, "ASSIGNED_IMAGE");
}

static void a_name_nobody_gave_finds_nothing(void **state)
{
    (void)state;
    assert_null(reason_find(""));
    assert_null(reason_find("assigned_image"));
    assert_null(reason_find("ASSIGNED_IMAGE "));
}

static void every_sentence_reads_on_after_a_colon(void **state)
{
    (void)state;
    for (enum reason_id id = REASON_NONE + 1; id < REASON_COUNT; id++) {
        const char *sentence = reason_get(id)->sentence;
        assert_true(strlen(sentence) > 10);
        assert_false(text_ends(sentence, "."));
        assert_non_null(strchr(sentence, ' '));
    }
}

static void every_warning_and_error_explains_itself_and_says_what_to_do(void **state)
{
    (void)state;
    for (enum reason_id id = REASON_NONE + 1; id < REASON_COUNT; id++) {
        const struct reason *reason = reason_get(id);
        assert_non_null(reason->explanation);
        assert_non_null(reason->remedy);
        if (reason->severity >= REASON_WARNING &&
            (reason->explanation[0] == '\0' || reason->remedy[0] == '\0')) {
            fail_msg("%s lacks an explanation or a remedy", reason->name);
        }
    }
}

static void every_explanation_is_made_of_whole_sentences(void **state)
{
    (void)state;
    for (enum reason_id id = REASON_NONE + 1; id < REASON_COUNT; id++) {
        const struct reason *reason = reason_get(id);
        if (reason->explanation[0] != '\0' && !text_ends(reason->explanation, ".")) {
            fail_msg("%s: the explanation does not end in a full stop", reason->name);
        }
        if (text_ends(reason->remedy, ".")) {
            fail_msg("%s: the remedy ends in a full stop", reason->name);
        }
    }
}

static void a_reason_is_added_once(void **state)
{
    (void)state;
    struct reasons reasons = {0};
    assert_false(reasons_has(&reasons, REASON_NO_ORDER));
    reasons_add(&reasons, REASON_NO_ORDER);
    reasons_add(&reasons, REASON_NO_ORDER);
    assert_int_equal(reasons.count, 1);
    assert_true(reasons_has(&reasons, REASON_NO_ORDER));
    assert_false(reasons_has(&reasons, REASON_POOL_FULL));
}

static void a_ninth_reason_is_dropped(void **state)
{
    (void)state;
    struct reasons reasons = {0};
    for (enum reason_id id = REASON_NONE + 1; id <= REASONS_MOST + 1; id++) {
        reasons_add(&reasons, id);
    }
    assert_int_equal(reasons.count, REASONS_MOST);
    assert_false(reasons_has(&reasons, REASONS_MOST + 1));
}

static void the_worst_reason_is_the_most_severe_and_the_first_among_equals(void **state)
{
    (void)state;
    static const struct {
        enum reason_id added[4];
        enum reason_id worst;
    } cases[] = {
        {{REASON_NONE}, REASON_NONE},
        {{REASON_NO_ORDER}, REASON_NO_ORDER},
        {{REASON_NO_ORDER, REASON_POOL_FULL, REASON_MACHINE_HELD}, REASON_POOL_FULL},
        {{REASON_IDENTITY_CONFLICT, REASON_ADDRESS_DECLINED}, REASON_IDENTITY_CONFLICT},
        {{REASON_ADDRESS_DECLINED, REASON_IDENTITY_CONFLICT}, REASON_ADDRESS_DECLINED},
        {{REASON_MACHINE_HELD, REASON_ADDRESS_DECLINED, REASON_IDENTITY_CONFLICT}, REASON_ADDRESS_DECLINED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reasons reasons = {0};
        for (size_t j = 0; cases[i].added[j] != REASON_NONE; j++) {
            reasons_add(&reasons, cases[i].added[j]);
        }
        assert_int_equal(reasons_worst(&reasons), cases[i].worst);
    }
}

static void severities_have_names(void **state)
{
    (void)state;
    assert_string_equal(reason_severity_text(REASON_INFO), "info");
    assert_string_equal(reason_severity_text(REASON_NOTICE), "notice");
    assert_string_equal(reason_severity_text(REASON_WARNING), "warning");
    assert_string_equal(reason_severity_text(REASON_ERROR), "error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_is_found_by_its_name),
        cmocka_unit_test(a_name_nobody_gave_finds_nothing),
        cmocka_unit_test(every_sentence_reads_on_after_a_colon),
        cmocka_unit_test(every_warning_and_error_explains_itself_and_says_what_to_do),
        cmocka_unit_test(every_explanation_is_made_of_whole_sentences),
        cmocka_unit_test(a_reason_is_added_once),
        cmocka_unit_test(a_ninth_reason_is_dropped),
        cmocka_unit_test(the_worst_reason_is_the_most_severe_and_the_first_among_equals),
        cmocka_unit_test(severities_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
