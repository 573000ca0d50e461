// SPDX-License-Identifier: GPL-3.0-or-later
// Every test of the published Mustache specification, one file of its data per argument.
#include "format/template.h"

#include <jansson.h>
#include <stdio.h>

#include "unit/test.h"

// Texts of numbers, which are asked for again and again; a test holds only a few at a time.
static char number_texts[16][64];
static unsigned number_next;

static struct template_value value_from_text(const char *text)
{
    return (struct template_value){.kind = TEMPLATE_TEXT, .text = text, .length = strlen(text)};
}

static struct template_value value_from_json(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return (struct template_value){.kind = TEMPLATE_OBJECT, .node = json};
    case JSON_ARRAY:
        return (struct template_value){.kind = TEMPLATE_LIST, .node = json, .count = json_array_size(json)};
    case JSON_STRING:
        return value_from_text(json_string_value(json));
    case JSON_INTEGER:
    case JSON_REAL:
        number_next = (number_next + 1) % COUNT_OF(number_texts);
        snprintf(number_texts[number_next], sizeof number_texts[0], "%.15g", json_number_value(json));
        return value_from_text(number_texts[number_next]);
    case JSON_TRUE:
        return (struct template_value){.kind = TEMPLATE_TRUE, .text = "true", .length = 4};
    case JSON_FALSE:
    case JSON_NULL:
        break;
    }
    return (struct template_value){.kind = TEMPLATE_EMPTY};
}

static struct template_value data_find(const void *self, const void *node, const char *name, size_t length)
{
    const json_t *test = self;
    const json_t *object = node != NULL ? node : json_object_get(test, "data");
    const json_t *member = json_is_object(object) ? json_object_getn(object, name, length) : NULL;
    return member == NULL ? (struct template_value){.kind = TEMPLATE_MISSING} : value_from_json(member);
}

static struct template_value data_item(const void *self, const void *node, size_t index)
{
    (void)self;
    return value_from_json(json_array_get(node, index));
}

static struct template_value data_partial(const void *self, const char *name, size_t length)
{
    const json_t *partials = json_object_get(self, "partials");
    const json_t *partial = partials != NULL ? json_object_getn(partials, name, length) : NULL;
    return partial == NULL ? (struct template_value){.kind = TEMPLATE_MISSING} : value_from_json(partial);
}

static bool spec_test_passes(const json_t *test)
{
    char out[4096];
    struct text text;
    struct problem problem;
    const struct template_options options = {.name = "spec", .escape = TEMPLATE_ESCAPE_HTML};
    const struct template_data data = {.self = test,
                                       .root = value_from_json(json_object_get(test, "data")),
                                       .find = data_find,
                                       .item = data_item,
                                       .partial = data_partial};
    const char *source = json_string_value(json_object_get(test, "template"));
    const char *expected = json_string_value(json_object_get(test, "expected"));
    text_init(&text, out, sizeof out);
    problem_clear(&problem);
    enum status status = template_render(source, strlen(source), &data, &options, &text, &problem);
    if (status == STATUS_OK && strcmp(out, expected) == 0) {
        return true;
    }
    printf("%s: %s\n  template %s\n  expected %s\n  got      %s\n  %s\n",
           json_string_value(json_object_get(test, "name")), status_text(status), source, expected, out,
           problem.text);
    return false;
}

int main(int argument_count, char **arguments)
{
    unsigned passed = 0;
    unsigned failed = 0;
    for (int i = 1; i < argument_count; i++) {
        json_error_t error;
        json_t *file = json_load_file(arguments[i], 0, &error);
        if (file == NULL) {
            printf("%s: %s\n", arguments[i], error.text);
            return 1;
        }
        const json_t *tests = json_object_get(file, "tests");
        for (size_t n = 0; n < json_array_size(tests); n++) {
            bool passes = spec_test_passes(json_array_get(tests, n));
            passed += passes;
            failed += !passes;
        }
        json_decref(file);
    }
    printf("%u of the specification's tests passed, %u failed\n", passed, failed);
    return failed == 0 && passed >= 100 ? 0 : 1;
}
