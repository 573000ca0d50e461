// SPDX-License-Identifier: GPL-3.0-or-later
// Domain names inside DHCP options: RFC 1035 section 3.1, with the compression of section 4.1.4 where RFC
// 3397 has it.
#pragma once

#include "base/reader.h"
#include "base/text.h"
#include "base/writer.h"

#define DHCP_DOMAIN_TEXT_BYTES 256
#define DHCP_DOMAIN_NAMES_MOST 64

struct dhcp_domains { // where names begin that later ones may end with
    uint8_t count;
    uint16_t at[DHCP_DOMAIN_NAMES_MOST];
};

/// Writes the name `text` ("example.org", a '.' at its end is allowed). With `domains`, what it has in common
/// with the end of names before is pointed to, offsets counted from the writer's start. STATUS_MALFORMED: an
/// empty label, one of more than 63 characters, more than 255 in all, or characters other than letters,
/// digits, '-' and '_'.
MUST_USE enum status dhcp_domain_encode(const char *text, struct dhcp_domains *domains,
                                        struct writer *writer);

/// Reads the name at `*at` of `bytes` bytes of `data` and moves `*at` behind it. Pointers are followed
/// backwards only, so this ends. STATUS_MALFORMED: it runs out of the bytes, or is no name that
/// dhcp_domain_encode could have written.
MUST_USE enum status dhcp_domain_decode(const uint8_t *data, size_t bytes, size_t *at,
                                        char out[DHCP_DOMAIN_TEXT_BYTES]);
