// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/lint_profile.h"

#include "catalog/overlay.h"
#include "cli/ask.h"
#include "cli/fact.h"
#include "io/heap.h"
#include "model/lint_rules.h"

#include <stdio.h>
#include <string.h>

static void ignore(void *context, const struct problem *problem) // the daemon tells it when it starts
{
    (void)context;
    (void)problem;
}

struct lint_profile *lint_profile_new(void)
{
    struct lint_profile *checked = heap_new(sizeof *checked);
    checked->snippets = snippets_load(SNIPPETS_DEFAULT, ignore, NULL);
    return checked;
}

void lint_profile_take_snippets(struct lint_profile *checked, const char *folder)
{
    snippets_free(checked->snippets);
    checked->snippets = snippets_load(folder, ignore, NULL);
}

void lint_profile_free(struct lint_profile *taken)
{
    if (taken == NULL) {
        return;
    }
    if (taken->text != NULL) {
        explicit_bzero(taken->text, taken->length);
    }
    heap_free(taken->text);
    heap_free(taken->lines);
    snippets_free(taken->snippets);
    json_decref(taken->own);
    json_decref(taken->source);
    json_decref(taken->arguments);
    heap_free(taken);
}

// There may be more, of the family.
static void add_arguments(struct lint_profile *checked, const char *arguments)
{
    json_t *before = checked->arguments;
    checked->arguments = json_sprintf("%s%s%s", before == NULL ? "" : json_string_value(before),
                                      before == NULL ? "" : " ", arguments);
    json_decref(before);
    checked->arguments_are_partial = true;
}

static void take_source(struct lint_profile *checked, const char *name, json_t *taken_source)
{
    char *text = heap_copy_text(json_string_value(taken_source));
    (void)text_copy(checked->name, sizeof checked->name, name);
    lint_mend_blanks(text, strlen(text), &checked->lint);
    checked->source = json_string(text);
    checked->format = lint_guess_format(name, text, strlen(text));
    explicit_bzero(text, strlen(text));
    heap_free(text);
    json_decref(taken_source);
}

void lint_profile_take(struct lint_profile *checked, const json_t *profile)
{
    checked->own = json_incref(fact_get(profile, "values"));
    take_source(checked, fact_text(profile, "answer_name"), json_string(fact_text(profile, "answer")));
    add_arguments(checked, fact_text(profile, "arguments"));
}

void lint_profile_take_image(struct lint_profile *checked, struct call *call, const char *image)
{
    char path[CLIENT_PATH_BYTES];
    struct text text;
    struct problem problem; // nobody has asked for this: the findings are only fewer
    json_t *answer = NULL;
    problem_clear(&problem);
    text_init(&text, path, sizeof path);
    text_add(&text, "images/");
    client_add_name(&text, image);
    if (!text.cut && client_ask(ask_client(call), "GET", path, NULL, &answer, &problem) == STATUS_OK) {
        add_arguments(checked, fact_text(answer, "arguments"));
    }
    json_decref(answer);
}

void lint_profile_take_file(struct lint_profile *checked, const char *path, json_t *taken_source,
                            json_t *taken_set)
{
    static const char ENDING[] = ".mustache";
    char name[256];
    const char *slash = strrchr(path, '/');
    (void)text_copy(name, sizeof name, slash == NULL ? path : slash + 1);
    if (text_ends(name, ENDING)) {
        name[strlen(name) - strlen(ENDING)] = '\0';
    }
    checked->own = taken_set;
    checked->is_open = true;
    take_source(checked, name, taken_source);
}

void lint_profile_take_rendered(struct lint_profile *checked, const json_t *rendered)
{
    const char *text = fact_text(rendered, "answer");
    json_decref(checked->arguments);
    checked->arguments = json_string(fact_text(rendered, "arguments"));
    checked->arguments_are_partial = false;
    if (checked->source != NULL) {
        checked->is_rendered = true;
        checked->length = strlen(text);
        checked->text = heap_copy_text(text);
    }
}

static bool is_written(const struct lint_profile *checked, const char *name)
{
    const char *source = json_string_value(checked->source);
    const char *arguments = checked->arguments == NULL ? "" : json_string_value(checked->arguments);
    return strstr(source, name) != NULL || strstr(arguments, name) != NULL || strstr(source, "{{>") != NULL;
}

static void check_unused(struct lint_profile *checked)
{
    const char *key;
    json_t *value;
    json_object_foreach(checked->own, key, value)
    {
        if (!is_written(checked, key)) {
            lint_add(&checked->lint, LINT_VALUE_UNUSED, 0, "%s", key);
        }
    }
}

struct lint_subject lint_profile_subject(const struct lint_profile *checked)
{
    return (struct lint_subject){
        .format = checked->format,
        .text = checked->text,
        .length = checked->length,
        .lines = checked->lines,
        .line_count = checked->line_count,
        .arguments = checked->arguments == NULL ? NULL : json_string_value(checked->arguments),
        .is_partial = checked->arguments_are_partial};
}

static void check_source(struct lint_profile *checked)
{
    const char *source = json_string_value(checked->source);
    bool is_menu = checked->format == LINT_PXELINUX || checked->format == LINT_GRUB;
    struct lint_values values;
    struct problem problem;
    problem_clear(&problem);
    lint_values_init(&values, checked->own, checked->is_open);
    values.snippets = checked->snippets;
    const struct lint_names names = lint_values_names(&values);
    if (!is_menu) { // which is no template
        lint_check_template(source, strlen(source), &names, &checked->lint);
    }
    if (is_menu) {
        checked->text = heap_copy_text(source);
        checked->length = strlen(source);
    } else if (checked->text == NULL &&
               lint_values_render(&values, checked->name, source, &checked->text, &checked->length,
                                  &checked->lines, &checked->line_count, &problem) != STATUS_OK) {
        lint_add(&checked->lint, LINT_TEMPLATE_BROKEN, problem.line, "%s", problem.text);
    }
    lint_values_clear(&values);
}

// Its archive is made as the server would make it, and thrown away.
static void check_overlay(struct lint_profile *checked)
{
    size_t used;
    struct problem problem;
    void *archive = heap_new(OVERLAY_CONTENT_MOST);
    const struct lint_subject subject = lint_profile_subject(checked);
    problem_clear(&problem);
    if (overlay_pack(subject.text, subject.length, checked->name, archive, OVERLAY_CONTENT_MOST, &used,
                     &problem) != STATUS_OK) {
        lint_add(&checked->lint, LINT_OVERLAY_BROKEN, lint_place(&subject, problem.line), "%s", problem.text);
    }
    heap_free(archive);
}

void lint_profile_check(struct lint_profile *checked)
{
    if (checked->source != NULL) {
        check_source(checked);
        check_unused(checked);
    }
    const struct lint_subject subject = lint_profile_subject(checked);
    if (subject.arguments != NULL) {
        lint_check_arguments(subject.arguments, &checked->lint);
    }
    if (subject.text != NULL && subject.format == LINT_OVERLAY) {
        check_overlay(checked);
    }
    if (subject.text != NULL) {
        lint_check(&subject, &checked->lint);
    }
    lint_sort(&checked->lint);
}
