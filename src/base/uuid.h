// SPDX-License-Identifier: GPL-3.0-or-later
// SMBIOS system UUIDs. On the wire (DHCP option 97) and in pxelinux and GRUB file names the first three
// fields are little-endian; dmidecode, iPXE and people use the canonical spelling. Kept here canonical; both
// spellings are one machine.
#pragma once

#include "base/status.h"

struct uuid {
    uint8_t bytes[16]; // canonical order; all zero = none
};

#define UUID_TEXT_BYTES 37

/// The UUID in canonical order from 16 bytes in SMBIOS wire order (SMBIOS 3.6 section 7.2.1; RFC 4578
/// section 2.3).
struct uuid uuid_from_wire(const uint8_t bytes[16]);

/// The same UUID with the first three fields byte-swapped: the other spelling.
struct uuid uuid_swap(const struct uuid *uuid);

/// Parses 8-4-4-4-12 hex digits, any case, dashes optional, braces allowed; taken as canonical.
MUST_USE enum status uuid_parse(const char *text, struct uuid *uuid);

/// Prints lower case 8-4-4-4-12 into `out` (UUID_TEXT_BYTES) and returns `out`.
char *uuid_print(const struct uuid *uuid, char out[UUID_TEXT_BYTES]);

/// Whether both are byte for byte the same.
bool uuid_equal(const struct uuid *a, const struct uuid *b);

/// Whether both name one machine: equal, or equal once one is swapped.
bool uuid_is_same_machine(const struct uuid *a, const struct uuid *b);

/// Whether there is none, or it is one of those that many boards share because the vendor never set it (all
/// zeros, all ones, 03000200-0400-0500-0006-000700080009 and their like). Such a UUID says nothing about who
/// the machine is.
bool uuid_is_useless(const struct uuid *uuid);
