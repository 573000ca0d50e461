// SPDX-License-Identifier: GPL-3.0-or-later
// The rows behind lint_check, and what the files of lint share.
#pragma once

#include "format/entries.h"
#include "model/lint.h"

// Patterns are matched with "NAME=VALUE" of an entry, letters' case ignored: '*' is any text, '?' one
// character,
// '|' stands between alternatives.

struct lint_bad { // an entry that fits is a finding
    enum lint_format format;
    enum lint_rule_id rule;
    const char *pattern;
    const char *unless; // NULL = never
};

struct lint_need { // that no entry fits is a finding
    enum lint_format format;
    enum lint_rule_id rule;
    const char *pattern;
    const char *when; // only when an entry fits this; NULL = always
    const char *text; // what the finding is about, or ""
};

struct lint_pair { // that entries fit both is a finding
    enum lint_format format;
    enum lint_rule_id rule;
    const char *pattern;
    const char *with;
};

#define LINT_NEEDS_MOST 24 // rows of one format

/// The rows; `*count` says how many.
const struct lint_bad *lint_bad_rows(size_t *count);
/// The same.
const struct lint_need *lint_need_rows(size_t *count);
/// The same.
const struct lint_pair *lint_pair_rows(size_t *count);

/// Whether `text` fits `pattern`.
bool lint_fits(const char *pattern, const char *text);

/// Whether a kickstart command of this name was ever known.
bool lint_is_kickstart_command(const char *name);

/// Whether autoinstall has this key at its top.
bool lint_is_autoinstall_key(const char *name);

/// Checks a boot menu.
void lint_check_menu(const struct lint_subject *subject, struct lint *lint);

/// Checks a script of iPXE.
void lint_check_ipxe(const struct lint_subject *subject, struct lint *lint);

/// Tells of kernel arguments that fetch the answer file from where everybody may read it.
void lint_check_answer_place(const char *arguments, unsigned line, struct lint *lint);

/// The line of the template that line `line` of the subject's text came from.
unsigned lint_place(const struct lint_subject *subject, unsigned line);

/// Checks that every word of kernel arguments without '=' is one that somebody knows.
void lint_check_words(const char *arguments, unsigned line, struct lint *lint);
