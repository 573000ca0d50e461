// SPDX-License-Identifier: GPL-3.0-or-later
// The values that templates may name, one row each: for rendering, for problems and for the manual.
#pragma once

#include "base/text.h"
#include "catalog/render.h"
#include "format/template.h"

#define VALUES_MOST       40
#define VALUES_TEXT_BYTES 320

#define VALUES_MIRROR_BYTES 128

struct values { // every value's text for one rendering; the strings are the caller's
    const struct render_facts *facts;
    char texts[VALUES_MOST][VALUES_TEXT_BYTES]; // by row; empty = no value here
    bool refuses_secrets;                       // what is made is no place for them: they count as missing
    unsigned mirror_count;
    char mirror_names[RENDER_MIRRORS_MOST][RENDER_MIRROR_BYTES + 16]; // "mirrors.NAME"
    char mirror_urls[RENDER_MIRRORS_MOST][VALUES_MIRROR_BYTES];
};

/// Fills in `values` from `facts`, which must outlive it.
void values_init(struct values *values, const struct render_facts *facts);

/// Finds names in `values` (as `self`), for template_data: the profile's own values first, then the table.
struct template_value values_find(const void *self, const void *node, const char *name, size_t length);

/// Appends all names there are, "hostname, domain, ...", the profile's own ones too.
void values_add_names(const struct values *values, struct text *out);
