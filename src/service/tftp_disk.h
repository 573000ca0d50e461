// SPDX-License-Identifier: GPL-3.0-or-later
// What waits for the disk: an upload is made to last before its last block is acknowledged, which may take a
// busy disk seconds. A thread of its own does that for all threads of the engine, so that nobody else's
// transfer stands still meanwhile. It begins with the first upload.
#pragma once

#include "base/status.h"

struct tftp_disk;
struct tftp_flow;
struct tftp_thread;
struct upload;

struct tftp_store { // in its own thread before and after, in the disk's meanwhile
    struct tftp_store *next;
    struct tftp_thread *thread; // gets it back
    struct tftp_flow *flow;     // waits for it; NULL = ended. Only `thread` looks at it
    struct upload *upload;      // whole
    enum status status;         // of the commit
};

/// Nothing to do yet. Yours; tftp_disk_free gives it back.
struct tftp_disk *tftp_disk_new(void);

/// Commits an upload; it comes back as TFTP_MAIL_STORED. Any thread of the engine may call it.
void tftp_disk_put(struct tftp_disk *disk, struct tftp_store *taken_store);

/// Commits what was put, and ends: the threads of the engine, which are stopped, find it in their mail.
void tftp_disk_free(struct tftp_disk *taken_disk);
