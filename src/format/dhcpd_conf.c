// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/dhcpd_conf.h"

#include <string.h>

struct dhcpd_conf dhcpd_conf_init(const char *text, size_t bytes)
{
    return (struct dhcpd_conf){.at = text, .end = text + bytes, .line = 1};
}

// Where a ';' is missing, the next line begins with one of these.
bool dhcpd_conf_is_beginning(const char *word)
{
    static const char *const beginnings[] = {"option",
                                             "range",
                                             "subnet",
                                             "host",
                                             "group",
                                             "pool",
                                             "class",
                                             "subclass",
                                             "shared-network",
                                             "filename",
                                             "next-server",
                                             "server-name",
                                             "hardware",
                                             "fixed-address",
                                             "default-lease-time",
                                             "max-lease-time",
                                             "min-lease-time",
                                             "authoritative",
                                             "allow",
                                             "deny",
                                             "ignore",
                                             "include",
                                             "ddns-update-style",
                                             "range6",
                                             "subnet6",
                                             "fixed-address6",
                                             "if",
                                             "elsif",
                                             "match"};
    return text_find(word, beginnings, COUNT_OF(beginnings)) != COUNT_OF(beginnings);
}

static void note(const struct dhcpd_conf *conf, struct dhcpd_conf_item *item, enum dhcpd_conf_fault fault)
{
    if (item->faults == 0) {
        item->fault_line = conf->line;
    }
    item->faults |= (unsigned)fault;
}

static bool sees(const struct dhcpd_conf *conf, const char *bytes)
{
    size_t length = strlen(bytes);
    return (size_t)(conf->end - conf->at) >= length && memcmp(conf->at, bytes, length) == 0;
}

// The length of a quotation mark here, or 0. Web pages and word processors make “ ” of ".
static size_t quote_length(const struct dhcpd_conf *conf)
{
    if (conf->at < conf->end && *conf->at == '"') {
        return 1;
    }
    return sees(conf, "\xe2\x80\x9c") || sees(conf, "\xe2\x80\x9d") || sees(conf, "\xe2\x80\x9e") ? 3 : 0;
}

// Characters of names, numbers and addresses: what dhcpd reads as several tokens, "10.0.0.1" or "1:2:3", is
// one word here.
static bool is_word(char character)
{
    char lower = text_lower(character);
    return (lower >= 'a' && lower <= 'z') || (character >= '0' && character <= '9') ||
           (character != '\0' && strchr("-_.:/", character) != NULL);
}

static void skip_comment(struct dhcpd_conf *conf)
{
    const char *newline = memchr(conf->at, '\n', (size_t)(conf->end - conf->at));
    conf->at = newline == NULL ? conf->end : newline;
}

static void skip_blanks(struct dhcpd_conf *conf, struct dhcpd_conf_item *item)
{
    while (conf->at < conf->end) {
        if (*conf->at == '\n') {
            conf->line++;
            conf->at++;
        } else if (*conf->at == '#') {
            skip_comment(conf);
        } else if (*conf->at != '\0' && strchr(" \t\r\v\f", *conf->at) != NULL) {
            conf->at++;
        } else if (sees(conf, "\xc2\xa0") || sees(conf, "\xef\xbb\xbf") || sees(conf, "\xe3\x80\x80")) {
            note(conf, item, DHCPD_CONF_FOREIGN_BLANK); // no-break space, byte order mark, wide space
            conf->at += *conf->at == '\xc2' ? 2 : 3;
        } else if (quote_length(conf) == 0 && !is_word(*conf->at) &&
                   (*conf->at == '\0' || strchr(";{},=()!~+*%&|^?<>", *conf->at) == NULL)) {
            note(conf, item, DHCPD_CONF_FOREIGN_BYTE);
            conf->at++;
        } else {
            return;
        }
    }
}

static void add_char(struct dhcpd_conf_item *item, char character)
{
    if (item->used + 1 < sizeof item->text) { // one byte stays for the last word's end
        item->text[item->used++] = character;
    } else {
        item->faults |= DHCPD_CONF_TOO_LONG;
    }
}

static unsigned take_digits(struct dhcpd_conf *conf, unsigned base, unsigned most)
{
    unsigned value = 0;
    for (unsigned i = 0; i < most && conf->at < conf->end; i++) {
        int digit = text_parse_hex_digit(*conf->at);
        if (digit < 0 || (unsigned)digit >= base) {
            break;
        }
        value = value * base + (unsigned)digit;
        conf->at++;
    }
    return value & 0xff;
}

// What is behind a '\': dhcpd knows \t \r \n \b, \xHH, \OOO and takes all others as they are.
static void take_escape(struct dhcpd_conf *conf, struct dhcpd_conf_item *item)
{
    static const char names[] = "trnb";
    static const char values[] = "\t\r\n\b";
    char character = *conf->at;
    const char *found = character == '\0' ? NULL : strchr(names, character);
    unsigned code;
    if (character >= '0' && character <= '7') {
        code = take_digits(conf, 8, 3);
    } else if (character == 'x') {
        conf->at++;
        code = take_digits(conf, 16, 2);
    } else {
        conf->at++;
        code = found != NULL ? (unsigned char)values[found - names] : (unsigned char)character;
    }
    add_char(item, code == 0 ? ' ' : (char)code); // a NUL would end the word
}

static void take_string(struct dhcpd_conf *conf, struct dhcpd_conf_item *item)
{
    size_t quote = quote_length(conf);
    if (quote != 1) {
        note(conf, item, DHCPD_CONF_FOREIGN_QUOTE);
    }
    conf->at += quote;
    while (conf->at < conf->end && (quote = quote_length(conf)) == 0) {
        if (*conf->at == '\n') {
            note(conf, item, DHCPD_CONF_OPEN_STRING);
            return;
        }
        if (*conf->at == '\\' && conf->at + 1 < conf->end && conf->at[1] != '\n') {
            conf->at++;
            take_escape(conf, item);
        } else {
            add_char(item, *conf->at == '\0' ? ' ' : *conf->at);
            conf->at++;
        }
    }
    if (conf->at == conf->end) {
        note(conf, item, DHCPD_CONF_OPEN_STRING);
        return;
    }
    conf->at += quote;
}

// Takes one word or operator.
static void take_word(struct dhcpd_conf *conf, struct dhcpd_conf_item *item)
{
    size_t start = item->used;
    unsigned line = conf->line;
    bool is_string = quote_length(conf) != 0;
    if (is_string) {
        take_string(conf, item);
    } else if (is_word(*conf->at)) {
        for (; conf->at < conf->end && is_word(*conf->at); conf->at++) {
            add_char(item, *conf->at);
        }
    } else {
        bool is_pair = conf->end - conf->at >= 2 && strchr("!~", conf->at[0]) != NULL &&
                       (conf->at[1] == '=' || (conf->at[0] == '~' && conf->at[1] == '~'));
        for (int i = 0; i < (is_pair ? 2 : 1); i++) {
            add_char(item, *conf->at++);
        }
    }
    if (item->count == DHCPD_CONF_WORDS_MOST || (item->faults & DHCPD_CONF_TOO_LONG) != 0) {
        item->faults |= DHCPD_CONF_TOO_LONG;
        item->used = start;
        return;
    }
    item->text[item->used++] = '\0';
    item->words[item->count++] = (struct dhcpd_conf_word){&item->text[start], line, is_string};
}

// Whether what was taken so far cannot be all of a statement: it goes on whatever comes.
static bool goes_on(const struct dhcpd_conf_item *item)
{
    static const char *const open[] = {"=",     "!=",   "~=", "~~",     "(",     ",",     "+",
                                       "*",     "and",  "or", "not",    "if",    "elsif", "else",
                                       "match", "code", "on", "ignore", "allow", "deny",  "no"};
    const struct dhcpd_conf_word *last = &item->words[item->count - 1];
    return !last->is_string && text_find(last->text, open, COUNT_OF(open)) != COUNT_OF(open);
}

// Whether the word that comes next is on a new line and begins a statement, though the one before has no ';'.
static bool lacks_semicolon(const struct dhcpd_conf *conf, const struct dhcpd_conf_item *item)
{
    char word[32];
    struct text text;
    if (item->count == 0 || conf->line == item->words[item->count - 1].line || goes_on(item)) {
        return false;
    }
    text_init(&text, word, sizeof word);
    for (const char *at = conf->at; at < conf->end && is_word(*at) && !text.cut; at++) {
        text_add_char(&text, *at);
    }
    return !text.cut && dhcpd_conf_is_beginning(word);
}

static void end_block(struct dhcpd_conf *conf, struct dhcpd_conf_item *item)
{
    item->kind = DHCPD_CONF_CLOSE;
    if (conf->depth == 0) {
        note(conf, item, DHCPD_CONF_STRAY_CLOSE);
    } else {
        conf->depth--;
        item->open_line = conf->depth < DHCPD_CONF_DEPTH_MOST ? conf->open_lines[conf->depth] : 0;
    }
    item->depth = conf->depth;
}

static void begin_block(struct dhcpd_conf *conf, struct dhcpd_conf_item *item)
{
    item->kind = DHCPD_CONF_OPEN;
    if (conf->depth < DHCPD_CONF_DEPTH_MOST) {
        conf->open_lines[conf->depth] = item->line;
    } else {
        note(conf, item, DHCPD_CONF_TOO_DEEP);
    }
    conf->depth++;
}

// What ends an item: ';', '{' or '}'. True when it is complete.
static bool take_end(struct dhcpd_conf *conf, struct dhcpd_conf_item *item)
{
    char character = *conf->at;
    if (character == '}' && item->count != 0) {
        note(conf, item, DHCPD_CONF_NO_SEMICOLON);
        return true; // the brace is the next item
    }
    conf->at++;
    if (character == '}') {
        end_block(conf, item);
        return true;
    }
    if (character == '{') {
        begin_block(conf, item);
        return true;
    }
    return item->count != 0 || (item->faults & DHCPD_CONF_TOO_LONG) != 0; // an empty statement is none
}

// Reads up to an item's end; false when the file ends before anything came.
static bool take_item(struct dhcpd_conf *conf, struct dhcpd_conf_item *item)
{
    for (;;) {
        skip_blanks(conf, item);
        if (item->count == 0) {
            item->line = conf->line;
        }
        if (conf->at == conf->end) {
            if (item->count != 0) {
                note(conf, item, DHCPD_CONF_NO_SEMICOLON);
            }
            return item->count != 0;
        }
        if (strchr(";{}", *conf->at) != NULL) {
            if (take_end(conf, item)) {
                return true;
            }
        } else if (lacks_semicolon(conf, item)) {
            note(conf, item, DHCPD_CONF_NO_SEMICOLON);
            return true;
        } else {
            take_word(conf, item);
        }
    }
}

bool dhcpd_conf_next(struct dhcpd_conf *conf, struct dhcpd_conf_item *item)
{
    *item = (struct dhcpd_conf_item){.kind = DHCPD_CONF_STATEMENT, .line = conf->line, .depth = conf->depth};
    bool found = take_item(conf, item);
    if (!found && conf->depth != 0) {
        end_block(conf, item);
        note(conf, item, DHCPD_CONF_UNCLOSED);
        found = true;
    }
    item->words[item->count] = (struct dhcpd_conf_word){.text = "", .line = item->line};
    return found;
}
