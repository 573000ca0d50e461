// SPDX-License-Identifier: GPL-3.0-or-later
// One table says for each message which member of the JSON object is which member of the struct, what it may
// hold and how it is refused; one encoder and one decoder read it. No problem text ever quotes a value, so no
// secret can get into one.
#pragma once

#include "base/problem.h"

#include <jansson.h>

enum talk_kind {
    TALK_KIND_LINE,  // char[most]: UTF-8 without control characters
    TALK_KIND_WORD,  // char[most]: a-z A-Z 0-9 alone: tokens
    TALK_KIND_TEXT,  // char *, owned: any UTF-8 of at most `most` bytes
    TALK_KIND_BOOL,  // bool
    TALK_KIND_U8,    // uint8_t up to `most`
    TALK_KIND_U32,   // uint32_t up to `most`
    TALK_KIND_U64,   // uint64_t up to `most`
    TALK_KIND_HW,    // struct hw, Ethernet
    TALK_KIND_UUID,  // struct uuid
    TALK_KIND_IP4,   // struct ip4
    TALK_KIND_CHOICE // an enum: the position of one of `most` names
};

struct talk_field {
    const char *name; // of the member in the JSON object
    enum talk_kind kind;
    bool must;     // it must be there (and not null); else absent is zero
    size_t offset; // of the member in the struct
    uint64_t most;
    const char *const *names; // of a choice
};

#define TALK_NUMBER_MOST ((uint64_t)INT64_MAX) // JSON numbers of jansson are signed

/// Adds the members of the struct at `source` to `object`. Lines with control characters or broken UTF-8 are
/// escaped as \xNN and cut to what the decoder takes. False when a TEXT is not UTF-8, or memory ran out.
MUST_USE bool talk_fields_encode(json_t *object, const struct talk_field fields[], size_t count,
                                 const void *source);

/// Fills in the struct at `target`, which must be zeroed; what was decoded before a failure stays in it, so
/// that the caller can free and wipe it. `where` ("disks[2].") is put before the names in `problem`.
MUST_USE enum status talk_fields_decode(const json_t *object, const char *where,
                                        const struct talk_field fields[], size_t count, void *target,
                                        struct problem *problem);

/// A JSON string of `line`, escaped when it must be and never longer than `most_bytes` - 1; NULL without
/// memory.
json_t *talk_line_encode(const char *line, size_t most_bytes);

/// Its opposite into `out`, which holds `most_bytes`. `where` and `name` are for `problem`.
MUST_USE enum status talk_line_decode(const json_t *value, const char *where, const char *name, char *out,
                                      size_t most_bytes, struct problem *problem);

/// The array called `name`, an empty `*length` when it is absent or null. STATUS_MALFORMED when it is
/// something else.
MUST_USE enum status talk_array_find(const json_t *object, const char *where, const char *name,
                                     const json_t **array, size_t *length, struct problem *problem);

/// Parses a message: one JSON object of at most TALK_BODY_BYTES_MOST bytes. The caller gives it to
/// talk_object_free.
MUST_USE enum status talk_object_parse(const char *json, size_t bytes, json_t **object,
                                       struct problem *problem);

/// Takes the object and prints it, without leaving pieces of its text in freed memory. NULL when
/// `taken_object` is NULL or `ok` is not true, or memory ran out.
char *talk_object_print(json_t *taken_object, bool ok);

/// Wipes all its strings and lets it go; NULL is allowed.
void talk_object_free(json_t *taken_object);
