// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/render.h"

#include "catalog/values.h"

#include <stdio.h>
#include <string.h>

/// Says what to do about a name that has no value: give it one, if a profile can, or use another.
static void explain_missing(const struct values *values, struct problem *problem)
{
    char names[PROBLEM_REMEDY_BYTES / 2 + 32];
    char set[PROBLEM_REMEDY_BYTES / 2 - 64] = "";
    struct text text;
    const char *name = problem->text + strspn(problem->text, "{");
    int length = (int)strcspn(name, "}.");
    if (name[length] == '}') { // a profile's own names have no dots
        text_init(&text, set, sizeof set);
        text_add_format(&text, "imprint profile edit %s --set %.*s=VALUE gives it one; ",
                        values->facts->profile->name, length, name);
    }
    text_init(&text, names, sizeof names);
    values_add_names(values, &text);
    problem_set_remedy(problem, "%sthe names there are: %s%s", set, names, text.cut ? " ..." : "");
}

/// Renders `source` (called `place` in problems) with `values`; a missing name's problem gets the list of
/// those there are.
static enum status render_source(const struct values *values, const char *source, const char *place,
                                 struct text *out, struct problem *problem)
{
    const struct template_data data = {.self = values, .find = values_find};
    const struct template_options options = {
        .name = place, .escape = TEMPLATE_ESCAPE_NONE, .is_strict = true};
    enum status status = template_render(source, strlen(source), &data, &options, out, problem);
    if (status == STATUS_NOT_FOUND) {
        explain_missing(values, problem);
    }
    return status;
}

enum status render_answer(const struct render_facts *facts, struct text *out, struct problem *problem)
{
    const struct profile *profile = facts->profile;
    char place[PROBLEM_PLACE_BYTES];
    struct values values;
    snprintf(place, sizeof place, "profile %s, %s", profile->name, profile->answer_name);
    if (profile->answer == NULL || profile->answer_name[0] == '\0') {
        problem_set(problem, "profile %s has no answer file", profile->name);
        problem_set_remedy(problem, "imprint profile edit %s --answer-file FILE", profile->name);
        return STATUS_UNSUPPORTED;
    }
    values_init(&values, facts);
    return render_source(&values, profile->answer, place, out, problem);
}

/// Renders one part of the arguments, a blank before it unless it is the first or comes out empty.
static enum status render_part(const struct values *values, const char *source, const char *place,
                               struct text *out, struct problem *problem)
{
    char part[2 * IMAGE_ARGUMENTS_BYTES];
    struct text text;
    text_init(&text, part, sizeof part);
    enum status status = render_source(values, source, place, &text, problem);
    for (size_t i = 0; i < text.length; i++) {
        part[i] = strchr("\r\n\t", part[i]) != NULL ? ' ' : part[i];
    }
    while (text.length > 0 && part[text.length - 1] == ' ') {
        text.length--;
    }
    size_t start = size_min(strspn(part, " "), text.length);
    if (status == STATUS_OK && text.length > start) {
        text_add(out, out->length == 0 ? "" : " ");
        text_add_bytes(out, part + start, text.length - start);
    }
    return status;
}

enum status render_arguments(const struct render_facts *facts, struct text *out, struct problem *problem)
{
    char image_place[PROBLEM_PLACE_BYTES];
    char family_place[PROBLEM_PLACE_BYTES];
    char profile_place[PROBLEM_PLACE_BYTES];
    bool has_answer = facts->profile->answer_name[0] != '\0' && facts->family != NULL;
    struct values values;
    snprintf(image_place, sizeof image_place, "image %s, arguments", facts->image->name);
    snprintf(family_place, sizeof family_place, "family %s, answer arguments", facts->image->family);
    snprintf(profile_place, sizeof profile_place, "profile %s, arguments", facts->profile->name);
    values_init(&values, facts);
    enum status status = render_part(&values, facts->image->arguments, image_place, out, problem);
    if (status == STATUS_OK && has_answer) {
        status = render_part(&values, facts->family->answer_arguments, family_place, out, problem);
    }
    if (status == STATUS_OK) {
        status = render_part(&values, facts->profile->arguments, profile_place, out, problem);
    }
    if (status == STATUS_OK && out->cut) {
        problem_set(problem, "the kernel arguments are longer than %zu bytes", out->capacity - 1);
        problem_set_place(problem, profile_place, 0, 0);
        status = STATUS_TOO_LONG;
    }
    return status;
}
