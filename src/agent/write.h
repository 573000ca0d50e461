// SPDX-License-Identifier: GPL-3.0-or-later
// Writes an image to a disk. Until write_seal the disk cannot be booted: it has no partition table and no
// boot code; partitions are told to the kernel alone (BLKPG). After every step the disk is in a state from
// which the same order can go on.
#pragma once

#include "agent/fetch.h"
#include "model/inventory.h"
#include "talk/talk.h"

// All of them may be NULL; all are called by the thread that called write_content or write_seal, never by
// another.
struct write_hooks {
    void (*progress)(void *context, const char *stage, uint64_t done, uint64_t all);
    void (*trouble)(void *context, const char *reason, const char *text); // it goes on all the same
    bool (*may_go)(void *context);      // false: stop (the order was cancelled); asked about once a second
    bool (*renew_token)(void *context); // the server refuses the token: puts a new one into the fetch_server;
                                        // false = not yet. Asked again after a pause
    void *context;
};

struct write_job {
    const struct fetch_server *server;
    char stream_path[256]; // "/images/NAME/image.zst"
    char index_path[256];
    char device[256];                   // "/dev/vda"; a regular file or a loop device will do for trying
    char disk_key[INVENTORY_KEY_BYTES]; // who must lie behind `device` once it is open (names move from disk
    uint64_t disk_bytes;                // to disk when some come and go), and its size; "" = not looked at
    enum image_kind kind;
    bool is_uefi;                         // firmware at hand: which loader a root image gets
    const struct talk_personal *personal; // NULL = write by hand: as it is
    uint64_t order_id;
    struct write_hooks hooks;
};

struct write_end {      // how it ended when it did not end well
    const char *reason; // name in reason_table.h: DISK_FAILED, DISK_TOO_SMALL, IMAGE_DAMAGED,
                        // PERSONAL_FAILED, LOADER_FAILED, ORDER_CANCELLED, AGENT_FAILED
    struct problem problem;
};

/// Everything before sealing: fetches the index, makes the disk unbootable, writes, grows, makes it its own.
/// Waits patiently while the network is away. STATUS_OK: ready to be sealed.
MUST_USE enum status write_content(const struct write_job *job, struct write_end *end);

/// Makes the written disk bootable; may be repeated, also by an agent that did not write it, and erases
/// nothing.
MUST_USE enum status write_seal(const struct write_job *job, struct write_end *end);
