// SPDX-License-Identifier: GPL-3.0-or-later
// What iPXE says of its machine, and of what was chosen there, in the query of a URL: any bytes.
#pragma once

#include "model/boot_client.h"

/// The value of `key` in the query "key=value&...", percent-decoded, printable ASCII only, into `out`; empty
/// when it is not there or does not fit.
void boot_query_get(const char *query, const char *key, char *out, size_t out_bytes);

/// Writes what the query says of the machine into `client`: mac, uuid, serial, platform.
void boot_query_read(const char *query, struct boot_client *client);
