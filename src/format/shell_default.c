// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/shell_default.h"

#include <string.h>

struct shell_default shell_default_init(const char *text, size_t bytes)
{
    return (struct shell_default){.reader = reader_init(text, bytes), .line = 1};
}

static bool has(const struct shell_default *file, char character)
{
    return reader_left(&file->reader) != 0 && *file->reader.at == (uint8_t)character;
}

static char take(struct shell_default *file)
{
    char character = (char)read_u8(&file->reader);
    file->line += character == '\n' ? 1 : 0;
    return character;
}

static bool is_name(char character, bool is_first)
{
    char lower = text_lower(character);
    return (lower >= 'a' && lower <= 'z') || lower == '_' ||
           (!is_first && character >= '0' && character <= '9');
}

static void skip_line(struct shell_default *file)
{
    while (reader_left(&file->reader) != 0 && take(file) != '\n') {
    }
}

// To the next statement: blanks, line ends, ';' and comments.
static bool find_statement(struct shell_default *file)
{
    for (;;) {
        if (has(file, '#')) {
            skip_line(file);
        } else if (has(file, ' ') || has(file, '\t') || has(file, '\r') || has(file, '\n') ||
                   has(file, ';')) {
            (void)take(file);
        } else {
            return reader_left(&file->reader) != 0;
        }
    }
}

// Up to and with the '='; false when there is none.
static bool read_name(struct shell_default *file, struct shell_default_item *item)
{
    struct text name;
    text_init(&name, item->name, sizeof item->name);
    while (reader_left(&file->reader) != 0 && is_name((char)*file->reader.at, name.length == 0)) {
        text_add_char(&name, take(file));
        if (!name.cut && strcmp(item->name, "export") == 0 && has(file, ' ')) {
            (void)take(file);
            text_init(&name, item->name, sizeof item->name);
        }
    }
    if (!has(file, '=') || name.length == 0 || name.cut) {
        item->name[0] = '\0';
        return false;
    }
    (void)take(file);
    return true;
}

// A backslash outside of single quotes: POSIX.1-2017 XCU 2.2.1 and 2.2.3.
static void read_escape(struct shell_default *file, struct text *value, bool is_quoted)
{
    if (reader_left(&file->reader) == 0) {
        text_add_char(value, '\\');
        return;
    }
    char next = take(file);
    if (is_quoted && strchr("$`\"\\\n", next) == NULL) {
        text_add_char(value, '\\');
    }
    if (next != '\n') { // the line goes on
        text_add_char(value, next);
    }
}

// The value, a word of the shell's with all its quotes. Stops in front of what ends it.
static enum status read_value(struct shell_default *file, struct text *value)
{
    char quote = '\0';
    enum status status = STATUS_OK;
    while (reader_left(&file->reader) != 0) {
        char next = (char)*file->reader.at;
        if (quote == '\0' && next != '\0' && strchr(" \t\r\n;", next) != NULL) {
            return status;
        }
        (void)take(file);
        if (next == '\\' && quote != '\'') {
            read_escape(file, value, quote == '"');
        } else if (quote == '\0' && (next == '"' || next == '\'')) {
            quote = next;
        } else if (next == quote && quote != '\0') {
            quote = '\0';
        } else if (quote != '\'' && (next == '$' || next == '`')) {
            status = STATUS_UNSUPPORTED;
        } else if (quote == '\0' && next != '\0' && strchr("&|<>()", next) != NULL) {
            status = STATUS_UNSUPPORTED;
        } else {
            text_add_char(value, next);
        }
    }
    return quote == '\0' ? status : STATUS_MALFORMED;
}

// What stands behind an assignment in its statement makes it something else: "A=1 command".
static enum status check_rest(struct shell_default *file)
{
    while (has(file, ' ') || has(file, '\t') || has(file, '\r')) {
        (void)take(file);
    }
    if (reader_left(&file->reader) == 0 || has(file, '\n') || has(file, ';') || has(file, '#')) {
        return STATUS_OK;
    }
    skip_line(file);
    return STATUS_MALFORMED;
}

bool shell_default_next(struct shell_default *file, struct shell_default_item *item)
{
    struct text value;
    *item = (struct shell_default_item){.status = STATUS_MALFORMED};
    if (!find_statement(file)) {
        return false;
    }
    item->line = file->line;
    if (!read_name(file, item)) {
        skip_line(file);
        return true;
    }
    text_init(&value, item->value, sizeof item->value);
    item->status = read_value(file, &value);
    enum status rest = check_rest(file);
    item->status = item->status == STATUS_OK ? rest : item->status;
    item->status = item->status == STATUS_OK && value.cut ? STATUS_TOO_LONG : item->status;
    if (item->status != STATUS_OK) {
        item->value[0] = '\0';
    }
    return true;
}
