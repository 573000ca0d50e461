// SPDX-License-Identifier: GPL-3.0-or-later
// What `imprint profile new` makes of a shipped answer file: which values it can take, which it cannot do
// without, and the packages written into it in its own format. Values in, values out.
#pragma once

#include "base/problem.h"
#include "base/status.h"

#include <stddef.h>

#define PROFILE_DRAFT_PACKAGES 64 // at most

/// Whether the template `source` has a place for the value `key`.
bool profile_draft_has(const char *source, const char *key);

/// Whether it cannot be rendered without the value `key`: it is named outside of all sections.
bool profile_draft_needs(const char *source, const char *key);

/// Whether some place of it, which may be a section of another value's, names `key` outside of sections of
/// `key` itself: what makes that section appear needs `key`, too.
bool profile_draft_assumes(const char *source, const char *key);

/// `source` (an answer file called `name`) with `packages` (blanks between) where it says {{! packages }}; on
/// the heap, yours. Without packages, or without such a place, it is a plain copy. STATUS_MALFORMED and
/// `problem` when one of them is no name of a package; STATUS_TOO_LONG when there are more than
/// PROFILE_DRAFT_PACKAGES.
MUST_USE enum status profile_draft_fill(const char *source, const char *name, const char *packages,
                                        char **out, struct problem *problem);

/// Whether `text` is an account's name on any Linux, and not root: a-z, then a-z 0-9 '_' '-', 32 at most.
bool profile_draft_is_user(const char *text);

/// Whether `text` is a word of a locale, a keyboard or a time zone: letters, digits, "_.@+-" and '/' within,
/// no "..".
bool profile_draft_is_word(const char *text);
