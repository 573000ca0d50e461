// SPDX-License-Identifier: GPL-3.0-or-later
// One value of a configuration key, between text and memory, for every type that the table of keys knows. It
// knows no YAML and no other keys.
#pragma once

#include "base/problem.h"
#include "base/text.h"
#include "config/key.h"

#define VALUE_TEXT_BYTES 300

/// Parses `text` into `value`, which has the type and size that `key` says. On failure `problem` tells what
/// is allowed; `value` is untouched then.
MUST_USE enum status value_parse(const struct key *key, const char *text, void *value,
                                 struct problem *problem);

/// Prints `value` so that value_parse reads it back; empty text for a name that is not set. Returns `out`.
char *value_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES]);

/// Says in a few words what `key` takes: "a number from 1 to 65535". Returns `out`.
char *value_about(const struct key *key, char out[VALUE_TEXT_BYTES]);
