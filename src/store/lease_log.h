// SPDX-License-Identifier: GPL-3.0-or-later
// The lease log: what was promised to clients since the database was last brought up to date. Two files
// beside it, each a row of records of one size that are only ever written behind each other, so a promise
// costs one write and one sync of blocks that are there already. While one file is written, the database
// takes over what the other one says; then they change places. Records carry a checksum over their place and
// their file's generation: what is torn, or left from an earlier use of the file, is never taken for a lease.
#pragma once

#include "base/problem.h"
#include "base/status.h"
#include "model/lease.h"

#define LEASE_LOG_RECORD_BYTES 128
#define LEASE_LOG_TURN_BYTES   (8u << 20) // from so many on, the files may change places

struct lease_log;

struct lease_log_reader { // told what the files say, the oldest first
    /// A lease as it was given. `is_old`: it stands in the file that is not written any more.
    void (*put)(void *context, const struct lease *lease, bool is_old);
    /// A lease that was removed.
    void (*remove)(void *context, struct ip4 address, bool is_old);
    void *context;
};

/// Opens the two files "`database`-leases-1" and "-2" (made when they are not there, mode 0600) and tells
/// `reader` what they say. NULL and `problem` when they cannot be had, or are not ours. Yours;
/// lease_log_close frees it. Who opens it holds the database's lock.
struct lease_log *lease_log_open(const char *database, const struct lease_log_reader *reader,
                                 struct problem *problem);

/// Adds a lease to what lease_log_write writes next.
void lease_log_put(struct lease_log *log, const struct lease *lease);

/// Adds that the lease of `address` is no more.
void lease_log_remove(struct lease_log *log, struct ip4 address);

/// Writes what was added, in one piece, and returns when it is durable. STATUS_IO and `problem` when the disk
/// says no: nothing of it may be acknowledged, and all of it must be added again.
MUST_USE enum status lease_log_write(struct lease_log *log, struct problem *problem);

/// Writes what was added and does not wait: it is durable when a lease_log_sync that began afterwards
/// returned 0. STATUS_IO and `problem`: see lease_log_write.
MUST_USE enum status lease_log_append(struct lease_log *log, struct problem *problem);

/// Waits until what was appended before is durable; from any thread, while no lease_log_turn and no
/// lease_log_clear is under way. 0, or the errno that tells why it is not: then all that was appended since
/// the last success must be added again.
MUST_USE int lease_log_sync(const struct lease_log *log);

/// Whether the file in use is full enough to be taken over and the other one is free.
bool lease_log_may_turn(const struct lease_log *log);

/// Goes on in the other file, which must be free. STATUS_IO and `problem` when it cannot be written; then all
/// stays as it is.
MUST_USE enum status lease_log_turn(struct lease_log *log, struct problem *problem);

/// Says that the database has, durably, all that the file not in use says: it is free now.
void lease_log_free_old(struct lease_log *log);

/// Says that the database has, durably, all that both files say: they are empty now. STATUS_IO and `problem`
/// when that could not be written, which does no harm.
MUST_USE enum status lease_log_clear(struct lease_log *log, struct problem *problem);

/// Closes the files; NULL is allowed.
void lease_log_close(struct lease_log *taken_log);
