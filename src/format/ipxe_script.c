// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/ipxe_script.h"

#include <string.h>

/// Whether the word of `length` bytes at `word` would be more than a word.
static bool ipxe_script_is_operator(const char *word, size_t length)
{
    bool is_joint = length == 2 && (memcmp(word, "&&", 2) == 0 || memcmp(word, "||", 2) == 0);
    return is_joint || (length > 0 && word[0] == '#');
}

static bool ipxe_script_has_operator(const char *arguments)
{
    while (*arguments != '\0') {
        size_t length = strcspn(arguments, " ");
        if (ipxe_script_is_operator(arguments, length)) {
            return true;
        }
        arguments += length;
        arguments += *arguments == ' ';
    }
    return false;
}

static bool ipxe_script_is_line(const char *arguments)
{
    bool in_quotes = false;
    for (const char *at = arguments; *at != '\0'; at++) {
        bool loses_blank = in_quotes && at[0] == ' ' && at[1] == ' ';
        if (text_is_control(*at) || loses_blank) {
            return false;
        }
        in_quotes ^= *at == '"';
    }
    return true;
}

enum status ipxe_script_add_arguments(struct text *out, const char *arguments)
{
    if (*arguments == '\0') {
        return STATUS_OK;
    }
    if (strstr(arguments, "${") != NULL || !ipxe_script_is_line(arguments) ||
        ipxe_script_has_operator(arguments)) {
        return STATUS_UNSUPPORTED;
    }
    text_add_char(out, ' ');
    text_add(out, arguments);
    return STATUS_OK;
}

void ipxe_script_add_words(struct text *out, const char *command, const char *words)
{
    size_t option = strspn(words, " ");
    text_add_format(out, "%s ", command);
    for (size_t i = 0; words[i] != '\0'; i++) {
        unsigned char byte = (unsigned char)words[i];
        bool is_plain = byte >= 0x20 && byte < 0x7f && strchr("$#&|\\", words[i]) == NULL;
        bool is_option = i == option && words[i] == '-';
        text_add_char(out, is_plain && !is_option ? words[i] : '?');
    }
    text_add_char(out, '\n');
}

void ipxe_script_add_echo(struct text *out, const char *words)
{
    ipxe_script_add_words(out, "echo", words);
}
