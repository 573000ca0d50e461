// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/role.h"

#include "base/text.h"
#include "loader/optional.h"

#include <string.h>

// Patterns of small letters; '*' is anything. A '/' in one: it is asked of the whole path. The first row that
// fits counts.
static const struct {
    enum role role;
    const char *pattern;
} PATTERNS[] = {
    {ROLE_CONFIG, "*pxelinux.cfg/*"},
    {ROLE_CONFIG, "*grub.cfg*"},
    {ROLE_CONFIG, "*.ipxe*"},
    {ROLE_CONFIG, "*boot.cfg"},
    {ROLE_CONFIG, "*menu.lst"},
    {ROLE_CONFIG, "*/bcd"},
    {ROLE_ANSWER, "*/answer/*"},
    {ROLE_ANSWER, "answer/*"},
    {ROLE_ANSWER, "*preseed*.cfg"},
    {ROLE_ANSWER, "*.preseed"},
    {ROLE_ANSWER, "*ks*.cfg"},
    {ROLE_ANSWER, "*.ks"},
    {ROLE_ANSWER, "*kickstart*"},
    {ROLE_ANSWER, "*user-data"},
    {ROLE_ANSWER, "*autoinst*.xml"},
    {ROLE_ANSWER, "*unattend*.xml"},
    {ROLE_ANSWER, "*.sif"},
    {ROLE_ANSWER, "*.ign"},
    {ROLE_ANSWER, "*apkovl*"},
    {ROLE_PACKAGES, "*.deb"},
    {ROLE_PACKAGES, "*.udeb"},
    {ROLE_PACKAGES, "*.rpm"},
    {ROLE_PACKAGES, "*/dists/*"},
    {ROLE_PACKAGES, "*/repodata/*"},
    {ROLE_PACKAGES, "*/release"},
    {ROLE_PACKAGES, "*/packages.gz"},
    {ROLE_PACKAGES, "*apkindex*"},
    {ROLE_ROOT, "*squashfs*"},
    {ROLE_ROOT, "*.sfs"},
    {ROLE_ROOT, "*install.img"},
    {ROLE_ROOT, "*rootfs*"},
    {ROLE_ROOT, "*stage2*"},
    {ROLE_ROOT, "*.iso"},
    {ROLE_ROOT, "*.wim"},
    {ROLE_ROOT, "*modloop*"},
    {ROLE_ROOT, "*.treeinfo"},
    {ROLE_ROOT, "*boot.sdi"},
    {ROLE_WINDOWS, "*ntldr"},
    {ROLE_WINDOWS, "*setupldr*"},
    {ROLE_WINDOWS, "*ntdetect.com"},
    {ROLE_WINDOWS, "*bootfont.bin"},
    {ROLE_WINDOWS, "*txtsetup*"},
    {ROLE_WINDOWS, "*bootmgr*"},
    {ROLE_WINDOWS, "*i386/*"},
    {ROLE_MODULE, "*.c32"},
    {ROLE_MODULE, "*.mod"},
    {ROLE_MODULE, "*.lst"},
    {ROLE_MODULE, "*grub*.efi"},
    {ROLE_MODULE, "*.pf2"},
    {ROLE_LOADER, "*.0"},
    {ROLE_LOADER, "*.kpxe"},
    {ROLE_LOADER, "*.kkpxe"},
    {ROLE_LOADER, "*.pxe"},
    {ROLE_LOADER, "*.lkrn"},
    {ROLE_LOADER, "*.efi"},
    {ROLE_LOADER, "*.n12"},
    {ROLE_LOADER, "*wdsnbp.com"},
    {ROLE_LOADER, "*pxeboot.com"},
    {ROLE_LOADER, "*startrom*"},
    {ROLE_INITRD, "*initr*"},
    {ROLE_INITRD, "*.img"},
    {ROLE_INITRD, "*initramfs*"},
    {ROLE_KERNEL, "*vmlinu*"},
    {ROLE_KERNEL, "*bzimage*"},
    {ROLE_KERNEL, "*linux"},
    {ROLE_KERNEL, "*linux26"},
    {ROLE_KERNEL, "*kernel*"},
};

static bool fits(const char *pattern, const char *name)
{
    const char *star = NULL;
    const char *mark = NULL;
    while (*name != '\0') {
        char character = *name == '\\' ? '/' : text_lower(*name);
        if (*pattern == '*') {
            star = pattern++;
            mark = name;
        } else if (*pattern == character) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star + 1;
            name = ++mark;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

const char *role_base(const char *name)
{
    const char *base = name;
    for (; *name != '\0'; name++) {
        base = *name == '/' || *name == '\\' ? name + 1 : base;
    }
    return base;
}

// startrom asks for NTLDR; a name of five characters like it was written into a copy of startrom by hand.
static bool is_patched_ntldr(const char *name)
{
    const char *base = role_base(name);
    return strlen(base) == 5 && fits("*ldr", base);
}

enum role role_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(PATTERNS); i++) {
        if (fits(PATTERNS[i].pattern, name)) {
            return PATTERNS[i].role;
        }
    }
    return is_patched_ntldr(name) ? ROLE_WINDOWS : ROLE_UNKNOWN;
}

const char *role_text(enum role role)
{
    static const char *const TEXTS[ROLE_COUNT] = {"a file",
                                                  "the boot loader",
                                                  "a part of the boot loader",
                                                  "the boot loader's configuration",
                                                  "the kernel",
                                                  "the initrd",
                                                  "the root file system",
                                                  "the answer file",
                                                  "the packages",
                                                  "the loader of Windows"};
    return TEXTS[role];
}

bool role_is_optional(const char *name)
{
    return optional_is_path(name);
}
