// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/fact.h"

#include "base/text.h"

#include <string.h>

json_t *fact_get(const json_t *object, const char *name)
{
    return json_object_get(object, name);
}

const char *fact_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

int64_t fact_number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

bool fact_is(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

json_t *fact_from_text(const char *text)
{
    json_t *json = json_string(text);
    if (json != NULL) {
        return json;
    }
    char escaped[1024];
    struct text builder;
    text_init(&builder, escaped, sizeof escaped);
    text_add_escaped(&builder, text, strlen(text));
    return json_string(escaped);
}
