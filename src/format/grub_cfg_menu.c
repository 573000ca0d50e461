// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/grub_cfg_menu.h"

#include <string.h>

void grub_cfg_menu_init(struct grub_cfg_menu *menu, const char *text, size_t bytes,
                        struct grub_cfg_variables *variables)
{
    memset(menu, 0, sizeof *menu);
    menu->at = text;
    menu->end = text + bytes;
    menu->variables = variables;
}

const char *grub_cfg_variable_find(const struct grub_cfg_variables *variables, const char *name)
{
    for (size_t i = 0; i < variables->count; i++) {
        if (strcmp(variables->rows[i].name, name) == 0) {
            return variables->rows[i].value;
        }
    }
    return NULL;
}

static bool grub_cfg_is_name(char character)
{
    char small = text_lower(character);
    return (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9') || small == '_';
}

// A value that does not fit is none: half a path is another path.
static void grub_cfg_set_variable(struct grub_cfg_variables *variables, const char *assignment)
{
    struct grub_cfg_variable row;
    size_t length = 0;
    while (grub_cfg_is_name(assignment[length])) {
        length++;
    }
    if (length == 0 || assignment[length] != '=' || length >= sizeof row.name) {
        return;
    }
    memcpy(row.name, assignment, length);
    row.name[length] = '\0';
    if (text_copy(row.value, sizeof row.value, assignment + length + 1) != STATUS_OK) {
        row.value[0] = '\0';
    }
    size_t at = 0;
    while (at < variables->count && strcmp(variables->rows[at].name, row.name) != 0) {
        at++;
    }
    if (at < GRUB_CFG_VARIABLES_MOST) {
        variables->rows[at] = row;
        variables->count = size_max(variables->count, at + 1);
    }
}

// Words: `in_word` is true while the last one is still being written.

static void grub_cfg_begin_word(struct grub_cfg_menu *menu, bool *in_word)
{
    if (!*in_word && menu->count == GRUB_CFG_WORDS_MOST) {
        menu->cut = true;
    } else if (!*in_word) {
        menu->words[menu->count++] = menu->used;
    }
    *in_word = true;
}

static void grub_cfg_add_char(struct grub_cfg_menu *menu, bool *in_word, char character)
{
    grub_cfg_begin_word(menu, in_word);
    if (menu->used + 1 < GRUB_CFG_COMMAND_BYTES && character != '\0') {
        menu->text[menu->used++] = character;
    } else {
        menu->cut = true;
    }
}

static void grub_cfg_end_word(struct grub_cfg_menu *menu, bool *in_word)
{
    if (*in_word && menu->used < GRUB_CFG_COMMAND_BYTES) {
        menu->text[menu->used++] = '\0';
    }
    *in_word = false;
}

// Behind a '$': puts the variable's value in. Outside quotes a blank in it ends the word, as GRUB does.
static void grub_cfg_add_variable(struct grub_cfg_menu *menu, bool *in_word, bool is_quoted)
{
    char name[GRUB_CFG_VARIABLE_NAME_BYTES];
    size_t length = 0;
    bool has_brace = menu->at < menu->end && *menu->at == '{';
    menu->at += has_brace ? 1 : 0;
    for (; menu->at < menu->end && grub_cfg_is_name(*menu->at); menu->at++) {
        length = size_min(length + 1, sizeof name);
        name[length - 1] = *menu->at;
    }
    if (has_brace && menu->at < menu->end && *menu->at == '}') {
        menu->at++;
    }
    if (length == sizeof name) {
        return;
    }
    name[length] = '\0';
    const char *value = grub_cfg_variable_find(menu->variables, name);
    for (; value != NULL && *value != '\0'; value++) {
        if (*value == ' ' && !is_quoted) {
            grub_cfg_end_word(menu, in_word);
        } else {
            grub_cfg_add_char(menu, in_word, *value);
        }
    }
}

// Behind an opening quote, up to the closing one.
static void grub_cfg_read_quoted(struct grub_cfg_menu *menu, bool *in_word, char quote)
{
    grub_cfg_begin_word(menu, in_word);
    while (menu->at < menu->end) {
        char character = *menu->at++;
        if (character == quote) {
            return;
        }
        if (quote == '"' && character == '$') {
            grub_cfg_add_variable(menu, in_word, true);
        } else if (quote == '"' && character == '\\' && menu->at < menu->end &&
                   strchr("$\"\\\n", *menu->at) != NULL) {
            character = *menu->at++;
            if (character != '\n') {
                grub_cfg_add_char(menu, in_word, character);
            }
        } else {
            grub_cfg_add_char(menu, in_word, character);
        }
    }
}

static void grub_cfg_read_escaped(struct grub_cfg_menu *menu, bool *in_word)
{
    if (menu->at < menu->end && *menu->at == '\r') {
        menu->at++;
    }
    if (menu->at < menu->end && *menu->at != '\n') {
        grub_cfg_add_char(menu, in_word, *menu->at);
    }
    menu->at += menu->at < menu->end ? 1 : 0;
}

static void grub_cfg_skip_comment(struct grub_cfg_menu *menu)
{
    const char *end = memchr(menu->at, '\n', (size_t)(menu->end - menu->at));
    menu->at = end == NULL ? menu->end : end;
}

// Reads one command into the words. Returns what ended it: '\n', '{' or '}'; '\0' at the end of the file.
static char grub_cfg_read_command(struct grub_cfg_menu *menu)
{
    bool in_word = false;
    char ending = '\0';
    menu->count = 0;
    menu->used = 0;
    menu->cut = false;
    while (menu->at < menu->end && ending == '\0') {
        char character = *menu->at++;
        if (character == ' ' || character == '\t' || character == '\r') {
            grub_cfg_end_word(menu, &in_word);
        } else if (character == '#' && !in_word) {
            grub_cfg_skip_comment(menu);
        } else if (character == '{' || character == '}') {
            ending = character;
        } else if (character == '\n' || character == ';' || character == '&' || character == '|') {
            grub_cfg_end_word(menu, &in_word);
            ending = menu->count == 0 ? '\0' : '\n';
        } else if (character == '\\') {
            grub_cfg_read_escaped(menu, &in_word);
        } else if (character == '\'' || character == '"') {
            grub_cfg_read_quoted(menu, &in_word, character);
        } else if (character == '$') {
            grub_cfg_add_variable(menu, &in_word, false);
        } else {
            grub_cfg_add_char(menu, &in_word, character);
        }
    }
    grub_cfg_end_word(menu, &in_word);
    menu->text[menu->used] = '\0'; // a word that ran out of room ends here
    return ending;
}

static const char *grub_cfg_word(const struct grub_cfg_menu *menu, size_t at)
{
    return at < menu->count ? menu->text + menu->words[at] : "";
}

static void grub_cfg_begin_entry(struct grub_cfg_menu *menu, size_t first)
{
    static const char *const WITH_VALUE[] = {"--class", "--users", "--hotkey", "--source"};
    bool has_title = false;
    memset(&menu->entry, 0, sizeof menu->entry);
    menu->entry_depth = menu->depth;
    for (size_t i = first + 1; i < menu->count; i++) {
        const char *word = grub_cfg_word(menu, i);
        if (strcmp(word, "--id") == 0) {
            (void)text_copy(menu->entry.name, sizeof menu->entry.name, grub_cfg_word(menu, ++i));
        } else if (text_starts(word, "--id=")) {
            (void)text_copy(menu->entry.name, sizeof menu->entry.name, word + strlen("--id="));
        } else if (text_find(word, WITH_VALUE, COUNT_OF(WITH_VALUE)) < COUNT_OF(WITH_VALUE)) {
            i++;
        } else if (!text_starts(word, "--") && !has_title) {
            (void)text_copy(menu->entry.title, sizeof menu->entry.title, word);
            has_title = true;
        }
    }
}

// The first word behind the command's name that is no option of iPXE's: "--name linux".
static size_t grub_cfg_skip_options(const struct grub_cfg_menu *menu, size_t first)
{
    static const char *const WITH_VALUE[] = {"--name", "--timeout"};
    size_t at = first + 1;
    while (text_starts(grub_cfg_word(menu, at), "--")) {
        at += text_find(grub_cfg_word(menu, at), WITH_VALUE, COUNT_OF(WITH_VALUE)) < COUNT_OF(WITH_VALUE) ? 2
                                                                                                          : 1;
    }
    return at;
}

// `first` is the word with the command's name.
static void grub_cfg_take_boot(struct grub_cfg_menu *menu, struct boot_entry *entry, size_t first)
{
    static const char *const LINUX[] = {"linux", "linux16", "linuxefi", "linux32", "kernel"};
    static const char *const INITRD[] = {"initrd", "initrd16", "initrdefi"};
    static const char *const PROGRAM[] = {"multiboot", "multiboot2", "kfreebsd",   "knetbsd",
                                          "kopenbsd",  "ntldr",      "appleloader"};
    const char *name = grub_cfg_word(menu, first);
    size_t at = grub_cfg_skip_options(menu, first);
    const char *value = grub_cfg_word(menu, at);
    if (text_find(name, LINUX, COUNT_OF(LINUX)) < COUNT_OF(LINUX) && entry->kernel[0] == '\0') {
        boot_entry_set_kernel(entry, BOOT_ENTRY_LINUX, value);
        for (size_t i = at + 1; i < menu->count; i++) {
            boot_entry_add(entry, entry->arguments, sizeof entry->arguments, grub_cfg_word(menu, i));
        }
        entry->cut = entry->cut || menu->cut;
    } else if (text_find(name, INITRD, COUNT_OF(INITRD)) < COUNT_OF(INITRD) && entry->initrd[0] == '\0') {
        for (size_t i = at; i < menu->count; i++) {
            if (!text_starts(grub_cfg_word(menu, i), "newc:")) {
                boot_entry_add(entry, entry->initrd, sizeof entry->initrd, grub_cfg_word(menu, i));
            }
        }
        entry->cut = entry->cut || menu->cut;
    } else if (strcmp(name, "chainloader") == 0) {
        boot_entry_set_kernel(entry, BOOT_ENTRY_EFI, value);
    } else if (text_find(name, PROGRAM, COUNT_OF(PROGRAM)) < COUNT_OF(PROGRAM)) {
        boot_entry_set_kernel(entry, BOOT_ENTRY_PROGRAM, value);
    }
}

static void grub_cfg_take_command(struct grub_cfg_menu *menu, size_t first)
{
    static const char *const INCLUDE[] = {"source", "configfile", "."};
    const char *name = grub_cfg_word(menu, first);
    if (menu->function_depth != 0) {
        return;
    }
    if (strcmp(name, "set") == 0) {
        grub_cfg_set_variable(menu->variables, grub_cfg_word(menu, first + 1));
    } else if (strchr(name, '=') != NULL) {
        grub_cfg_set_variable(menu->variables, name);
    } else if (text_find(name, INCLUDE, COUNT_OF(INCLUDE)) < COUNT_OF(INCLUDE)) {
        if (text_copy(menu->included, sizeof menu->included, grub_cfg_word(menu, first + 1)) != STATUS_OK) {
            menu->included[0] = '\0';
        }
    } else {
        grub_cfg_take_boot(menu, menu->entry_depth != 0 ? &menu->entry : &menu->bare, first);
    }
}

static void grub_cfg_open_block(struct grub_cfg_menu *menu, size_t first)
{
    const char *name = grub_cfg_word(menu, first);
    menu->depth++;
    if (strcmp(name, "function") == 0 && menu->function_depth == 0) {
        menu->function_depth = menu->depth;
    } else if (strcmp(name, "menuentry") == 0 && menu->function_depth == 0) {
        grub_cfg_begin_entry(menu, first);
    }
}

// Whether that ended an entry that boots something.
static bool grub_cfg_close_block(struct grub_cfg_menu *menu)
{
    bool is_entry = menu->depth != 0 && menu->depth == menu->entry_depth;
    if (is_entry) {
        menu->entry_depth = 0;
    }
    if (menu->depth == menu->function_depth) {
        menu->function_depth = 0;
    }
    menu->depth -= menu->depth != 0 ? 1 : 0;
    return is_entry && menu->entry.kernel[0] != '\0';
}

static size_t grub_cfg_skip_keywords(const struct grub_cfg_menu *menu)
{
    static const char *const KEYWORDS[] = {"if",    "then", "else", "elif", "fi",  "while",
                                           "until", "do",   "done", "!",    "time"};
    size_t first = 0;
    while (first < menu->count &&
           text_find(grub_cfg_word(menu, first), KEYWORDS, COUNT_OF(KEYWORDS)) < COUNT_OF(KEYWORDS)) {
        first++;
    }
    return first;
}

static bool grub_cfg_take_included(struct grub_cfg_menu *menu, struct boot_entry *entry)
{
    if (menu->included[0] == '\0') {
        return false;
    }
    memset(entry, 0, sizeof *entry);
    boot_entry_set_kernel(entry, BOOT_ENTRY_INCLUDE, menu->included);
    menu->included[0] = '\0';
    return entry->kernel[0] != '\0';
}

bool grub_cfg_menu_next(struct grub_cfg_menu *menu, struct boot_entry *entry)
{
    while (!grub_cfg_take_included(menu, entry)) {
        bool is_end = menu->at == menu->end;
        char ending = grub_cfg_read_command(menu);
        size_t first = grub_cfg_skip_keywords(menu);
        if (ending == '{') {
            grub_cfg_open_block(menu, first);
        } else if (first < menu->count) {
            grub_cfg_take_command(menu, first);
        }
        if (ending == '}' && grub_cfg_close_block(menu)) {
            *entry = menu->entry;
            return true;
        }
        if (is_end) {
            *entry = menu->bare;
            menu->bare.kernel[0] = '\0';
            return entry->kernel[0] != '\0';
        }
    }
    return true;
}
