// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte says which language the rest is in: grub.cfg, isolinux.cfg or a loader entry. Every reading
// ends, and what it says are strings without control characters where a loader will be told of them.
#include "format/grub_cfg_menu.h"
#include "format/isolinux_cfg.h"
#include "format/loader_entry.h"

#include "fuzz/fuzz.h"

static void check_text(const char *text, size_t bytes)
{
    fuzz_must(memchr(text, '\0', bytes) != NULL);
    for (; *text != '\0'; text++) {
        fuzz_must(!text_is_control(*text));
    }
}

static void check(const struct boot_entry *entry)
{
    fuzz_must(entry->kernel[0] != '\0');
    fuzz_must(memchr(entry->title, '\0', sizeof entry->title) != NULL);
    fuzz_must(memchr(entry->name, '\0', sizeof entry->name) != NULL);
    check_text(entry->kernel, sizeof entry->kernel);
    check_text(entry->initrd, sizeof entry->initrd);
    check_text(entry->arguments, sizeof entry->arguments);
}

static void read_grub(const char *text, size_t size)
{
    static struct grub_cfg_variables variables;
    static struct grub_cfg_menu menu;
    static struct boot_entry entry;
    size_t count = 0;
    memset(&variables, 0, sizeof variables);
    grub_cfg_menu_init(&menu, text, size, &variables);
    while (grub_cfg_menu_next(&menu, &entry)) {
        check(&entry);
        fuzz_must(++count <= size);
    }
    fuzz_must(!grub_cfg_menu_next(&menu, &entry));
}

static void read_isolinux(const char *text, size_t size)
{
    static struct isolinux_cfg cfg;
    static struct boot_entry entry;
    size_t count = 0;
    isolinux_cfg_init(&cfg, text, size);
    while (isolinux_cfg_next(&cfg, &entry)) {
        check(&entry);
        fuzz_must(++count <= size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    char *text = malloc(size); // of exactly that size, without a NUL
    struct boot_entry entry;
    fuzz_must(text != NULL);
    memcpy(text, data + 1, size - 1);
    if (data[0] == 'g') {
        read_grub(text, size - 1);
    } else if (data[0] == 'i') {
        read_isolinux(text, size - 1);
    } else if (loader_entry_parse(text, size - 1, &entry) == STATUS_OK) {
        check(&entry);
    }
    free(text);
    return 0;
}
