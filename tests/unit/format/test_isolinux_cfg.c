// SPDX-License-Identifier: GPL-3.0-or-later
// isolinux.cfg, and the entries of the Boot Loader Specification.
#include "format/isolinux_cfg.h"
#include "format/loader_entry.h"

#include "unit/test.h"

static struct isolinux_cfg cfg;
static struct boot_entry entry;

// Every label of `text`: "NAME|TITLE|KERNEL|INITRD|ARGUMENTS", and "<FILE" for what is included.
static void reads_as(const char *text, const char *expected)
{
    char out[4096];
    struct text print;
    text_init(&print, out, sizeof out);
    isolinux_cfg_init(&cfg, text, strlen(text));
    while (isolinux_cfg_next(&cfg, &entry)) {
        if (entry.kind == BOOT_ENTRY_INCLUDE) {
            text_add_format(&print, "<%s\n", entry.kernel);
        } else {
            text_add_format(&print, "%s|%s|%s%s|%s|%s%s%s\n", entry.name, entry.title,
                            entry.kind == BOOT_ENTRY_PROGRAM ? "program:" : "", entry.kernel, entry.initrd,
                            entry.arguments, entry.is_default ? " DEFAULT" : "", entry.cut ? " CUT" : "");
        }
    }
    assert_string_equal(out, expected);
}

static void labels_have_kernel_initrd_and_arguments(void **state)
{
    (void)state;
    reads_as("default vesamenu.c32\ntimeout 600\n# label no\nlabel linux\n  menu label ^Install Fedora\n  "
             "kernel vmlinuz\n"
             "  append initrd=ucode.img,initrd.img inst.stage2=hd:LABEL=Fedora quiet\n"
             "LABEL live\r\n\tMENU DEFAULT\r\n\tLINUX /live/vmlinuz\r\n\tINITRD /live/initrd.img\r\n"
             "\tAPPEND boot=live components\r\nlabel local\n  localboot 0xffff\n",
             "linux|Install Fedora|vmlinuz|ucode.img initrd.img|inst.stage2=hd:LABEL=Fedora quiet\n"
             "live|live|/live/vmlinuz|/live/initrd.img|boot=live components DEFAULT\n");
    assert_string_equal(cfg.chosen, "vesamenu.c32");
}

static void other_files_are_told(void **state)
{
    (void)state;
    reads_as("INCLUDE menu.cfg\nmenu include stdmenu.cfg Title\nlabel more\n kernel vesamenu.c32\n append "
             "sub.cfg x\n"
             "label other\n config /boot/other.cfg\nDEFAULT install",
             "<menu.cfg\n<stdmenu.cfg\n<sub.cfg\n</boot/other.cfg\n");
    assert_string_equal(cfg.chosen, "install");
}

static void the_arguments_of_all_and_modules_and_help(void **state)
{
    (void)state;
    reads_as("append initrd=all.gz quiet\nlabel a\n kernel k\n text help\n kernel no\n endtext\nlabel b\n "
             "kernel k2\n append -\n"
             "label esx\n kernel mboot.c32\n append -c boot.cfg\nlabel empty\nlabel m\n linux memdisk\n "
             "initrd x.img\n",
             "a|a|k|all.gz|quiet\nb|b|k2||\nesx|esx|program:mboot.c32||-c boot.cfg\nm|m|memdisk|x.img "
             "all.gz|quiet\n");
}

static void what_is_too_long_is_marked(void **state)
{
    (void)state;
    char text[4000];
    struct text print;
    text_init(&print, text, sizeof text);
    text_add(&print, "label a\nkernel k\nappend ");
    for (unsigned i = 0; i < BOOT_ENTRY_ARGUMENTS_BYTES; i++) {
        text_add(&print, "x ");
    }
    isolinux_cfg_init(&cfg, text, print.length);
    assert_true(isolinux_cfg_next(&cfg, &entry));
    assert_true(entry.cut);
    assert_false(isolinux_cfg_next(&cfg, &entry));
    reads_as("", "");
    reads_as("\xff\xfe\x01 label\nkernel x\n\n\n", "");
}

static void loader_entries_are_read(void **state)
{
    (void)state;
    static const char TEXT[] =
        "# by hand\ntitle    Arch Linux\nsort-key 01\nlinux    /arch/boot/vmlinuz-linux\n"
        "initrd   /arch/boot/ucode.img\ninitrd   /arch/boot/initramfs.img\n"
        "options  archisobasedir=arch\noptions  quiet\r\n";
    static const char SHELL[] = "title UEFI Shell\nefi /shellx64.efi\n";
    assert_int_equal(loader_entry_parse(TEXT, strlen(TEXT), &entry), STATUS_OK);
    assert_int_equal(entry.kind, BOOT_ENTRY_LINUX);
    assert_string_equal(entry.title, "Arch Linux");
    assert_string_equal(entry.kernel, "/arch/boot/vmlinuz-linux");
    assert_string_equal(entry.initrd, "/arch/boot/ucode.img /arch/boot/initramfs.img");
    assert_string_equal(entry.arguments, "archisobasedir=arch quiet");
    assert_int_equal(loader_entry_parse(SHELL, strlen(SHELL), &entry), STATUS_OK);
    assert_int_equal(entry.kind, BOOT_ENTRY_EFI);
    assert_int_equal(loader_entry_parse("title x\n", 8, &entry), STATUS_NOT_FOUND);
    assert_int_equal(loader_entry_parse("", 0, &entry), STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_have_kernel_initrd_and_arguments),
        cmocka_unit_test(other_files_are_told),
        cmocka_unit_test(the_arguments_of_all_and_modules_and_help),
        cmocka_unit_test(what_is_too_long_is_marked),
        cmocka_unit_test(loader_entries_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
