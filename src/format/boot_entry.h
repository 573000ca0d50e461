// SPDX-License-Identifier: GPL-3.0-or-later
// One entry of a boot menu as its author wrote it, whichever boot loader reads that menu. Paths are as they
// stand there: what they are relative to is the business of whoever looks for the files.
#pragma once

#include "base/text.h"

#define BOOT_ENTRY_NAME_BYTES      128
#define BOOT_ENTRY_PATH_BYTES      256
#define BOOT_ENTRY_INITRDS_BYTES   512
#define BOOT_ENTRY_ARGUMENTS_BYTES 1024

enum boot_entry_kind {
    BOOT_ENTRY_LINUX,   // kernel, initrds and arguments
    BOOT_ENTRY_EFI,     // `kernel` is an EFI program
    BOOT_ENTRY_PROGRAM, // `kernel` is something else: a module of syslinux, a kernel by multiboot, a BSD
    BOOT_ENTRY_INCLUDE, // no entry: `kernel` is another file of the same language, which belongs here
};

struct boot_entry {
    enum boot_entry_kind kind;
    char name[BOOT_ENTRY_NAME_BYTES];  // by which the menu speaks of it: a label, an id; may be empty
    char title[BOOT_ENTRY_NAME_BYTES]; // for people; cut when it is longer
    char kernel[BOOT_ENTRY_PATH_BYTES];
    char initrd[BOOT_ENTRY_INITRDS_BYTES];      // paths, blanks between; empty = none
    char arguments[BOOT_ENTRY_ARGUMENTS_BYTES]; // blanks between
    bool is_default;                            // it says so itself
    bool cut;                                   // kernel, initrd or arguments were longer: not to be used
};

/// Appends `word` to `list` (of `list_bytes`), a blank between; remembers in `entry` when it does not fit. An
/// empty word, or one with a control character, is left out. One with a blank is put between double quotes,
/// behind its '=' if it has one, as the kernel reads it.
void boot_entry_add(struct boot_entry *entry, char *list, size_t list_bytes, const char *word);

/// Makes `word` the kernel, unless there is one.
void boot_entry_set_kernel(struct boot_entry *entry, enum boot_entry_kind kind, const char *word);
