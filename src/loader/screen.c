// SPDX-License-Identifier: GPL-3.0-or-later
#include "loader/screen.h"

#include <string.h>

#define SCREEN_COLUMNS    78
#define SCREEN_LINE_BYTES 256

static void screen_add_pair(screen_line *add, struct text *out, const char *label, const char *value)
{
    if (*value == '\0') {
        return;
    }
    char line[SCREEN_LINE_BYTES];
    struct text text;
    text_init(&text, line, sizeof line);
    text_add_format(&text, "  %-9s %s", label, value);
    add(out, line);
}

/// How much of `words` goes on a line of `columns`: up to the last blank that fits, or all that fits.
static size_t screen_fit(const char *words, size_t columns)
{
    size_t length = strlen(words);
    if (length <= columns) {
        return length;
    }
    for (size_t at = columns; at > 0; at--) {
        if (words[at] == ' ') {
            return at;
        }
    }
    return columns;
}

static void screen_add_wrapped(screen_line *add, struct text *out, const char *words)
{
    while (*words != '\0') {
        size_t length = screen_fit(words, SCREEN_COLUMNS - 2);
        char line[SCREEN_LINE_BYTES];
        struct text text;
        text_init(&text, line, sizeof line);
        text_add(&text, "  ");
        text_add_bytes(&text, words, length);
        add(out, line);
        words += length;
        words += *words == ' ';
    }
}

/// The sentence of a reason, as a sentence: reasons are kept without capital and full stop.
static void screen_add_reason(const struct loader_context *context, screen_line *add, struct text *out)
{
    char line[SCREEN_LINE_BYTES];
    struct text text;
    text_init(&text, line, sizeof line);
    text_add(&text, context->sentence);
    bool is_small = line[0] >= 'a' && line[0] <= 'z';
    line[0] = is_small ? (char)(line[0] - ('a' - 'A')) : line[0];
    bool has_end = text.length == 0 || strchr(".!?", line[text.length - 1]) != NULL;
    text_add(&text, has_end ? "" : ".");
    screen_add_wrapped(add, out, line);
}

static void screen_add_head(const struct loader_context *context, screen_line *add, struct text *out)
{
    char address[IP_TEXT_BYTES];
    char line[SCREEN_LINE_BYTES];
    struct text text;
    text_init(&text, line, sizeof line);
    text_add_format(&text, "  imprint on %s (%s)", context->server_name, ip_print(context->server, address));
    add(out, "");
    add(out, line);
    add(out, "");
}

void screen_add_wait(const struct loader_context *context, screen_line *add, struct text *out)
{
    char again[SCREEN_LINE_BYTES];
    struct text text;
    text_init(&text, again, sizeof again);
    text_add_format(&text, "Nothing on this machine is changed. It asks again every %u seconds.",
                    context->poll_s);
    screen_add_head(context, add, out);
    add(out, "  This machine waits.");
    add(out, "");
    screen_add_pair(add, out, "machine", context->machine_name);
    screen_add_pair(add, out, "MAC", context->mac);
    screen_add_pair(add, out, "UUID", context->uuid);
    screen_add_pair(add, out, "serial", context->client->serial);
    add(out, "");
    screen_add_reason(context, add, out);
    if (*context->remedy != '\0') {
        add(out, "  On the server:");
        add(out, "");
        screen_add_pair(add, out, "", context->remedy);
    }
    if (context->last_verdict != NULL && *context->last_verdict != '\0') {
        add(out, "");
        screen_add_wrapped(add, out, "Its last boot did not end well:");
        screen_add_wrapped(add, out, context->last_verdict);
    }
    add(out, "");
    screen_add_wrapped(add, out, again);
    add(out, "");
}

void screen_add_sentence(const struct loader_context *context, screen_line *add, struct text *out)
{
    char line[SCREEN_LINE_BYTES];
    struct text text;
    text_init(&text, line, sizeof line);
    text_add_format(&text, "imprint on %s:", context->server_name);
    screen_add_wrapped(add, out, line);
    screen_add_reason(context, add, out);
}
