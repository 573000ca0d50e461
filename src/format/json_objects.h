// SPDX-License-Identifier: GPL-3.0-or-later
// Finding the innermost objects of a JSON text one after the other, so that a list of a million of them need
// not be in memory as a whole. What stands in them is for a real reader of JSON.
#pragma once

#include "base/compiler.h"

struct json_object {
    const char *text; // borrowed: from '{' to '}'
    size_t bytes;
    unsigned line; // of its '{', 1-based
};

struct json_objects {
    const char *at;
    const char *end;
    unsigned line;
};

/// Starts to read `bytes` bytes of `text`, which must outlive it.
struct json_objects json_objects_init(const char *text, size_t bytes);

/// The next object that has no object in it; false at the end.
bool json_objects_next(struct json_objects *objects, struct json_object *object);
