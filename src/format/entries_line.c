// SPDX-License-Identifier: GPL-3.0-or-later
// The formats that are lists of lines: kickstart, preseed, boot menus.
#include "base/text.h"
#include "format/entries.h"
#include "format/line.h"

#include <stdio.h>
#include <string.h>

struct pair { // one line taken apart
    char name[ENTRY_NAME_BYTES];
    char value[ENTRY_VALUE_BYTES];
};

static void tell(const struct entries_visit *visit, const char *name, const char *value, unsigned line)
{
    const struct entry entry = {name, value, line};
    visit->entry(visit->context, &entry);
}

static void tell_pair(const struct entries_visit *visit, const struct pair *pair, unsigned line)
{
    tell(visit, pair->name, pair->value, line);
}

// The first word of `line` and the rest; what is too long is cut.
static void take_pair(struct pair *pair, struct line line)
{
    pair->name[0] = '\0';
    enum status ignored = line_take_word(&line, pair->name, sizeof pair->name);
    (void)ignored;
    line = line_trim(line);
    (void)line_copy(&line, pair->value, sizeof pair->value);
}

static bool is_comment(const struct line *line)
{
    return line->length == 0 || line->text[0] == '#';
}

static bool is_section(const char *name)
{
    static const char *const NAMES[] = {"%packages",  "%pre",   "%pre-install", "%post",      "%onerror",
                                        "%traceback", "%addon", "%anaconda",    "%firstboot", "%certificate"};
    return text_find(name, NAMES, COUNT_OF(NAMES)) < COUNT_OF(NAMES);
}

void entries_parse_kickstart(const char *text, size_t length, const struct entries_visit *visit)
{
    struct reader reader = reader_init(text, length);
    struct line line = line_init();
    char section[24] = ""; // "%post", or "" outside
    unsigned begun = 0;
    while (line_next(&reader, &line)) {
        struct pair pair;
        struct line trimmed = line_trim(line);
        if (is_comment(&trimmed)) {
            continue;
        }
        take_pair(&pair, trimmed);
        bool is_end = strcmp(pair.name, "%end") == 0;
        if (section[0] != '\0' && !is_end && !is_section(pair.name)) {
            (void)line_copy(&trimmed, pair.value, sizeof pair.value);
            (void)snprintf(pair.name, sizeof pair.name, "%s/", section);
            tell_pair(visit, &pair, line.number);
            continue;
        }
        if (section[0] != '\0' && !is_end) {
            tell(visit, "%open", section, begun);
        }
        section[0] = '\0';
        if (is_section(pair.name)) {
            (void)text_copy(section, sizeof section, pair.name);
            begun = line.number;
        }
        tell_pair(visit, &pair, line.number);
    }
    if (section[0] != '\0') {
        tell(visit, "%open", section, begun);
    }
}

static void take_answer(const struct entries_visit *visit, const struct text *whole, unsigned number)
{
    static const char *const TYPES[] = {"string", "boolean",  "select", "multiselect", "note",
                                        "text",   "password", "title",  "error",       "seen"};
    char owner[64];
    char type[16];
    struct pair pair;
    struct line line = line_trim((struct line){whole->start, whole->length, number});
    if (is_comment(&line)) {
        return;
    }
    enum status has_owner = line_take_word(&line, owner, sizeof owner);
    enum status has_name = line_take_word(&line, pair.name, sizeof pair.name);
    enum status has_type = line_take_word(&line, type, sizeof type);
    if (has_owner == STATUS_NOT_FOUND || has_name != STATUS_OK || has_type != STATUS_OK ||
        text_find(type, TYPES, COUNT_OF(TYPES)) == COUNT_OF(TYPES)) {
        tell(visit, "%malformed", whole->start, number);
        return;
    }
    line = line_trim(line);
    (void)line_copy(&line, pair.value, sizeof pair.value);
    tell_pair(visit, &pair, number);
}

void entries_parse_preseed(const char *text, size_t length, const struct entries_visit *visit)
{
    struct reader reader = reader_init(text, length);
    struct line line = line_init();
    char buffer[ENTRY_VALUE_BYTES + ENTRY_NAME_BYTES];
    struct text whole;
    unsigned begun = 0;
    text_init(&whole, buffer, sizeof buffer);
    while (line_next(&reader, &line)) {
        bool goes_on = line.length > 0 && line.text[line.length - 1] == '\\';
        begun = begun == 0 ? line.number : begun;
        text_add_bytes(&whole, line.text, line.length - goes_on);
        if (!goes_on) {
            take_answer(visit, &whole, begun);
            text_init(&whole, buffer, sizeof buffer);
            begun = 0;
        }
    }
    if (begun != 0) {
        take_answer(visit, &whole, begun);
    }
}

void entries_parse_words(const char *text, size_t length, const struct entries_visit *visit)
{
    struct reader reader = reader_init(text, length);
    struct line line = line_init();
    while (line_next(&reader, &line)) {
        struct pair pair;
        struct line trimmed = line_trim(line);
        if (!is_comment(&trimmed)) {
            take_pair(&pair, trimmed);
            for (char *at = pair.name; *at != '\0'; at++) {
                *at = text_lower(*at);
            }
            tell_pair(visit, &pair, line.number);
        }
    }
}
