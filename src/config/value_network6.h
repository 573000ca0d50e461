// SPDX-License-Identifier: GPL-3.0-or-later
// The values of keys about IPv6 networks, for value.c only: what their types parse, print and say of
// themselves.
#pragma once

#include "base/text.h"
#include "config/key.h"
#include "config/value.h"

/// "2001:db8::/64" to a struct ip6 and a byte behind it.
MUST_USE enum status value_prefix6_parse(const struct key *key, const char *text, void *value);
/// Prints what value_prefix6_parse reads.
void value_prefix6_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES]);
/// Says what it takes.
void value_prefix6_about(const struct key *key, struct text *out);

/// "2001:db8::1" to a struct ip6; none and groups are refused.
MUST_USE enum status value_address6_parse(const struct key *key, const char *text, void *value);
/// Prints what value_address6_parse reads.
void value_address6_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES]);
/// Says what it takes.
void value_address6_about(const struct key *key, struct text *out);

/// "2001:db8::7" or "2001:db8::7-2001:db8::9" to a struct network6_span.
MUST_USE enum status value_span6_parse(const struct key *key, const char *text, void *value);
/// Prints what value_span6_parse reads; "" for none.
void value_span6_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES]);
/// Says what it takes.
void value_span6_about(const struct key *key, struct text *out);
