// SPDX-License-Identifier: GPL-3.0-or-later
// Writing GRUB scripts. Inside single quotes GRUB takes every character as it is ('$', ';', '#' and
// backslashes too); only the single quote itself needs care. Knows the words of the language, not what a
// machine should do.
#pragma once

#include "base/text.h"

/// Appends `value` as one word in single quotes. STATUS_UNSUPPORTED, and nothing appended, when it holds a
/// control character (a newline ends GRUB's line even inside quotes of some releases).
MUST_USE enum status grub_cfg_add_word(struct text *out, const char *value);

/// Appends kernel arguments, each as " 'word'", so that exactly `arguments` reaches the kernel. They are
/// split where the kernel splits them: at blanks outside double quotes. GRUB's linux command puts double
/// quotes around a word with blanks by itself, and a backslash before every ' " and \ in it, which the kernel
/// does not undo. So the quotes around a value are left to GRUB, and any other of these three characters is
/// refused: STATUS_UNSUPPORTED, as for control characters and an open quote; `out` may then hold a part.
MUST_USE enum status grub_cfg_add_arguments(struct text *out, const char *arguments);

/// Appends `words`, as the person before the screen reads them, as one word in single quotes; anything but
/// printable ASCII becomes '?'.
void grub_cfg_add_words(struct text *out, const char *words);

/// Appends an echo command with `words` as above; an empty line is one blank.
void grub_cfg_add_echo(struct text *out, const char *words);
