// SPDX-License-Identifier: GPL-3.0-or-later
#include "loader/optional.h"

#include "base/text.h"

#include <string.h>

#define OPTIONAL_PATH_BYTES 512

// The path has '/' in front, '*' is any text. What is needed although a line below would take it.
static const char *const NEEDED[] = {"*/pxelinux.cfg/default", "*/grub.cfg"};

static const char *const OPTIONAL[] = {
    // pxelinux and U-Boot: UUID, MAC, address from long to short, board, before "default"
    "*/pxelinux.cfg/*",
    "*/boot/isolinux/ldlinux.*",
    "/isolinux/ldlinux.*",
    "*/boot/syslinux/ldlinux.*",
    "/syslinux/ldlinux.*",
    "*.scr.uimg",
    "*/boot.scr",
    // GRUB (net/net.c, normal/): configurations for one machine, lists, modules, translations, fonts
    "*/grub.cfg-*",
    "*.lst",
    "*.mod",
    "*.mo",
    "*.gmo",
    "*.pf2",
    "*/grubenv",
    // shim 15.3 and later: lists of what is revoked, certificates; its helpers when there is something to do
    "*/revocations*.efi",
    "*/shim_certificate*.efi",
    "*_certificate.efi",
    "/mm*.efi",
    "*/mmx64.efi",
    "*/mmia32.efi",
    "*/mmaa64.efi",
    "*/fbx64.efi",
    "*/fbia32.efi",
    "*/fbaa64.efi",
    // iPXE
    "*/autoexec.ipxe",
    // Windows: NT's loader, bootmgr and winload
    "*/bootfont.bin",
    "*/hiberfil.sys",
    "*.mui",
    "*/boot/fonts/*",
    "*/boot.stl",
    "*/bootres.dll",
    "*sipolicy.p7b",
    // Raspberry Pi's ROM: signatures, its own folder named by the serial number, updates of its EEPROM
    "*/bootsig.bin",
    "*/autoboot.txt",
    "*/tryboot.txt",
    "*/recovery.elf",
    "*/recover4.elf",
    "*/dt-blob.bin",
    "*/pieeprom.*",
    "*/vl805.*",
    "/########/start.elf",
    "/########/start4.elf",
};

// '*' is any text, '#' one hexadecimal digit. Both are lower case already. It goes back to the last '*' only,
// which is enough, and bounds the work to the product of the lengths.
static bool optional_matches(const char *pattern, const char *text)
{
    const char *star = NULL;
    const char *behind = NULL;
    while (*text != '\0') {
        bool is_digit = (*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'f');
        if (*pattern == '*') {
            star = pattern++;
            behind = text;
        } else if (*pattern == *text || (*pattern == '#' && is_digit)) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++behind;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

// "/pxelinux.cfg/c0" for "\\PXELINUX.CFG//C0". Whether it fits.
static bool optional_simplify(const char *path, char out[OPTIONAL_PATH_BYTES])
{
    size_t length = 0;
    out[length++] = '/';
    for (; *path != '\0'; path++) {
        char character = *path == '\\' ? '/' : text_lower(*path);
        if (character == '/' && out[length - 1] == '/') {
            continue;
        }
        if (length + 1 == OPTIONAL_PATH_BYTES) {
            return false;
        }
        out[length++] = character;
    }
    out[length] = '\0';
    return true;
}

static bool optional_is_among(const char *path, const char *const patterns[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (optional_matches(patterns[i], path)) {
            return true;
        }
    }
    return false;
}

bool optional_is_path(const char *path)
{
    char simple[OPTIONAL_PATH_BYTES];
    return optional_simplify(path, simple) && !optional_is_among(simple, NEEDED, COUNT_OF(NEEDED)) &&
           optional_is_among(simple, OPTIONAL, COUNT_OF(OPTIONAL));
}
