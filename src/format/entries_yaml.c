// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "format/entries.h"
#include "format/line.h"

#include <string.h>

struct yaml_level {
    size_t indent;      // of its keys
    size_t base_length; // of the path to what it belongs to
    size_t key_length;  // of the path to its last key
};

struct yaml_reading {
    char name[ENTRY_NAME_BYTES];
    char value[ENTRY_VALUE_BYTES];
    struct text path;
    struct yaml_level levels[ENTRIES_DEPTH];
    unsigned depth;
    bool is_block; // lines deeper than `block_indent` are text
    size_t block_indent;
    char quote;    // of a text that goes on, else NUL
    unsigned flow; // how many [ and { are open
    const struct entries_visit *visit;
    struct problem *problem;
};

static enum status refuse(struct yaml_reading *reading, unsigned line, const char *what)
{
    problem_set(reading->problem, "%s", what);
    if (reading->problem != NULL) {
        reading->problem->line = line;
    }
    return STATUS_MALFORMED;
}

static void cut_path(struct yaml_reading *reading, size_t length)
{
    reading->path.length = size_min(length, reading->path.length);
    reading->path.start[reading->path.length] = '\0';
}

static void tell(struct yaml_reading *reading, const struct line *value)
{
    bool is_quoted = value->length >= 2 && (value->text[0] == '"' || value->text[0] == '\'') &&
                     value->text[value->length - 1] == value->text[0];
    struct text out;
    text_init(&out, reading->value, sizeof reading->value);
    text_add_bytes(&out, value->text + is_quoted, value->length - 2 * (size_t)is_quoted);
    const struct entry entry = {reading->path.start, reading->value, value->number};
    reading->visit->entry(reading->visit->context, &entry);
}

// Where a comment begins in `line`, else its length: '#' after a blank and outside of quotes.
static size_t find_comment(const struct line *line)
{
    char quote = '\0';
    for (size_t i = 0; i < line->length; i++) {
        char byte = line->text[i];
        if (quote != '\0') {
            quote = byte == quote ? '\0' : quote;
            i += byte == '\\' && quote == '"';
        } else if (byte == '#' && (i == 0 || line->text[i - 1] == ' ')) {
            return i;
        } else if ((byte == '"' || byte == '\'') && (i == 0 || text_is_one_of(line->text[i - 1], " [{,:-"))) {
            quote = byte;
        }
    }
    return line->length;
}

// The length of the key of `line`, with a colon and a blank or the end behind it; 0 when it has none.
static size_t find_key(const struct line *line)
{
    size_t start = 0;
    if (line->length > 0 && (line->text[0] == '"' || line->text[0] == '\'')) {
        const char *quote = memchr(line->text + 1, line->text[0], line->length - 1);
        if (quote == NULL) {
            return 0;
        }
        start = (size_t)(quote - line->text) + 1;
        return start < line->length && line->text[start] == ':' ? start : 0;
    }
    if (line->length > 0 && text_is_one_of(line->text[0], "[{|>&*")) {
        return 0;
    }
    for (size_t i = start; i < line->length; i++) {
        if (line->text[i] == ':' && (i + 1 == line->length || line->text[i + 1] == ' ')) {
            return i;
        }
    }
    return 0;
}

// Follows brackets and quotes through `rest`, which may leave some open for the lines below.
static void follow(struct yaml_reading *reading, const struct line *rest)
{
    bool is_flow = reading->flow > 0 || (rest->length > 0 && text_is_one_of(rest->text[0], "[{"));
    for (size_t i = 0; i < rest->length; i++) {
        char byte = rest->text[i];
        if (reading->quote != '\0') {
            i += byte == '\\' && reading->quote == '"';
            reading->quote = byte == reading->quote ? '\0' : reading->quote;
        } else if ((byte == '"' || byte == '\'') && (is_flow || i == 0)) {
            reading->quote = byte;
        } else if (is_flow && (byte == '[' || byte == '{')) {
            reading->flow++;
        } else if (is_flow && (byte == ']' || byte == '}') && reading->flow > 0) {
            reading->flow--;
        }
    }
}

// Finds the map that a key with this indentation is in: one that is open, or a new one below the last key.
// The item of a list begins one of its own.
static enum status enter_level(struct yaml_reading *reading, size_t indent, bool is_item, unsigned line)
{
    bool was_deeper = false;
    while (reading->depth > 0 && reading->levels[reading->depth - 1].indent > indent) {
        reading->depth--;
        was_deeper = true;
    }
    struct yaml_level *top = reading->depth == 0 ? NULL : &reading->levels[reading->depth - 1];
    if (is_item) {
        cut_path(reading, top == NULL ? 0 : top->key_length);
        return STATUS_OK;
    }
    if (top != NULL && top->indent == indent) {
        cut_path(reading, top->base_length);
        return STATUS_OK;
    }
    if (was_deeper || reading->depth == ENTRIES_DEPTH) {
        return refuse(reading, line,
                      was_deeper ? "this line is indented like none above it" : "this is nested too deeply");
    }
    cut_path(reading, top == NULL ? 0 : top->key_length);
    reading->levels[reading->depth++] =
        (struct yaml_level){indent, reading->path.length, reading->path.length};
    return STATUS_OK;
}

static bool begins_block(const struct line *value)
{
    return value->length > 0 && value->length < 4 && (value->text[0] == '|' || value->text[0] == '>');
}

// A value behind a key or a dash at `indent`.
static void take_value(struct yaml_reading *reading, struct line rest, size_t indent)
{
    rest = line_trim(rest);
    reading->is_block = begins_block(&rest);
    reading->block_indent = indent;
    tell(reading, &rest);
    follow(reading, &rest);
}

static void move(struct line *line, size_t bytes)
{
    line->text += bytes;
    line->length -= bytes;
}

static enum status take_key(struct yaml_reading *reading, struct line line, size_t key, size_t indent)
{
    enum status status = enter_level(reading, indent, false, line.number);
    if (status != STATUS_OK) {
        return status;
    }
    bool is_quoted = line.text[0] == '"' || line.text[0] == '\'';
    text_add(&reading->path, reading->path.length == 0 ? "" : "/");
    text_add_bytes(&reading->path, line.text + is_quoted, key - 2 * (size_t)is_quoted);
    reading->levels[reading->depth - 1].key_length = reading->path.length;
    move(&line, key + 1);
    take_value(reading, line, indent);
    return STATUS_OK;
}

static enum status take_line(struct yaml_reading *reading, struct line line, size_t indent)
{
    size_t dash_indent = indent;
    bool is_item = false;
    while (line.length > 0 && line.text[0] == '-' && (line.length == 1 || line.text[1] == ' ')) {
        size_t width = 1;
        while (width < line.length && line.text[width] == ' ') {
            width++;
        }
        enum status status = enter_level(reading, indent, true, line.number);
        if (status != STATUS_OK || reading->depth == ENTRIES_DEPTH) {
            return refuse(reading, line.number, "this is nested too deeply");
        }
        is_item = true;
        dash_indent = indent;
        indent += width;
        reading->levels[reading->depth++] =
            (struct yaml_level){indent, reading->path.length, reading->path.length};
        move(&line, width);
    }
    size_t key = find_key(&line);
    if (key > 0) {
        return take_key(reading, line, key, indent);
    }
    if (is_item) {
        take_value(reading, line, dash_indent);
    }
    return STATUS_OK; // the next line of a text that goes on
}

static bool is_marker(const struct line *line)
{
    return line->length == 0 || line->text[0] == '#' || line->text[0] == '%' ||
           (line->length == 3 && (memcmp(line->text, "---", 3) == 0 || memcmp(line->text, "...", 3) == 0));
}

static enum status take_raw(struct yaml_reading *reading, struct line line)
{
    size_t indent = 0;
    while (indent < line.length && line.text[indent] == ' ') {
        indent++;
    }
    if (reading->quote != '\0' || reading->flow > 0) {
        follow(reading, &line);
        return STATUS_OK;
    }
    struct line trimmed = line_trim(line);
    if (reading->is_block && (trimmed.length == 0 || indent > reading->block_indent)) {
        tell(reading, &trimmed);
        return STATUS_OK;
    }
    reading->is_block = false;
    if (is_marker(&trimmed)) {
        return STATUS_OK;
    }
    if (line.text[indent] == '\t') {
        return refuse(reading, line.number, "a tab stands where YAML wants blanks");
    }
    move(&line, indent);
    line.length = find_comment(&line);
    return take_line(reading, line_trim(line), indent);
}

enum status entries_parse_yaml(const char *text, size_t length, const struct entries_visit *visit,
                               struct problem *problem)
{
    struct yaml_reading reading = {.visit = visit, .problem = problem};
    struct reader reader = reader_init(text, length);
    struct line line = line_init();
    enum status status = STATUS_OK;
    text_init(&reading.path, reading.name, sizeof reading.name);
    while (status == STATUS_OK && line_next(&reader, &line)) {
        status = take_raw(&reading, line);
    }
    if (status == STATUS_OK && (reading.quote != '\0' || reading.flow > 0)) {
        status = refuse(&reading, line.number, "a quote or bracket is not closed");
    }
    return status;
}
