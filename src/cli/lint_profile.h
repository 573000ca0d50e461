// SPDX-License-Identifier: GPL-3.0-or-later
// One answer file that is checked: a file of the administrator's, or that of a profile.
#pragma once

#include "cli/lint_values.h"
#include "model/lint.h"

#include <jansson.h>

struct lint_profile {
    char name[256]; // of the answer file
    enum lint_format format;
    json_t *own;       // its values, owned; NULL = none
    json_t *source;    // the template, a text, owned
    json_t *arguments; // kernel arguments, a text, owned; NULL = not known
    bool arguments_are_partial;
    struct snippets *snippets; // owned
    bool is_open;              // other values may come
    bool is_rendered;          // `text` is what a machine gets, so lines are those of that
    char *text;                // with its values in place, owned; NULL = could not be made
    size_t length;
    unsigned *lines; // owned; NULL = lines are the same
    size_t line_count;
    struct lint lint;
};

/// Nothing to check yet. lint_profile_free must follow.
struct lint_profile *lint_profile_new(void);

/// Takes snippets from `folder`, instead of those beside the default configuration file.
void lint_profile_take_snippets(struct lint_profile *checked, const char *folder);

/// Gives it back; NULL is allowed. What may be secret is wiped.
void lint_profile_free(struct lint_profile *taken);

/// Takes the answer file, values and arguments of a profile as the daemon shows it.
void lint_profile_take(struct lint_profile *checked, const json_t *profile);

/// Takes a file called `path` that holds `taken_source`; `set` are the values given for it (owned then).
void lint_profile_take_file(struct lint_profile *checked, const char *path, json_t *taken_source,
                            json_t *taken_set);

/// Adds the kernel arguments of the profile's image, if the daemon tells them.
void lint_profile_take_image(struct lint_profile *checked, struct call *call, const char *image);

/// Takes what was rendered for a machine: the daemon's answer.
void lint_profile_take_rendered(struct lint_profile *checked, const json_t *rendered);

/// Checks it by imprint's own rules; findings go to `lint`, sorted.
void lint_profile_check(struct lint_profile *checked);

/// What the rules were given, after lint_profile_check; `text` is NULL when it could not be made.
struct lint_subject lint_profile_subject(const struct lint_profile *checked);
