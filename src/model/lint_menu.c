// SPDX-License-Identifier: GPL-3.0-or-later
// Menus of pxelinux and GRUB: what is booted when nobody is there.
#include "base/text.h"
#include "model/lint_rules.h"

#include <string.h>

#define ENTRIES_MOST 64
#define TITLE_BYTES  64
#define PATIENCE_S   10 // in which a person can read a menu and press a key
#define TIMEOUT_MOST 1000000

struct menu_entry {
    char title[TITLE_BYTES];
    char id[TITLE_BYTES];
    unsigned line;
    bool erases;
    bool boots;
};

struct menu {
    const struct lint_subject *subject;
    struct lint *lint;
    struct menu_entry entries[ENTRIES_MOST];
    unsigned count;
    char first[TITLE_BYTES]; // what is the default; "" = not said
    unsigned first_line;
    uint64_t tenths; // until it is booted
    bool has_timeout;
    bool waits;   // a prompt or a menu that is shown without a timeout
    bool has_end; // an entry is open (GRUB)
};

static bool erases(const char *arguments)
{
    char all[ENTRY_VALUE_BYTES + 2] = " ";
    (void)text_copy(all + 1, sizeof all - 1, arguments);
    return lint_fits(
        "* ks=*|* inst.ks=*|* autoinstall*|* autoyast=*|* inst.auto=*|* preseed/url=*|* preseed/file=*|"
        "* auto=true*|* auto url=*|* imprint.order=*",
        all);
}

static struct menu_entry *last_entry(struct menu *menu)
{
    return menu->count == 0 ? NULL : &menu->entries[menu->count - 1];
}

static void begin_entry(struct menu *menu, const char *title, size_t length, unsigned line)
{
    if (menu->count == ENTRIES_MOST) {
        return;
    }
    struct menu_entry *entry = &menu->entries[menu->count++];
    struct text text;
    text_init(&text, entry->title, sizeof entry->title);
    text_add_bytes(&text, title, length);
    entry->line = line;
}

void lint_check_words(const char *arguments, unsigned line, struct lint *lint)
{
    static const char KNOWN[] =
        "quiet|text|splash|nosplash|ro|rw|debug|single|rescue|emergency|nomodeset|noapic|nolapic|noacpi"
        "|nosmp|nofb|linux|expert|auto|autoinstall|toram|persistent|nopersistent|components|textmode"
        "|upgrade|mediacheck|nousb|nofirewire|noprobe|nomce|nokaslr|nopti|nosmt|noresume|noeject"
        "|noprompt|skiplists|inst.text|inst.vnc|inst.sshd|inst.rescue|inst.graphical|inst.cmdline"
        "|inst.nosave|rd.live.image|rd.live.check|rd.live.ram|rd.shell|rd.break|copytoram|fromiso"
        "|nomodules|noswap|nodhcp|vga|iso|raw|ip=dhcp|dhcp|sshd|vnc|graphical|cmdline|kssendmac|ksdevice"
        "|serial|nostorage|askmethod|dd|noipv6|nopcmcia|lowres|boot|install|live|fastboot|bootif|1|2|3|4"
        "|5|6|s|S|-|--|---|all_generic_ide|irqpoll|nmi_watchdog|noexec|nohz|apkovl|systemd.debug-shell"
        "|forcefsck|fsck.mode|docache|setkmap|dodhcp|nox|ignition.firstboot|flatcar.first_boot"
        "|flatcar.autologin|coreos.autologin";
    char word[TITLE_BYTES];
    while (*arguments != '\0') {
        size_t length = strcspn(arguments, " \t");
        struct text text;
        text_init(&text, word, sizeof word);
        text_add_bytes(&text, arguments, length);
        bool is_bare = length > 0 && strpbrk(word, "=./_'\"\\{$;") == NULL && !text.cut;
        if (is_bare && !lint_fits(KNOWN, word)) {
            lint_add(lint, LINT_MENU_WORD, line, "%s", word);
        }
        arguments += length + (arguments[length] != '\0');
    }
}

void lint_check_answer_place(const char *arguments, unsigned line, struct lint *lint)
{
    static const char OPEN[] =
        "ks=ftp:*|inst.ks=ftp:*|preseed/url=ftp:*|url=ftp:*|autoyast=ftp:*|ks=tftp:*|inst.ks=tftp:*"
        "|preseed/url=tftp:*|url=tftp:*|autoyast=tftp:*|inst.auto=ftp:*|inst.auto=tftp:*";
    char word[LINT_TEXT_BYTES];
    while (*arguments != '\0') {
        size_t length = strcspn(arguments, " \t");
        struct text text;
        text_init(&text, word, sizeof word);
        text_add_bytes(&text, arguments, length);
        if (lint_fits(OPEN, word) && strchr(word, '@') == NULL) { // else it has a name and a password
            lint_add(lint, LINT_MENU_ANONYMOUS, line, "%s", word);
        }
        arguments += length + (arguments[length] != '\0');
    }
}

static bool is_one_of(const char *name, const char *pattern)
{
    return lint_fits(pattern, name);
}

static void take_pxelinux(void *context, const struct entry *entry)
{
    struct menu *menu = context;
    struct menu_entry *open = last_entry(menu);
    unsigned line = lint_place(menu->subject, entry->line);
    if (is_one_of(entry->name, "default|ontimeout")) {
        bool is_program = lint_fits("*.c32*|*.com|*.0", entry->value);
        menu->waits = menu->waits || is_program;
        if (!is_program) {
            (void)text_copy(menu->first, sizeof menu->first, entry->value);
            menu->first_line = line;
        }
    } else if (is_one_of(entry->name, "ui")) {
        menu->waits = true;
    } else if (is_one_of(entry->name, "prompt")) {
        menu->waits = menu->waits || strcmp(entry->value, "0") != 0;
    } else if (is_one_of(entry->name, "timeout")) {
        menu->has_timeout =
            text_parse_u64(entry->value, TIMEOUT_MOST, &menu->tenths) == STATUS_OK && menu->tenths > 0;
    } else if (is_one_of(entry->name, "label")) {
        begin_entry(menu, entry->value, strlen(entry->value), line);
    } else if (open != NULL &&
               is_one_of(entry->name, "kernel|linux|boot|bss|pxe|fdimage|comboot|com32|config|"
                                      "localboot|menu")) {
        open->boots = true;
    } else if (open != NULL && is_one_of(entry->name, "append")) {
        open->erases = open->erases || erases(entry->value);
        lint_check_words(entry->value, line, menu->lint);
        lint_check_answer_place(entry->value, line, menu->lint);
    }
}

// An unquoted ';' with something behind it.
static bool has_loose_semicolon(const char *text)
{
    char quote = '\0';
    for (; *text != '\0'; text++) {
        if (*text == '\\' && quote != '\'' && text[1] != '\0') {
            text++;
        } else if (quote != '\0') {
            quote = *text == quote ? '\0' : quote;
        } else if (*text == '\'' || *text == '"') {
            quote = *text;
        } else if (*text == ';' && strspn(text + 1, " \t}") != strlen(text + 1)) {
            return true;
        }
    }
    return false;
}

// "set default=NAME": the name, without quotes.
static bool take_setting(const char *value, const char *name, char out[TITLE_BYTES])
{
    size_t length = strlen(name);
    if (strncmp(value, name, length) != 0 || value[length] != '=') {
        return false;
    }
    value += length + 1;
    bool is_quoted = *value == '"' || *value == '\'';
    struct text text;
    text_init(&text, out, TITLE_BYTES);
    text_add_bytes(&text, value + is_quoted, strcspn(value + is_quoted, "\"';"));
    return true;
}

static void take_title(struct menu *menu, const char *value, unsigned line)
{
    bool is_quoted = *value == '"' || *value == '\'';
    const char *start = value + is_quoted;
    size_t length = is_quoted ? strcspn(start, value[0] == '"' ? "\"" : "'") : strcspn(start, " {");
    begin_entry(menu, start, length, line);
    const char *id = strstr(value, "--id");
    struct menu_entry *entry = last_entry(menu);
    if (id != NULL && entry != NULL) {
        id += strlen("--id");
        id += strspn(id, " ='\"");
        struct text text;
        text_init(&text, entry->id, sizeof entry->id);
        text_add_bytes(&text, id, strcspn(id, " '\"{"));
    }
}

static void take_grub(void *context, const struct entry *entry)
{
    struct menu *menu = context;
    struct menu_entry *open = last_entry(menu);
    char value[TITLE_BYTES];
    unsigned line = lint_place(menu->subject, entry->line);
    if (is_one_of(entry->name, "set") && take_setting(entry->value, "default", menu->first)) {
        menu->first_line = line;
    } else if (is_one_of(entry->name, "set") && take_setting(entry->value, "timeout", value)) {
        menu->waits = value[0] == '-';
        menu->has_timeout = !menu->waits && text_parse_u64(value, TIMEOUT_MOST, &menu->tenths) == STATUS_OK;
        menu->tenths *= 10;
    } else if (is_one_of(entry->name, "menuentry")) {
        take_title(menu, entry->value, line);
        menu->has_end = true;
    } else if (is_one_of(entry->name, "submenu")) {
        begin_entry(menu, "", 0, line);
        menu->has_end = true; // whatever comes next is in it
    } else if (entry->name[0] == '}') {
        menu->has_end = false;
    } else if (is_one_of(entry->name, "linux|linuxefi|linux16|linux32")) {
        const char *arguments = entry->value + strcspn(entry->value, " \t");
        if (has_loose_semicolon(entry->value)) {
            lint_add(menu->lint, LINT_GRUB_SEMICOLON, line, "%s", "");
        }
        if (open != NULL) {
            open->boots = true;
            open->erases = open->erases || erases(arguments);
        }
        lint_check_words(arguments + strspn(arguments, " \t"), line, menu->lint);
        lint_check_answer_place(arguments, line, menu->lint);
    } else if (open != NULL && menu->has_end) {
        open->boots = true; // chainloader, exit, boot, configfile: whatever it is, it does something
    }
}

static const struct menu_entry *find_default(const struct menu *menu)
{
    uint64_t number;
    size_t length = strcspn(menu->first, " ");
    for (unsigned i = 0; i < menu->count; i++) {
        const struct menu_entry *entry = &menu->entries[i];
        bool is_word = strlen(entry->title) == length && strncmp(entry->title, menu->first, length) == 0;
        if (strcmp(entry->title, menu->first) == 0 ||
            (entry->id[0] != '\0' && strcmp(entry->id, menu->first) == 0) ||
            (menu->subject->format == LINT_PXELINUX && is_word)) {
            return entry;
        }
    }
    bool is_number =
        menu->subject->format == LINT_GRUB &&
        text_parse_u64(menu->first[0] == '\0' ? "0" : menu->first, ENTRIES_MOST, &number) == STATUS_OK;
    return is_number && number < menu->count ? &menu->entries[number] : NULL;
}

static void check_default(struct menu *menu)
{
    bool is_said = menu->first[0] != '\0' && strpbrk(menu->first, "$/>") == NULL;
    const struct menu_entry *entry = find_default(menu);
    if (entry == NULL && is_said && menu->count > 0 && menu->count < ENTRIES_MOST) {
        lint_add(menu->lint, LINT_MENU_DEFAULT, menu->first_line, "%s", menu->first);
    }
    bool is_hasty = menu->has_timeout ? menu->tenths < PATIENCE_S * 10 : !menu->waits;
    if (entry != NULL && entry->erases && is_hasty) {
        lint_add(menu->lint, LINT_MENU_ERASES, entry->line, "%s after %llu.%llu s", entry->title,
                 (unsigned long long)(menu->has_timeout ? menu->tenths / 10 : 0),
                 (unsigned long long)(menu->has_timeout ? menu->tenths % 10 : 0));
    }
    for (unsigned i = 0; i < menu->count; i++) {
        if (!menu->entries[i].boots) {
            lint_add(menu->lint, LINT_MENU_ENTRY, menu->entries[i].line, "%s", menu->entries[i].title);
        }
    }
}

void lint_check_menu(const struct lint_subject *subject, struct lint *lint)
{
    struct menu menu = {.subject = subject, .lint = lint};
    bool is_grub = subject->format == LINT_GRUB;
    const struct entries_visit visit = {is_grub ? take_grub : take_pxelinux, &menu};
    menu.waits = is_grub; // without a timeout GRUB shows its menu until somebody comes
    entries_parse_words(subject->text, subject->length, &visit);
    check_default(&menu);
}
