// SPDX-License-Identifier: GPL-3.0-or-later
// Map files of tftpd-hpa (in.tftpd -m): rules that rewrite the names which clients ask for. Read as they are,
// with every operator and substitution of 5.2 and of later releases; bounded where the original is not
// (docs/decisions/0051).
//
//     operators  regular-expression  [replacement]      # comment
//     :label
//
// Rules run top to bottom over the name as it is by then. Regular expressions are POSIX extended ones.
#pragma once

#include "base/ip.h"
#include "base/problem.h"
#include "base/status.h"

#define MAP_FILE_BYTES (256u << 10) // larger files are refused
#define MAP_LINE_BYTES 4096
#define MAP_RULES_MOST 1000
#define MAP_STEPS_MOST 4096 // rules looked at and replacements made for one name
#define MAP_NAME_BYTES 1024 // of a name while it is rewritten, with its NUL

struct map;

enum map_step_kind {
    MAP_STEP_PASSED,    // the rule is not for this kind of request (G, P, 4, 6)
    MAP_STEP_MISSED,    // it does not match (with ~: it does)
    MAP_STEP_MATCHED,   // it matches
    MAP_STEP_REPLACED,  // and what matched was replaced: `name` is the result
    MAP_STEP_UNDONE,    // E: there is no file `name`, so the rule did nothing
    MAP_STEP_ENDED,     // e, E: no more rules
    MAP_STEP_RESTARTED, // s: from the first rule again
    MAP_STEP_JUMPED,    // j: `name` is the label
    MAP_STEP_REFUSED,   // a: `name` is the text for the client, perhaps ""
};

struct map_step { // borrowed for the call
    enum map_step_kind kind;
    unsigned line;    // of the rule in its file
    const char *rule; // as it stands there, without its comment
    const char *name;
};

struct map_question {
    const char *name;                                           // as the client wrote it
    struct ip client;                                           // for \i and \x
    bool is_put;                                                // a write request
    bool (*has_file)(void *context, const char *name);          // for E; NULL: there is none
    void (*traced)(void *context, const struct map_step *step); // every step; may be NULL
    void *context;
};

/// Reads a map file from `length` bytes of `text`; `file` names it in what `problem` says. NULL and `problem`
/// with file and line when something is wrong. Yours; map_free gives it back.
struct map *map_parse(const char *text, size_t length, const char *file, struct problem *problem);

/// The same from the file at `path`.
struct map *map_read(const char *path, struct problem *problem);

/// Frees it; NULL is allowed.
void map_free(struct map *map);

/// How many rules it has; labels are not counted.
size_t map_count(const struct map *map);

/// Rewrites a name. STATUS_OK: `out` is the new one, perhaps the same. STATUS_DENIED: a rule refuses the
/// request, `out` is the text for the client or "". STATUS_CONFLICT: the rules come to no end, make the name
/// too long or jump to no label, and `problem` says where.
MUST_USE enum status map_apply(const struct map *map, const struct map_question *question,
                               char out[MAP_NAME_BYTES], struct problem *problem);
