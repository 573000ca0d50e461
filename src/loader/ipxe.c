// SPDX-License-Identifier: GPL-3.0-or-later
// iPXE. Facts and how they were found: docs/protocols/loaders.md.
#include "format/ipxe_script.h"
#include "format/uri.h"
#include "loader/dialect.h"
#include "loader/screen.h"

#include <string.h>

/// Appends where a machine's script is; iPXE itself puts in who it is.
static void ipxe_add_machine_url(const struct loader_context *context, struct text *out)
{
    if (context->client->has_http) {
        text_add(out, "http://");
        dialect_add_authority(out, context);
        text_add(out, "/machine.ipxe?mac=${mac:hexhyp}&uuid=${uuid}&serial=${serial:uristring}"
                      "&platform=${platform}&arch=${buildarch}");
        return;
    }
    char host[IP_HOST_BYTES];
    text_add_format(out, "tftp://%s/machine.ipxe/mac-${mac:hexhyp}", ip_print_host(context->server, host));
}

static void ipxe_add_file(const struct loader_context *context, const char *path, struct text *out)
{
    text_add(out, context->client->has_http ? "http://" : "tftp://");
    if (context->client->has_http) {
        dialect_add_authority(out, context);
    } else {
        char host[IP_HOST_BYTES];
        text_add(out, ip_print_host(context->server, host));
    }
    uri_add_path(out, path);
}

/// Appends the loop that asks for the machine's script until there is one; "--replace" ends the script that
/// asked, so scripts do not pile up, and "||" outlives Ctrl-C and a server that is away for a while.
static void ipxe_add_ask(const struct loader_context *context, unsigned pause_s, struct text *out)
{
    text_add(out, "chain --replace --autofree ");
    ipxe_add_machine_url(context, out);
    text_add_format(out, " ||\nsleep %u ||\ngoto again\n", pause_s);
}

enum status loader_print_bootstrap(const struct loader_context *context, struct text *out)
{
    text_add(out, "#!ipxe\n:again\n");
    ipxe_add_ask(context, context->poll_s, out);
    return out->cut ? STATUS_TOO_LONG : STATUS_OK;
}

static enum status ipxe_print_wait(const struct loader_context *context, struct text *out)
{
    text_add(out, "#!ipxe\n");
    screen_add_wait(context, ipxe_script_add_echo, out);
    text_add_format(out, ":again\nsleep %u ||\n", context->poll_s);
    ipxe_add_ask(context, 1, out);
    return STATUS_OK;
}

// BIOS: its first disk, from here. UEFI: an exit that says "failed" makes the firmware try its next boot
// entry.
static void ipxe_add_local(struct text *out)
{
    text_add(out, "iseq ${platform} pcbios && sanboot --no-describe --drive 0x80 ||\nexit 1\n");
}

static enum status ipxe_print_local(const struct loader_context *context, struct text *out)
{
    text_add(out, "#!ipxe\n");
    screen_add_sentence(context, ipxe_script_add_echo, out);
    ipxe_add_local(out);
    return STATUS_OK;
}

// Labels begin with "item-", so that no item is called as the script's own.
static void ipxe_add_item(const struct loader_context *context, const struct loader_item *item,
                          struct text *out)
{
    text_add_format(out, ":item-%s\n", item->name);
    if (strcmp(item->name, MENU_LOCAL) == 0) {
        ipxe_add_local(out);
        return;
    }
    if (item->needs_password && !context->client->has_http) {
        text_add(out, "echo   This iPXE has no HTTP, without which it cannot ask for the password.\n"
                      "echo   On the server: imprint deploy MACHINE --profile PROFILE\n"
                      "sleep 10 ||\ngoto menu\n");
        return;
    }
    text_add(out, item->needs_password ? "login || goto menu\n" : "");
    text_add(out, "chain --replace --autofree ");
    if (context->client->has_http) {
        ipxe_add_machine_url(context, out);
        text_add_format(out, "&choice=%s&token=%s%s", item->name, context->menu->token,
                        item->needs_password ? "&password=${password:uristring}" : "");
    } else {
        char host[IP_HOST_BYTES];
        text_add_format(out, "tftp://%s/machine.ipxe/", ip_print_host(context->server, host));
        dialect_add_choice(out, context, item);
        text_add(out, "mac-${mac:hexhyp}");
    }
    text_add(out, " || goto failed\n");
}

static void ipxe_add_items(const struct loader_menu *menu, struct text *out)
{
    for (unsigned i = 0; i < menu->item_count; i++) {
        const struct loader_item *item = &menu->items[i];
        if (*item->group != '\0' && (i == 0 || strcmp(menu->items[i - 1].group, item->group) != 0)) {
            ipxe_script_add_words(out, "item --gap --", item->group);
        }
        text_add_format(out, "item item-%s", item->name);
        ipxe_script_add_words(out, "", item->title);
    }
}

static enum status ipxe_print_menu(const struct loader_context *context, struct text *out)
{
    const struct loader_menu *menu = context->menu;
    text_add(out, "#!ipxe\n:menu\nclear username ||\nclear password ||\n");
    ipxe_script_add_words(out, "menu", menu->title);
    if (*menu->notice != '\0') {
        ipxe_script_add_words(out, "item --gap --", menu->notice);
    }
    ipxe_add_items(menu, out);
    text_add_format(out, "choose --default item-%s", menu->items[menu->start].name);
    if (menu->timeout_s != 0) {
        text_add_format(out, " --timeout %u000", menu->timeout_s);
    }
    text_add(out, " choice || goto menu\ngoto ${choice}\n");
    for (unsigned i = 0; i < menu->item_count; i++) {
        ipxe_add_item(context, &menu->items[i], out);
    }
    text_add(out, ":failed\necho   The server did not answer. Trying again soon.\nsleep 5 ||\ngoto menu\n");
    return STATUS_OK;
}

static enum status ipxe_add_arguments(const struct loader_context *context, struct text *out,
                                      struct problem *problem)
{
    if (ipxe_script_add_arguments(out, context->arguments) != STATUS_OK) {
        return dialect_refuse(&dialect_ipxe, "these kernel arguments", context->arguments, problem);
    }
    return STATUS_OK;
}

// The first initrd is called "initrd", the second "initrd1".
static void ipxe_add_ordinal(unsigned at, struct text *out)
{
    if (at != 0) {
        text_add_format(out, "%u", at);
    }
}

static enum status ipxe_print_kernel(const struct loader_context *context, struct text *out,
                                     struct problem *problem)
{
    char mac[HW_TEXT_BYTES];
    text_add(out, "kernel ");
    ipxe_add_file(context, context->kernel, out);
    for (unsigned i = 0; i < LOADER_INITRDS_MOST && context->initrds[i] != NULL; i++) {
        text_add(out, " initrd=initrd"); // for UEFI kernels, which ask iPXE for the file by this name
        ipxe_add_ordinal(i, out);
    }
    if (ipxe_add_arguments(context, out, problem) != STATUS_OK) {
        return STATUS_UNSUPPORTED;
    }
    if (dialect_has_bootif(context, mac)) {
        text_add_format(out, " BOOTIF=01-%s", mac);
    }
    text_add(out, " || goto failed\n");
    for (unsigned i = 0; i < LOADER_INITRDS_MOST && context->initrds[i] != NULL; i++) {
        text_add(out, "initrd --name initrd");
        ipxe_add_ordinal(i, out);
        text_add_char(out, ' ');
        ipxe_add_file(context, context->initrds[i], out);
        text_add(out, " || goto failed\n");
    }
    text_add(out, "boot\n");
    return STATUS_OK;
}

// An EFI or BIOS program: iPXE tells them apart itself.
static enum status ipxe_print_program(const struct loader_context *context, struct text *out,
                                      struct problem *problem)
{
    text_add(out, "chain --autofree ");
    ipxe_add_file(context, context->kernel, out);
    if (ipxe_add_arguments(context, out, problem) != STATUS_OK) {
        return STATUS_UNSUPPORTED;
    }
    text_add(out, " || goto failed\n");
    return STATUS_OK;
}

// BIOS: into memory, by memdisk. UEFI: as a disk that is read over the network, which only iPXE's own HTTP
// can.
static enum status ipxe_print_disk(const struct loader_context *context, struct text *out,
                                   struct problem *problem)
{
    text_add(out, "iseq ${platform} pcbios || goto efi\nkernel ");
    ipxe_add_file(context, "/" DIALECT_MEMDISK, out);
    if (ipxe_add_arguments(context, out, problem) != STATUS_OK) {
        return STATUS_UNSUPPORTED;
    }
    text_add(out, " || goto failed\ninitrd ");
    ipxe_add_file(context, context->kernel, out);
    text_add(out, " || goto failed\nboot || goto failed\n:efi\nsanboot --no-describe ");
    ipxe_add_file(context, context->kernel, out);
    text_add(out, " || goto failed\n");
    return STATUS_OK;
}

static enum status ipxe_print_image(const struct loader_context *context, struct text *out,
                                    struct problem *problem)
{
    enum status status = STATUS_UNSUPPORTED;
    text_add(out, "#!ipxe\n");
    screen_add_sentence(context, ipxe_script_add_echo, out);
    text_add(out, "imgfree\n");
    switch (context->way) {
    case IMAGE_WAY_KERNEL:
        status = ipxe_print_kernel(context, out, problem);
        break;
    case IMAGE_WAY_EFI:
    case IMAGE_WAY_BIOS:
        status = ipxe_print_program(context, out, problem);
        break;
    case IMAGE_WAY_DISK:
        status = ipxe_print_disk(context, out, problem);
        break;
    case IMAGE_WAY_COUNT:
        break;
    }
    if (status != STATUS_OK) {
        return status;
    }
    text_add(out, ":failed\necho   The kernel could not be fetched or started. Trying again soon.\n"
                  "imgfree\n:again\nsleep 10 ||\n");
    ipxe_add_ask(context, 1, out);
    return STATUS_OK;
}

const struct dialect dialect_ipxe = {.name = "iPXE",
                                     .print_wait = ipxe_print_wait,
                                     .print_local = ipxe_print_local,
                                     .print_menu = ipxe_print_menu,
                                     .print_image = ipxe_print_image};
