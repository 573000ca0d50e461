// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/kea_conf.h"

#include <string.h>

struct kea_conf kea_conf_init(const char *text, size_t bytes)
{
    return (struct kea_conf){.at = text, .end = text + bytes, .line = 1};
}

static bool fault(struct kea_conf *conf, struct kea_conf_item *item, const char *what)
{
    item->kind = KEA_CONF_FAULT;
    item->line = conf->line;
    item->key[0] = '\0';
    (void)text_copy(item->text, sizeof item->text, what);
    conf->is_over = true;
    return true;
}

static bool sees(const struct kea_conf *conf, const char *bytes)
{
    size_t length = strlen(bytes);
    return (size_t)(conf->end - conf->at) >= length && memcmp(conf->at, bytes, length) == 0;
}

// Skips a comment in /* */; false when it is not closed.
static bool skip_long_comment(struct kea_conf *conf)
{
    for (conf->at += 2; conf->at < conf->end; conf->at++) {
        if (sees(conf, "*/")) {
            conf->at += 2;
            return true;
        }
        conf->line += *conf->at == '\n' ? 1 : 0;
    }
    return false;
}

// Skips blanks and comments; false when a comment is not closed.
static bool skip_blanks(struct kea_conf *conf)
{
    while (conf->at < conf->end) {
        if (*conf->at == '#' || sees(conf, "//")) {
            const char *newline = memchr(conf->at, '\n', (size_t)(conf->end - conf->at));
            conf->at = newline == NULL ? conf->end : newline;
        } else if (sees(conf, "/*")) {
            if (!skip_long_comment(conf)) {
                return false;
            }
        } else if (*conf->at == '\n') {
            conf->line++;
            conf->at++;
        } else if (*conf->at == ' ' || *conf->at == '\t' || *conf->at == '\r') {
            conf->at++;
        } else if (sees(conf, "\xef\xbb\xbf")) {
            conf->at += 3;
        } else {
            return true;
        }
    }
    return true;
}

static void add_code_point(struct text *text, unsigned code)
{
    if (code == 0) {
        code = ' ';
    }
    if (code < 0x80) {
        text_add_char(text, (char)code);
    } else if (code < 0x800) {
        text_add_char(text, (char)(0xc0 | code >> 6));
        text_add_char(text, (char)(0x80 | (code & 0x3f)));
    } else {
        text_add_char(text, (char)(0xe0 | code >> 12));
        text_add_char(text, (char)(0x80 | (code >> 6 & 0x3f)));
        text_add_char(text, (char)(0x80 | (code & 0x3f)));
    }
}

// What is behind a '\'; false when it is nothing that JSON has.
static bool take_escape(struct kea_conf *conf, struct text *text)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    const char *found = *conf->at == '\0' ? NULL : strchr(names, *conf->at);
    unsigned code = 0;
    if (found != NULL) {
        text_add_char(text, values[found - names]);
        conf->at++;
        return true;
    }
    if (*conf->at != 'u' || conf->end - conf->at < 5) {
        return false;
    }
    for (int i = 1; i <= 4; i++) {
        int digit = text_parse_hex_digit(conf->at[i]);
        if (digit < 0) {
            return false;
        }
        code = code * 16 + (unsigned)digit;
    }
    conf->at += 5;
    add_code_point(text, code);
    return true;
}

// Takes a string from behind its first quote; NULL, or what is wrong.
static const char *take_string(struct kea_conf *conf, struct text *text)
{
    while (conf->at < conf->end && *conf->at != '"') {
        if (*conf->at == '\n') {
            return "a string is not closed on its line";
        }
        if (*conf->at == '\\' && conf->end - conf->at >= 2) {
            conf->at++;
            if (!take_escape(conf, text)) {
                return "behind a \\ stands nothing that JSON has";
            }
        } else {
            text_add_char(text, *conf->at == '\0' ? ' ' : *conf->at);
            conf->at++;
        }
    }
    if (conf->at == conf->end) {
        return "the file ends inside a string";
    }
    conf->at++;
    return NULL;
}

static bool is_plain(char character)
{
    char lower = text_lower(character);
    return (lower >= 'a' && lower <= 'z') || (character >= '0' && character <= '9') || character == '-' ||
           character == '+' || character == '.';
}

// true, 12, -1.5e3: what is not in quotes.
static bool take_plain(struct kea_conf *conf, struct kea_conf_item *item)
{
    struct text text;
    text_init(&text, item->text, sizeof item->text);
    for (; conf->at < conf->end && is_plain(*conf->at); conf->at++) {
        text_add_char(&text, *conf->at);
    }
    char first = item->text[0];
    bool is_number = (first >= '0' && first <= '9') || first == '-';
    item->kind = is_number ? KEA_CONF_NUMBER : KEA_CONF_WORD;
    if (is_number || strcmp(item->text, "true") == 0 || strcmp(item->text, "false") == 0 ||
        strcmp(item->text, "null") == 0) {
        return true;
    }
    return fault(conf, item, "a value is missing, or a text has no quotes");
}

static bool open_level(struct kea_conf *conf, struct kea_conf_item *item)
{
    bool is_array = *conf->at == '[';
    if (conf->depth == KEA_CONF_DEPTH_MOST) {
        return fault(conf, item, "objects and lists are nested too deep");
    }
    item->kind = is_array ? KEA_CONF_ARRAY : KEA_CONF_OBJECT;
    conf->is_array[conf->depth++] = is_array;
    conf->has_value = false;
    conf->had_comma = false;
    conf->at++;
    return true;
}

static bool take_value(struct kea_conf *conf, struct kea_conf_item *item)
{
    item->line = conf->line;
    conf->has_value = true;
    conf->had_comma = false;
    if (conf->at == conf->end) {
        return fault(conf, item, "the file ends where a value should be");
    }
    if (*conf->at == '{' || *conf->at == '[') {
        return open_level(conf, item);
    }
    if (*conf->at != '"') {
        return take_plain(conf, item);
    }
    struct text text;
    item->kind = KEA_CONF_TEXT;
    conf->at++;
    text_init(&text, item->text, sizeof item->text);
    const char *wrong = take_string(conf, &text);
    item->is_cut = item->is_cut || text.cut;
    return wrong == NULL || fault(conf, item, wrong);
}

static bool close_level(struct kea_conf *conf, struct kea_conf_item *item)
{
    bool is_array = conf->is_array[conf->depth - 1];
    if ((*conf->at == ']') != is_array) {
        return fault(conf, item, is_array ? "a list ends with '}'" : "an object ends with ']'");
    }
    conf->at++;
    conf->depth--;
    item->kind = KEA_CONF_END;
    item->depth = conf->depth;
    item->line = conf->line;
    conf->has_value = true;
    conf->had_comma = false;
    return true;
}

// Takes the key of a member and its ':'; NULL, or what is wrong.
static const char *take_key(struct kea_conf *conf, struct kea_conf_item *item)
{
    struct text text;
    if (*conf->at != '"') {
        return "the name of a member should stand here, in quotes";
    }
    conf->at++;
    text_init(&text, item->key, sizeof item->key);
    const char *wrong = take_string(conf, &text);
    item->is_cut = text.cut;
    if (wrong != NULL) {
        return wrong;
    }
    if (!skip_blanks(conf)) {
        return "a comment is not closed";
    }
    if (conf->at == conf->end || *conf->at != ':') {
        return "a ':' is missing behind the name of a member";
    }
    conf->at++;
    return skip_blanks(conf) ? NULL : "a comment is not closed";
}

static bool take_member(struct kea_conf *conf, struct kea_conf_item *item)
{
    if (*conf->at == ']' || *conf->at == '}') {
        return close_level(conf, item);
    }
    if (*conf->at == ',') {
        if (!conf->has_value || conf->had_comma) {
            return fault(conf, item, "a ',' stands where a value should be");
        }
        conf->had_comma = true;
        conf->at++;
        if (!skip_blanks(conf)) {
            return fault(conf, item, "a comment is not closed");
        }
        if (conf->at == conf->end) {
            return fault(conf, item, "the file ends inside an object or a list");
        }
        return take_member(conf, item); // once: a second comma is a fault
    }
    if (conf->has_value && !conf->had_comma) {
        return fault(conf, item, "a ',' is missing before this");
    }
    item->line = conf->line;
    const char *wrong = conf->is_array[conf->depth - 1] ? NULL : take_key(conf, item);
    return wrong == NULL ? take_value(conf, item) : fault(conf, item, wrong);
}

bool kea_conf_next(struct kea_conf *conf, struct kea_conf_item *item)
{
    *item = (struct kea_conf_item){.line = conf->line, .depth = conf->depth};
    if (conf->is_over) {
        return false;
    }
    if (!skip_blanks(conf)) {
        return fault(conf, item, "a comment is not closed");
    }
    item->line = conf->line;
    if (conf->at == conf->end) {
        conf->is_over = true;
        return conf->depth == 0 ? false : fault(conf, item, "the file ends inside an object or a list");
    }
    if (sees(conf, "<?")) {
        return fault(conf, item, "it includes another file (<?include): put its text here first");
    }
    if (conf->depth != 0) {
        return take_member(conf, item);
    }
    if (conf->has_value) {
        return fault(conf, item, "there is more behind the end of the configuration");
    }
    return take_value(conf, item);
}
