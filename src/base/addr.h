// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses as values: IPv4 (kept in host order, so ranges compare), link-layer addresses, subnets.
#pragma once

#include "base/status.h"

struct ip4 {
    uint32_t value; // host byte order; 0 = none
};

#define HW_BYTES 16

struct hw {
    uint8_t type;   // ARP hardware type; 1 = Ethernet
    uint8_t length; // 0..16; 6 for Ethernet
    uint8_t octets[HW_BYTES];
};

struct subnet {
    struct ip4 network; // host bits are zero
    uint8_t prefix;     // 0..32
};

#define IP4_TEXT_BYTES    16
#define HW_TEXT_BYTES     48
#define SUBNET_TEXT_BYTES 19

/// Whether both addresses are the same.
static inline bool ip4_equal(struct ip4 a, struct ip4 b)
{
    return a.value == b.value;
}

/// Parses dotted decimal ("192.0.2.1"), exactly four parts without leading zeros.
MUST_USE enum status ip4_parse(const char *text, struct ip4 *address);

/// Prints dotted decimal into `out` (IP4_TEXT_BYTES) and returns `out`.
char *ip4_print(struct ip4 address, char out[IP4_TEXT_BYTES]);

/// The netmask with `prefix` (0..32) leading ones.
struct ip4 ip4_mask(uint8_t prefix);

/// Parses "192.0.2.0/24"; host bits must be zero (STATUS_CONFLICT otherwise), prefix 0..32.
MUST_USE enum status subnet_parse(const char *text, struct subnet *subnet);

/// Prints "192.0.2.0/24" into `out` (SUBNET_TEXT_BYTES) and returns `out`.
char *subnet_print(struct subnet subnet, char out[SUBNET_TEXT_BYTES]);

/// Whether `address` lies inside `subnet`.
bool subnet_has(struct subnet subnet, struct ip4 address);

/// The all-ones address of `subnet`.
struct ip4 subnet_broadcast(struct subnet subnet);

/// An Ethernet address from six octets.
struct hw hw_ethernet(const uint8_t octets[6]);

/// Whether both have the same type, length and octets.
bool hw_equal(const struct hw *a, const struct hw *b);

/// Parses six octets of Ethernet: "52:54:00:aa:bb:cc", with '-' or '.' ("5254.00aa.bbcc") or nothing between,
/// any case.
MUST_USE enum status hw_parse(const char *text, struct hw *address);

/// Prints lower case with colons, "52:54:00:aa:bb:cc", into `out` (HW_TEXT_BYTES) and returns `out`; other
/// lengths too.
char *hw_print(const struct hw *address, char out[HW_TEXT_BYTES]);

/// Prints lower case with dashes, "52-54-00-aa-bb-cc", as boot loaders name files, and returns `out`.
char *hw_print_dashes(const struct hw *address, char out[HW_TEXT_BYTES]);
