// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/policy.h"

#include "unit/test.h"

static void every_policy_is_read_back_from_its_text(void **state)
{
    (void)state;
    for (enum policy_unknown unknown = 0; unknown < POLICY_UNKNOWN_COUNT; unknown++) {
        enum policy_unknown parsed = POLICY_UNKNOWN_COUNT;
        assert_int_equal(policy_unknown_parse(policy_unknown_text(unknown), &parsed), STATUS_OK);
        assert_int_equal(parsed, unknown);
    }
}

static void policies_are_called_hold_local_and_refuse(void **state)
{
    (void)state;
    assert_string_equal(policy_unknown_text(POLICY_UNKNOWN_HOLD), "hold");
    assert_string_equal(policy_unknown_text(POLICY_UNKNOWN_LOCAL), "local");
    assert_string_equal(policy_unknown_text(POLICY_UNKNOWN_REFUSE), "refuse");
}

static void other_texts_are_no_policy_and_leave_the_result_alone(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "Hold", "hol", "holdx", "deploy"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        enum policy_unknown parsed = POLICY_UNKNOWN_REFUSE;
        assert_int_equal(policy_unknown_parse(texts[i], &parsed), STATUS_NOT_FOUND);
        assert_int_equal(parsed, POLICY_UNKNOWN_REFUSE);
    }
}

static void prompts_are_called_none_and_key(void **state)
{
    (void)state;
    static const char *const texts[POLICY_PROMPT_COUNT] = {"none", "key"};
    for (enum policy_prompt prompt = 0; prompt < POLICY_PROMPT_COUNT; prompt++) {
        enum policy_prompt parsed = POLICY_PROMPT_COUNT;
        assert_string_equal(policy_prompt_text(prompt), texts[prompt]);
        assert_int_equal(policy_prompt_parse(texts[prompt], &parsed), STATUS_OK);
        assert_int_equal(parsed, prompt);
    }
    enum policy_prompt parsed = POLICY_PROMPT_KEY;
    assert_int_equal(policy_prompt_parse("f12", &parsed), STATUS_NOT_FOUND);
    assert_int_equal(parsed, POLICY_PROMPT_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_policy_is_read_back_from_its_text),
        cmocka_unit_test(policies_are_called_hold_local_and_refuse),
        cmocka_unit_test(other_texts_are_no_policy_and_leave_the_result_alone),
        cmocka_unit_test(prompts_are_called_none_and_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
