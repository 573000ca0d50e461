// SPDX-License-Identifier: GPL-3.0-or-later
// Running the new system's own programs inside it: with the kernel's file systems mounted there, nothing
// started, the name servers lent; and all of it undone again.
#pragma once

#include "base/problem.h"

struct personal_chroot {
    const char *path;
    int root;         // descriptor of `path`; -1 = not entered
    unsigned mounted; // bits: which of its mounts are there
    bool has_policy;  // a policy-rc.d of ours lies there
    bool made_resolv; // an empty etc/resolv.conf of ours lies there
};

/// Mounts /dev, /proc, /sys and an empty /run inside `path`, forbids Debian's packages to start services
/// there, and lends it our name servers. personal_leave must follow, also after a failure. STATUS_IO and
/// `problem`.
MUST_USE enum status personal_enter(struct personal_chroot *inside, const char *path,
                                    struct problem *problem);

/// Ends what still runs inside, and undoes personal_enter. A zeroed or failed one is allowed.
void personal_leave(struct personal_chroot *inside);

/// Runs a program inside (words up to NULL), its output going to the log; `input` may be NULL and is never
/// logged. As run().
MUST_USE enum status personal_run(const char *path, const char *const words[], const char *input,
                                  struct problem *problem);

/// Whether the system has that program in one of its usual folders.
bool personal_has_program(int root, const char *name);
