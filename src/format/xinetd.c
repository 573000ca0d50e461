// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/xinetd.h"

#include <string.h>

struct xinetd xinetd_init(const char *text, size_t bytes)
{
    return (struct xinetd){.reader = reader_init(text, bytes), .line = line_init()};
}

static bool fault(struct xinetd_item *item, const struct line *line, const char *what)
{
    item->kind = XINETD_FAULT;
    (void)line_copy(line, item->value, sizeof item->value);
    (void)text_copy(item->fault, sizeof item->fault, what);
    return true;
}

static bool close_entry(struct xinetd *xinetd, struct xinetd_item *item)
{
    xinetd->is_open = false;
    xinetd->entry_line = 0;
    item->kind = XINETD_CLOSE;
    return true;
}

// "name = values", with "+=" and "-=", blanks around them or not.
static bool read_attribute(struct xinetd_item *item, const struct line *line)
{
    const char *equals = memchr(line->text, '=', line->length);
    if (equals == NULL) {
        return fault(item, line, "this is no attribute, which is written name = value");
    }
    struct line name = {line->text, (size_t)(equals - line->text), line->number};
    struct line value = {equals + 1, line->length - name.length - 1, line->number};
    item->operation = '=';
    if (name.length != 0 && (equals[-1] == '+' || equals[-1] == '-')) {
        item->operation = equals[-1];
        name.length--;
    }
    name = line_trim(name);
    value = line_trim(value);
    item->kind = XINETD_ATTRIBUTE;
    if (name.length == 0) {
        return fault(item, line, "the attribute has no name");
    }
    if (line_copy(&name, item->name, sizeof item->name) != STATUS_OK) {
        return fault(item, line, "the attribute's name is too long");
    }
    if (line_copy(&value, item->value, sizeof item->value) != STATUS_OK) {
        return fault(item, line, "the value is too long");
    }
    return true;
}

// A line outside of braces.
static bool read_entry(struct xinetd *xinetd, struct xinetd_item *item, const struct line *line)
{
    struct line rest = *line;
    char word[XINETD_NAME_BYTES];
    if (line_starts(line, '{') && xinetd->entry_line != 0 && !xinetd->is_open) {
        xinetd->is_open = true;
        rest = line_trim((struct line){line->text + 1, line->length - 1, line->number});
        return rest.length != 0 && fault(item, line, "nothing may stand behind the brace in its line");
    }
    if (line_take_word(&rest, word, sizeof word) != STATUS_OK) {
        return fault(item, line, "the line is too long to be the start of an entry");
    }
    bool is_include = strcmp(word, "include") == 0 || strcmp(word, "includedir") == 0;
    bool is_service = strcmp(word, "service") == 0;
    if (!is_include && !is_service && strcmp(word, "defaults") != 0) {
        return fault(item, line, "this is neither a comment nor the start of an entry");
    }
    rest = line_trim(rest);
    xinetd->entry_line = is_include ? 0 : line->number;
    if (!is_include && rest.length != 0 && rest.text[rest.length - 1] == '{') {
        xinetd->is_open = true;
        rest.length--;
        rest = line_trim(rest);
    }
    item->kind = is_include ? XINETD_INCLUDE : is_service ? XINETD_SERVICE : XINETD_DEFAULTS;
    if (is_include) {
        (void)text_copy(item->name, sizeof item->name, word);
        (void)line_copy(&rest, item->value, sizeof item->value);
    } else if (is_service &&
               (rest.length == 0 || line_copy(&rest, item->name, sizeof item->name) != STATUS_OK)) {
        (void)text_copy(item->name, sizeof item->name, "?");
    }
    return true;
}

static bool read_line(struct xinetd *xinetd, struct xinetd_item *item, const struct line *line)
{
    item->line = line->number;
    if (!xinetd->is_open) {
        return read_entry(xinetd, item, line);
    }
    if (line->length == 1 && line_starts(line, '}')) {
        return close_entry(xinetd, item);
    }
    return read_attribute(item, line);
}

bool xinetd_next(struct xinetd *xinetd, struct xinetd_item *item)
{
    *item = (struct xinetd_item){.kind = XINETD_FAULT};
    while (line_next(&xinetd->reader, &xinetd->line)) {
        struct line line = line_trim(xinetd->line);
        if (line.length != 0 && !line_starts(&line, '#') && read_line(xinetd, item, &line)) {
            return true;
        }
    }
    if (xinetd->entry_line == 0) {
        return false;
    }
    item->line = xinetd->entry_line;
    if (xinetd->is_open) {
        xinetd->is_open = false; // the close comes next
        (void)text_copy(
            item->fault, sizeof item->fault,
            "the closing brace '}' of this entry is missing, so the file was cut off or badly copied");
        return true;
    }
    return close_entry(xinetd, item);
}
