// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/family.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit/test.h"

static char path[] = "/tmp/imprint-family-XXXXXX";
static struct family family;
static struct problem problem;

static enum status load(const char *yaml)
{
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_true(fputs(yaml, stream) >= 0);
    assert_int_equal(fclose(stream), 0);
    memset(&family, 0, sizeof family);
    problem_clear(&problem);
    return family_load(path, &family, &problem);
}

static void fails_at(const char *yaml, enum status status, unsigned line, unsigned column)
{
    assert_int_equal(load(yaml), status);
    assert_true(problem_is_set(&problem));
    assert_string_equal(problem.file, path);
    assert_int_equal(problem.line, line);
    assert_int_equal(problem.column, column);
    assert_string_equal(family.name, "");
}

#define HEAD "name: test\ndescription: A test\n"
#define TREE "recognise:\n  - description: A tree\n    kernel: a/linux\n"

static void a_whole_family_is_read(void **state)
{
    (void)state;
    assert_int_equal(load(HEAD TREE
                          "    initrd: a/initrd\n    requires: [one, two/three]\n    arguments: quiet\n"
                          "answer:\n  file: preseed.cfg\n  arguments: url={{answer_url}}\n"),
                     STATUS_OK);
    assert_string_equal(family.name, "test");
    assert_int_equal(family.tree_count, 1);
    assert_string_equal(family.trees[0].kernel, "a/linux");
    assert_string_equal(family.trees[0].initrd, "a/initrd");
    assert_int_equal(family.trees[0].require_count, 2);
    assert_string_equal(family.trees[0].requires[1], "two/three");
    assert_string_equal(family.trees[0].arguments, "quiet");
    assert_string_equal(family.answer_file, "preseed.cfg");
    assert_string_equal(family.answer_arguments, "url={{answer_url}}");
}

#define BUILD "builds:\n  - name: test-1\n    description: Test 1\n    suite: one\n"

static void what_can_be_built_is_read(void **state)
{
    (void)state;
    assert_int_equal(
        load(HEAD BUILD "    packages: >-\n      libc6\n      g++ a.b-c\n    mirror: http://192.0.2.1/x\n"),
        STATUS_OK);
    assert_int_equal(family.tree_count, 0);
    assert_int_equal(family.build_count, 1);
    assert_string_equal(family.builds[0].name, "test-1");
    assert_string_equal(family.builds[0].suite, "one");
    assert_string_equal(family.builds[0].packages, "libc6 g++ a.b-c");
    assert_string_equal(family.builds[0].mirror, "http://192.0.2.1/x");
}

static void what_is_no_package_is_refused(void **state)
{
    (void)state;
    fails_at(HEAD BUILD "    packages: good --option\n", STATUS_MALFORMED, 7, 15);
    assert_non_null(strstr(problem.text, "\"--option\""));
    fails_at(HEAD BUILD "    packages: a,b\n", STATUS_MALFORMED, 7, 15);
    fails_at(HEAD BUILD "    packages: \"a\tb\"\n", STATUS_MALFORMED, 7, 15);
    fails_at(HEAD BUILD "    packages: Aptitude\n", STATUS_MALFORMED, 7, 15);
}

static void an_unknown_key_names_the_nearest(void **state)
{
    (void)state;
    fails_at(HEAD TREE "    kernl: x\n", STATUS_MALFORMED, 6, 5);
    assert_non_null(strstr(problem.remedy, "\"kernel\""));
    fails_at("nam: test\n", STATUS_MALFORMED, 1, 1);
    assert_non_null(strstr(problem.remedy, "\"name\""));
}

static void a_missing_key_is_named(void **state)
{
    (void)state;
    fails_at(HEAD, STATUS_MALFORMED, 1, 1);
    assert_non_null(strstr(problem.text, "\"recognise\""));
    fails_at(HEAD "recognise:\n  - description: x\n", STATUS_MALFORMED, 4, 5);
    assert_non_null(strstr(problem.text, "\"kernel\""));
}

static void a_key_given_twice_is_refused(void **state)
{
    (void)state;
    fails_at("name: a\nname: b\n", STATUS_MALFORMED, 2, 1);
}

static void wrong_shapes_are_refused(void **state)
{
    (void)state;
    fails_at("- a\n", STATUS_MALFORMED, 1, 1);
    fails_at("name: [a]\n", STATUS_MALFORMED, 1, 7);
    fails_at("recognise: a\n", STATUS_MALFORMED, 1, 12);
    fails_at("[a]: b\n", STATUS_MALFORMED, 1, 1);
    fails_at("", STATUS_MALFORMED, 1, 1);
    fails_at("name: \"a\n", STATUS_MALFORMED, 2, 1);
}

static void paths_that_lead_out_are_refused(void **state)
{
    (void)state;
    fails_at("recognise:\n  - kernel: ../vmlinuz\n", STATUS_MALFORMED, 2, 13);
    fails_at("recognise:\n  - requires: [/etc/passwd]\n", STATUS_MALFORMED, 2, 16);
}

static void too_long_texts_and_lists_are_refused(void **state)
{
    (void)state;
    char yaml[2200] = "description: ";
    memset(yaml + strlen(yaml), 'x', 200);
    fails_at(yaml, STATUS_TOO_LONG, 1, 14);
    fails_at("recognise:\n  - requires: [a, b, c, d, e, f, g, h, i]\n", STATUS_TOO_LONG, 2, 40);
}

static void a_file_that_is_not_there_is_told(void **state)
{
    (void)state;
    problem_clear(&problem);
    assert_int_equal(family_load("/nonexistent/family.yaml", &family, &problem), STATUS_IO);
    assert_string_equal(problem.file, "/nonexistent/family.yaml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_family_is_read),
        cmocka_unit_test(what_can_be_built_is_read),
        cmocka_unit_test(what_is_no_package_is_refused),
        cmocka_unit_test(an_unknown_key_names_the_nearest),
        cmocka_unit_test(a_missing_key_is_named),
        cmocka_unit_test(a_key_given_twice_is_refused),
        cmocka_unit_test(wrong_shapes_are_refused),
        cmocka_unit_test(paths_that_lead_out_are_refused),
        cmocka_unit_test(too_long_texts_and_lists_are_refused),
        cmocka_unit_test(a_file_that_is_not_there_is_told),
    };
    int file = mkstemp(path);
    if (file < 0) {
        return 1;
    }
    close(file);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
