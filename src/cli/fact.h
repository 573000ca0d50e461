// SPDX-License-Identifier: GPL-3.0-or-later
// Members of the JSON objects that the daemon sends (docs/protocols/control-api.md), read without surprises:
// what is absent, null or of another type is empty.
#pragma once

#include "base/compiler.h"

#include <jansson.h>

/// The text member `name`, "" when there is none; lives as long as `object`.
const char *fact_text(const json_t *object, const char *name);

/// The whole number `name`, 0 when there is none.
int64_t fact_number(const json_t *object, const char *name);

/// Whether the member `name` is true.
bool fact_is(const json_t *object, const char *name);

/// The member `name` of any type, borrowed; an empty list or object of jansson's behaves the same as NULL.
json_t *fact_get(const json_t *object, const char *name);

/// `text` as JSON, yours; what is not UTF-8 comes escaped as \xNN, so that the daemon can name it when it
/// refuses it.
json_t *fact_from_text(const char *text);
