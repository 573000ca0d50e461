// SPDX-License-Identifier: GPL-3.0-or-later
// How a lease of DHCPv6 is written to SQLite and read back, for sqlite_rows.c only.
#pragma once

#include "base/compiler.h"

#include <sqlite3.h>

/// Fills the parameters of SQLITE_LEASE6_PUT from `row`, a struct store_lease6.
void sqlite_lease6_bind(sqlite3_stmt *statement, const void *row);

/// Fills the zeroed `row` from the columns of SQLITE_LEASE6_LOAD. false = a value that cannot be.
bool sqlite_lease6_read(sqlite3_stmt *statement, void *row);

#define SQLITE_LEASE6_PUT                                                                                    \
    "INSERT INTO lease6(id, address, duid, iaid, ordinal, hw, has_seen_hw, machine_id, state, starts_s,"     \
    " preferred_s, ends_s, hostname) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
#define SQLITE_LEASE6_LOAD                                                                                   \
    "SELECT id, address, duid, iaid, ordinal, hw, has_seen_hw, machine_id, state, starts_s, preferred_s,"    \
    " ends_s, hostname FROM lease6 ORDER BY id"
