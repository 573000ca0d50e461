// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the room: what one dialect must be able to say. One file beside this one implements each.
#pragma once

#include "loader/loader.h"

#define DIALECT_MEMDISK "memdisk" // syslinux's, which makes a disk of an image in memory on BIOS

#define DIALECT_CHOICE "choice/" // begins what is asked for when somebody chose in a menu

struct dialect {
    const char *name; // for people: "GRUB"
    /// Says on the screen what waits, and asks again every `poll_s` seconds, for ever.
    enum status (*print_wait)(const struct loader_context *context, struct text *out);
    /// Boots the machine's own disk.
    enum status (*print_local)(const struct loader_context *context, struct text *out);
    /// Lets somebody choose from `context->menu`.
    enum status (*print_menu)(const struct loader_context *context, struct text *out);
    /// Boots kernel, initrd and arguments. STATUS_UNSUPPORTED with `problem` for what the dialect cannot say.
    enum status (*print_image)(const struct loader_context *context, struct text *out,
                               struct problem *problem);
};

extern const struct dialect dialect_pxelinux;
extern const struct dialect dialect_grub;
extern const struct dialect dialect_ipxe;

/// Appends "host" or "host:port" of our HTTP service; port 80 stays away.
void dialect_add_authority(struct text *out, const struct loader_context *context);

/// Whether the kernel should be told the network card it came from, as BOOTIF=01-mac: the address is known
/// and the arguments do not say so already. `mac` becomes "52-54-00-aa-bb-cc".
bool dialect_has_bootif(const struct loader_context *context, char mac[HW_TEXT_BYTES]);

/// Appends the path of what is asked for when `item` was chosen: "choice/TOKEN/ITEM/".
void dialect_add_choice(struct text *out, const struct loader_context *context,
                        const struct loader_item *item);

/// Says in `problem` that `what` ("the kernel's path") cannot be written for `dialect`, with `value` made
/// printable. Returns STATUS_UNSUPPORTED.
enum status dialect_refuse(const struct dialect *dialect, const char *what, const char *value,
                           struct problem *problem);
