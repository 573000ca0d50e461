// SPDX-License-Identifier: GPL-3.0-or-later
// What other DHCP servers have in common: networks with ranges, options, leases' times, boot files; and the
// settings that what is inside something takes over from it.
#pragma once

#include "base/text.h"
#include "cli/migrate.h"

#define MIGRATE_SUBNETS "dhcp.subnets"
#define MIGRATE_CLASSES "dhcp.classes"

struct migrate_range {
    struct ip4 first;
    struct ip4 last;
    const char *classes; // names with ',' between; "" = for everybody
    bool has_bootp;
};

struct migrate_lending { // what holds for all that is inside of something: see migrate_lend_begin
    struct heap_array lent;
};

struct migrate_definition { // of an option
    const char *name;
    const char *space; // of a vendor's options; "" = none
    unsigned code;
    const char *type;   // "string" ...
    const char *vendor; // "" = it is no vendor's
};

enum migrate_repeat { MIGRATE_REPEAT_NONE, MIGRATE_REPEAT_LAST, MIGRATE_REPEAT_ALL };

struct migrate_parts { // what a value of an option is made of
    char types[96];    // "uint8,ipv4-address": as Kea calls them, with ',' between
    enum migrate_repeat repeat;
};

/// Whether `item` is an element of `table` that has not been dropped.
bool migrate_dhcp_is(const struct migration *migration, unsigned item, const char *table);

/// The network that the element `item` is. False when it is none.
bool migrate_dhcp_subnet(const struct migration *migration, unsigned item, struct subnet *subnet);

/// Adds the network `network` with `prefix` leading ones, or finds it. Its number, or 0 after a remark.
unsigned migrate_dhcp_network(struct migration *migration, struct ip4 network, unsigned prefix,
                              const char *what);

/// The network that has `address`, or 0.
unsigned migrate_dhcp_find(const struct migration *migration, struct ip4 address);

/// Adds a range to a network.
void migrate_dhcp_range(struct migration *migration, unsigned subnet, const struct migrate_range *range,
                        const char *what);

/// Sets an option of a network, of a class ("dhcp.classes"), or of all (0); with `is_lent`, only what is not
/// set yet.
void migrate_dhcp_option(struct migration *migration, unsigned item, const char *name, const char *value,
                         bool is_lent, const char *what);

/// The code of the option `name` (a number, or a name that any of the servers has for it); 0 = none that may
/// be set.
unsigned migrate_dhcp_code(const char *name);

/// Defines an option, unless it is defined already or imprint knows it: `out` is how it is called in
/// imprint.yaml(5). False after a remark.
bool migrate_dhcp_define(struct migration *migration, const struct migrate_definition *wanted,
                         char out[DHCP_OPTION_NAME_BYTES], const char *what);

/// Appends `count` values as bytes in hex, by the types of their parts. False when they are not of these.
bool migrate_dhcp_encode(const struct migrate_parts *parts, const char *const *values, size_t count,
                         struct text *out);

/// How the vendor class of all members of `class` begins. False when that cannot be said.
bool migrate_dhcp_find_vendor(const struct migration *migration, unsigned class, char out[DHCP_VENDOR_BYTES]);

/// Sets a network's `key` ("lease", "lease_min", "lease_max"), or a class's "lease", to `seconds` as text.
void migrate_dhcp_lease(struct migration *migration, unsigned item, const char *key, const char *seconds,
                        bool is_lent, const char *what);

/// The server told clients to get the boot file `file`.
void migrate_dhcp_file(struct migration *migration, const char *file, const char *what);

/// The server told clients to get it from `address`.
void migrate_dhcp_server(struct migration *migration, const char *address, const char *what);

/// Starts to remember settings for what is inside of something.
void migrate_lend_init(struct migrate_lending *lending);

/// `key` is "option" or one of migrate_dhcp_lease's: it holds for all that `depth` is around.
void migrate_lend(struct migration *migration, struct migrate_lending *lending, unsigned depth,
                  const char *key, const char *name, const char *value, const char *what);

/// What `depth` is around has been read: networks behind the first `items` elements, machines behind the
/// first `machines`. They get what they do not have themselves.
void migrate_lend_end(struct migration *migration, struct migrate_lending *lending, unsigned depth,
                      size_t items, size_t machines);

/// Forgets everything.
void migrate_lend_clear(struct migrate_lending *lending);

/// All files have been read: remarks what does not go together (addresses inside ranges, machines that no
/// network has, a class that does nothing).
void migrate_dhcp_finish(struct migration *migration);
