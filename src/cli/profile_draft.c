// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/profile_draft.h"

#include "base/text.h"
#include "io/heap.h"

#include <stdio.h>
#include <string.h>

#define MARK       "{{! packages }}"
#define NAME_BYTES 128
#define SMALL      "abcdefghijklmnopqrstuvwxyz"
#define LARGE      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS     "0123456789"

// The next tag of `key` at or behind `at` that begins with `sign` ('\0' = a plain value), or NULL.
static const char *find_tag(const char *at, char sign, const char *key)
{
    char tag[NAME_BYTES];
    (void)snprintf(tag, sizeof tag, "{{%.*s%s}}", sign == '\0' ? 0 : 1, &sign, key);
    return strstr(at, tag);
}

bool profile_draft_has(const char *source, const char *key)
{
    return find_tag(source, '\0', key) != NULL || find_tag(source, '#', key) != NULL ||
           find_tag(source, '^', key) != NULL;
}

bool profile_draft_assumes(const char *source, const char *key)
{
    const char *at = source;
    const char *plain;
    while ((plain = find_tag(at, '\0', key)) != NULL) {
        const char *opens = find_tag(at, '#', key);
        if (opens == NULL || opens > plain) {
            return true;
        }
        const char *closes = find_tag(opens, '/', key);
        if (closes == NULL) {
            return false; // a broken template is told by who renders it
        }
        at = closes + 1;
    }
    return false;
}

bool profile_draft_needs(const char *source, const char *key)
{
    char tag[NAME_BYTES];
    unsigned depth = 0;
    (void)snprintf(tag, sizeof tag, "{{%s}}", key);
    for (const char *at = strstr(source, "{{"); at != NULL; at = strstr(at + 2, "{{")) {
        if (depth == 0 && text_starts(at, tag)) {
            return true;
        }
        depth += at[2] == '#' || at[2] == '^' ? 1 : 0;
        depth -= at[2] == '/' && depth > 0 ? 1 : 0;
    }
    return false;
}

bool profile_draft_is_user(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= 32 && strspn(text, SMALL) > 0 &&
           strspn(text, SMALL DIGITS "_-") == length && strcmp(text, "root") != 0;
}

bool profile_draft_is_word(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length < 64 && strspn(text, SMALL LARGE DIGITS "_.@+-/ ") == length &&
           strstr(text, "..") == NULL && text[0] != '/' && text[0] != '-' && text[0] != ' ';
}

// Debian's, Red Hat's groups ("@^minimal-environment") too; nothing that ends a line, a word or a quote.
static bool is_package(const char *text, size_t length)
{
    return length < NAME_BYTES && strspn(text, SMALL LARGE DIGITS "+.:@^_-") >= length && text[0] != '-';
}

// How one package is written, and what comes before and behind all of them.
struct format {
    const char *ending; // of the answer file's name
    const char *head;
    const char *before;
    const char *between;
    const char *behind;
    const char *tail;
};

static const struct format FORMATS[] = {
    {"preseed.cfg", "d-i pkgsel/include string", " ", "", "", ""},
    {"ks.cfg", "", "", "\n", "", ""},
    {"user-data", "  packages:\n", "    - \"", "\n", "\"", ""},
    {".xml", "", "      <package>", "\n", "</package>", ""},
    {".tar.gz", "      apk add", " ", "", "", ""}, // in its script
    {".json", ", ", "\"", ", ", "\"", ""},
};

static const struct format *find_format(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(FORMATS); i++) {
        if (text_ends(name, FORMATS[i].ending)) {
            return &FORMATS[i];
        }
    }
    return NULL;
}

static enum status add_packages(const struct format *format, const char *packages, struct text *out,
                                struct problem *problem)
{
    unsigned count = 0;
    text_add(out, format->head);
    for (const char *at = packages + strspn(packages, " "); *at != '\0'; count++) {
        size_t length = strcspn(at, " ");
        if (!is_package(at, length)) {
            problem_set(problem, "'%.*s' is no name of a package", (int)size_min(length, 60), at);
            problem_set_remedy(problem, "write their names with blanks between: --packages 'vim git'");
            return STATUS_MALFORMED;
        }
        if (count == PROFILE_DRAFT_PACKAGES) {
            problem_set(problem, "more than %d packages", PROFILE_DRAFT_PACKAGES);
            problem_set_remedy(problem, "let one package of your own depend on the others");
            return STATUS_TOO_LONG;
        }
        text_add_format(out, "%s%s%.*s%s", count == 0 ? "" : format->between, format->before, (int)length, at,
                        format->behind);
        at += length;
        at += strspn(at, " ");
    }
    text_add(out, format->tail);
    return STATUS_OK;
}

enum status profile_draft_fill(const char *source, const char *name, const char *packages, char **out,
                               struct problem *problem)
{
    const struct format *format = find_format(name);
    const char *mark = strstr(source, MARK);
    bool has_packages = packages[strspn(packages, " ")] != '\0';
    if (!has_packages || mark == NULL || format == NULL) {
        *out = heap_copy_text(source);
        return STATUS_OK;
    }
    size_t room = strlen(source) + strlen(packages) + (PROFILE_DRAFT_PACKAGES + 1) * 48;
    struct text text;
    *out = heap_new(room);
    text_init(&text, *out, room);
    text_add_bytes(&text, source, (size_t)(mark - source));
    enum status status = add_packages(format, packages, &text, problem);
    text_add(&text, mark + strlen(MARK));
    if (status == STATUS_OK && !text.cut) {
        return STATUS_OK;
    }
    heap_free(*out);
    *out = NULL;
    return status == STATUS_OK ? STATUS_TOO_LONG : status;
}
