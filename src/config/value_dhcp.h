// SPDX-License-Identifier: GPL-3.0-or-later
// The values of the DHCP keys, for value.c only: what their types parse, print and say of themselves.
#pragma once

#include "base/text.h"
#include "config/key.h"
#include "config/value.h"

/// "192.0.2.1" or "192.0.2.1-192.0.2.9" to two struct ip4.
MUST_USE enum status value_span_parse(const struct key *key, const char *text, void *value);
/// Prints what value_span_parse reads.
void value_span_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES]);
/// Says what it takes.
void value_span_about(const struct key *key, struct text *out);

/// "x64-uefi", "7" or "0x07" to a uint16_t.
MUST_USE enum status value_machine_parse(const struct key *key, const char *text, void *value);
/// Prints what value_machine_parse reads.
void value_machine_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES]);
/// Says what it takes.
void value_machine_about(const struct key *key, struct text *out);

/// "52:54:00" to a struct dhcp_class_mac.
MUST_USE enum status value_mac_parse(const struct key *key, const char *text, void *value);
/// Prints what value_mac_parse reads.
void value_mac_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES]);
/// Says what it takes.
void value_mac_about(const struct key *key, struct text *out);

/// "UUID" or "UUID-UUID" to a struct dhcp_class_uuids.
MUST_USE enum status value_uuids_parse(const struct key *key, const char *text, void *value);
/// Prints what value_uuids_parse reads; "" for none.
void value_uuids_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES]);
/// Says what it takes.
void value_uuids_about(const struct key *key, struct text *out);

/// Says what a group of options takes.
void value_options_about(const struct key *key, struct text *out);

/// Says what a list of classes takes.
void value_classes_about(const struct key *key, struct text *out);
