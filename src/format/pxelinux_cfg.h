// SPDX-License-Identifier: GPL-3.0-or-later
// Writing pxelinux configuration. The language has no quoting at all: a value ends with its line or its
// word, so what would end it early is refused, never altered. Knows the words of the language, not what a
// machine should do.
#pragma once

#include "base/text.h"

/// The longest kernel command line that pxelinux and the x86 kernel take, in bytes without the NUL (the
/// boot protocol's usual cmdline_size; anything behind it would be cut silently).
#define PXELINUX_CFG_ARGUMENTS_MOST 2047

/// Appends "KEY value\n" where the value is one word, a path (LINUX, INITRD, CONFIG). STATUS_UNSUPPORTED, and
/// nothing appended, when `value` is empty or holds a blank, a comma (INITRD takes lists), a control
/// character or what makes a URL of it ("::", "://", '#', ';', '%').
MUST_USE enum status pxelinux_cfg_add_word(struct text *out, const char *key, const char *value);

/// The same with `count` values and a comma between them, as INITRD takes several.
MUST_USE enum status pxelinux_cfg_add_words(struct text *out, const char *key, const char *const *values,
                                            size_t count);

/// Appends "KEY value\n" where the value is the rest of the line (APPEND). STATUS_UNSUPPORTED, and nothing
/// appended, when `value` is empty, is "-" (which means "nothing" there), or holds a control character.
MUST_USE enum status pxelinux_cfg_add_line(struct text *out, const char *key, const char *value);

/// Appends "KEY words\n" for what a menu shows (MENU TITLE, MENU LABEL): anything but printable ASCII, and
/// '^', which marks a key, becomes '?'; an empty text is one blank.
void pxelinux_cfg_add_title(struct text *out, const char *key, const char *words);

/// Appends a SAY line: `words` as the person before the screen reads it; anything but printable ASCII
/// becomes '?'.
void pxelinux_cfg_add_say(struct text *out, const char *words);
