// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/menu.h"

#include "base/text.h"

#include <string.h>

// `classes` are names with blanks between.
static bool menu_has_word(const char *classes, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = classes; *at != '\0'; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word == length && strncmp(at, name, length) == 0) {
            return true;
        }
        at += word;
    }
    return false;
}

bool menu_entry_is_for(const struct menu_entry *entry, const struct machine *machine)
{
    for (unsigned i = 0; i < entry->machine_count; i++) {
        if (strcmp(entry->machines[i], machine->name) == 0) {
            return true;
        }
    }
    for (unsigned i = 0; i < entry->class_count; i++) {
        if (menu_has_word(machine->classes, entry->classes[i])) {
            return true;
        }
    }
    return entry->machine_count == 0 && entry->class_count == 0;
}

bool menu_is_for(const struct menu *menu, const struct machine *machine)
{
    for (unsigned i = 0; i < menu->entry_count; i++) {
        if (menu_entry_is_for(&menu->entries[i], machine)) {
            return true;
        }
    }
    return false;
}

const struct menu_entry *menu_find(const struct menu *menu, const struct machine *machine, const char *name)
{
    for (unsigned i = 0; i < menu->entry_count; i++) {
        const struct menu_entry *entry = &menu->entries[i];
        if (strcmp(entry->name, name) == 0 && menu_entry_is_for(entry, machine)) {
            return entry;
        }
    }
    return NULL;
}

bool menu_may_erase(const struct profile *profile, const struct image *image)
{
    return image->kind != IMAGE_BOOT || (profile->answer != NULL && image->grade != IMAGE_GRADE_LIVE);
}
