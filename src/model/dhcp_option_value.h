// SPDX-License-Identifier: GPL-3.0-or-later
// The values of DHCPv4 options, between text and bytes, by type. Which option has which type is not known
// here.
#pragma once

#include "base/text.h"
#include "base/writer.h"
#include "model/dhcp_option.h"

/// Writes the `count` `values` as one value of `type`. Where the type is a list, a value may hold several
/// with
/// ',' between. STATUS_MALFORMED: not of that type, none at all, or several where one is meant;
/// `*wrong` (borrowed from `values`) is then the one that is to blame. What does not fit fails the writer.
MUST_USE enum status dhcp_option_value_encode(enum dhcp_option_type type, const char *const *values,
                                              size_t count, struct writer *writer, const char **wrong);

/// Whether `bytes` bytes of `data` can be a value of `type`.
bool dhcp_option_value_check(enum dhcp_option_type type, const uint8_t *data, size_t bytes);

/// Appends a value as dhcp_option_value_encode reads it; the bytes must be of that type.
void dhcp_option_value_print(enum dhcp_option_type type, const uint8_t *data, size_t bytes,
                             struct text *text);

/// Writes bytes given as hex digits, with ':', '-' or blanks between them or "0x" before.
MUST_USE enum status dhcp_option_value_parse_hex(const char *text, struct writer *writer);

/// Appends bytes as hex digits.
void dhcp_option_value_print_hex(const uint8_t *data, size_t bytes, struct text *text);

/// "an IPv4 address", "yes or no" ...: what a value of `type` is, for people.
const char *dhcp_option_value_about(enum dhcp_option_type type);
