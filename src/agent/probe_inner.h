// SPDX-License-Identifier: GPL-3.0-or-later
// What the parts of probe.c share; tests give them a tree of their own to look at.
#pragma once

#include "agent/probe.h"

struct probe_paths {
    const char *sys;  // "/sys"
    const char *proc; // "/proc"
    const char *dev;  // "/dev"; NULL = the disks themselves are not opened
};

/// SMBIOS, processor, memory, firmware.
void probe_system(const struct probe_paths *paths, struct inventory *inventory);

/// Network cards that are hardware.
void probe_cards(const struct probe_paths *paths, struct inventory *inventory);

/// Disks, and what is on them.
void probe_disks(const struct probe_paths *paths, struct inventory *inventory);

/// What is on one disk: opens `path`, fills in table, partitions, content and is_blank.
void probe_disk_content(const char *path, struct inventory_disk *disk);

/// Which operating system the file system on `device` holds; "" when none or not known. It is mounted
/// read-only, on a device that the kernel lets nobody write to meanwhile, by a child that has a few seconds.
void probe_find_system(const char *device, const char *filesystem, char out[INVENTORY_TEXT_BYTES]);

/// Which operating system has its files below `root`; whether one was found.
bool probe_look_inside(const char *root, char out[INVENTORY_TEXT_BYTES]);

/// Copies a text that came from outside, without control characters and the blanks around it; what is no
/// ASCII becomes '_'.
void probe_copy_plain(char *out, size_t out_bytes, const char *text, size_t length);

/// Reads a small file whose name is `folder`/`name`, without the blanks and line ends around its text.
/// Whether there was something; `out` is empty else.
bool probe_read(const char *folder, const char *name, char *out, size_t out_bytes);
