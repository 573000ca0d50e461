// SPDX-License-Identifier: GPL-3.0-or-later
// pxelinux 6 (syslinux). Facts and how they were found: docs/protocols/loaders.md.
#include "format/pxelinux_cfg.h"
#include "loader/dialect.h"
#include "loader/screen.h"

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

// LINUX and not KERNEL: that one goes by the ending, and would start "vmlinuz-6.1.0" as a network boot
// program and "memtest.bin" as a boot sector (syslinux com32/elflink/ldlinux).
static enum status pxelinux_print_image(const struct loader_context *context, struct text *out,
                                        struct problem *problem)
{
    screen_add_sentence(context, pxelinux_cfg_add_say, out);
    text_add(out, "PROMPT 0\nNOESCAPE 1\nDEFAULT image\nLABEL image\n");
    if (pxelinux_cfg_add_word(out, "LINUX", context->kernel) != STATUS_OK) {
        return dialect_refuse(&dialect_pxelinux, "the kernel's path", context->kernel, problem);
    }
    bool has_initrd = *context->initrd != '\0';
    if (has_initrd && pxelinux_cfg_add_word(out, "INITRD", context->initrd) != STATUS_OK) {
        return dialect_refuse(&dialect_pxelinux, "the initrd's path", context->initrd, problem);
    }
    bool has_arguments = *context->arguments != '\0';
    if (has_arguments && pxelinux_cfg_add_line(out, "APPEND", context->arguments) != STATUS_OK) {
        return dialect_refuse(&dialect_pxelinux, "these kernel arguments", context->arguments, problem);
    }
    text_add(out, "SYSAPPEND 2\n"); // BOOTIF=01-mac of the card that booted
    return STATUS_OK;
}

const struct dialect dialect_pxelinux = {.name = "pxelinux",
                                         .print_wait = pxelinux_print_wait,
                                         .print_local = pxelinux_print_local,
                                         .print_image = pxelinux_print_image};
