// SPDX-License-Identifier: GPL-3.0-or-later
// Giving up what is not needed once the sockets are open: another user, few capabilities, no way back, and
// only the folders that are needed.
#pragma once

#include "base/problem.h"
#include "base/status.h"

#define PRIVILEGE_NET_BIND  1u // open ports below 1024 later, when interfaces appear
#define PRIVILEGE_NET_RAW   2u // open raw sockets later
#define PRIVILEGE_NET_ADMIN 4u // large receive buffers later

#define PRIVILEGE_FOLDERS_MOST 16

struct privilege_wish {
    const char *user; // to become; NULL or "" = stay who we are
    unsigned keeps;   // PRIVILEGE_NET_ bits, kept as effective and permitted capabilities
    bool is_confined; // Landlock: only the folders below, when the kernel has it
    const char *readable[PRIVILEGE_FOLDERS_MOST +
                         1]; // files or folders, NULL ends; those that are missing are skipped
    const char *writable[PRIVILEGE_FOLDERS_MOST + 1];
};

/// Gives up root as wished; when not root, only capabilities and folders. For good: no_new_privs is set. Call
/// it before other threads start. STATUS_NOT_FOUND: no such user. STATUS_DENIED, STATUS_IO: the kernel
/// refused; then the process must not go on. `*is_confined` (may be NULL) tells whether Landlock is in force.
MUST_USE enum status privilege_drop(const struct privilege_wish *wish, bool *is_confined,
                                    struct problem *problem);

/// Whether we hold all of `wanted` (PRIVILEGE_NET_ bits) now.
bool privilege_has(unsigned wanted);

/// Raises the limit of open files to `wanted`, or as near as is allowed; returns what it is now.
uint64_t privilege_raise_files(uint64_t wanted);
