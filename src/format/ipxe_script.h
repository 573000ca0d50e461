// SPDX-License-Identifier: GPL-3.0-or-later
// Writing iPXE scripts. The language has no quoting: "${" is always an expansion, a word that begins with
// '#' is a comment, and the words "&&" and "||" end a command. What would be read so is refused, never
// altered. Knows the words of the language, not what a machine should do.
#pragma once

#include "base/text.h"

/// Appends " " and `arguments` as the rest of a command. STATUS_UNSUPPORTED, and nothing appended, when they
/// hold "${", a word beginning with '#', a word "&&" or "||", two blanks in a row inside double quotes (iPXE
/// joins words with one), or a control character. Empty `arguments` append nothing.
MUST_USE enum status ipxe_script_add_arguments(struct text *out, const char *arguments);

/// Appends an echo command: `words` as the person before the screen reads it; anything but printable ASCII,
/// '$', '#', '&', '|', backslashes (one at the end takes the next line along) and a '-' that comes first (an
/// option) become '?', so that nothing in it is a command.
void ipxe_script_add_echo(struct text *out, const char *words);

/// Appends "COMMAND words\n": words that a menu shows (menu, item --gap --), written as ipxe_script_add_echo
/// does. What they are made of is one text there, blanks in a row become one.
void ipxe_script_add_words(struct text *out, const char *command, const char *words);
