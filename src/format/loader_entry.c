// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/loader_entry.h"

#include "format/line.h"

#include <string.h>

// initrd and options may stand there several times, each with several words.
static void loader_entry_add(struct boot_entry *entry, char *list, size_t list_bytes, struct line value)
{
    char word[BOOT_ENTRY_ARGUMENTS_BYTES];
    enum status status = line_take_word(&value, word, sizeof word);
    for (; status != STATUS_NOT_FOUND; status = line_take_word(&value, word, sizeof word)) {
        entry->cut = entry->cut || status != STATUS_OK;
        boot_entry_add(entry, list, list_bytes, word);
    }
}

static void loader_entry_take(struct boot_entry *entry, const char *key, struct line value)
{
    char path[BOOT_ENTRY_PATH_BYTES];
    if (strcmp(key, "title") == 0) {
        (void)line_copy(&value, entry->title, sizeof entry->title);
    } else if (strcmp(key, "initrd") == 0) {
        loader_entry_add(entry, entry->initrd, sizeof entry->initrd, value);
    } else if (strcmp(key, "options") == 0) {
        loader_entry_add(entry, entry->arguments, sizeof entry->arguments, value);
    } else if (strcmp(key, "linux") == 0 || strcmp(key, "efi") == 0) {
        entry->cut = line_copy(&value, path, sizeof path) != STATUS_OK || entry->cut;
        boot_entry_set_kernel(entry, strcmp(key, "efi") == 0 ? BOOT_ENTRY_EFI : BOOT_ENTRY_LINUX, path);
    }
}

enum status loader_entry_parse(const char *text, size_t bytes, struct boot_entry *entry)
{
    char key[BOOT_ENTRY_NAME_BYTES];
    struct reader reader = reader_init((const uint8_t *)text, bytes);
    struct line line = line_init();
    memset(entry, 0, sizeof *entry);
    while (line_next(&reader, &line)) {
        struct line value = line_trim(line);
        if (!line_starts(&value, '#') && line_take_word(&value, key, sizeof key) == STATUS_OK) {
            loader_entry_take(entry, key, line_trim(value));
        }
    }
    return entry->kernel[0] == '\0' ? STATUS_NOT_FOUND : STATUS_OK;
}
