// SPDX-License-Identifier: GPL-3.0-or-later
// IPv6 addresses as values, and addresses of either family as one value.
#pragma once

#include "base/addr.h"

#include <string.h>

struct ip6 {
    uint8_t octets[16]; // as on the wire; all zero = none
};

struct ip { // either family; an IPv4 address is kept as RFC 4291 section 2.5.5.2 maps it, none as all zero
    struct ip6 value;
};

#define IP6_TEXT_BYTES 40
#define IP_TEXT_BYTES  IP6_TEXT_BYTES
#define IP_HOST_BYTES  (IP_TEXT_BYTES + 2) // with brackets

/// Whether both addresses are the same.
static inline bool ip6_equal(struct ip6 a, struct ip6 b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/// Whether it is the unspecified address, which stands for none.
static inline bool ip6_is_none(struct ip6 address)
{
    return ip6_equal(address, (struct ip6){{0}});
}

/// Whether it is a link-local unicast address, fe80::/10: of no meaning without an interface.
static inline bool ip6_is_link_local(struct ip6 address)
{
    return address.octets[0] == 0xfe && (address.octets[1] & 0xc0) == 0x80;
}

/// Whether it is a multicast address, ff00::/8.
static inline bool ip6_is_group(struct ip6 address)
{
    return address.octets[0] == 0xff;
}

/// Whether the first `prefix` (0..128) bits of both are the same.
bool ip6_is_in(struct ip6 address, struct ip6 network, uint8_t prefix);

/// Parses every spelling of RFC 4291 section 2.2, a dotted quad at the end included; no zone, no brackets, no
/// prefix.
MUST_USE enum status ip6_parse(const char *text, struct ip6 *address);

/// Prints as RFC 5952 says, "2001:db8::1", into `out` (IP6_TEXT_BYTES) and returns `out`.
char *ip6_print(struct ip6 address, char out[IP6_TEXT_BYTES]);

/// An IPv4 address as one of either family; 0 is none.
static inline struct ip ip_from_ip4(struct ip4 address)
{
    struct ip ip = {{{0}}};
    if (address.value != 0) {
        ip.value.octets[10] = ip.value.octets[11] = 0xff;
        for (unsigned i = 0; i < 4; i++) {
            ip.value.octets[12 + i] = (uint8_t)(address.value >> (24 - 8 * i));
        }
    }
    return ip;
}

/// An IPv6 address as one of either family; a mapped IPv4 address is that IPv4 address.
static inline struct ip ip_from_ip6(struct ip6 address)
{
    return (struct ip){address};
}

/// Whether there is none.
static inline bool ip_is_none(struct ip address)
{
    return ip6_is_none(address.value);
}

/// Whether it is an IPv4 address.
static inline bool ip_is_ip4(struct ip address)
{
    static const uint8_t MAPPED[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(address.value.octets, MAPPED, sizeof MAPPED) == 0;
}

/// Whether it is an IPv6 address: neither none nor IPv4.
static inline bool ip_is_ip6(struct ip address)
{
    return !ip_is_none(address) && !ip_is_ip4(address);
}

/// Its IPv4 address; 0 when it is none.
static inline struct ip4 ip_get_ip4(struct ip address)
{
    const uint8_t *last = address.value.octets + 12;
    uint32_t value = (uint32_t)last[0] << 24 | (uint32_t)last[1] << 16 | (uint32_t)last[2] << 8 | last[3];
    return (struct ip4){ip_is_ip4(address) ? value : 0};
}

/// Whether both are the same address.
static inline bool ip_equal(struct ip a, struct ip b)
{
    return ip6_equal(a.value, b.value);
}

/// Parses an address of either family.
MUST_USE enum status ip_parse(const char *text, struct ip *address);

/// Prints "192.0.2.1" or "2001:db8::1", none as "0.0.0.0", into `out` (IP_TEXT_BYTES) and returns `out`.
char *ip_print(struct ip address, char out[IP_TEXT_BYTES]);

/// The same as the host of a URL: "192.0.2.1" or "[2001:db8::1]" (RFC 3986 section 3.2.2). Returns `out`.
char *ip_print_host(struct ip address, char out[IP_HOST_BYTES]);
