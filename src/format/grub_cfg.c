// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/grub_cfg.h"

#include <string.h>

static void grub_cfg_add_quoted_char(struct text *out, char character)
{
    if (character == '\'') {
        text_add(out, "'\\''"); // close, an escaped quote, open again
    } else {
        text_add_char(out, character);
    }
}

enum status grub_cfg_add_word(struct text *out, const char *value)
{
    for (const char *at = value; *at != '\0'; at++) {
        if (text_is_control(*at)) {
            return STATUS_UNSUPPORTED;
        }
    }
    text_add_char(out, '\'');
    for (; *value != '\0'; value++) {
        grub_cfg_add_quoted_char(out, *value);
    }
    text_add_char(out, '\'');
    return STATUS_OK;
}

// The kernel takes a quote only at the start of an argument or right behind its '=' (lib/cmdline.c,
// next_arg); there GRUB's own quotes, around the whole argument, mean the same.
static bool grub_cfg_may_quote(const char *word, const char *at)
{
    return at == word || (at[-1] == '=' && memchr(word, '=', (size_t)(at - word)) == at - 1);
}

/// Appends the argument that starts at `word`; returns where it ends, or NULL when it cannot be passed.
static const char *grub_cfg_add_argument(struct text *out, const char *word)
{
    const char *at = word;
    bool in_quotes = false;
    text_add(out, " '");
    for (; *at != '\0' && (in_quotes || *at != ' '); at++) {
        if (*at == '"' && (in_quotes || grub_cfg_may_quote(word, at))) {
            bool ends_word = at[1] == ' ' || at[1] == '\0';
            if (in_quotes && !ends_word) {
                return NULL;
            }
            in_quotes = !in_quotes;
        } else if (strchr("\"'\\", *at) != NULL || text_is_control(*at)) {
            return NULL;
        } else {
            text_add_char(out, *at);
        }
    }
    text_add_char(out, '\'');
    return in_quotes ? NULL : at;
}

enum status grub_cfg_add_arguments(struct text *out, const char *arguments)
{
    while (*arguments != '\0') {
        if (*arguments == ' ') {
            arguments++;
            continue;
        }
        arguments = grub_cfg_add_argument(out, arguments);
        if (arguments == NULL) {
            return STATUS_UNSUPPORTED;
        }
    }
    return STATUS_OK;
}

void grub_cfg_add_words(struct text *out, const char *words)
{
    text_add_char(out, '\'');
    for (; *words != '\0'; words++) {
        bool is_plain = !text_is_control(*words) && (unsigned char)*words < 0x80;
        grub_cfg_add_quoted_char(out, is_plain ? *words : '?');
    }
    text_add_char(out, '\'');
}

void grub_cfg_add_echo(struct text *out, const char *words)
{
    text_add(out, "echo ");
    grub_cfg_add_words(out, *words == '\0' ? " " : words);
    text_add_char(out, '\n');
}
