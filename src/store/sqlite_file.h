// SPDX-License-Identifier: GPL-3.0-or-later
// The files around a database: creating it for our eyes only, the lock beside it, and what the errors of the
// file system and of SQLite mean for a person.
#pragma once

#include "base/problem.h"
#include "base/status.h"

/// Locks `path`.lock for this process; it stays behind when unlocked, which is harmless. The descriptor, or
/// -1 and `problem` when another imprint has it or it cannot be written.
MUST_USE int sqlite_file_lock(const char *path, struct problem *problem);

/// Unlocks; -1 is allowed.
void sqlite_file_unlock(int lock_fd);

/// Creates the file `path` if it is not there, and lets nobody but us read it (mode 0600). STATUS_DENIED and
/// `problem` when that is not possible.
MUST_USE enum status sqlite_file_create(const char *path, struct problem *problem);

/// Makes sure that the names of the database's files outlive a power cut too, as far as the file system can.
void sqlite_file_sync_folder(const char *path);

/// Says what went wrong with `path`: `code` is SQLite's extended result code, `text` its words, `reason` the
/// errno behind it or 0.
void sqlite_file_explain(const char *path, int code, const char *text, int reason, struct problem *problem);
