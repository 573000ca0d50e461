// SPDX-License-Identifier: GPL-3.0-or-later
// Mustache templates (mustache(5), github.com/mustache/spec 1.x: interpolation, sections, inverted sections,
// comments, delimiters, partials; no lambdas). Renders text from values that the caller looks up; reads no
// file, owns nothing, and never recurses: depth is bounded by the two stacks below.
#pragma once

#include "base/problem.h"
#include "base/text.h"

#define TEMPLATE_SECTIONS_MOST 32      // open sections, over all partials together
#define TEMPLATE_PARTIALS_MOST 16      // partials inside partials
#define TEMPLATE_TAGS_MOST     1000000 // tags read in one rendering: lists inside lists multiply

enum template_kind {
    TEMPLATE_MISSING, // there is no such name
    TEMPLATE_EMPTY,   // the name is known, but has no value here: false in sections
    TEMPLATE_TRUE,    // true in sections; as text it is `text`
    TEMPLATE_TEXT,    // `text`; false in sections when its length is 0
    TEMPLATE_OBJECT,  // has members, found with `find` in `node`; as text it is `text`, if not NULL
    TEMPLATE_LIST,    // has `count` items, found with `item` in `node`
};

struct template_value {
    enum template_kind kind;
    const char *text; // borrowed until rendering ends; need not end in NUL
    size_t length;
    const void *node; // the caller's own handle
    size_t count;
};

struct template_data { // where values come from; `self` is handed to each function
    const void *self;
    struct template_value root; // what {{.}} is outside all sections; zeroed = MISSING
    /// The member called `name` (one part of a dotted name, `length` bytes) of `node`; NULL = outermost.
    struct template_value (*find)(const void *self, const void *node, const char *name, size_t length);
    /// Item `index` of the list `node`. May be NULL when there are no lists.
    struct template_value (*item)(const void *self, const void *node, size_t index);
    /// The partial called `name` as TEMPLATE_TEXT, else TEMPLATE_MISSING. May be NULL.
    struct template_value (*partial)(const void *self, const char *name, size_t length);
};

enum template_escape {
    TEMPLATE_ESCAPE_NONE,   // for kernel arguments and scripts: {{x}} is x
    TEMPLATE_ESCAPE_LINE,   // for text whose lines mean something: {{x}} is x, and an error if it has a line
                            // break
    TEMPLATE_ESCAPE_HTML,   // as published: & " < > become entities, unless {{{x}}} or {{&x}}
    TEMPLATE_ESCAPE_XML,    // ' too
    TEMPLATE_ESCAPE_QUOTED, // what may stand between the double quotes of JSON (RFC 8259 7) and of YAML 1.2
                            // (5.7)
};

struct template_options {
    const char *name; // for problems: which template, borrowed
    enum template_escape escape;
    bool is_strict; // a name without value in an interpolation is an error, not an empty text
};

/// Renders `length` bytes of `source` to the end of `out`. On failure `problem` says what and, by line and
/// column, where: STATUS_MALFORMED (unclosed tag or section, wrong delimiters, a value that breaks its line),
/// STATUS_NOT_FOUND (strict: a name or partial without value), STATUS_TOO_LONG (nested too deeply, repeated
/// too often, or `out` is full). `out` then holds a part.
MUST_USE enum status template_render(const char *source, size_t length, const struct template_data *data,
                                     const struct template_options *options, struct text *out,
                                     struct problem *problem);
