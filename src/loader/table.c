// SPDX-License-Identifier: GPL-3.0-or-later
// The rows. Paths are where Debian 12's packages put the files; a new loader is one more row (and one bit).
// GRUB's loose modules are left out on purpose: the signed GRUB has all it needs inside and may not load
// others under Secure Boot, so its requests for them are best answered "not found" at once.
#include "loader/dialect.h"

#define BIOS_MODULES "/usr/lib/syslinux/modules/bios/"
#define GRUB_SIGNED  "/usr/lib/grub/x86_64-efi-signed/"
#define GRUB_IA32    "/usr/lib/grub/i386-efi/monolithic/"

static const struct loader LOADERS[LOADER_COUNT] = {
    [LOADER_IPXE_SCRIPT] = {.id = LOADER_IPXE_SCRIPT,
                            .name = "ipxe",
                            .file = "boot.ipxe",
                            .reason = REASON_LOADER_FOR_IPXE},
    [LOADER_PXELINUX] = {.id = LOADER_PXELINUX,
                         .name = "pxelinux",
                         .file = "pxelinux.0",
                         .reason = REASON_LOADER_FOR_BIOS,
                         .files = {{"pxelinux.0", "/usr/lib/PXELINUX/pxelinux.0", "pxelinux"},
                                   {"ldlinux.c32", BIOS_MODULES "ldlinux.c32", "syslinux-common"},
                                   {"libutil.c32", BIOS_MODULES "libutil.c32", "syslinux-common", true},
                                   {"libcom32.c32", BIOS_MODULES "libcom32.c32", "syslinux-common", true},
                                   {"menu.c32", BIOS_MODULES "menu.c32", "syslinux-common", true},
                                   {DIALECT_MEMDISK, "/usr/lib/syslinux/" DIALECT_MEMDISK, "syslinux-common",
                                    true}}},
    [LOADER_SHIM_X64] =
        {.id = LOADER_SHIM_X64,
         .name = "shim-x64",
         .file = "shimx64.efi",
         .reason = REASON_LOADER_FOR_UEFI_X64,
         .files = {{"shimx64.efi", "/usr/lib/shim/shimx64.efi.signed", "shim-signed"},
                   {"grubx64.efi", GRUB_SIGNED "grubnetx64.efi.signed", "grub-efi-amd64-signed"},
                   {"mmx64.efi", "/usr/lib/shim/mmx64.efi.signed", "shim-helpers-amd64-signed", true}}},
    [LOADER_GRUB_IA32] = {.id = LOADER_GRUB_IA32,
                          .name = "grub-ia32",
                          .file = "grubnetia32.efi",
                          .reason = REASON_LOADER_FOR_UEFI_IA32,
                          .files = {{"grubnetia32.efi", GRUB_IA32 "grubnetia32.efi", "grub-efi-ia32-bin"}}},
    [LOADER_GRUB_ARM64] = {.id = LOADER_GRUB_ARM64,
                           .name = "grub-arm64",
                           .file = "grubaa64.efi",
                           .reason = REASON_LOADER_FOR_UEFI_ARM64,
                           .files = {{"grubaa64.efi", NULL, NULL}}},
    [LOADER_UNDIONLY] = {.id = LOADER_UNDIONLY,
                         .name = "undionly",
                         .file = "undionly.kpxe",
                         .reason = REASON_LOADER_FOR_BIOS,
                         .files = {{"undionly.kpxe", "/usr/lib/ipxe/undionly.kpxe", "ipxe"}}},
    [LOADER_SNPONLY_X64] = {.id = LOADER_SNPONLY_X64,
                            .name = "snponly-x64",
                            .file = "snponly.efi",
                            .reason = REASON_LOADER_FOR_UEFI_X64,
                            .files = {{"snponly.efi", "/usr/lib/ipxe/snponly.efi", "ipxe"}}},
};

const struct loader *loader_get(enum loader_id id)
{
    assert(id > LOADER_NONE && id < LOADER_COUNT);
    return &LOADERS[id];
}
