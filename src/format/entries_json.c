// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "format/entries.h"

#include <string.h>

struct json_level {
    size_t name_length; // of the path down to it
    bool is_list;
    bool has_items;
};

struct json_reading {
    const char *at;
    const char *end;
    unsigned line;
    char name[ENTRY_NAME_BYTES];
    char value[ENTRY_VALUE_BYTES];
    struct text path;
    struct json_level levels[ENTRIES_DEPTH];
    unsigned depth;
    const struct entries_visit *visit;
    struct problem *problem;
};

static enum status refuse(struct json_reading *reading, const char *what)
{
    problem_set(reading->problem, "%s", what);
    if (reading->problem != NULL) {
        reading->problem->line = reading->line;
    }
    return STATUS_MALFORMED;
}

static void tell(struct json_reading *reading, unsigned line)
{
    const struct entry entry = {reading->path.start, reading->value, line};
    reading->visit->entry(reading->visit->context, &entry);
}

static char peek(struct json_reading *reading)
{
    while (reading->at < reading->end && text_is_one_of(*reading->at, " \t\r\n")) {
        reading->line += *reading->at == '\n';
        reading->at++;
    }
    return reading->at < reading->end ? *reading->at : '\0';
}

static bool take(struct json_reading *reading, char character)
{
    bool is_it = reading->at < reading->end && peek(reading) == character && character != '\0';
    reading->at += is_it;
    return is_it;
}

// One escape behind its backslash; those of four digits are kept as '?' above ASCII, since no rule asks.
static bool take_escape(struct json_reading *reading, struct text *out)
{
    static const char NAMES[] = "\"\\/bfnrt";
    static const char MEANT[] = "\"\\/\b\f\n\r\t";
    char name = *reading->at++;
    const char *found = name == '\0' ? NULL : strchr(NAMES, name);
    if (found != NULL) {
        text_add_char(out, MEANT[found - NAMES]);
        return true;
    }
    if (name != 'u' || reading->end - reading->at < 4) {
        return false;
    }
    unsigned code = 0;
    for (int i = 0; i < 4; i++) {
        int digit = text_parse_hex_digit(*reading->at++);
        if (digit < 0) {
            return false;
        }
        code = code * 16 + (unsigned)digit;
    }
    text_add_char(out, code >= 0x20 && code < 0x7f ? (char)code : '?');
    return true;
}

static enum status take_string(struct json_reading *reading, struct text *out)
{
    reading->at++; // the quote
    while (reading->at < reading->end && *reading->at != '"') {
        char byte = *reading->at++;
        if ((unsigned char)byte < 0x20) {
            return refuse(reading, "a text is not ended before its line is");
        }
        if (byte != '\\') {
            text_add_char(out, byte);
        } else if (reading->at == reading->end || !take_escape(reading, out)) {
            return refuse(reading, "a backslash is followed by something that JSON does not know");
        }
    }
    if (reading->at == reading->end) {
        return refuse(reading, "a text is not ended");
    }
    reading->at++;
    return STATUS_OK;
}

// A number or one of the three words.
static enum status take_word(struct json_reading *reading, struct text *out)
{
    const char *start = reading->at;
    while (reading->at < reading->end && *reading->at != '\0' &&
           strchr("abcdefghijklmnopqrstuvwxyzE+-.0123456789", *reading->at) != NULL) {
        reading->at++;
    }
    text_add_bytes(out, start, (size_t)(reading->at - start));
    bool is_word = strcmp(out->start, "true") == 0 || strcmp(out->start, "false") == 0 ||
                   strcmp(out->start, "null") == 0;
    size_t digits = strspn(out->start, "+-.eE0123456789");
    bool is_number = digits > 0 && out->start[digits] == '\0' &&
                     ((*start >= '0' && *start <= '9') || (*start == '-' && digits > 1));
    return is_word || is_number ? STATUS_OK : refuse(reading, "a value is expected here");
}

static enum status open_level(struct json_reading *reading, bool is_list)
{
    if (reading->depth == ENTRIES_DEPTH) {
        return refuse(reading, "this is nested too deeply");
    }
    reading->at++;
    reading->value[0] = '\0';
    tell(reading, reading->line);
    reading->levels[reading->depth++] = (struct json_level){reading->path.length, is_list, false};
    return STATUS_OK;
}

static enum status take_value(struct json_reading *reading)
{
    char first = peek(reading);
    if (first == '{' || first == '[') {
        return open_level(reading, first == '[');
    }
    struct text out;
    unsigned line = reading->line;
    text_init(&out, reading->value, sizeof reading->value);
    enum status status = first == '"' ? take_string(reading, &out) : take_word(reading, &out);
    if (status == STATUS_OK) {
        tell(reading, line);
    }
    return status;
}

static void cut_path(struct json_reading *reading, size_t length)
{
    reading->path.length = length;
    reading->path.start[length] = '\0';
}

// What comes next in the innermost object or list: its end, or one more item.
static enum status take_item(struct json_reading *reading)
{
    struct json_level *level = &reading->levels[reading->depth - 1];
    cut_path(reading, level->name_length);
    if (take(reading, level->is_list ? ']' : '}')) {
        reading->depth--;
        return STATUS_OK;
    }
    if (level->has_items && !take(reading, ',')) {
        return refuse(reading, level->is_list ? "a comma or ']' is missing before this"
                                              : "a comma or '}' is missing before this");
    }
    level->has_items = true;
    if (!level->is_list) {
        if (peek(reading) != '"') {
            return refuse(reading, "a name in double quotes is expected here");
        }
        text_add(&reading->path, reading->path.length == 0 ? "" : "/");
        enum status status = take_string(reading, &reading->path);
        if (status != STATUS_OK) {
            return status;
        }
        if (!take(reading, ':')) {
            return refuse(reading, "a colon is missing behind this name");
        }
    }
    return take_value(reading);
}

enum status entries_parse_json(const char *text, size_t length, const struct entries_visit *visit,
                               struct problem *problem)
{
    struct json_reading reading = {
        .at = text, .end = text + length, .line = 1, .visit = visit, .problem = problem};
    text_init(&reading.path, reading.name, sizeof reading.name);
    enum status status = take_value(&reading);
    while (status == STATUS_OK && reading.depth > 0) {
        status = take_item(&reading);
    }
    (void)peek(&reading);
    if (status == STATUS_OK && reading.at != reading.end) {
        status = refuse(&reading, "something stands behind the end");
    }
    return status;
}
