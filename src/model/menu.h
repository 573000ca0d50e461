// SPDX-License-Identifier: GPL-3.0-or-later
// The menu: what a person at an approved machine without an order may choose there. Written once in the
// configuration, shown by every boot loader in its own language.
#pragma once

#include "model/image.h"
#include "model/machine.h"
#include "model/profile.h"

#define MENU_ENTRIES_MOST        32
#define MENU_ENTRY_CLASSES_MOST  8
#define MENU_ENTRY_MACHINES_MOST 16
#define MENU_CLASS_BYTES         32
#define MENU_NAME_BYTES          32
#define MENU_TITLE_BYTES         64
#define MENU_LOCAL               "local" // the entry that is always there: the machine's own disk
#define MENU_LOCAL_TITLE         "This machine's own disk"

struct menu_entry {
    char name[MENU_NAME_BYTES];   // "debian-12"
    char title[MENU_TITLE_BYTES]; // for people; empty = the profile's name
    char group[MENU_TITLE_BYTES]; // the heading above it; empty = none
    char profile[PROFILE_NAME_BYTES];
    bool is_locked;                                          // it asks for the menu's password
    char classes[MENU_ENTRY_CLASSES_MOST][MENU_CLASS_BYTES]; // for members of one of these
    uint8_t class_count;
    char machines[MENU_ENTRY_MACHINES_MOST][MACHINE_NAME_BYTES]; // and for these; none of both = for all
    uint8_t machine_count;
};

struct menu {
    char title[MENU_TITLE_BYTES]; // empty = the server's name
    char start[MENU_NAME_BYTES];  // the entry that is taken when nobody chooses
    uint32_t timeout_s;           // 0 = it waits for ever
    struct menu_entry entries[MENU_ENTRIES_MOST];
    uint8_t entry_count;
};

/// Whether the entry is for `machine`: it names the machine or one of its classes, or nobody at all.
bool menu_entry_is_for(const struct menu_entry *entry, const struct machine *machine);

/// Whether any entry is for `machine`, so that it gets the menu.
bool menu_is_for(const struct menu *menu, const struct machine *machine);

/// The entry called `name` (exact) that is for `machine`, or NULL.
const struct menu_entry *menu_find(const struct menu *menu, const struct machine *machine, const char *name);

/// Whether carrying out `profile` with `image` may erase a disk without a question: the agent writes it, or
/// its installer is answered by a file. Such a thing is never started because nobody chose.
bool menu_may_erase(const struct profile *profile, const struct image *image);
