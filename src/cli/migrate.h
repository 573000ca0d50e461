// SPDX-License-Identifier: GPL-3.0-or-later
// What other servers' configuration says, as settings of imprint: where each came from, what could not be
// carried over and why, what is wrong in the source. Knows imprint's keys; the sources have files of their
// own (migrate_source.h).
#pragma once

#include "cli/migrate_remark.h"
#include "config/key.h"
#include "config/value.h"
#include "io/heap.h"
#include "model/dhcp_option.h"
#include "model/machine.h"

#include <jansson.h>
#include <stdio.h>

#define MIGRATE_PATH_BYTES    256
#define MIGRATE_WHAT_BYTES    128
#define MIGRATE_TEXT_BYTES    512
#define MIGRATE_VALUE_BYTES   (DHCP_OPTION_TEXT_BYTES + 1)
#define MIGRATE_MOST          4000  // settings, and remarks: more than a person reads
#define MIGRATE_MACHINES_MOST 10000 // and as many options of theirs

struct migrate_place {
    char file[MIGRATE_PATH_BYTES];
    unsigned line;
    char what[MIGRATE_WHAT_BYTES]; // as the source has it, printable: "server_args -s"
};

struct migrate_setting {
    const struct key *key;
    unsigned item;                     // of which element of a table; 0 = of none
    char name[DHCP_OPTION_NAME_BYTES]; // KEY_OPTIONS: of the option
    char value[MIGRATE_VALUE_BYTES];   // KEY_CLASSES: with ',' between
    struct migrate_place from;
    unsigned yaml_line; // where it stands in what was printed last
};

struct migrate_item { // an element of a table, such as a subnet; called by its position, from 1
    const struct key *table;
    unsigned owner; // the element that it is in; 0 = none
    bool is_dropped;
};

struct migrate_machine {
    char name[MACHINE_NAME_BYTES];
    struct hw macs[MACHINE_MACS_MOST];
    uint8_t mac_count;
    struct ip4 address; // 0 = none
    struct migrate_place from;
};

struct migrate_machine_option {
    size_t machine; // its position
    char name[DHCP_OPTION_NAME_BYTES];
    char value[MIGRATE_VALUE_BYTES];
};

struct migrate_remark {
    enum migrate_remark_kind kind;
    struct migrate_place from;
    size_t number; // in the order in which they were made
    char text[MIGRATE_TEXT_BYTES];
};

struct migration {
    struct heap_array settings;
    struct heap_array items;
    struct heap_array machines;
    struct heap_array machine_options;
    struct heap_array remarks;
    char file[MIGRATE_PATH_BYTES]; // being read
    unsigned line;                 // in it
    bool is_cut;                   // there was more than MIGRATE_MOST
    size_t needless_count;
    bool may_include;       // other files that are named in those may be read: see migrate_file.h
    unsigned include_count; // that were
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

/// Adds an element to `table` ("dhcp.subnets") of the element `owner` (0 = none), whose first key is `value`.
/// Its number, or 0 after a remark: the value is none, or there are too many.
unsigned migrate_add(struct migration *migration, unsigned owner, const char *table, const char *value,
                     const char *what);

/// migrate_set inside an element (0 = none; nothing happens when it was dropped).
void migrate_set_in(struct migration *migration, unsigned item, const char *key, const char *value,
                    const char *what);

/// Sets the DHCP option `name` to `value` (as imprint.yaml(5) has them) in `key`, a group of options, of an
/// element (0 = none). Options that are imprint's own and values that are none become remarks.
void migrate_set_option(struct migration *migration, unsigned item, const char *key, const char *name,
                        const char *value, const char *what);

/// Puts a setting that was checked, for which the source says `what`, among the others.
void migrate_put(struct migration *migration, struct migrate_setting *setting, const char *what);

/// Takes an element with all that is in it out.
void migrate_drop(struct migration *migration, unsigned item);

/// The setting of `key` in an element (0 = none), of the option `name` when that is not NULL; or NULL.
const struct migrate_setting *migrate_find_in(const struct migration *migration, unsigned item,
                                              const char *key, const char *name);

/// Whether `name` and `value` are a DHCP option that may be configured; prints both as imprint writes them.
/// Else it is remarked.
bool migrate_read_option(struct migration *migration, char name[DHCP_OPTION_NAME_BYTES],
                         char value[MIGRATE_VALUE_BYTES], const char *what);

/// Adds a machine called after `name`, made a valid name that no other one has. Its position, or SIZE_MAX
/// when there are too many.
size_t migrate_add_machine(struct migration *migration, const char *name, const char *what);

/// Reads a hardware address as people write them, octets of one digit too. False when it is none.
bool migrate_read_mac(const char *written, struct hw *mac);

/// Gives a machine a hardware address, unless another one has it, which is remarked.
void migrate_set_mac(struct migration *migration, size_t machine, const char *mac, const char *what);

/// Gives a machine its address, unless another one has it, which is remarked.
void migrate_set_address(struct migration *migration, size_t machine, const char *address, const char *what);

/// Gives a machine a DHCP option.
void migrate_set_machine_option(struct migration *migration, size_t machine, const char *name,
                                const char *value, const char *what);

/// Remarks that the source says `what`, and what is to be known about it, one or more sentences.
void migrate_remark(struct migration *migration, enum migrate_remark_kind kind, const char *what,
                    const char *format, ...) PRINTF_LIKE(4, 5);

/// The setting of `key`, or NULL; valid until the next one is made.
const struct migrate_setting *migrate_find(const struct migration *migration, const char *key);

/// All was read. Takes out what imprint's configuration would refuse as a whole, each with a remark, until
/// the rest is good, and puts the remarks into the order of files and lines.
void migrate_check(struct migration *migration);

/// Prints the settings as imprint.yaml(5) with where they came from, and at the end, as comments, what was
/// not carried over. It is always valid.
void migrate_print_yaml(struct migration *migration, FILE *out);

/// Prints the machines as commands, each line behind `before`. Nothing when there are none.
void migrate_print_machines(const struct migration *migration, const char *before, FILE *out);

/// Prints the remarks that a person should read, a line each, "file:line: what: text".
void migrate_print_report(const struct migration *migration, FILE *out);

/// Settings and remarks, yours.
json_t *migrate_to_json(const struct migration *migration);
