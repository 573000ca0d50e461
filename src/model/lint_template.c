// SPDX-License-Identifier: GPL-3.0-or-later
// What templates name: read tag by tag, without filling anything in.
#include "model/lint.h"

#include <string.h>

struct tag {
    char kind; // '#', '^', '/', '>', '!', '=' or ' ' for a value
    char name[LINT_NAME_BYTES];
    unsigned line;
};

struct tags {
    const char *at;
    const char *end;
    unsigned line;
    bool has_strange_delimiters; // from here on nothing can be said
};

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static void take_name(const char *start, const char *end, char out[LINT_NAME_BYTES])
{
    struct text text;
    while (start < end && is_blank(*start)) {
        start++;
    }
    while (end > start && is_blank(end[-1])) {
        end--;
    }
    text_init(&text, out, LINT_NAME_BYTES);
    text_add_bytes(&text, start, (size_t)(end - start));
}

static void count_lines(struct tags *tags, const char *to)
{
    for (; tags->at < to; tags->at++) {
        tags->line += *tags->at == '\n';
    }
}

// The next tag; false at the end, and behind delimiters of one's own.
static bool next_tag(struct tags *tags, struct tag *tag)
{
    size_t left = (size_t)(tags->end - tags->at);
    const char *open = tags->has_strange_delimiters ? NULL : memmem(tags->at, left, "{{", 2);
    if (open == NULL) {
        return false;
    }
    count_lines(tags, open);
    const char *start = open + 2;
    bool is_triple = start < tags->end && *start == '{';
    const char *ending = is_triple ? "}}}" : "}}";
    start += is_triple;
    const char *close = memmem(start, (size_t)(tags->end - start), ending, strlen(ending));
    if (close == NULL) {
        return false;
    }
    bool is_value = is_triple || start == close || strchr("#^/>!=&", *start) == NULL || *start == '\0';
    tag->kind = is_value || *start == '&' ? ' ' : *start;
    tag->line = tags->line;
    take_name(start + (!is_value), close, tag->name);
    tags->has_strange_delimiters = tag->kind == '=';
    count_lines(tags, close + strlen(ending));
    return true;
}

#define PARTS_MOST 1000 // snippets that take each other in

// The sections that are open around a tag.
struct around {
    char names[TEMPLATE_SECTIONS_MOST][LINT_NAME_BYTES];
    char kinds[TEMPLATE_SECTIONS_MOST];
    unsigned depth;
    unsigned snippets;   // inside of so many
    unsigned parts;      // snippets looked at so far
    const char *snippet; // the innermost; NULL = in the template itself
    unsigned line;       // of the template, where the outermost is taken in
};

static void step(struct around *around, const struct tag *tag)
{
    if (tag->kind == '/' && around->depth > 0) {
        around->depth--;
    }
    if ((tag->kind == '#' || tag->kind == '^') && around->depth < TEMPLATE_SECTIONS_MOST) {
        around->kinds[around->depth] = tag->kind;
        (void)text_copy(around->names[around->depth++], LINT_NAME_BYTES, tag->name);
    }
}

// Whether the value stands in a section of its own name, or as a part of one.
static bool is_guarded(const struct around *around, const char *name)
{
    for (unsigned i = 0; i < around->depth; i++) {
        if (strcmp(around->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

// Whether the tag stands in a section of a name that has no value, which comes out empty.
static bool is_left_out(const struct around *around, const struct lint_names *names)
{
    for (unsigned i = 0; i < around->depth && !names->is_open; i++) {
        if (around->kinds[i] == '#' && !names->is_known(names->self, around->names[i])) {
            return true;
        }
    }
    return false;
}

static void check_value(const struct tag *tag, const struct around *around, const struct lint_names *names,
                        struct lint *lint)
{
    if (tag->kind != ' ' || strcmp(tag->name, ".") == 0 || names->is_known(names->self, tag->name)) {
        return;
    }
    const char *near = names->nearest == NULL ? NULL : names->nearest(names->self, tag->name);
    const char *in = around->snippet == NULL ? "" : " in the snippet ";
    const char *snippet = around->snippet == NULL ? "" : around->snippet;
    unsigned line = around->snippet == NULL ? tag->line : around->line;
    if (is_left_out(around, names)) {
        near = near != NULL && text_distance(near, tag->name) == 1 && is_guarded(around, tag->name) ? near
                                                                                                    : NULL;
    }
    if (!names->is_open && !is_guarded(around, tag->name) && !is_left_out(around, names)) {
        lint_add(lint, LINT_VALUE_UNDEFINED, line, "%s%s%s%s%s%s", tag->name, in, snippet,
                 near == NULL ? "" : " (did you mean ", near == NULL ? "" : near, near == NULL ? "" : "?)");
    } else if (near != NULL && (!is_guarded(around, tag->name) || text_distance(near, tag->name) == 1)) {
        lint_add(lint, LINT_VALUE_MISSPELT, line, "%s%s%s; did you mean %s?", tag->name, in, snippet, near);
    }
}

static bool has_hash(const char *text, size_t length)
{
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./$";
    for (size_t i = 0; i + 12 < length; i++) {
        // "$6$salt..." and its like: a dollar sign, one or two of the alphabet, a dollar sign, and much more.
        bool is_dollar = text[i] == '$' && text[i + 1] != '$';
        bool is_long = is_dollar && text[i + 3] == '$' && text_lower(text[i + 2]) >= 'a' &&
                       text_lower(text[i + 2]) <= 'z';
        size_t kind = is_dollar && text[i + 2] == '$' ? 3 : is_long ? 4 : 0;
        size_t rest = i + kind;
        while (kind > 0 && rest < length && text[rest] != '\0' && strchr(ALPHABET, text[rest]) != NULL) {
            rest++;
        }
        if (kind > 0 && text_is_one_of(text[i + 1], "16524y") && rest - i > 20) {
            return true;
        }
    }
    return false;
}

static void check_hashes(const char *source, size_t length, struct lint *lint)
{
    unsigned number = 0;
    const char *end = source + length;
    while (source < end) {
        const char *line_end = memchr(source, '\n', (size_t)(end - source));
        line_end = line_end == NULL ? end : line_end;
        number++;
        if (has_hash(source, (size_t)(line_end - source))) {
            lint_add(lint, LINT_SECRET_IN_TEMPLATE, number, "%s", "");
        }
        source = line_end + (line_end < end);
    }
}

// Checks the template or, one call deeper each, a snippet. Whether its end is told to the server.
static bool check_part(const char *source, size_t length, const struct lint_names *names,
                       struct around *around, struct lint *lint)
{
    struct tags tags = {.at = source, .end = source + length, .line = 1};
    struct tag tag;
    bool has_callback = memmem(source, length, "callback_url", 12) != NULL;
    const char *outer = around->snippet;
    while (next_tag(&tags, &tag)) {
        step(around, &tag);
        check_value(&tag, around, names, lint);
        if (tag.kind != '>') {
            continue;
        }
        size_t bytes = 0;
        const char *text =
            names->find_snippet == NULL ? NULL : names->find_snippet(names->self, tag.name, &bytes);
        unsigned line = outer == NULL ? tag.line : around->line;
        if (text == NULL) {
            lint_add(lint, LINT_SNIPPET_MISSING, line, "%s", tag.name);
            has_callback = true; // it may be in there
        } else if (around->snippets < TEMPLATE_PARTIALS_MOST && around->parts++ < PARTS_MOST) {
            around->line = line;
            around->snippet = tag.name;
            around->snippets++;
            has_callback |= check_part(text, bytes, names, around, lint);
            around->snippets--;
            around->snippet = outer;
        }
    }
    return has_callback;
}

void lint_check_template(const char *source, size_t length, const struct lint_names *names, struct lint *lint)
{
    struct around around = {.depth = 0};
    if (!check_part(source, length, names, &around, lint)) {
        lint_add(lint, LINT_CALLBACK_MISSING, 0, "%s", "");
    }
    check_hashes(source, length, lint);
}

void lint_find_needs(const char *source, size_t length, struct lint_needs *needs)
{
    struct tags tags = {.at = source, .end = source + length, .line = 1};
    struct around around = {.depth = 0};
    struct tag tag;
    needs->count = 0;
    while (needs->count < LINT_NEEDED_MOST && next_tag(&tags, &tag)) {
        step(&around, &tag);
        if (tag.kind == ' ' && !is_guarded(&around, tag.name)) {
            (void)text_copy(needs->names[needs->count++], LINT_NAME_BYTES, tag.name);
        }
    }
}

bool lint_has_secret(const struct lint_subject *subject)
{
    struct lint lint;
    lint_init(&lint);
    lint_check(subject, &lint);
    bool has = has_hash(subject->text, subject->length);
    for (unsigned i = 0; i < lint.count; i++) {
        has = has || lint.findings[i].rule == LINT_PASSWORD_PLAIN;
    }
    return has;
}
