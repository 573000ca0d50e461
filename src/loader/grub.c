// SPDX-License-Identifier: GPL-3.0-or-later
// GRUB 2 on UEFI. Facts and how they were found: docs/protocols/loaders.md.
#include "format/grub_cfg.h"
#include "format/uri.h"
#include "loader/dialect.h"
#include "loader/screen.h"

#define GRUB_REBOOT_PAUSE_S 3

// The loop must not nest, however long it waits: the text fetched again is this same text, sees that the loop
// runs already, and only draws its screen if that has changed. "source" keeps the variables; a text that says
// something else (an image, the disk) simply does so, and when that fails the loop goes on.
static enum status grub_print_wait(const struct loader_context *context, struct text *out)
{
    char mac[HW_TEXT_BYTES];
    struct hw address;
    bool has_mac = hw_parse(context->mac, &address) == STATUS_OK;
    text_add(out, "set imprint_says=");
    grub_cfg_add_words(out, context->sentence);
    text_add(out, "\nif [ \"$imprint_says\" != \"$imprint_said\" ]; then\n"
                  "set imprint_said=\"$imprint_says\"\nclear\n");
    screen_add_wait(context, grub_cfg_add_echo, out);
    text_add(out, "fi\nif [ -z \"$imprint_waits\" ]; then\nset imprint_waits=1\nwhile true; do\n");
    text_add_format(out, "sleep %u\nsource $prefix/grub.cfg%s%s\n", context->poll_s, has_mac ? "-01-" : "",
                    has_mac ? hw_print_dashes(&address, mac) : "");
    text_add(out, "done\nfi\n");
    return STATUS_OK;
}

// "exit" would end in the firmware's boot menu (EDK2 takes it for success). The next DHCP answer names no
// boot file, and the firmware goes on to the disk.
static enum status grub_print_local(const struct loader_context *context, struct text *out)
{
    screen_add_sentence(context, grub_cfg_add_echo, out);
    text_add_format(out, "sleep %d\nreboot\n", GRUB_REBOOT_PAUSE_S);
    return STATUS_OK;
}

// GRUB's menu has no room for words of its own, so they stand in it as entries that do nothing.
static void grub_add_heading(struct text *out, const char *words)
{
    text_add(out, "menuentry ");
    grub_cfg_add_words(out, words);
    text_add(out, " {\ntrue\n}\n");
}

// GRUB cannot ask for a password without having its hash, which whoever has it can guess at leisure. iPXE
// can; it is not signed, so Secure Boot does not let it start.
static void grub_add_locked(const struct loader_context *context, struct text *out)
{
    const char *file = loader_get(LOADER_SNPONLY_X64)->file;
    char host[IP_HOST_BYTES];
    bool is_x64 = (boot_client_on(context->client) & IMAGE_ON_X64) != 0;
    if (is_x64) {
        grub_cfg_add_echo(out, "iPXE asks for the password.");
        text_add_format(out, "if chainloader (tftp,%s)/%s; then\nboot\nfi\n",
                        ip_print_host(context->server, host), file);
    }
    grub_cfg_add_echo(out, "This machine's firmware starts nothing that can ask for the password.");
    grub_cfg_add_echo(out, "On the server: imprint deploy MACHINE --profile PROFILE");
    text_add(out, "sleep 10\n");
}

static void grub_add_choice(const struct loader_context *context, const struct loader_item *item,
                            struct text *out)
{
    struct hw address;
    char mac[HW_TEXT_BYTES];
    bool has_mac = hw_parse(context->mac, &address) == STATUS_OK;
    text_add(out, "source $prefix/");
    dialect_add_choice(out, context, item);
    text_add_format(out, "grub.cfg%s%s\n", has_mac ? "-01-" : "",
                    has_mac ? hw_print_dashes(&address, mac) : "");
}

static void grub_add_item(const struct loader_context *context, const struct loader_item *item,
                          struct text *out)
{
    char title[256];
    struct text text;
    text_init(&text, title, sizeof title);
    text_add_format(&text, "%s%s%s", item->group, *item->group == '\0' ? "" : ": ", item->title);
    text_add(out, "menuentry ");
    grub_cfg_add_words(out, title);
    text_add_format(out, " --id '%s' {\n", item->name); // a host's name: nothing to quote
    if (item->needs_password) {
        grub_add_locked(context, out);
    } else {
        grub_add_choice(context, item, out);
    }
    text_add(out, "}\n");
}

// Entries are shown when the text that has them ends. In the loop of grub_print_wait it does not end, so
// there it is read once more as a text of its own, which does not see that loop's variables.
static enum status grub_print_menu(const struct loader_context *context, struct text *out)
{
    const struct loader_menu *menu = context->menu;
    char mac[HW_TEXT_BYTES];
    struct hw address;
    bool has_mac = hw_parse(context->mac, &address) == STATUS_OK;
    text_add_format(out, "if [ -n \"$imprint_waits\" ]; then\nconfigfile $prefix/grub.cfg%s%s\nfi\n",
                    has_mac ? "-01-" : "", has_mac ? hw_print_dashes(&address, mac) : "");
    if (menu->timeout_s == 0) {
        text_add(out, "set timeout=-1\n");
    } else {
        text_add_format(out, "set timeout=%u\n", menu->timeout_s);
    }
    text_add_format(out, "set default='%s'\n", menu->items[menu->start].name);
    grub_add_heading(out, menu->title);
    if (*menu->notice != '\0') {
        grub_add_heading(out, menu->notice);
    }
    for (unsigned i = 0; i < menu->item_count; i++) {
        grub_add_item(context, &menu->items[i], out);
    }
    return STATUS_OK;
}

static enum status grub_add_file(const struct loader_context *context, const char *path, struct text *out)
{
    char place[1024];
    struct text text;
    text_init(&text, place, sizeof place);
    if (context->client->wants_http) {
        text_add(&text, "(http,");
        dialect_add_authority(&text, context);
        text_add_char(&text, ')');
        uri_add_path(&text, path);
    } else {
        char host[IP_HOST_BYTES];
        text_add_format(&text, "(tftp,%s)%s", ip_print_host(context->server, host), path);
    }
    return text.cut ? STATUS_TOO_LONG : grub_cfg_add_word(out, place);
}

// What the machine starts, behind the command for it: "linux" or "chainloader".
static enum status grub_add_kernel(const struct loader_context *context, struct text *out,
                                   struct problem *problem)
{
    char mac[HW_TEXT_BYTES];
    text_add(out, context->way == IMAGE_WAY_EFI ? "chainloader " : "linux ");
    if (grub_add_file(context, context->kernel, out) != STATUS_OK) {
        return dialect_refuse(&dialect_grub, "the kernel's path", context->kernel, problem);
    }
    if (grub_cfg_add_arguments(out, context->arguments) != STATUS_OK) {
        return dialect_refuse(&dialect_grub, "these kernel arguments", context->arguments, problem);
    }
    if (context->way == IMAGE_WAY_KERNEL && dialect_has_bootif(context, mac)) {
        text_add_format(out, " BOOTIF=01-%s", mac);
    }
    text_add_char(out, '\n');
    return STATUS_OK;
}

static enum status grub_print_image(const struct loader_context *context, struct text *out,
                                    struct problem *problem)
{
    if (context->way == IMAGE_WAY_BIOS || context->way == IMAGE_WAY_DISK) {
        return dialect_refuse(&dialect_grub, "a program or disk for BIOS", context->kernel, problem);
    }
    screen_add_sentence(context, grub_cfg_add_echo, out);
    enum status status = grub_add_kernel(context, out, problem);
    bool has_initrd = context->way == IMAGE_WAY_KERNEL && context->initrds[0] != NULL;
    text_add(out, has_initrd ? "initrd" : "");
    for (unsigned i = 0;
         status == STATUS_OK && has_initrd && i < LOADER_INITRDS_MOST && context->initrds[i] != NULL; i++) {
        text_add_char(out, ' ');
        if (grub_add_file(context, context->initrds[i], out) != STATUS_OK) {
            return dialect_refuse(&dialect_grub, "the initrd's path", context->initrds[i], problem);
        }
    }
    text_add(out, has_initrd ? "\nboot\n" : "boot\n");
    return status;
}

const struct dialect dialect_grub = {.name = "GRUB",
                                     .print_wait = grub_print_wait,
                                     .print_local = grub_print_local,
                                     .print_menu = grub_print_menu,
                                     .print_image = grub_print_image};
