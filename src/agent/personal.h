// SPDX-License-Identifier: GPL-3.0-or-later
// Makes a written system one machine's own, inside its mounted root: host name, network, accounts, keys, time
// zone, locale, identity, packages, script; or, where cloud-init is, a NoCloud seed. Secrets go by pipe or
// file, never by command line, and never to the log.
#pragma once

#include "base/problem.h"
#include "talk/talk.h"

struct personal_job {
    const char *root; // the mounted root file system, "/target"
    const struct talk_personal *wanted;
    uint64_t order_id;
    bool has_network; // packages can be fetched: resolv.conf is lent to the new system meanwhile
};

/// Whether a folder is the root of a Linux system (has etc/os-release); its pretty name into `name` (may be
/// NULL).
bool personal_is_system(const char *root, char *name, size_t name_bytes);

/// Does it all, and may be repeated. STATUS_IO or STATUS_UNSUPPORTED and `problem`: which step, what went
/// wrong, what to do.
MUST_USE enum status personal_apply(const struct personal_job *job, struct problem *problem);

/// Installs the boot loader of the system below `root` (its own grub-install and update-grub, in a chroot):
/// for BIOS on `device`, for UEFI into the ESP mounted at root/boot/efi, at the removable path too, leaving
/// NVRAM alone.
MUST_USE enum status personal_install_loader(const char *root, const char *device, bool is_uefi,
                                             const char *arguments, struct problem *problem);
