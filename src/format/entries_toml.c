// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "format/entries.h"
#include "format/line.h"

#include <string.h>

struct toml_reading {
    char table[ENTRY_NAME_BYTES]; // "" or "name/"
    char name[ENTRY_NAME_BYTES];
    char value[ENTRY_VALUE_BYTES];
    struct text words; // in `value`
    unsigned line;     // where the value began
    unsigned open;     // brackets of a list that goes on
    const char *quote; // of a text over several lines that goes on, else NULL
    const struct entries_visit *visit;
    struct problem *problem;
};

static enum status refuse(struct toml_reading *reading, unsigned line, const char *what)
{
    problem_set(reading->problem, "%s", what);
    if (reading->problem != NULL) {
        reading->problem->line = line;
    }
    return STATUS_MALFORMED;
}

static bool is_key(const char *key, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char lower = text_lower(key[i]);
        bool is_plain = (lower >= 'a' && lower <= 'z') || (key[i] >= '0' && key[i] <= '9') ||
                        text_is_one_of(key[i], "_-.\"'");
        if (!is_plain) {
            return false;
        }
    }
    return length > 0;
}

// A key without its quotes, its dots as '/'.
static void add_key(struct text *out, const char *key, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (key[i] != '"' && key[i] != '\'') {
            text_add_char(out, key[i] == '.' ? '/' : key[i]);
        }
    }
}

static enum status take_table(struct toml_reading *reading, struct line line)
{
    unsigned brackets = line.length > 1 && line.text[1] == '[' ? 2 : 1;
    const char *end = memchr(line.text, ']', line.length);
    struct line key = {line.text + brackets, 0, line.number};
    key.length = end == NULL || end < key.text ? 0 : (size_t)(end - key.text);
    key = line_trim(key);
    const char *rest = end == NULL ? NULL : end + brackets;
    size_t left =
        rest == NULL || rest > line.text + line.length ? 0 : (size_t)(line.text + line.length - rest);
    bool is_closed = end != NULL && rest <= line.text + line.length && (brackets == 1 || end[1] == ']');
    struct line behind = line_trim((struct line){rest, left, line.number});
    if (!is_closed || !is_key(key.text, key.length) || (behind.length > 0 && behind.text[0] != '#')) {
        return refuse(reading, line.number, "the name of a table must be written [name]");
    }
    struct text out;
    text_init(&out, reading->table, sizeof reading->table);
    add_key(&out, key.text, key.length);
    text_add_char(&out, '/');
    return STATUS_OK;
}

// Follows one line of a value; what is part of it goes to `words`, its quotes and comments do not.
static enum status follow(struct toml_reading *reading, struct line line)
{
    static const char *const QUOTES[] = {"\"\"\"", "'''", "\"", "'"};
    size_t i = 0;
    while (i < line.length) {
        const char *at = line.text + i;
        size_t left = line.length - i;
        size_t width = reading->quote == NULL ? 0 : strlen(reading->quote);
        if (reading->quote != NULL && left >= width && memcmp(at, reading->quote, width) == 0) {
            reading->quote = NULL;
            i += width;
        } else if (reading->quote != NULL) {
            size_t bytes = *at == '\\' && reading->quote[0] == '"' && left > 1 ? 2 : 1;
            text_add_bytes(&reading->words, at + bytes - 1, 1);
            i += bytes;
        } else if (*at == '#') {
            break;
        } else if (*at == '"' || *at == '\'') {
            for (size_t q = 0; reading->quote == NULL; q++) {
                size_t length = strlen(QUOTES[q]);
                bool is_it = left >= length && memcmp(at, QUOTES[q], length) == 0;
                reading->quote = is_it ? QUOTES[q] : NULL;
            }
            i += strlen(reading->quote);
        } else {
            reading->open += *at == '[' || *at == '{';
            reading->open -= (*at == ']' || *at == '}') && reading->open > 0;
            text_add_bytes(&reading->words, at, 1);
            i++;
        }
    }
    bool is_long = reading->quote != NULL && reading->quote[1] != '\0';
    return reading->quote == NULL || is_long
               ? STATUS_OK
               : refuse(reading, line.number, "a text is not ended in its line");
}

static enum status finish(struct toml_reading *reading)
{
    if (reading->quote != NULL || reading->open > 0) {
        return STATUS_OK; // it goes on
    }
    while (reading->words.length > 0 && reading->value[reading->words.length - 1] == ' ') {
        reading->value[--reading->words.length] = '\0';
    }
    const struct entry entry = {reading->name, reading->value, reading->line};
    reading->visit->entry(reading->visit->context, &entry);
    reading->line = 0;
    return STATUS_OK;
}

static enum status take_pair(struct toml_reading *reading, struct line line)
{
    const char *equals = memchr(line.text, '=', line.length);
    struct line key = {line.text, equals == NULL ? 0 : (size_t)(equals - line.text), line.number};
    key = line_trim(key);
    if (!is_key(key.text, key.length)) {
        return refuse(reading, line.number, "this must be written name = value");
    }
    struct text name;
    text_init(&name, reading->name, sizeof reading->name);
    text_add(&name, reading->table);
    add_key(&name, key.text, key.length);
    struct line rest =
        line_trim((struct line){equals + 1, line.length - (size_t)(equals + 1 - line.text), line.number});
    if (rest.length == 0 || rest.text[0] == '#') {
        return refuse(reading, line.number, "there is no value behind '='");
    }
    text_init(&reading->words, reading->value, sizeof reading->value);
    reading->line = line.number;
    enum status status = follow(reading, rest);
    return status == STATUS_OK ? finish(reading) : status;
}

static enum status take_line(struct toml_reading *reading, struct line line)
{
    if (reading->line != 0) {
        enum status status = follow(reading, line);
        return status == STATUS_OK ? finish(reading) : status;
    }
    line = line_trim(line);
    if (line.length == 0 || line.text[0] == '#') {
        return STATUS_OK;
    }
    return line.text[0] == '[' ? take_table(reading, line) : take_pair(reading, line);
}

enum status entries_parse_toml(const char *text, size_t length, const struct entries_visit *visit,
                               struct problem *problem)
{
    struct toml_reading reading = {.visit = visit, .problem = problem};
    struct reader reader = reader_init(text, length);
    struct line line = line_init();
    enum status status = STATUS_OK;
    while (status == STATUS_OK && line_next(&reader, &line)) {
        status = take_line(&reading, line);
    }
    if (status == STATUS_OK && reading.line != 0) {
        status = refuse(&reading, reading.line, "a text or list is not ended");
    }
    return status;
}
