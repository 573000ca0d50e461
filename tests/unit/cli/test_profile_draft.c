// SPDX-License-Identifier: GPL-3.0-or-later
// What `profile new` reads out of a shipped answer file and writes into it.
#include "cli/profile_draft.h"

#include "io/heap.h"
#include "unit/test.h"

static void a_template_tells_what_it_takes_and_needs(void **state)
{
    (void)state;
    static const char SOURCE[] =
        "a {{root}}\n{{#key}}k {{key}}{{/key}}\n{{^zone}}UTC{{/zone}}{{#zone}}{{zone}}{{/zone}} "
        "{{#on}}x{{/on}}{{both}}{{#both}}{{both}}{{/both}}";
    static const struct {
        const char *key;
        bool has;
        bool needs;
    } CASES[] = {{"root", true, true}, {"key", true, false}, {"zone", true, false}, {"on", true, false},
                 {"both", true, true}, {"oo", false, false}, {"ke", false, false},  {"roots", false, false}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(profile_draft_has(SOURCE, CASES[i].key), CASES[i].has);
        assert_int_equal(profile_draft_needs(SOURCE, CASES[i].key), CASES[i].needs);
    }
    assert_false(profile_draft_needs("{{#a}}{{a}}", "a"));
    assert_false(profile_draft_needs("{{#user}}{{hash}}{{/user}}", "hash"));
    assert_true(profile_draft_assumes("{{#user}}{{hash}}{{/user}}", "hash"));
    assert_false(profile_draft_assumes("{{#user}}{{#hash}}{{hash}}{{/hash}}{{/user}}", "hash"));
    assert_true(profile_draft_needs("{{#user}}x{{/user}}{{hash}}", "hash"));
}

static void fills(const char *source, const char *name, const char *packages, const char *expected)
{
    char *out = NULL;
    struct problem problem = {0};
    assert_int_equal(profile_draft_fill(source, name, packages, &out, &problem), STATUS_OK);
    assert_string_equal(out, expected);
    heap_free(out);
}

static void packages_are_written_as_the_format_has_them(void **state)
{
    (void)state;
    fills("x\n{{! packages }}\ny", "preseed.cfg", "vim  git ", "x\nd-i pkgsel/include string vim git\ny");
    fills("x\n{{! packages }}\n%end", "ks.cfg", "@^core vim", "x\n@^core\nvim\n%end");
    fills("{{! packages }}\n", "user-data", "vim git", "  packages:\n    - \"vim\"\n    - \"git\"\n");
    fills("{{! packages }}\n", "autoinst.xml", "a b",
          "      <package>a</package>\n      <package>b</package>\n");
    fills("[\"x\"{{! packages }}]", "profile.json", "a b", "[\"x\", \"a\", \"b\"]");
    fills("x\n{{! packages }}\n", "preseed.cfg", " ", "x\n{{! packages }}\n");
    fills("no place", "ks.cfg", "vim", "no place");
}

static void what_is_no_package_is_refused(void **state)
{
    (void)state;
    static const char *const WRONG[] = {"a;b", "--x", "a\nb", "\"", "a{{b}}", "<b>", "vim $(id)"};
    char many[4 * (PROFILE_DRAFT_PACKAGES + 2)] = "";
    char *out = NULL;
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        struct problem problem = {0};
        assert_int_equal(profile_draft_fill("{{! packages }}", "ks.cfg", WRONG[i], &out, &problem),
                         STATUS_MALFORMED);
        assert_null(out);
    }
    for (unsigned i = 0; i <= PROFILE_DRAFT_PACKAGES; i++) {
        strcat(many, "a ");
    }
    struct problem problem = {0};
    assert_int_equal(profile_draft_fill("{{! packages }}", "ks.cfg", many, &out, &problem), STATUS_TOO_LONG);
}

static void users_and_words_are_checked(void **state)
{
    (void)state;
    assert_true(profile_draft_is_user("anna-2"));
    assert_false(profile_draft_is_user("root"));
    assert_false(profile_draft_is_user("2anna"));
    assert_false(profile_draft_is_user("Anna"));
    assert_false(profile_draft_is_user("a b"));
    assert_false(profile_draft_is_user(""));
    assert_true(profile_draft_is_word("Europe/Berlin"));
    assert_true(profile_draft_is_word("de_DE.UTF-8"));
    assert_false(profile_draft_is_word("../etc"));
    assert_false(profile_draft_is_word("/etc"));
    assert_false(profile_draft_is_word("a\"b"));
    assert_false(profile_draft_is_word(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_template_tells_what_it_takes_and_needs),
        cmocka_unit_test(packages_are_written_as_the_format_has_them),
        cmocka_unit_test(what_is_no_package_is_refused),
        cmocka_unit_test(users_and_words_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
