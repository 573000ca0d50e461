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
                                     .print_image = grub_print_image};
