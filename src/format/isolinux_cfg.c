// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/isolinux_cfg.h"

#include <string.h>

void isolinux_cfg_init(struct isolinux_cfg *cfg, const char *text, size_t bytes)
{
    memset(cfg, 0, sizeof *cfg);
    cfg->reader = reader_init((const uint8_t *)text, bytes);
    cfg->line = line_init();
}

static bool isolinux_cfg_is_module(const char *path)
{
    size_t length = strlen(path);
    return length > strlen(".c32") && text_equal_nocase(path + length - strlen(".c32"), ".c32");
}

static bool isolinux_cfg_is_menu(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    return text_equal_nocase(name, "menu.c32") || text_equal_nocase(name, "vesamenu.c32");
}

// A list with commas; each becomes a word.
static void isolinux_cfg_add_initrds(struct boot_entry *entry, const char *list)
{
    char path[BOOT_ENTRY_PATH_BYTES];
    while (*list != '\0') {
        size_t length = strcspn(list, ",");
        struct line word = {list, length, 0};
        entry->cut = line_copy(&word, path, sizeof path) != STATUS_OK || entry->cut;
        boot_entry_add(entry, entry->initrd, sizeof entry->initrd, path);
        list += length + (list[length] == ',' ? 1 : 0);
    }
}

// initrd= among the arguments is for the loader.
static void isolinux_cfg_split(struct boot_entry *entry, const char *append)
{
    char word[BOOT_ENTRY_ARGUMENTS_BYTES];
    struct line rest = {append, strlen(append), 0};
    while (line_take_word(&rest, word, sizeof word) == STATUS_OK) {
        if (text_starts(word, "initrd=")) {
            isolinux_cfg_add_initrds(entry, word + strlen("initrd="));
        } else {
            boot_entry_add(entry, entry->arguments, sizeof entry->arguments, word);
        }
    }
}

// A name that does not fit is none: half a path is another path.
static void isolinux_cfg_include(struct isolinux_cfg *cfg, struct line *value)
{
    if (line_take_word(value, cfg->included, sizeof cfg->included) != STATUS_OK) {
        cfg->included[0] = '\0';
    }
}

// Ends the label that we are in; whether `entry` was filled in with it.
static bool isolinux_cfg_end_label(struct isolinux_cfg *cfg, struct boot_entry *entry)
{
    struct boot_entry *label = &cfg->entry;
    bool has_kernel = cfg->in_label && label->kernel[0] != '\0';
    cfg->in_label = false;
    if (!has_kernel) {
        return false;
    }
    const char *append = cfg->has_append ? cfg->append : cfg->for_all;
    if (isolinux_cfg_is_menu(label->kernel)) { // a menu of its own, in the file that APPEND names
        struct line rest = {append, strlen(append), 0};
        isolinux_cfg_include(cfg, &rest);
        has_kernel = false;
    } else {
        isolinux_cfg_split(label, strcmp(append, "-") == 0 ? "" : append);
    }
    *entry = *label;
    return has_kernel;
}

static void isolinux_cfg_take_menu(struct isolinux_cfg *cfg, struct line rest)
{
    char word[BOOT_ENTRY_NAME_BYTES];
    if (line_take_word(&rest, word, sizeof word) != STATUS_OK) {
        return;
    }
    rest = line_trim(rest);
    if (text_equal_nocase(word, "include")) {
        isolinux_cfg_include(cfg, &rest);
    } else if (text_equal_nocase(word, "default") && cfg->in_label) {
        cfg->entry.is_default = true;
    } else if (text_equal_nocase(word, "label") && cfg->in_label) {
        struct text title;
        text_init(&title, cfg->entry.title, sizeof cfg->entry.title);
        for (size_t i = 0; i < rest.length; i++) {
            if (rest.text[i] != '^' && !text_is_control(rest.text[i])) { // '^' marks the key
                text_add_char(&title, rest.text[i]);
            }
        }
    }
}

static void isolinux_cfg_take_append(struct isolinux_cfg *cfg, const struct line *value)
{
    char *out = cfg->in_label ? cfg->append : cfg->for_all;
    bool is_whole = line_copy(value, out, sizeof cfg->append) == STATUS_OK;
    if (cfg->in_label) {
        cfg->has_append = true;
        cfg->entry.cut = cfg->entry.cut || !is_whole;
    }
}

static void isolinux_cfg_take_file(struct isolinux_cfg *cfg, const char *key, const struct line *value)
{
    char path[BOOT_ENTRY_INITRDS_BYTES];
    bool is_whole = line_copy(value, path, sizeof path) == STATUS_OK;
    if (!cfg->in_label) {
        return;
    }
    cfg->entry.cut = cfg->entry.cut || !is_whole;
    if (text_equal_nocase(key, "initrd")) {
        isolinux_cfg_add_initrds(&cfg->entry, path);
    } else if (text_equal_nocase(key, "linux") ||
               (text_equal_nocase(key, "kernel") && !isolinux_cfg_is_module(path))) {
        boot_entry_set_kernel(&cfg->entry, BOOT_ENTRY_LINUX, path);
    } else {
        boot_entry_set_kernel(&cfg->entry, BOOT_ENTRY_PROGRAM, path);
    }
}

static void isolinux_cfg_take(struct isolinux_cfg *cfg, const char *key, struct line value)
{
    static const char *const FILES[] = {"kernel", "linux", "initrd",  "com32",
                                        "boot",   "bss",   "fdimage", "pxe"};
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        if (text_equal_nocase(key, FILES[i])) {
            isolinux_cfg_take_file(cfg, key, &value);
            return;
        }
    }
    if (text_equal_nocase(key, "append")) {
        isolinux_cfg_take_append(cfg, &value);
    } else if (text_equal_nocase(key, "menu")) {
        isolinux_cfg_take_menu(cfg, value);
    } else if (text_equal_nocase(key, "include") || text_equal_nocase(key, "config")) {
        isolinux_cfg_include(cfg, &value);
    } else if (text_equal_nocase(key, "default") || text_equal_nocase(key, "ontimeout")) {
        (void)line_copy(&value, cfg->chosen, sizeof cfg->chosen);
    } else if (text_equal_nocase(key, "text")) {
        cfg->in_help = true;
    }
}

static bool isolinux_cfg_take_included(struct isolinux_cfg *cfg, struct boot_entry *entry)
{
    if (cfg->included[0] == '\0') {
        return false;
    }
    memset(entry, 0, sizeof *entry);
    boot_entry_set_kernel(entry, BOOT_ENTRY_INCLUDE, cfg->included);
    cfg->included[0] = '\0';
    return entry->kernel[0] != '\0';
}

bool isolinux_cfg_next(struct isolinux_cfg *cfg, struct boot_entry *entry)
{
    char key[BOOT_ENTRY_NAME_BYTES];
    while (!isolinux_cfg_take_included(cfg, entry)) {
        if (!line_next(&cfg->reader, &cfg->line)) {
            return isolinux_cfg_end_label(cfg, entry) || isolinux_cfg_take_included(cfg, entry);
        }
        struct line value = line_trim(cfg->line);
        if (line_starts(&value, '#') || line_take_word(&value, key, sizeof key) != STATUS_OK) {
            continue;
        }
        value = line_trim(value);
        if (cfg->in_help) {
            cfg->in_help = !text_equal_nocase(key, "endtext");
        } else if (text_equal_nocase(key, "label")) {
            bool has_entry = isolinux_cfg_end_label(cfg, entry);
            memset(&cfg->entry, 0, sizeof cfg->entry);
            cfg->in_label = true;
            cfg->has_append = false;
            (void)line_copy(&value, cfg->entry.name, sizeof cfg->entry.name);
            (void)text_copy(cfg->entry.title, sizeof cfg->entry.title, cfg->entry.name);
            if (has_entry) {
                return true;
            }
        } else {
            isolinux_cfg_take(cfg, key, value);
        }
    }
    return true;
}
