// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the shim and the GRUB on a medium can boot it from the network. Secure Boot takes a system's kernel
// from that system's own shim, so they are used where they can be: that GRUB must have what reads from a
// network built in (docs/decisions/0082).
#pragma once

#include "content/content.h"
#include "loader/loader.h"

#define OWN_LOADER_WHY_BYTES  192
#define OWN_LOADER_FILE_BYTES 127 // of a DHCP header's file, out of which shim takes its folder

struct own_loader {
    char first[IMAGE_PATH_BYTES];    // its shim, as the medium has it; "" = imprint's own loader is for it
    char second[CONTENT_PATH_BYTES]; // what that starts
    char why[OWN_LOADER_WHY_BYTES];  // one sentence without its full stop
};

/// Looks at the files of `image` (methods and name filled in) for firmware `efi` in `source`, whose names
/// begin with `prefix` ("" or "images/NAME/"). However long the disk takes: in a thread of its own.
void own_loader_find(const struct content_source *source, const char *prefix, const struct image *image,
                     enum image_efi efi, struct own_loader *own);

/// Fills in `image->efi_loader` for all firmware that its methods are for.
void own_loader_fill(const struct content_source *source, const char *prefix, struct image *image);

/// The path in the tree of the medium's own first program for a firmware of this architecture (DHCP option
/// 93): "images/NAME/EFI/BOOT/BOOTX64.EFI". false when imprint's own loader is for it.
bool own_loader_print(const struct image *image, uint16_t architecture, struct text *out);

/// Whether `path` of the tree is what the GRUB off the medium of `image` asks for as its configuration,
/// wherever it was built to look: beside itself, or below the folders that its client came from
/// (service/tftp_names). false for an image that imprint's own loader boots.
bool own_loader_asks(const struct image *image, const char *path, struct loader_request *request);
