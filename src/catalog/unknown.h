// SPDX-License-Identifier: GPL-3.0-or-later
// A tree of files that no family knows, read through its own boot configuration: grub.cfg, isolinux.cfg,
// syslinux.cfg, extlinux.conf, loader/entries, iPXE scripts. Which kernel it starts is what stands there;
// what that kernel needs to find its system over the network is derived from its arguments.
#pragma once

#include "catalog/catalog.h"

#define UNKNOWN_FAMILY       "medium"     // of what is booted as its own configuration says
#define UNKNOWN_WHOLE        "medium.iso" // among the paths: the medium as one file
#define UNKNOWN_FILES_MOST   32           // configuration files that are read
#define UNKNOWN_FILE_BYTES   (512 * 1024) // of each of them
#define UNKNOWN_DEPTH_MOST   8            // files that include one another
#define UNKNOWN_ENTRIES_MOST 256          // entries that are weighed, with those that name another file

/// Finds out what starts. Fills in family, description (unless it has one), kernel, initrd, arguments, grade,
/// remark and methods of `image` and leaves the rest. STATUS_NOT_FOUND when nothing that is named there can
/// start over the network; `image` is then untouched. Appends to `told` one sentence without its full stop,
/// of what was looked at and what was missing.
MUST_USE enum status unknown_recognise(const struct catalog_files *files, struct image *image,
                                       struct text *told);
