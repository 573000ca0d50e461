// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/key.h"

#include "base/text.h"
#include "config/config.h"
#include "config/config_check.h"
#include "config/value.h"
#include "unit/test.h"

static void every_row_is_complete(void **state)
{
    (void)state;
    unsigned count;
    const struct key *keys = key_table(&count);
    assert_in_range(count, 1, CONFIG_KEYS_MOST);
    for (unsigned i = 0; i < count; i++) {
        const struct key *key = &keys[i];
        char about[VALUE_TEXT_BYTES];
        assert_true(strlen(key->name) < KEY_NAME_BYTES);
        assert_true(text_ends(key->about, "."));
        assert_int_not_equal(value_about(key, about)[0], '\0');
        assert_true(key->is_required || key->default_text != NULL || key->default_about != NULL);
        assert_true(key->is_list == (key->count_offset != 0));
        assert_true(!key->is_list || key->most > 0);
        assert_ptr_equal(key_find(key->name), key);
    }
}

static void every_default_is_a_value_and_prints_as_itself(void **state)
{
    (void)state;
    static struct config config;
    unsigned count;
    const struct key *keys = key_table(&count);
    for (unsigned i = 0; i < count; i++) {
        char text[VALUE_TEXT_BYTES];
        struct problem problem = {0};
        if (keys[i].default_text == NULL) {
            continue;
        }
        void *value = key_values(&keys[i], &config);
        assert_int_equal(value_parse(&keys[i], keys[i].default_text, value, &problem), STATUS_OK);
        assert_string_equal(value_print(&keys[i], value, text), keys[i].default_text);
    }
}

// The list of what is allowed names a section once, because its keys follow one another.
static void the_keys_of_a_section_stand_together(void **state)
{
    (void)state;
    unsigned count;
    const struct key *keys = key_table(&count);
    for (unsigned i = 1; i < count; i++) {
        char section[KEY_NAME_BYTES];
        struct text text;
        text_init(&text, section, sizeof section);
        text_add_bytes(&text, keys[i].name, strcspn(keys[i].name, "."));
        bool left = false;
        for (unsigned j = i; j-- > 0 && key_is_section(section);) {
            bool same = strncmp(keys[j].name, section, text.length) == 0 && keys[j].name[text.length] == '.';
            assert_false(left && same);
            left = left || !same;
        }
    }
}

static void a_key_belongs_to_one_place(void **state)
{
    (void)state;
    char name[KEY_NAME_BYTES];
    assert_true(key_is_inside(key_find("dhcp.mode"), "", name));
    assert_string_equal(name, "dhcp");
    assert_true(key_is_inside(key_find("dhcp.mode"), "dhcp.", name));
    assert_string_equal(name, "mode");
    assert_false(key_is_inside(key_find("dhcp.mode"), "tftp.", name));
    assert_true(key_is_inside(key_find("dhcp.subnets[].range"), "dhcp.subnets[].", name));
    assert_string_equal(name, "range");
    assert_false(key_is_inside(key_find("dhcp.subnets[].range"), "dhcp.", name));
    assert_true(key_is_section("dhcp"));
    assert_true(key_is_section("dhcp.subnets[]"));
    assert_false(key_is_section("dhc"));
    assert_false(key_is_section("state"));
    assert_null(key_find("dhcp"));
}

static void values_are_refused_untouched(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *text;
    } rows[] = {{"http.port", "-1"},
                {"http.port", "+80"},
                {"http.port", "99999999999999999999"},
                {"http.port", "0x50"},
                {"dhcp.mode", "Server"},
                {"dhcp.mode", ""},
                {"state", "//../x/.."},
                {"state", "relative"},
                {"state", ""},
                {"server_name", ".x"},
                {"server_name", "a/b"},
                {"user", "-rf"},
                {"interfaces", ".."},
                {"interfaces", "a b"},
                {"dhcp.subnets[].lease", "-1h"},
                {"dhcp.subnets[].lease", "1x"},
                {"dhcp.subnets[].dns", "1.2.3.256"},
                {"dhcp.subnets[].network", "1.2.3.4/33"},
                {"dhcp.subnets[].range", "1.2.3.4-"},
                {"dhcp6.subnets[].prefix", "2001:db8::/129"},
                {"dhcp6.subnets[].prefix", "2001:db8::"},
                {"dhcp6.subnets[].range", "2001:db8::1-"},
                {"dhcp6.subnets[].range", "::"},
                {"dhcp6.subnets[].dns", "::"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char value[512];
        char before[512];
        struct problem problem = {0};
        memset(value, 0x5a, sizeof value);
        memcpy(before, value, sizeof value);
        assert_int_equal(value_parse(key_find(rows[i].key), rows[i].text, value, &problem), STATUS_MALFORMED);
        assert_memory_equal(value, before, sizeof value);
        assert_int_not_equal(problem.text[0], '\0');
        assert_int_not_equal(problem.remedy[0], '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(every_default_is_a_value_and_prints_as_itself),
        cmocka_unit_test(the_keys_of_a_section_stand_together),
        cmocka_unit_test(a_key_belongs_to_one_place),
        cmocka_unit_test(values_are_refused_untouched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
