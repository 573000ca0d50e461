// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/grub_cfg_menu.h"

#include "unit/test.h"

#include <stdio.h>

static struct grub_cfg_variables variables;
static struct grub_cfg_menu menu;
static struct boot_entry entry;

// Every entry of `text`: "TITLE|KERNEL|INITRD|ARGUMENTS", and "<FILE" for what is included.
static void reads_as(const char *text, const char *expected)
{
    static const char *const MARKS[] = {"", "efi:", "program:"};
    char out[4096];
    struct text print;
    text_init(&print, out, sizeof out);
    memset(&variables, 0, sizeof variables);
    grub_cfg_menu_init(&menu, text, strlen(text), &variables);
    while (grub_cfg_menu_next(&menu, &entry)) {
        if (entry.kind == BOOT_ENTRY_INCLUDE) {
            text_add_format(&print, "<%s\n", entry.kernel);
        } else {
            text_add_format(&print, "%s|%s%s|%s|%s%s\n", entry.title, MARKS[entry.kind], entry.kernel,
                            entry.initrd, entry.arguments, entry.cut ? " CUT" : "");
        }
    }
    assert_string_equal(out, expected);
}

static void entries_have_title_kernel_initrds_and_arguments(void **state)
{
    (void)state;
    reads_as("set default=0\nif loadfont $prefix/font.pf2 ; then\n  set gfxmode=800x600\nfi\n"
             "menuentry \"Live system (amd64)\" --hotkey=l {\n\tlinux\t/live/vmlinuz boot=live "
             "findiso=${iso_path} quiet # not this\n\tinitrd\t/live/ucode.img /live/initrd.img\n}\n"
             "menuentry --class gnu-linux 'Install' --id=install { linux16 ($root)/install/vmlinuz; initrd16 "
             "/install/initrd.gz }\n",
             "Live system (amd64)|/live/vmlinuz|/live/ucode.img /live/initrd.img|boot=live findiso= quiet\n"
             "Install|()/install/vmlinuz|/install/initrd.gz|\n");
    assert_string_equal(grub_cfg_variable_find(&variables, "default"), "0");
    assert_string_equal(grub_cfg_variable_find(&variables, "gfxmode"), "800x600");
    assert_null(grub_cfg_variable_find(&variables, "root"));
}

static void variables_are_put_in(void **state)
{
    (void)state;
    reads_as("set isobasedir=arch\nkernel_args=\"quiet splash\"\nset linux=linuxefi\nmenuentry \"Boot "
             "${isobasedir}\" {\n"
             " $linux /$isobasedir/boot/vmlinuz-linux archisobasedir=${isobasedir} $kernel_args "
             "\"x=$kernel_args\" "
             "'$no' \\$dollar\n"
             " initrdefi /${isobasedir}/boot/initramfs.img\n}\n",
             "Boot arch|/arch/boot/vmlinuz-linux|/arch/boot/initramfs.img|archisobasedir=arch quiet splash "
             "x=\"quiet splash\" $no $dollar\n");
}

static void submenus_and_other_files_are_followed_and_functions_are_not(void **state)
{
    (void)state;
    reads_as("function helper {\n linux /no\n}\nsource /boot/grub/theme.cfg\nsubmenu 'More >' --class x {\n"
             " menuentry 'Inner' {\n  if [ \"$grub_platform\" = efi ] ; then linux /efi/kernel a ; else\n"
             "  linux /bios/kernel b\n  fi\n  initrd /rd\n }\n configfile ${prefix}/more.cfg\n}\n"
             "menuentry 'Nothing' { reboot }\n",
             "</boot/grub/theme.cfg\nInner|/efi/kernel|/rd|a\n</more.cfg\n");
}

static void what_is_no_linux_is_told_as_that(void **state)
{
    (void)state;
    reads_as("menuentry 'Xen' { multiboot2 /xen.gz; module2 /vmlinuz }\n"
             "menuentry 'Memory' { chainloader /EFI/memtest.efi }\n",
             "Xen|program:/xen.gz||\nMemory|efi:/EFI/memtest.efi||\n");
}

static void commands_outside_any_entry_are_one(void **state)
{
    (void)state;
    reads_as("search --set=root --file /x\nlinux /vmlinuz a \\\n  b\ninitrd /initrd\nboot",
             "|/vmlinuz|/initrd|a b\n");
}

static void what_is_too_long_is_marked_and_broken_text_ends(void **state)
{
    (void)state;
    char text[8000];
    memset(text, 'a', sizeof text - 1);
    memcpy(text, "menuentry x { linux /k ", strlen("menuentry x { linux /k "));
    text[sizeof text - 3] = '\n';
    text[sizeof text - 2] = '}';
    text[sizeof text - 1] = '\0';
    memset(&variables, 0, sizeof variables);
    grub_cfg_menu_init(&menu, text, strlen(text), &variables);
    assert_true(grub_cfg_menu_next(&menu, &entry));
    assert_true(entry.cut);
    assert_false(grub_cfg_menu_next(&menu, &entry));
    reads_as("}}}{{{ menuentry 'open \" { linux", "");
    reads_as("", "");
    reads_as("menuentry x { linux /k 'a", "");
    reads_as("$ ${ ${} \\", "");
    for (unsigned i = 0; i < 2 * GRUB_CFG_VARIABLES_MOST; i++) {
        char line[64];
        int length = snprintf(line, sizeof line, "set v%u=%u\n", i, i);
        grub_cfg_menu_init(&menu, line, (size_t)length, &variables);
        assert_false(grub_cfg_menu_next(&menu, &entry));
    }
    assert_int_equal(variables.count, GRUB_CFG_VARIABLES_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_have_title_kernel_initrds_and_arguments),
        cmocka_unit_test(variables_are_put_in),
        cmocka_unit_test(submenus_and_other_files_are_followed_and_functions_are_not),
        cmocka_unit_test(what_is_no_linux_is_told_as_that),
        cmocka_unit_test(commands_outside_any_entry_are_one),
        cmocka_unit_test(what_is_too_long_is_marked_and_broken_text_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
