// SPDX-License-Identifier: GPL-3.0-or-later
// Reading grub.cfg: the entries of its menu, with its variables put in; and iPXE scripts that only start one
// kernel, whose few words (kernel, initrd) are near enough. Nothing is executed and no condition is weighed:
// all branches are read in their order, and what comes first in an entry counts. Any bytes are allowed; what
// is too long or too deep is left out.
#pragma once

#include "format/boot_entry.h"

#define GRUB_CFG_VARIABLES_MOST      48
#define GRUB_CFG_VARIABLE_NAME_BYTES 32
#define GRUB_CFG_WORDS_MOST          96
#define GRUB_CFG_COMMAND_BYTES       4096 // of one command, with its variables put in

struct grub_cfg_variable {
    char name[GRUB_CFG_VARIABLE_NAME_BYTES];
    char value[BOOT_ENTRY_PATH_BYTES];
};

struct grub_cfg_variables { // go on from one file to those that it includes; all zero = none
    size_t count;
    struct grub_cfg_variable rows[GRUB_CFG_VARIABLES_MOST];
};

struct grub_cfg_menu {
    const char *at;
    const char *end;
    struct grub_cfg_variables *variables;
    unsigned depth;          // blocks that we are in
    unsigned entry_depth;    // that of the entry we are in; 0 = in none
    unsigned function_depth; // the same of a function, whose body is passed over
    struct boot_entry entry;
    struct boot_entry bare;                // commands outside any entry
    char included[BOOT_ENTRY_PATH_BYTES];  // found, to be told next
    size_t used;                           // of the command that is read: its words,
    size_t count;                          // ...
    bool cut;                              // more of it than there is room for
    size_t words[GRUB_CFG_WORDS_MOST];     // where they begin in `text`
    char text[GRUB_CFG_COMMAND_BYTES + 1]; // each ended by a NUL
};

/// Starts to read `bytes` bytes of `text`, which must outlive `menu`, as `variables` does.
void grub_cfg_menu_init(struct grub_cfg_menu *menu, const char *text, size_t bytes,
                        struct grub_cfg_variables *variables);

/// The next entry, or file to be read in its place (source, configfile); false at the end. Entries without
/// anything that boots are passed over.
bool grub_cfg_menu_next(struct grub_cfg_menu *menu, struct boot_entry *entry);

/// The value of a variable, or NULL.
const char *grub_cfg_variable_find(const struct grub_cfg_variables *variables, const char *name);
