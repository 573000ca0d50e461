// SPDX-License-Identifier: GPL-3.0-or-later
// Classes of DHCP clients: who belongs to one, and what its members get. Classes are asked in their order.
#pragma once

#include "model/boot_client.h"
#include "model/dhcp_option.h"
#include "model/policy.h"
#include "model/profile.h"

#define DHCP_CLASSES_MOST             64 // a set of them is a uint64_t
#define DHCP_CLASS_NAME_BYTES         32
#define DHCP_CLASS_PATTERN_BYTES      64
#define DHCP_CLASS_MACS_MOST          8
#define DHCP_CLASS_ARCHITECTURES_MOST 8

struct dhcp_class_mac { // the beginning of hardware addresses
    uint8_t octets[6];
    uint8_t length; // 1..6
};

struct dhcp_class_uuids { // inclusive, in the order of their text
    struct uuid first;
    struct uuid last;
};

// Everything that is given must hold; in a list, one of its values. A class without any has all clients.
struct dhcp_class_match {
    char vendor_class[DHCP_CLASS_PATTERN_BYTES]; // patterns with * and ?; "hex:..." for the bytes in hex; ""
    char user_class[DHCP_CLASS_PATTERN_BYTES];   // = not asked
    char circuit_id[DHCP_CLASS_PATTERN_BYTES];
    char remote_id[DHCP_CLASS_PATTERN_BYTES];
    char subscriber_id[DHCP_CLASS_PATTERN_BYTES];
    uint16_t architectures[DHCP_CLASS_ARCHITECTURES_MOST];
    uint8_t architecture_count;
    struct dhcp_class_mac macs[DHCP_CLASS_MACS_MOST];
    uint8_t mac_count;
    struct dhcp_class_uuids uuids; // last all zero = not asked
};

struct dhcp_class {
    char name[DHCP_CLASS_NAME_BYTES];
    struct dhcp_class_match match;
    enum policy_choice unknown;
    char profile[PROFILE_NAME_BYTES]; // for orders that name none; "" = none
    uint32_t lease_s;                 // 0 = the network's
    struct dhcp_option_set options;
};

struct dhcp_classes {
    struct dhcp_class items[DHCP_CLASSES_MOST];
    uint8_t count;
};

/// Whether `client` belongs to the class. What the client did not say matches nothing but "*".
bool dhcp_class_has(const struct dhcp_class *class, const struct boot_client *client);

/// The classes that `client` belongs to: bit N = class N.
uint64_t dhcp_class_find(const struct dhcp_classes *classes, const struct boot_client *client);

/// The lease time of the first class in `members` that has one, else 0.
uint32_t dhcp_class_pick_lease_s(const struct dhcp_classes *classes, uint64_t members);

/// What the first class in `members` that has a choice says, else POLICY_CHOICE_DEFAULT.
enum policy_choice dhcp_class_pick_unknown(const struct dhcp_classes *classes, uint64_t members);

/// The profile of the first class in `members` that names one, else "".
const char *dhcp_class_pick_profile(const struct dhcp_classes *classes, uint64_t members);

/// Prints the names of the classes in `members` into `out` with blanks between; those that find no room are
/// left out whole.
void dhcp_class_print_names(const struct dhcp_classes *classes, uint64_t members,
                            char out[MACHINE_CLASSES_BYTES]);

/// Lays the options of the classes in `members` over `set`; of one that several have, the first class's
/// counts.
void dhcp_class_merge(const struct dhcp_classes *classes, uint64_t members, struct dhcp_option_set *set);

/// Parses the beginning of a hardware address, "52:54:00", with ':' or '-' or nothing between its octets.
MUST_USE enum status dhcp_class_mac_parse(const char *text, struct dhcp_class_mac *mac);

/// Prints it with colons into `out` (HW_TEXT_BYTES) and returns `out`.
char *dhcp_class_mac_print(const struct dhcp_class_mac *mac, char out[HW_TEXT_BYTES]);

/// Parses "UUID" or "UUID-UUID", the first not behind the last.
MUST_USE enum status dhcp_class_uuids_parse(const char *text, struct dhcp_class_uuids *uuids);
