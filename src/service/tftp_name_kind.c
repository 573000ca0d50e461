// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/tftp_name_kind.h"

#include "base/text.h"

#include <string.h>

static const char *const LOADER_ENDINGS[] = {".0",    ".com",   ".n12",    ".n22", ".efi",
                                             ".kpxe", ".kkpxe", ".kkkpxe", ".pxe"};
static const char *const LOADER_BEGINNINGS[] = {"bootmgr", "startrom"};

// Files with such endings that are no loaders: data, helpers, and what a loader asks for beside itself.
static const char *const HELPER_BEGINNINGS[] = {"ntdetect.", "revocations", "shim_certificate", "mm", "fb"};

// Loaders that another one asks for: they belong to it.
static const char *const SECOND_BEGINNINGS[] = {"grub", "bootmgr"};

// Where GRUBs keep their files, and name them with the folder.
static const char *const GRUB_FOLDERS[] = {"grub/", "boot/grub/", "grub2/", "boot/grub2/"};

const char *tftp_name_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static bool begins(const char *text, const char *beginning)
{
    for (; *beginning != '\0'; text++, beginning++) {
        if (text_lower(*text) != *beginning) {
            return false;
        }
    }
    return true;
}

static bool begins_with_any(const char *text, const char *const beginnings[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (begins(text, beginnings[i])) {
            return true;
        }
    }
    return false;
}

static bool ends(const char *text, const char *ending)
{
    size_t length = strlen(text);
    size_t count = strlen(ending);
    return length > count && text_equal_nocase(text + length - count, ending);
}

static bool is_helper(const char *base)
{
    return begins_with_any(base, HELPER_BEGINNINGS, COUNT_OF(HELPER_BEGINNINGS)) &&
           (ends(base, ".efi") || ends(base, ".com"));
}

bool tftp_name_is_loader(const char *path)
{
    const char *base = tftp_name_base(path);
    if (is_helper(base)) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(LOADER_ENDINGS); i++) {
        if (ends(base, LOADER_ENDINGS[i])) {
            return true;
        }
    }
    return begins_with_any(base, LOADER_BEGINNINGS, COUNT_OF(LOADER_BEGINNINGS)) && !ends(base, ".mui");
}

bool tftp_name_is_session(const char *path)
{
    const char *base = tftp_name_base(path);
    bool is_second = begins_with_any(base, SECOND_BEGINNINGS, COUNT_OF(SECOND_BEGINNINGS));
    if (tftp_name_is_loader(path) && !is_second) {
        return false; // a boot begins with it
    }
    bool is_shims = ends(base, ".efi") && (is_helper(base) || begins(base, "grub"));
    return base == path || is_shims || begins(base, "grub.cfg") ||
           begins_with_any(path, GRUB_FOLDERS, COUNT_OF(GRUB_FOLDERS));
}

bool tftp_name_is_personal_grub(const char *path, size_t *plain_length)
{
    const char *base = tftp_name_base(path);
    if (!begins(base, "grub.cfg-")) {
        return false;
    }
    *plain_length = (size_t)(base - path) + strlen("grub.cfg");
    return true;
}

size_t tftp_name_glued(const char *base)
{
    size_t length = strlen(base);
    for (size_t at = 1; at < length; at++) {
        if (base[at] != '.') {
            continue;
        }
        for (size_t i = 0; i < COUNT_OF(LOADER_ENDINGS); i++) {
            if (begins(base + at, LOADER_ENDINGS[i]) && base[at + strlen(LOADER_ENDINGS[i])] != '\0') {
                return at + strlen(LOADER_ENDINGS[i]);
            }
        }
    }
    return 0;
}
