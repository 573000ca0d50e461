// SPDX-License-Identifier: GPL-3.0-or-later
// What a file is to a boot, by its name.
#pragma once

#include "base/compiler.h"

enum role {
    ROLE_UNKNOWN,
    ROLE_LOADER, // the first thing that firmware starts
    ROLE_MODULE, // what a loader brings along: ldlinux.c32, grub.efi behind shim, fonts
    ROLE_CONFIG, // what tells a loader what to do
    ROLE_KERNEL,
    ROLE_INITRD,
    ROLE_ROOT,     // the file system of what boots
    ROLE_ANSWER,   // an answer file
    ROLE_PACKAGES, // of the installer: lists, packages
    ROLE_WINDOWS,  // the loader of a Windows setup and what that asks for
    ROLE_COUNT
};

/// The role of the file called `name`, a path of TFTP or HTTP.
enum role role_of(const char *name);

/// "the boot loader", "the kernel" and so on; "a file" for ROLE_UNKNOWN.
const char *role_text(enum role role);

/// Whether loaders go on without the file called `name`: they try many.
bool role_is_optional(const char *name);

/// The part of `name` behind the last '/' or '\'.
const char *role_base(const char *name);
