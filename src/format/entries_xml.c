// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "format/entries.h"

#include <string.h>

struct xml_level {
    size_t name_length;  // of the path to its parent
    size_t value_length; // where its own text begins
    unsigned line;
};

struct xml_reading {
    const char *at;
    const char *end;
    unsigned line;
    char name[ENTRY_NAME_BYTES];
    char value[ENTRY_VALUE_BYTES];
    struct text path;
    struct text words; // of all open elements, one behind the other
    struct xml_level levels[ENTRIES_DEPTH];
    unsigned depth;
    bool has_root;
    const struct entries_visit *visit;
    struct problem *problem;
};

static enum status refuse(struct xml_reading *reading, const char *what)
{
    problem_set(reading->problem, "%s", what);
    if (reading->problem != NULL) {
        reading->problem->line = reading->line;
    }
    return STATUS_MALFORMED;
}

static bool starts(const struct xml_reading *reading, const char *what)
{
    size_t length = strlen(what);
    return (size_t)(reading->end - reading->at) >= length && memcmp(reading->at, what, length) == 0;
}

static void move(struct xml_reading *reading, const char *to)
{
    for (; reading->at < to; reading->at++) {
        reading->line += *reading->at == '\n';
    }
}

// Moves behind the next `what`.
static bool skip_behind(struct xml_reading *reading, const char *what)
{
    const char *found = memmem(reading->at, (size_t)(reading->end - reading->at), what, strlen(what));
    move(reading, found == NULL ? reading->end : found + strlen(what));
    return found != NULL;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool is_name_end(char byte)
{
    return is_blank(byte) || byte == '>' || byte == '/' || byte == '=' || byte == '<';
}

static void close_level(struct xml_reading *reading)
{
    struct xml_level level = reading->levels[--reading->depth];
    size_t start = level.value_length;
    while (is_blank(reading->words.start[start])) {
        start++;
    }
    size_t end = reading->words.length;
    while (end > start && is_blank(reading->words.start[end - 1])) {
        end--;
    }
    reading->words.start[end] = '\0';
    const struct entry entry = {reading->path.start, reading->words.start + start, level.line};
    reading->visit->entry(reading->visit->context, &entry);
    reading->words.length = level.value_length;
    reading->words.start[level.value_length] = '\0';
    reading->path.length = level.name_length;
    reading->path.start[level.name_length] = '\0';
}

// The attributes of a tag: name="value" each. Ends at '>' or '/'.
static enum status skip_attributes(struct xml_reading *reading)
{
    for (;;) {
        const char *at = reading->at;
        while (at < reading->end && is_blank(*at)) {
            at++;
        }
        move(reading, at);
        if (at == reading->end) {
            return refuse(reading, "a tag is not ended");
        }
        if (*at == '>' || *at == '/') {
            return STATUS_OK;
        }
        while (at < reading->end && !is_name_end(*at)) {
            at++;
        }
        if (at == reading->at || reading->end - at < 2 || at[0] != '=' || (at[1] != '"' && at[1] != '\'')) {
            return refuse(reading, "an attribute must be written name=\"value\"");
        }
        const char *quote = memchr(at + 2, at[1], (size_t)(reading->end - at - 2));
        if (quote == NULL) {
            return refuse(reading, "the quote of an attribute is not closed");
        }
        move(reading, quote + 1);
    }
}

static enum status open_tag(struct xml_reading *reading)
{
    const char *start = ++reading->at;
    while (reading->at < reading->end && !is_name_end(*reading->at)) {
        reading->at++;
    }
    size_t length = (size_t)(reading->at - start);
    if (length == 0) {
        return refuse(reading, "a '<' that begins no tag must be written &lt;");
    }
    if (reading->depth == 0 && reading->has_root) {
        return refuse(reading, "there is a second outermost element");
    }
    if (reading->depth == ENTRIES_DEPTH) {
        return refuse(reading, "this is nested too deeply");
    }
    reading->levels[reading->depth++] =
        (struct xml_level){reading->path.length, reading->words.length, reading->line};
    reading->has_root = true;
    text_add(&reading->path, reading->path.length == 0 ? "" : "/");
    text_add_bytes(&reading->path, start, length);
    enum status status = skip_attributes(reading);
    if (status == STATUS_OK && *reading->at == '/') {
        reading->at++;
        close_level(reading);
    }
    if (status == STATUS_OK && (reading->at == reading->end || *reading->at != '>')) {
        return refuse(reading, "a tag is not ended");
    }
    reading->at += status == STATUS_OK;
    return status;
}

static enum status close_tag(struct xml_reading *reading)
{
    const char *start = reading->at + 2;
    const char *end = memchr(start, '>', (size_t)(reading->end - start));
    if (end == NULL) {
        return refuse(reading, "a tag is not ended");
    }
    size_t length = (size_t)(end - start);
    while (length > 0 && is_blank(start[length - 1])) {
        length--;
    }
    if (reading->depth == 0) {
        return refuse(reading, "an element is ended that was not begun");
    }
    const char *open = reading->path.start + reading->levels[reading->depth - 1].name_length;
    open += *open == '/';
    if (!reading->path.cut && (strlen(open) != length || memcmp(open, start, length) != 0)) {
        return refuse(reading, "this tag ends another element than the one that is open");
    }
    close_level(reading);
    move(reading, end + 1);
    return STATUS_OK;
}

// "&amp;" and its like become what they mean, as far as they are one character of ASCII.
static enum status take_entity(struct xml_reading *reading)
{
    static const char *const NAMES[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
    static const char MEANT[] = "&<>\"'";
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (starts(reading, NAMES[i])) {
            text_add_char(&reading->words, MEANT[i]);
            reading->at += strlen(NAMES[i]);
            return STATUS_OK;
        }
    }
    const char *end = memchr(reading->at, ';', size_min((size_t)(reading->end - reading->at), 12));
    if (!starts(reading, "&#") || end == NULL) {
        return refuse(reading, "an '&' that begins no entity must be written &amp;");
    }
    text_add_char(&reading->words, '?');
    move(reading, end + 1);
    return STATUS_OK;
}

static enum status take_markup(struct xml_reading *reading)
{
    if (starts(reading, "<!--")) {
        return skip_behind(reading, "-->") ? STATUS_OK : refuse(reading, "a comment is not ended");
    }
    if (starts(reading, "<?")) {
        return skip_behind(reading, "?>") ? STATUS_OK : refuse(reading, "an instruction is not ended");
    }
    if (starts(reading, "<![CDATA[")) {
        const char *start = reading->at + 9;
        if (!skip_behind(reading, "]]>")) {
            return refuse(reading, "a CDATA section is not ended");
        }
        text_add_bytes(&reading->words, start, (size_t)(reading->at - 3 - start));
        return STATUS_OK;
    }
    if (starts(reading, "<!")) {
        return skip_behind(reading, ">") ? STATUS_OK : refuse(reading, "a declaration is not ended");
    }
    return starts(reading, "</") ? close_tag(reading) : open_tag(reading);
}

enum status entries_parse_xml(const char *text, size_t length, const struct entries_visit *visit,
                              struct problem *problem)
{
    struct xml_reading reading = {
        .at = text, .end = text + length, .line = 1, .visit = visit, .problem = problem};
    text_init(&reading.path, reading.name, sizeof reading.name);
    text_init(&reading.words, reading.value, sizeof reading.value);
    enum status status = STATUS_OK;
    while (status == STATUS_OK && reading.at < reading.end) {
        if (*reading.at == '<') {
            status = take_markup(&reading);
        } else if (reading.depth == 0 && !is_blank(*reading.at)) {
            status = refuse(&reading, "text stands outside the outermost element");
        } else if (*reading.at == '&') {
            status = take_entity(&reading);
        } else {
            text_add_bytes(&reading.words, reading.at, 1);
            move(&reading, reading.at + 1);
        }
    }
    if (status == STATUS_OK && (reading.depth > 0 || !reading.has_root)) {
        status = refuse(&reading, reading.has_root ? "an element is not ended" : "there is no element in it");
    }
    return status;
}
