// SPDX-License-Identifier: GPL-3.0-or-later
#include "loader/optional.h"

#include "unit/test.h"

static void what_loaders_go_on_without_may_be_absent(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "pxelinux.cfg/01-52-54-00-00-00-01",
        "/pxelinux.cfg/C0A80126",
        "boot//pxelinux.cfg/C",
        "pxelinux.cfg/default-arm-bcm283x",
        "/grub/grub.cfg-01-52-54-00-00-00-01",
        "/grub/x86_64-efi/command.lst",
        "grub/x86_64-efi/normal.mod",
        "/grub/locale/en_GB.gmo",
        "revocations.efi",
        "EFI/debian/revocations_sbat.efi",
        "shim_certificate_0.efi",
        "mmx64.efi",
        "autoexec.ipxe",
        "BOOTFONT.BIN",
        "\\hiberfil.sys",
        "\\Boot\\en-US\\bootmgr.exe.MUI",
        "\\Boot\\Fonts\\chs_boot.ttf",
        "bootsig.bin",
        "1a2b3c4d/start4.elf",
    };
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        if (!optional_is_path(paths[i])) {
            fail_msg("%s may be absent", paths[i]);
        }
    }
}

static void what_a_boot_needs_may_not(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "",
        "/",
        "XPLDR",
        "pxelinux.0",
        "pxelinux.cfg/default",
        "/PXELINUX.CFG/DEFAULT",
        "ldlinux.c32",
        "vesamenu.c32",
        "/grub/grub.cfg",
        "grubx64.efi",
        "winnt.sif",
        "ntdetect.com",
        "linux",
        "start4.elf",
        "zzzzzzzz/start4.elf",
        "boot.sdi",
        "Boot/BCD",
        "i386/KDCOM.DL_",
    };
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        if (optional_is_path(paths[i])) {
            fail_msg("%s may not be absent", paths[i]);
        }
    }
}

static void a_name_without_end_is_nobodys_and_takes_no_time(void **state)
{
    (void)state;
    char path[4096];
    memset(path, '/', sizeof path);
    path[sizeof path - 1] = '\0';
    assert_false(optional_is_path(path));
    memset(path, 'm', sizeof path - 1);
    assert_false(optional_is_path(path));
    memset(path + 500, 0, 1);
    assert_false(optional_is_path(path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_loaders_go_on_without_may_be_absent),
        cmocka_unit_test(what_a_boot_needs_may_not),
        cmocka_unit_test(a_name_without_end_is_nobodys_and_takes_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
