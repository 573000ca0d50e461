// SPDX-License-Identifier: GPL-3.0-or-later
// Reading isolinux.cfg, syslinux.cfg, extlinux.conf and the files that they include: the labels of the menu.
// Any bytes are allowed; what is too long is left out.
#pragma once

#include "format/boot_entry.h"
#include "format/line.h"

struct isolinux_cfg {
    struct reader reader;
    struct line line;
    struct boot_entry entry; // the label that we are in
    bool in_label;
    bool in_help;                             // inside TEXT HELP
    char append[BOOT_ENTRY_ARGUMENTS_BYTES];  // of the label
    bool has_append;                          // it has its own
    char for_all[BOOT_ENTRY_ARGUMENTS_BYTES]; // APPEND before the first label
    char chosen[BOOT_ENTRY_NAME_BYTES];       // the label that DEFAULT or ONTIMEOUT names
    char included[BOOT_ENTRY_PATH_BYTES];     // found, to be told next
};

/// Starts to read `bytes` bytes of `text`, which must outlive `cfg`.
void isolinux_cfg_init(struct isolinux_cfg *cfg, const char *text, size_t bytes);

/// The next label, or file to be read in its place (INCLUDE, CONFIG, a menu); false at the end. Labels
/// without anything that boots are passed over. `cfg->chosen` is known only at the end.
bool isolinux_cfg_next(struct isolinux_cfg *cfg, struct boot_entry *entry);
