// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/dhcp4_options.h"

#include "unit/test.h"

static void every_row_is_found_by_its_code_and_by_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; dhcp4_option_at(i) != NULL; i++) {
        const struct dhcp4_option_row *row = dhcp4_option_at(i);
        assert_ptr_equal(dhcp4_option_find(row->code), row);
        assert_ptr_equal(dhcp4_option_find_name(row->name), row);
        assert_non_null(row->unit);
    }
}

static void every_code_the_program_names_has_a_row(void **state)
{
    (void)state;
    static const uint8_t CODES[] = {1,  3,  6,   12,  13,  15,  17,  26,  28,  42,  43,  50, 51, 52,
                                    53, 54, 55,  56,  57,  58,  59,  60,  61,  66,  67,  77, 82, 93,
                                    94, 97, 118, 119, 121, 150, 175, 203, 208, 209, 210, 211};
    for (size_t i = 0; i < COUNT_OF(CODES); i++) {
        assert_non_null(dhcp4_option_find(CODES[i]));
    }
    assert_null(dhcp4_option_find(DHCP4_OPTION_PAD));
    assert_null(dhcp4_option_find(DHCP4_OPTION_END));
    assert_null(dhcp4_option_find(251));
}

static void names_are_case_blind_and_whole(void **state)
{
    (void)state;
    assert_int_equal(dhcp4_option_find_name("NTP-Servers")->code, 42);
    assert_null(dhcp4_option_find_name("ntp"));
    assert_null(dhcp4_option_find_name(""));
}

static void suboptions_belong_to_their_option(void **state)
{
    (void)state;
    assert_string_equal(dhcp4_option_find_suboption(43, 6)->name, "discovery-control");
    assert_string_equal(dhcp4_option_find_suboption(82, 5)->name, "link-selection");
    assert_string_equal(dhcp4_option_find_suboption(175, 0x13)->name, "feature-http");
    assert_null(dhcp4_option_find_suboption(82, 71));
    assert_null(dhcp4_option_find_suboption(60, 1));
}

static void what_a_lease_and_a_boot_need_is_never_dropped(void **state)
{
    (void)state;
    static const uint8_t ESSENTIAL[] = {1, 3, 6, 51, 53, 54, 61, 82};
    static const uint8_t BOOT[] = {43, 60, 66, 67, 97, 175};
    for (size_t i = 0; i < COUNT_OF(ESSENTIAL); i++) {
        assert_int_equal(dhcp4_option_rank(ESSENTIAL[i]), DHCP4_RANK_ESSENTIAL);
    }
    for (size_t i = 0; i < COUNT_OF(BOOT); i++) {
        assert_int_equal(dhcp4_option_rank(BOOT[i]), DHCP4_RANK_BOOT);
    }
    assert_int_equal(dhcp4_option_rank(12), DHCP4_RANK_USEFUL);
    assert_int_equal(dhcp4_option_rank(251), DHCP4_RANK_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_found_by_its_code_and_by_its_name),
        cmocka_unit_test(every_code_the_program_names_has_a_row),
        cmocka_unit_test(names_are_case_blind_and_whole),
        cmocka_unit_test(suboptions_belong_to_their_option),
        cmocka_unit_test(what_a_lease_and_a_boot_need_is_never_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
