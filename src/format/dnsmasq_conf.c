// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/dnsmasq_conf.h"

#include <string.h>

struct dnsmasq_conf dnsmasq_conf_init(const char *text, size_t bytes)
{
    return (struct dnsmasq_conf){.reader = reader_init(text, bytes), .line = line_init()};
}

// Takes quotes away, and the comment: a '#' at the start of a word. STATUS_MALFORMED an open quote.
static enum status read_value(struct line line, struct text *out)
{
    bool is_quoted = false;
    for (size_t i = 0; i < line.length; i++) {
        bool is_word = i == 0 || line.text[i - 1] == ' ' || line.text[i - 1] == '\t';
        if (line.text[i] == '"') {
            is_quoted = !is_quoted;
        } else if (line.text[i] == '#' && is_word && !is_quoted) {
            break;
        } else {
            text_add_char(out, line.text[i]);
        }
    }
    return is_quoted ? STATUS_MALFORMED : out->cut ? STATUS_TOO_LONG : STATUS_OK;
}

static void trim_end(char *text)
{
    for (size_t length = strlen(text); length != 0 && strchr(" \t", text[length - 1]) != NULL; length--) {
        text[length - 1] = '\0';
    }
}

static void read_option(const struct line *line, struct dnsmasq_conf_item *item)
{
    struct text value;
    const char *equals = memchr(line->text, '=', line->length);
    struct line name = {line->text, equals == NULL ? line->length : (size_t)(equals - line->text),
                        line->number};
    struct line rest = {name.text + name.length, line->length - name.length, line->number};
    const char *comment = memchr(name.text, '#', name.length);
    if (comment != NULL) { // "enable-tftp # says = what"
        name.length = (size_t)(comment - name.text);
        equals = NULL;
    }
    name = line_trim(name);
    item->status = name.length == 0 ? STATUS_MALFORMED : line_copy(&name, item->name, sizeof item->name);
    item->has_value = equals != NULL;
    if (equals != NULL && item->status == STATUS_OK) {
        text_init(&value, item->value, sizeof item->value);
        item->status =
            read_value(line_trim((struct line){rest.text + 1, rest.length - 1, rest.number}), &value);
        trim_end(item->value);
    }
}

bool dnsmasq_conf_next(struct dnsmasq_conf *conf, struct dnsmasq_conf_item *item)
{
    while (line_next(&conf->reader, &conf->line)) {
        struct line line = line_trim(conf->line);
        if (line.length != 0 && !line_starts(&line, '#')) {
            *item = (struct dnsmasq_conf_item){.line = line.number};
            read_option(&line, item);
            return true;
        }
    }
    return false;
}
