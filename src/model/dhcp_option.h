// SPDX-License-Identifier: GPL-3.0-or-later
// DHCPv4 options as an administrator writes them: values by name or code, checked by type, held as the bytes
// that go out. Sets of them are merged from the general to the particular: all clients, network, classes,
// machine. What a booting client needs from us is not for them to say (dhcp_option_is_ours).
#pragma once

#include "base/problem.h"
#include "base/text.h"

#define DHCP_OPTIONS_MOST       48   // in one set
#define DHCP_OPTION_SET_BYTES   1400 // of values in one set: what a packet can hold
#define DHCP_OPTION_BYTES_MOST  1024 // of one value; above 255 it leaves in pieces (RFC 3396)
#define DHCP_OPTION_NAME_BYTES  48
#define DHCP_OPTION_TEXT_BYTES  8192 // of a value as text
#define DHCP_OPTION_LINE_BYTES  1024 // of NAME=VALUE
#define DHCP_VENDOR_BYTES       33   // of the beginning of a vendor class
#define DHCP_DEFINITIONS_MOST   64
#define DHCP_OPTION_VALUES_MOST 64 // of a list

enum dhcp_option_type { // what a value is; the first ones are those that a definition may have
    DHCP_OPTION_STRING,
    DHCP_OPTION_IP,
    DHCP_OPTION_IP_LIST,
    DHCP_OPTION_UINT8,
    DHCP_OPTION_UINT16,
    DHCP_OPTION_UINT32,
    DHCP_OPTION_BOOL,
    DHCP_OPTION_HEX,
    DHCP_OPTION_DOMAIN_LIST, // RFC 1035 names, compressed (119)
    DHCP_OPTION_ROUTES,      // RFC 3442: "10.0.0.0/8 192.0.2.1" (121, 249)
    DHCP_OPTION_INT32,
    DHCP_OPTION_IP_PAIRS, // "10.0.0.0 192.0.2.1" (21, 33)
    DHCP_OPTION_UINT8_LIST,
    DHCP_OPTION_UINT16_LIST,
    DHCP_OPTION_DOMAIN,      // one RFC 1035 name
    DHCP_OPTION_DOMAIN_EACH, // RFC 1035 names, not compressed
    DHCP_OPTION_SIP,         // RFC 3361: names or addresses, with a byte before that says which (120)
    DHCP_OPTION_SCOPED_IPS,  // RFC 2610: a byte, then addresses (78)
    DHCP_OPTION_SCOPED_TEXT, // RFC 2610: a byte, then text (79)
    DHCP_OPTION_EMPTY,       // nothing in it (80)
    DHCP_OPTION_TYPE_COUNT
};

#define DHCP_OPTION_TYPES_DEFINED (DHCP_OPTION_ROUTES + 1)

struct dhcp_definition { // an option that IANA does not know, or one of a vendor's inside option 43
    char name[DHCP_OPTION_NAME_BYTES];
    char vendor[DHCP_VENDOR_BYTES]; // inside 43, for clients whose vendor class (60) begins so; "" = outside
    uint16_t code;                  // 1..254
    enum dhcp_option_type type;
};

struct dhcp_definitions {
    struct dhcp_definition items[DHCP_DEFINITIONS_MOST];
    uint8_t count;
};

struct dhcp_option_entry {
    uint8_t code;
    bool is_forced; // goes out though the client did not ask for it
    bool is_none;   // does not go out, whatever a more general set says
    uint8_t
        vendor_bytes; // not 0: inside 43 for a vendor class that begins with these bytes, before the value
    uint16_t length;  // of the value
    uint16_t at;      // into bytes: vendor, then value
};

struct dhcp_option_set {
    uint16_t used;
    uint8_t count;
    struct dhcp_option_entry entries[DHCP_OPTIONS_MOST]; // in rising order of vendor and code
    uint8_t bytes[DHCP_OPTION_SET_BYTES];                // zero behind `used`
};

/// Empties `set`. All zero bytes are an empty set too.
void dhcp_option_set_init(struct dhcp_option_set *set);

/// Puts `bytes` bytes of `data`, copied, as option `code`; an earlier one of that code is replaced.
/// STATUS_FULL when it does not fit, and `set` is as before.
MUST_USE enum status dhcp_option_put(struct dhcp_option_set *set, uint8_t code, const void *data,
                                     size_t bytes, bool is_forced);

/// The same inside option 43 for clients whose vendor class begins with `vendor` ("" = an option of its own).
MUST_USE enum status dhcp_option_put_vendor(struct dhcp_option_set *set, const char *vendor, uint8_t code,
                                            const void *data, size_t bytes);

/// Notes that option `code` (of `vendor`, "" = none) is not to be sent, whatever a more general set says.
MUST_USE enum status dhcp_option_put_none(struct dhcp_option_set *set, const char *vendor, uint8_t code);

/// Takes option `code` out again; nothing when it is not there.
void dhcp_option_remove(struct dhcp_option_set *set, uint8_t code);

/// The option `code` (not one of a vendor's), or NULL. What is_none is found too.
const struct dhcp_option_entry *dhcp_option_find(const struct dhcp_option_set *set, uint8_t code);

/// The bytes of an entry of `set`: `entry->length` of them.
const uint8_t *dhcp_option_data(const struct dhcp_option_set *set, const struct dhcp_option_entry *entry);

/// Lays `over` over `set`: what is in both is as in `over`. STATUS_FULL when not all of it fits; what does
/// is in.
enum status dhcp_option_merge(struct dhcp_option_set *set, const struct dhcp_option_set *over);

/// Turns the vendors' options that belong to a client with `vendor_class` ("" = none) into option 43, unless
/// that is there already, and takes all others of vendors' out: what is left is what the client may get.
void dhcp_option_resolve(struct dhcp_option_set *set, const char *vendor_class);

/// Whether `code` is never a configuration's to set: what makes a conversation (50 to 55, 57, 61, 82, 93, 94,
/// 97 ...). With `boots`, for a client that gets boot information, also what its firmware acts on: 13, 43,
/// 60, 66, 67, 175.
bool dhcp_option_is_ours(uint8_t code, bool boots);

/// Reads the option `name` ("routers", "3", "+routers" = sent though not asked for, or one that `definitions`
/// (may be NULL) knows) with its `count` `values` into `set`. One value may hold several with ',' between,
/// where the type is a list; no value at all, or one empty one, means that it is not sent. "hex:00 01 ..."
/// gives the bytes of any option. STATUS_NOT_FOUND no such option, STATUS_DENIED one that is ours alone,
/// STATUS_MALFORMED a value that is not of its type, STATUS_TOO_LONG, STATUS_FULL; each with `problem`.
MUST_USE enum status dhcp_option_parse(struct dhcp_option_set *set,
                                       const struct dhcp_definitions *definitions, const char *name,
                                       const char *const *values, size_t count, struct problem *problem);

/// Reads "NAME=VALUE" in the same way.
MUST_USE enum status dhcp_option_parse_pair(struct dhcp_option_set *set,
                                            const struct dhcp_definitions *definitions, const char *pair,
                                            struct problem *problem);

/// Reads many of them, one in each line; what cannot be read is left out.
void dhcp_option_parse_lines(struct dhcp_option_set *set, const struct dhcp_definitions *definitions,
                             const char *lines);

/// Appends the name of an entry as dhcp_option_parse reads it, with '+' when forced.
void dhcp_option_print_name(const struct dhcp_option_set *set, const struct dhcp_option_entry *entry,
                            const struct dhcp_definitions *definitions, struct text *text);

/// Appends its value as dhcp_option_parse reads it: the values of a list with ", " between, bytes that are
/// not of their type as "hex:0001"; nothing for one that is_none.
void dhcp_option_print_value(const struct dhcp_option_set *set, const struct dhcp_option_entry *entry,
                             const struct dhcp_definitions *definitions, struct text *text);

/// Checks a definition: a name as option names are, that IANA's table does not have; a code from 1 to 254
/// that is not ours alone, outside of vendors' only one that has no other meaning.
MUST_USE enum status dhcp_definition_check(const struct dhcp_definition *definition, struct problem *problem);

/// "string", "ip-list" ...: what a definition's type is called; a static string.
const char *dhcp_option_type_text(enum dhcp_option_type type);
