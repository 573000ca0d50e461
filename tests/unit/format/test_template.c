// SPDX-License-Identifier: GPL-3.0-or-later
// What the published specification does not say: strictness, places of problems, bounds.
#include "format/template.h"

#include "unit/test.h"

static char out[256];
static struct text text;
static struct problem problem;

static bool name_is(const char *name, size_t length, const char *wanted)
{
    return strlen(wanted) == length && memcmp(name, wanted, length) == 0;
}

static struct template_value value_of(const char *words)
{
    return (struct template_value){.kind = TEMPLATE_TEXT, .text = words, .length = strlen(words)};
}

static struct template_value find(const void *self, const void *node, const char *name, size_t length)
{
    (void)self;
    if (node == NULL && name_is(name, length, "host")) {
        struct template_value host = value_of("lab-01");
        host.kind = TEMPLATE_OBJECT;
        host.node = "host";
        return host;
    }
    if (node != NULL && name_is(name, length, "domain")) {
        return value_of("example.test");
    }
    if (name_is(name, length, "unset")) {
        return (struct template_value){.kind = TEMPLATE_EMPTY};
    }
    if (name_is(name, length, "blank")) {
        return value_of("");
    }
    if (name_is(name, length, "list")) {
        return (struct template_value){.kind = TEMPLATE_LIST, .count = 10};
    }
    if (name_is(name, length, "sign")) {
        return value_of("<&>");
    }
    return (struct template_value){.kind = TEMPLATE_MISSING};
}

static struct template_value item(const void *self, const void *node, size_t index)
{
    (void)self;
    (void)node;
    (void)index;
    return (struct template_value){.kind = TEMPLATE_TRUE, .text = ""};
}

static struct template_value partial(const void *self, const char *name, size_t length)
{
    (void)self;
    if (name_is(name, length, "endless")) {
        return value_of("{{>endless}}");
    }
    if (name_is(name, length, "opens")) {
        return value_of("{{#host}}");
    }
    return (struct template_value){.kind = TEMPLATE_MISSING};
}

static enum status render(const char *source)
{
    const struct template_data data = {.find = find, .item = item, .partial = partial};
    const struct template_options options = {.name = "preseed.cfg", .is_strict = true};
    text_init(&text, out, sizeof out);
    problem_clear(&problem);
    return template_render(source, strlen(source), &data, &options, &text, &problem);
}

static void fails_at(const char *source, enum status status, unsigned line, unsigned column)
{
    assert_int_equal(render(source), status);
    assert_true(problem_is_set(&problem));
    assert_string_equal(problem.file, "preseed.cfg");
    assert_int_equal(problem.line, line);
    assert_int_equal(problem.column, column);
}

static void values_and_their_members_are_put_in(void **state)
{
    (void)state;
    assert_int_equal(render("name {{host}} of {{host.domain}}\n"), STATUS_OK);
    assert_string_equal(out, "name lab-01 of example.test\n");
}

static void nothing_is_escaped_unless_asked_for(void **state)
{
    (void)state;
    assert_int_equal(render("{{sign}} {{{sign}}} {{&sign}}"), STATUS_OK);
    assert_string_equal(out, "<&> <&> <&>");
}

static void an_unknown_name_is_an_error_with_its_place(void **state)
{
    (void)state;
    fails_at("a\nb {{hots}}", STATUS_NOT_FOUND, 2, 3);
    assert_string_equal(problem.text, "{{hots}} is not a known value");
    fails_at("{{host.nothing}}", STATUS_NOT_FOUND, 1, 1);
}

static void a_known_name_without_value_is_an_error_too(void **state)
{
    (void)state;
    fails_at("a {{unset}}", STATUS_NOT_FOUND, 1, 3);
    assert_string_equal(problem.text, "{{unset}} has no value here");
    assert_int_equal(render("{{unset.part}}"), STATUS_NOT_FOUND);
    assert_string_equal(problem.text, "{{unset.part}} has no value here");
}

static void a_value_that_is_empty_on_purpose_is_put_in(void **state)
{
    (void)state;
    assert_int_equal(render("[{{blank}}]"), STATUS_OK);
    assert_string_equal(out, "[]");
}

static void sections_ask_whether_there_is_a_value(void **state)
{
    (void)state;
    assert_int_equal(
        render("{{#unset}}{{unset}}{{/unset}}{{^unset}}none{{/unset}} {{#host}}{{host}}{{/host}}"),
        STATUS_OK);
    assert_string_equal(out, "none lab-01");
}

static void an_unknown_partial_is_an_error(void **state)
{
    (void)state;
    fails_at("\n {{> nobody}}", STATUS_NOT_FOUND, 2, 2);
}

static void broken_tags_are_errors(void **state)
{
    (void)state;
    fails_at("x {{host", STATUS_MALFORMED, 1, 3);
    fails_at("x {{{host}}", STATUS_MALFORMED, 1, 3);
    fails_at("{{}}", STATUS_MALFORMED, 1, 1);
    fails_at("{{=<%=}}", STATUS_MALFORMED, 1, 1);
    fails_at("{{=", STATUS_MALFORMED, 1, 1);
}

static void sections_must_be_closed_in_order(void **state)
{
    (void)state;
    fails_at("\n  {{#host}} x", STATUS_MALFORMED, 2, 3);
    fails_at("{{/host}}", STATUS_MALFORMED, 1, 1);
    fails_at("{{#unset}}{{#host}}{{/unset}}{{/host}}", STATUS_MALFORMED, 1, 20);
    fails_at("{{>opens}}{{/host}}", STATUS_MALFORMED, 1, 1);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char source[(TEMPLATE_SECTIONS_MOST + 1) * 9 + 1] = "";
    for (unsigned i = 0; i <= TEMPLATE_SECTIONS_MOST; i++) {
        memcpy(source + strlen(source), "{{#host}}", 10);
    }
    fails_at(source, STATUS_TOO_LONG, 1, TEMPLATE_SECTIONS_MOST * 9 + 1);
    fails_at("{{>endless}}", STATUS_TOO_LONG, 1, 1);
}

static void repetition_is_bounded(void **state)
{
    (void)state;
    char source[20 * 18 + 1] = "";
    for (unsigned i = 0; i < 18; i++) {
        memcpy(source + strlen(source), "{{#list}}", 10);
    }
    for (unsigned i = 0; i < 18; i++) {
        memcpy(source + strlen(source), "{{/list}}", 10);
    }
    assert_int_equal(render(source), STATUS_TOO_LONG);
    assert_true(problem_is_set(&problem));
}

static void too_much_output_is_an_error(void **state)
{
    (void)state;
    char source[sizeof out + 1];
    memset(source, 'x', sizeof out);
    source[sizeof out] = '\0';
    assert_int_equal(render(source), STATUS_TOO_LONG);
    assert_true(problem_is_set(&problem));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_their_members_are_put_in),
        cmocka_unit_test(nothing_is_escaped_unless_asked_for),
        cmocka_unit_test(an_unknown_name_is_an_error_with_its_place),
        cmocka_unit_test(a_known_name_without_value_is_an_error_too),
        cmocka_unit_test(a_value_that_is_empty_on_purpose_is_put_in),
        cmocka_unit_test(sections_ask_whether_there_is_a_value),
        cmocka_unit_test(an_unknown_partial_is_an_error),
        cmocka_unit_test(broken_tags_are_errors),
        cmocka_unit_test(sections_must_be_closed_in_order),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(repetition_is_bounded),
        cmocka_unit_test(too_much_output_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
