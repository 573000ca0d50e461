// SPDX-License-Identifier: GPL-3.0-or-later
// pxelinux 6 (syslinux). Facts and how they were found: docs/protocols/loaders.md.
#include "format/pxelinux_cfg.h"
#include "loader/dialect.h"
#include "loader/screen.h"

#include <string.h>

// Asking again is starting pxelinux again: a CONFIG label would nest, and pxelinux 6.04 is out of files after
// some sixty rounds. PROMPT 1 makes it wait for its timeout (NOESCAPE would not); TOTALTIMEOUT goes on when
// somebody touches the keyboard.
static enum status pxelinux_print_wait(const struct loader_context *context, struct text *out)
{
    screen_add_wait(context, pxelinux_cfg_add_say, out);
    text_add_format(out, "PROMPT 1\nALLOWOPTIONS 0\nTIMEOUT %u\nTOTALTIMEOUT %u\n", context->poll_s * 10,
                    context->poll_s * 10);
    text_add_format(out, "DEFAULT again\nONTIMEOUT again\nLABEL again\nKERNEL %s\n",
                    loader_get(LOADER_PXELINUX)->file);
    return STATUS_OK;
}

static enum status pxelinux_print_local(const struct loader_context *context, struct text *out)
{
    screen_add_sentence(context, pxelinux_cfg_add_say, out);
    text_add(out, "PROMPT 0\nDEFAULT local\nLABEL local\nLOCALBOOT 0x80\n");
    return STATUS_OK;
}

static void pxelinux_add_heading(struct text *out, unsigned at, const char *words)
{
    text_add_format(out, "LABEL -%u\n", at);
    pxelinux_cfg_add_title(out, "MENU LABEL", words);
    text_add(out, "MENU DISABLE\n");
}

// A locked item starts iPXE, which asks for the same menu and can ask for the password: what pxelinux does
// with one needs its hash, and whoever has that can guess at leisure.
static void pxelinux_add_item(const struct loader_context *context, const struct loader_item *item,
                              struct text *out)
{
    struct hw address;
    char mac[HW_TEXT_BYTES];
    if (strcmp(item->name, MENU_LOCAL) == 0) {
        text_add(out, "LOCALBOOT 0x80\n");
    } else if (item->needs_password) {
        text_add_format(out, "PXE %s\n", loader_get(LOADER_UNDIONLY)->file);
    } else {
        bool has_mac = hw_parse(context->mac, &address) == STATUS_OK;
        text_add(out, "CONFIG pxelinux.cfg/");
        dialect_add_choice(out, context, item);
        text_add_format(out, "%s%s\n", has_mac ? "01-" : "default",
                        has_mac ? hw_print_dashes(&address, mac) : "");
    }
}

static enum status pxelinux_print_menu(const struct loader_context *context, struct text *out)
{
    const struct loader_menu *menu = context->menu;
    unsigned headings = 0;
    text_add(out, "UI menu.c32\nPROMPT 0\nNOESCAPE 1\nALLOWOPTIONS 0\n");
    pxelinux_cfg_add_title(out, "MENU TITLE", menu->title);
    if (menu->timeout_s != 0) {
        text_add_format(out, "TIMEOUT %u\nONTIMEOUT %s\n", menu->timeout_s * 10,
                        menu->items[menu->start].name);
    }
    if (*menu->notice != '\0') {
        pxelinux_add_heading(out, headings++, menu->notice);
    }
    for (unsigned i = 0; i < menu->item_count; i++) {
        const struct loader_item *item = &menu->items[i];
        bool begins_group =
            *item->group != '\0' && (i == 0 || strcmp(menu->items[i - 1].group, item->group) != 0);
        if (begins_group) {
            pxelinux_add_heading(out, headings++, item->group);
        }
        text_add_format(out, "LABEL %s\n", item->name);
        pxelinux_cfg_add_title(out, "MENU LABEL", item->title);
        text_add(out, i == menu->start ? "MENU DEFAULT\n" : "");
        text_add(out, *item->group != '\0' ? "MENU INDENT 1\n" : "");
        pxelinux_add_item(context, item, out);
    }
    return STATUS_OK;
}

static enum status pxelinux_add_initrds(const struct loader_context *context, struct text *out,
                                        struct problem *problem)
{
    size_t count = 0;
    while (count < LOADER_INITRDS_MOST && context->initrds[count] != NULL) {
        count++;
    }
    if (count != 0 && pxelinux_cfg_add_words(out, "INITRD", context->initrds, count) != STATUS_OK) {
        return dialect_refuse(&dialect_pxelinux, "the initrd's path", context->initrds[0], problem);
    }
    return STATUS_OK;
}

// The word before what is started. LINUX for kernels and not KERNEL: that one goes by the ending, and would
// start "vmlinuz-6.1.0" as a network boot program and "memtest.bin" as a boot sector (syslinux
// com32/elflink/ldlinux).
static const char *pxelinux_word(const struct loader_context *context)
{
    bool is_module = text_ends(context->kernel, ".c32");
    return context->way != IMAGE_WAY_BIOS ? "LINUX" : is_module ? "COM32" : "PXE";
}

static enum status pxelinux_print_image(const struct loader_context *context, struct text *out,
                                        struct problem *problem)
{
    bool is_disk = context->way == IMAGE_WAY_DISK;
    if (context->way == IMAGE_WAY_EFI) {
        return dialect_refuse(&dialect_pxelinux, "an EFI program", context->kernel, problem);
    }
    screen_add_sentence(context, pxelinux_cfg_add_say, out);
    text_add(out, "PROMPT 0\nNOESCAPE 1\nDEFAULT image\nLABEL image\n");
    const char *kernel = is_disk ? "/" DIALECT_MEMDISK : context->kernel;
    if (pxelinux_cfg_add_word(out, pxelinux_word(context), kernel) != STATUS_OK) {
        return dialect_refuse(&dialect_pxelinux, "the kernel's path", kernel, problem);
    }
    if (is_disk && pxelinux_cfg_add_word(out, "INITRD", context->kernel) != STATUS_OK) {
        return dialect_refuse(&dialect_pxelinux, "the disk's path", context->kernel, problem);
    }
    if (context->way == IMAGE_WAY_KERNEL) {
        enum status status = pxelinux_add_initrds(context, out, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    bool has_arguments = *context->arguments != '\0';
    if (has_arguments && pxelinux_cfg_add_line(out, "APPEND", context->arguments) != STATUS_OK) {
        return dialect_refuse(&dialect_pxelinux, "these kernel arguments", context->arguments, problem);
    }
    if (context->way == IMAGE_WAY_KERNEL) {
        text_add(out, "SYSAPPEND 2\n"); // BOOTIF=01-mac of the card that booted
    }
    return STATUS_OK;
}

const struct dialect dialect_pxelinux = {.name = "pxelinux",
                                         .print_wait = pxelinux_print_wait,
                                         .print_local = pxelinux_print_local,
                                         .print_menu = pxelinux_print_menu,
                                         .print_image = pxelinux_print_image};
