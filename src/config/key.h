// SPDX-License-Identifier: GPL-3.0-or-later
// The table of configuration keys. The parser, the checks, `imprint config show` and the manual all follow
// from its rows; a new setting is one row here and one member of struct config.
#pragma once

#include "base/compiler.h"

#define KEY_NAME_BYTES 64

enum key_type {
    KEY_INTERFACE, // char[bytes]
    KEY_PATH,      // char[bytes]: absolute
    KEY_HOST,      // char[bytes]: letters, digits, '-', '.'
    KEY_ACCOUNT,   // char[bytes]
    KEY_WORD,      // enum: one of `words`
    KEY_NUMBER,    // uint16_t or uint32_t, as `bytes` says: least..most
    KEY_SWITCH,    // bool
    KEY_SIZE,      // uint64_t: bytes, at least `least`
    KEY_PORTS,     // two uint16_t, one behind the other; 0 and 0 = none
    KEY_DURATION,  // uint32_t: seconds, at least `least`, at most `most` unless that is 0
    KEY_ADDRESS,   // struct ip4
    KEY_SUBNET,    // struct subnet
    KEY_RANGE,     // two struct ip4, one behind the other
    KEY_SPAN,      // two struct ip4, one behind the other: an address, or a range
    KEY_PATTERN,   // char[bytes]: any characters that can be seen
    KEY_PREFIX6,   // struct ip6, and one byte behind it: how many bits
    KEY_ADDRESS6,  // struct ip6
    KEY_SPAN6,     // struct network6_span: an address, or a range; all zero = none
    KEY_MACHINE,   // uint16_t: a kind of firmware (DHCP option 93), by name or number
    KEY_MAC,       // struct dhcp_class_mac: the beginning of hardware addresses
    KEY_UUIDS,     // struct dhcp_class_uuids
    KEY_OPTIONS,   // struct dhcp_option_set: a group of DHCP options
    KEY_CLASSES,   // uint64_t: a list of the names of classes
    KEY_TABLE,     // a list of tables whose keys are the rows "name[].*"
    KEY_TYPE_COUNT
};

struct key {
    const char *name; // dotted; "dhcp.subnets[].range" for a key of each element of a table
    enum key_type type;
    bool is_list;
    bool may_reload;           // can change while the daemon runs
    bool is_required;          // of each element of a table
    size_t offset;             // in struct config; of a table's key, in its element
    size_t bytes;              // of one value
    size_t count_offset;       // lists: where their uint8_t length is
    uint32_t least;            // numbers, seconds
    uint32_t most;             // numbers, seconds; lists: how many values
    const char *const *words;  // NULL-terminated, in order of the enum's values
    const char *default_text;  // as one would write it; NULL = none
    const char *default_about; // what happens without it, when there is no default_text
    const char *about;         // one or two sentences
};

/// The rows, in the order of the manual, and how many there are.
const struct key *key_table(unsigned *count);

/// The row called `name` (exact), or NULL.
const struct key *key_find(const char *name);

/// Whether `name` is a section: a prefix "name." of some row.
bool key_is_section(const char *name);

/// Whether `key` belongs directly to the section or table element `prefix` ("", "dhcp." or
/// "dhcp.subnets[]."), or opens a section there; `*name` (KEY_NAME_BYTES) is then what one writes at that
/// place.
bool key_is_inside(const struct key *key, const char *prefix, char name[KEY_NAME_BYTES]);

/// Whether `key` is neither text nor a list of texts: what it says depends on other keys (KEY_OPTIONS,
/// KEY_CLASSES), so it is read behind all others, and value_parse and value_print do not know it.
bool key_is_late(const struct key *key);

/// The values of `key` inside `base`, a struct config or an element of a table.
void *key_values(const struct key *key, void *base);

/// How many values `key` has inside `base`: always 1 when it is no list.
unsigned key_count(const struct key *key, const void *base);

/// Sets the length of a list.
void key_set_count(const struct key *key, void *base, unsigned count);
