// SPDX-License-Identifier: GPL-3.0-or-later
// Reading dhcpd.conf, for the files migrate_dhcpd*.c only: where in its blocks it stands, the classes and
// options that the file has made.
#pragma once

#include "cli/migrate_class.h"
#include "cli/migrate_dhcp.h"
#include "cli/migrate_source.h"
#include "format/dhcpd_conf.h"

#define DHCPD_RANGES_MOST 16

enum dhcpd_scope_kind {
    DHCPD_FILE,
    DHCPD_SUBNET,
    DHCPD_SHARED,
    DHCPD_POOL,
    DHCPD_GROUP,
    DHCPD_HOST,
    DHCPD_CLASS,
    DHCPD_IF,
    DHCPD_RECORD,  // the types of an option that is defined
    DHCPD_SKIPPED, // nothing in it is carried over, which was remarked
};

struct dhcpd_range { // of a pool, until all of that is known
    struct migrate_range range;
    unsigned line;
    char what[MIGRATE_WHAT_BYTES];
};

struct dhcpd_scope {
    enum dhcpd_scope_kind kind;
    unsigned item;       // SUBNET (and POOL in it), CLASS, IF: 0 = none
    size_t machine;      // HOST; SIZE_MAX = none
    size_t items_before; // what was there when it began
    size_t machines_before;
    unsigned line;
    char name[MACHINE_NAME_BYTES];
    struct migrate_terms terms;                   // IF
    struct dhcpd_range ranges[DHCPD_RANGES_MOST]; // POOL
    unsigned range_count;
    char classes[256];  // POOL: that may have its addresses, with ',' between
    bool is_elsif;      // IF: only those for whom the condition before did not hold
    bool is_for_nobody; // POOL: only members of classes that could not be carried over
};

struct dhcpd_class {
    char source[128]; // as the file calls it
    unsigned item;
    bool has_match;
    char keyed[16];  // what subclasses are told apart by: a key of match; "" = nothing
    uint64_t length; // only the first so many bytes of that; 0 = all
};

struct dhcpd_option { // "option arch code 93 = unsigned integer 16;"
    char name[DHCP_OPTION_NAME_BYTES];
    char space[DHCP_OPTION_NAME_BYTES];
    unsigned code;
    const char *type;           // of definitions
    struct migrate_parts parts; // when that is "hex"
};

struct dhcpd_reading {
    struct migration *migration;
    const struct migrate_text *text; // that is being read
    const struct dhcpd_conf_item *item;
    struct migrate_lending lending;
    struct heap_array classes;
    struct heap_array options;
    struct dhcpd_scope scopes[DHCPD_CONF_DEPTH_MOST + 1];
    unsigned depth;
    unsigned base_depth;   // where the file that is being read began
    unsigned lost;         // blocks around that were too deep
    bool has_file;         // a boot file or a server of boot files was named for more than one host
    unsigned foreign_line; // of the first blank that is none; 0 = there was none
    unsigned foreign_count;
    char what[MIGRATE_WHAT_BYTES];
};

/// The innermost scope.
struct dhcpd_scope *dhcpd_scope(struct dhcpd_reading *reading);

/// The word at `position`, "" behind the last.
const char *dhcpd_word(const struct dhcpd_reading *reading, unsigned position);

/// Reads the statements of `text`, which stand where the reading is.
void dhcpd_text_read(struct dhcpd_reading *reading, const struct migrate_text *text);

/// Reads "option ...".
void dhcpd_option_read(struct dhcpd_reading *reading);

/// Reads "option NAME code N = {", and the types in it.
void dhcpd_record_begin(struct dhcpd_reading *reading);
/// See dhcpd_record_begin.
void dhcpd_record_read(struct dhcpd_reading *reading);

/// The option that the file has defined as `name` ("arch", "PXE.x"), or NULL.
const struct dhcpd_option *dhcpd_option_find(const struct dhcpd_reading *reading, const char *name);

/// Reads the condition that begins at word `from`. False when a class cannot say that.
bool dhcpd_terms_read(const struct dhcpd_reading *reading, unsigned from, struct migrate_terms *terms);

/// The class that the file calls `name`, or NULL.
struct dhcpd_class *dhcpd_class_find(const struct dhcpd_reading *reading, const char *name);

/// Reads "match ...", "subclass ..." and the beginnings of class, subclass and if.
void dhcpd_match_read(struct dhcpd_reading *reading);
/// See dhcpd_match_read.
void dhcpd_subclass_read(struct dhcpd_reading *reading);
/// See dhcpd_match_read.
void dhcpd_class_begin(struct dhcpd_reading *reading);
/// See dhcpd_match_read.
void dhcpd_if_begin(struct dhcpd_reading *reading);

/// All was read: takes classes without conditions out.
void dhcpd_class_finish(struct dhcpd_reading *reading);

/// The statements that are no blocks: one row of a table each. False when there is no such statement.
bool dhcpd_statement_read(struct dhcpd_reading *reading);
