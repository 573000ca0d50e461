// SPDX-License-Identifier: GPL-3.0-or-later
// The boot fields of a reply, for the DHCP server and ProxyDHCP alike: who may be told a boot file, and where
// it is written so that every firmware and loader finds it (docs/decisions/0010-boot-options.md).
#pragma once

#include "model/quirk.h"
#include "wire/dhcp4.h"

#define DHCP4_BOOT_FILE_BYTES 255 // with its NUL, which counts in option 67

struct dhcp4_boot { // what this client is told to boot; filled by the service from plan and loader
    bool has_file;  // false: not one word about booting, unless `is_local`
    bool is_local; // no file: its own disk; UEFI firmware is told so, else it waits a minute for other offers
    char file[DHCP4_BOOT_FILE_BYTES];
    bool is_url;              // for UEFI HTTP boot and for iPXE
    struct quirk_shape shape; // of firmware's replies: all zero = decision 0010
};

/// Whether `client` may be told `boot`: there is a file, a URL goes only to UEFI HTTP boot and iPXE (Debian's
/// installer takes a URL in its lease for a preseed file; PXE firmware fails on one), and UEFI HTTP boot gets
/// nothing but a URL.
bool dhcp4_boot_is_for(const struct dhcp4_boot *boot, const struct boot_client *client);

/// Whether `client` is to be told to boot its own disk: only UEFI PXE firmware understands the hint of
/// dhcp4_boot_put_local; BIOS ROMs give up at once when there is no file.
bool dhcp4_boot_is_local_for(const struct dhcp4_boot *boot, const struct boot_client *client);

/// Which class of network-boot client sent `message`: "PXEClient" or "HTTPClient" as a reply has it in option
/// 60, NULL when neither.
const char *dhcp4_boot_class(const struct dhcp4_message *message);

/// Writes `boot` to the places of its shape, usually all that somebody reads: siaddr, file, options 66 and 67
/// (NUL inside). With a shape that is late only siaddr.
void dhcp4_boot_put(struct dhcp4_reply *reply, const struct dhcp4_boot *boot, struct ip4 server);

/// Writes option 43 that says: the boot file is in this reply, no menu, no discovery (PXE 2.1, 43.6 = 8).
void dhcp4_boot_put_direct(struct dhcp4_reply *reply);

/// Writes option 43 as `shape` has it, `usual` (never QUIRK_VENDOR_DEFAULT) where it says nothing of it.
void dhcp4_boot_put_vendor(struct dhcp4_reply *reply, const struct quirk_shape *shape,
                           enum quirk_vendor usual);

/// Writes option 43 that says: boot the local disk, now, without a menu (PXE 2.1: the only entry of 43.9 has
/// type 0, the prompt of 43.10 lasts 0 s). EDK2 then gives up PXE at once (PXE-E21) and goes on to its next
/// boot entry (docs/protocols/loaders.md).
void dhcp4_boot_put_local(struct dhcp4_reply *reply);

/// Echoes what must come back unchanged: 61 (RFC 6842), 82 (RFC 3046) and 97, unless malformed.
void dhcp4_boot_put_echoes(struct dhcp4_reply *reply, const struct dhcp4_message *request);
