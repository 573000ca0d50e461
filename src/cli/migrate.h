// SPDX-License-Identifier: GPL-3.0-or-later
// What other servers' configuration says, as settings of imprint: where each came from, what could not be
// carried over and why, what is wrong in the source. Knows imprint's keys; the sources have files of their
// own (migrate_source.h).
#pragma once

#include "cli/migrate_remark.h"
#include "config/key.h"
#include "config/value.h"
#include "io/heap.h"

#include <jansson.h>
#include <stdio.h>

#define MIGRATE_PATH_BYTES 256
#define MIGRATE_WHAT_BYTES 128
#define MIGRATE_TEXT_BYTES 512
#define MIGRATE_MOST       1000 // settings, and remarks: more than any server has

struct migrate_place {
    char file[MIGRATE_PATH_BYTES];
    unsigned line;
    char what[MIGRATE_WHAT_BYTES]; // as the source has it, printable: "server_args -s"
};

struct migrate_setting {
    const struct key *key;
    char value[VALUE_TEXT_BYTES];
    struct migrate_place from;
    unsigned yaml_line; // where it stands in what was printed last
};

struct migrate_remark {
    enum migrate_remark_kind kind;
    struct migrate_place from;
    char text[MIGRATE_TEXT_BYTES];
};

struct migration {
    struct heap_array settings; // in order of the table of keys, once they are printed
    struct heap_array remarks;
    char file[MIGRATE_PATH_BYTES]; // being read
    unsigned line;                 // in it
    bool is_cut;                   // there was more than MIGRATE_MOST
};

/// Starts with nothing.
void migrate_init(struct migration *migration);

/// Gives its memory back.
void migrate_clear(struct migration *migration);

/// What follows is about line `line` of `file`.
void migrate_at(struct migration *migration, const char *file, unsigned line);

/// Sets `key` (which the table must have) to `value`, since the source says `what`. A value that imprint
/// would refuse becomes a remark. Another value for the same key replaces the first, which is remarked; lists
/// grow.
void migrate_set(struct migration *migration, const char *key, const char *value, const char *what);

/// Remarks that the source says `what`, and what is to be known about it, one or more sentences.
void migrate_remark(struct migration *migration, enum migrate_remark_kind kind, const char *what,
                    const char *format, ...) PRINTF_LIKE(4, 5);

/// The setting of `key`, or NULL; valid until the next one is made.
const struct migrate_setting *migrate_find(const struct migration *migration, const char *key);

/// Takes out what imprint's configuration would refuse as a whole, each with a remark, until the rest is
/// good.
void migrate_check(struct migration *migration);

/// Prints the settings as imprint.yaml(5) with where they came from, and at the end, as comments, what was
/// not carried over. It is always valid.
void migrate_print_yaml(struct migration *migration, FILE *out);

/// Prints the remarks that a person should read, a line each, "file:line: what: text".
void migrate_print_report(const struct migration *migration, FILE *out);

/// Settings and remarks, yours.
json_t *migrate_to_json(const struct migration *migration);
