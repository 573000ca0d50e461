// SPDX-License-Identifier: GPL-3.0-or-later
// Reading Kea's configuration, for the files migrate_kea*.c only: where in it the reading stands, the classes
// and options that it has made.
#pragma once

#include "cli/migrate_class.h"
#include "cli/migrate_dhcp.h"
#include "cli/migrate_kea_tree.h"

struct kea_class {
    char source[128]; // as the file calls it
    unsigned item;    // 0 = who belongs to it could not be carried over
    struct migrate_terms terms;
};

struct kea_option { // of option-def
    char name[DHCP_OPTION_NAME_BYTES];
    char space[DHCP_OPTION_NAME_BYTES]; // "" = none
    unsigned code;
    const char *type;           // of definitions
    struct migrate_parts parts; // of a record, or of an array of numbers; no types = one value
};

struct kea_relay { // an address of a relay agent
    size_t node;
    unsigned subnet;                 // that it is named for; 0 = the shared network
    char shared[MACHINE_NAME_BYTES]; // "" = none
};

struct kea_scope {  // what is around a member
    unsigned depth; // of lending: 0 = all, 1 = a shared network, 2 = a subnet
    unsigned subnet;
    unsigned class;
    size_t machine;     // SIZE_MAX = none
    const char *shared; // "" = none
    char guard[128];    // classes that a subnet is for, with ',' between
    bool is_for_nobody; // those are none that were carried over
    bool is_pool;
};

struct kea_reading {
    struct migration *migration;
    struct kea_tree tree;
    struct migrate_lending lending;
    struct heap_array classes;
    struct heap_array options;
    struct heap_array relays;
    char what[MIGRATE_WHAT_BYTES];
};

struct kea_row { // a member and what becomes of it
    const char *key;
    enum migrate_remark_kind kind;
    const char *text; // of the remark; NULL = `take` says all
    void (*take)(struct kea_reading *reading, size_t node, struct kea_scope *scope);
};

/// What follows is about the node at `position`.
void kea_at(struct kea_reading *reading, size_t position);

/// Remarks something about the node that the reading is at.
void kea_remark(struct kea_reading *reading, enum migrate_remark_kind kind, const char *text);

/// Reads the members of the object at `position` by `count` rows, and by those that all levels have; others
/// are remarked by their names.
void kea_members_read(struct kea_reading *reading, size_t position, const struct kea_row *rows, size_t count,
                      struct kea_scope *scope);

/// Reads each object of the list at `position` with `take`; a list that is none is remarked.
void kea_list_read(struct kea_reading *reading, size_t position, struct kea_scope *scope,
                   void (*take)(struct kea_reading *reading, size_t node, struct kea_scope *scope));

/// Reads option-def and option-data, lists.
void kea_definitions_read(struct kea_reading *reading, size_t position, struct kea_scope *scope);
/// See kea_definitions_read.
void kea_options_read(struct kea_reading *reading, size_t position, struct kea_scope *scope);

/// The option that the file defines as `name` in `space`, or NULL.
const struct kea_option *kea_option_find(const struct kea_reading *reading, const char *space,
                                         const char *name);

/// Reads subnet4, shared-networks and reservations, lists.
void kea_subnets_read(struct kea_reading *reading, size_t node, struct kea_scope *scope);
/// See kea_subnets_read.
void kea_shared_read(struct kea_reading *reading, size_t node, struct kea_scope *scope);
/// See kea_subnets_read.
void kea_hosts_read(struct kea_reading *reading, size_t node, struct kea_scope *scope);

/// All networks were read: remarks the addresses of relay agents.
void kea_relays_check(struct kea_reading *reading);

/// Reads client-classes, a list.
void kea_classes_read(struct kea_reading *reading, size_t position, struct kea_scope *scope);

/// The name in imprint.yaml of the class that the file calls `name`; "" for that of all clients. NULL when
/// its members could not be carried over.
const char *kea_class_find(struct kea_reading *reading, const char *name);

/// Reads the condition `test`. False when a class cannot say that.
bool kea_test_read(const struct kea_reading *reading, const char *test, struct migrate_terms *terms);
