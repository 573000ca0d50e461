// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/boot_entry.h"

#include <string.h>

static bool boot_entry_is_plain(const char *word)
{
    for (; *word != '\0'; word++) {
        if (text_is_control(*word)) {
            return false;
        }
    }
    return true;
}

void boot_entry_add(struct boot_entry *entry, char *list, size_t list_bytes, const char *word)
{
    if (*word == '\0' || !boot_entry_is_plain(word)) {
        return;
    }
    struct text text = {.start = list, .length = strlen(list), .capacity = list_bytes};
    if (text.length != 0) {
        text_add_char(&text, ' ');
    }
    if (strchr(word, ' ') == NULL || strchr(word, '"') != NULL) {
        text_add(&text, word);
    } else {
        const char *equals = strchr(word, '=');
        size_t name = equals == NULL ? 0 : (size_t)(equals - word) + 1;
        text_add_bytes(&text, word, name);
        text_add_char(&text, '"');
        text_add(&text, word + name);
        text_add_char(&text, '"');
    }
    entry->cut = entry->cut || text.cut;
}

void boot_entry_set_kernel(struct boot_entry *entry, enum boot_entry_kind kind, const char *word)
{
    if (entry->kernel[0] == '\0' && boot_entry_is_plain(word)) {
        entry->kind = kind;
        entry->cut = text_copy(entry->kernel, sizeof entry->kernel, word) != STATUS_OK || entry->cut;
    }
}
