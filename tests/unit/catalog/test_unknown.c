// SPDX-License-Identifier: GPL-3.0-or-later
// Trees that no family knows: what they start by their own boot configuration, and with what arguments.
#include "catalog/unknown.h"

#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#define MIB  (UINT64_C(1) << 20)
#define MOST 12

struct file {
    const char *path;
    const char *text; // NULL = a payload
    uint64_t bytes;   // of a payload
};

struct medium {
    const char *name;
    struct file files[MOST];
    const char *kernel; // NULL = it cannot start
    const char *initrd;
    const char *arguments;
    const char *family;
    enum image_grade grade;
    const char *said; // in the remark, or in what is told
};

static struct image image;
static char told[512];

static enum status read_file(void *context, const char *path, char *out, size_t room, size_t *length)
{
    const struct medium *medium = context;
    for (size_t i = 0; i < MOST && medium->files[i].path != NULL; i++) {
        const struct file *file = &medium->files[i];
        if (strcmp(file->path, path) == 0) {
            *length = file->text == NULL ? 0 : strlen(file->text);
            *length = *length > room ? room : *length;
            memcpy(out, file->text == NULL ? "" : file->text, *length);
            return STATUS_OK;
        }
    }
    return STATUS_NOT_FOUND;
}

static uint64_t size_file(void *context, const char *path)
{
    const struct medium *medium = context;
    for (size_t i = 0; i < MOST && medium->files[i].path != NULL; i++) {
        if (strcmp(medium->files[i].path, path) == 0) {
            return medium->files[i].text == NULL ? medium->files[i].bytes : strlen(medium->files[i].text);
        }
    }
    return 0;
}

static enum status recognise(const struct medium *medium)
{
    const char *paths[MOST];
    struct medium copy = *medium;
    struct catalog_files files = {
        .paths = paths, .volume = "VOLUME_1", .read = read_file, .size = size_file, .context = &copy};
    struct text text;
    while (files.count < MOST && copy.files[files.count].path != NULL) {
        paths[files.count] = copy.files[files.count].path;
        files.count++;
    }
    text_init(&text, told, sizeof told);
    memset(&image, 0, sizeof image);
    return unknown_recognise(&files, &image, &text);
}

#define KERNEL(path)                                                                                         \
    {                                                                                                        \
        path, NULL, 8 * MIB                                                                                  \
    }
#define INITRD(path)                                                                                         \
    {                                                                                                        \
        path, NULL, 40 * MIB                                                                                 \
    }

static const struct medium MEDIA[] = {
    {"live-boot by GRUB",
     {{"boot/grub/grub.cfg",
       "source /boot/grub/config.cfg\nmenuentry \"Live system\" { linux /live/vmlinuz boot=live "
       "findiso=${iso_path} "
       "components quiet \ninitrd /live/initrd.img }",
       0},
      {"boot/grub/config.cfg", "set default=0\n", 0},
      KERNEL("live/vmlinuz"),
      INITRD("live/initrd.img"),
      {"live/root.squashfs", NULL, 1000 * MIB},
      {"live/small.squashfs", NULL, 3}},
     "live/vmlinuz",
     "live/initrd.img",
     "ip=dhcp fetch={{image.url}}/live/root.squashfs boot=live components quiet",
     "debian-live",
     IMAGE_GRADE_LIVE,
     "By its own boot/grub/grub.cfg: a live system (live-boot), which loads live/root.squashfs into memory; "
     "it needs "
     "1.8 GB of memory."},
    {"live-boot by isolinux, default chosen, with a path of its own",
     {{"isolinux/isolinux.cfg", "include menu.cfg\ndefault vesamenu.c32\n", 0},
      {"isolinux/menu.cfg",
       "label check\n menu label Memory test\n linux /live/memtest\nlabel other\n linux /live/vmlinuz1\n "
       "initrd "
       "/live/initrd1\n append boot=live live-media-path=/OS\nlabel live\n menu default\n linux "
       "../live/VMLINUZ2\n initrd "
       "/live/initrd2\n append boot=live live-media-path=/OS\n",
       0},
      KERNEL("live/memtest"),
      KERNEL("live/vmlinuz1"),
      INITRD("live/initrd1"),
      KERNEL("live/vmlinuz2"),
      INITRD("live/initrd2"),
      {"OS/filesystem.squashfs", NULL, MIB}},
     "live/vmlinuz2",
     "live/initrd2",
     "ip=dhcp fetch={{image.url}}/OS/filesystem.squashfs boot=live live-media-path=/OS",
     "debian-live",
     IMAGE_GRADE_LIVE,
     "isolinux/menu.cfg"},
    {"casper",
     {{"boot/grub/grub.cfg",
       "menuentry 'Try it' { linux /casper/vmlinuz boot=casper iso-scan/filename=x quiet splash ---\n initrd "
       "/casper/initrd.lz }",
       0},
      KERNEL("casper/vmlinuz"),
      INITRD("casper/initrd.lz"),
      {"medium.iso", NULL, 2048 * MIB}},
     "casper/vmlinuz",
     "casper/initrd.lz",
     "ip=dhcp url={{image.url}}/medium.iso cloud-config-url=/dev/null boot=casper quiet splash ---",
     "ubuntu",
     IMAGE_GRADE_LIVE,
     "it needs 4.8 GB of memory"},
    {"dracut, as Fedora 41 and openSUSE's live media have it",
     {{"EFI/BOOT/grub.cfg",
       "search --set=root -l x\nset prefix=($root)/boot/grub2\nconfigfile $prefix/grub.cfg\n", 0},
      {"boot/grub2/grub.cfg",
       "menuentry \"Start\" --class os { linux ($root)/boot/x86_64/loader/linux root=live:CDLABEL=L "
       "rd.live.image quiet\n"
       " initrd ($root)/boot/x86_64/loader/initrd }",
       0},
      KERNEL("boot/x86_64/loader/linux"),
      INITRD("boot/x86_64/loader/initrd"),
      {"LiveOS/squashfs.img", NULL, 1024 * MIB}},
     "boot/x86_64/loader/linux",
     "boot/x86_64/loader/initrd",
     "ip=dhcp rd.neednet=1 root=live:{{image.url}}/LiveOS/squashfs.img rd.live.image quiet",
     "medium",
     IMAGE_GRADE_LIVE,
     "a live system (dracut)"},
    {"Anaconda without packages",
     {{"isolinux/isolinux.cfg",
       "label linux\n kernel vmlinuz\n append initrd=initrd.img inst.stage2=hd:LABEL=X rd.live.check quiet\n",
       0},
      KERNEL("isolinux/vmlinuz"),
      INITRD("isolinux/initrd.img"),
      {"images/install.img", NULL, 700 * MIB}},
     "isolinux/vmlinuz",
     "isolinux/initrd.img",
     "ip=dhcp inst.stage2={{image.url}} quiet",
     "redhat",
     IMAGE_GRADE_UNATTENDED,
     "must name a source"},
    {"archiso by loader entries",
     {{"loader/entries/01.conf",
       "title Ours\nlinux /ours/boot/vmlinuz-linux\ninitrd /ours/boot/ucode.img\ninitrd "
       "/ours/boot/initramfs.img\noptions "
       "archisobasedir=ours archisosearchuuid=1 copytoram\n",
       0},
      KERNEL("ours/boot/vmlinuz-linux"),
      INITRD("ours/boot/ucode.img"),
      INITRD("ours/boot/initramfs.img"),
      {"ours/x86_64/airootfs.erofs", NULL, 600 * MIB}},
     "ours/boot/vmlinuz-linux",
     "ours/boot/ucode.img ours/boot/initramfs.img",
     "ip=dhcp archiso_http_srv={{image.url}}/ archisobasedir=ours copytoram",
     "arch",
     IMAGE_GRADE_LIVE,
     "airootfs.erofs"},
    {"Manjaro",
     {{"boot/grub/grub.cfg", "source $prefix/kernels.cfg\n", 0},
      {"boot/grub/kernels.cfg",
       "menuentry 'Boot' { set gfxpayload=keep\n linux /boot/vmlinuz-x86_64 misobasedir=manjaro misolabel=M "
       "quiet\n initrd "
       "/boot/initramfs-x86_64.img }",
       0},
      KERNEL("boot/vmlinuz-x86_64"),
      INITRD("boot/initramfs-x86_64.img"),
      {"manjaro/x86_64/livefs.sfs", NULL, 600 * MIB}},
     "boot/vmlinuz-x86_64",
     "boot/initramfs-x86_64.img",
     "ip=dhcp miso_http_srv={{image.url}}/ misobasedir=manjaro quiet",
     "arch",
     IMAGE_GRADE_LIVE,
     "Manjaro"},
    {"Alpine's extended flavours",
     {{"boot/grub/grub.cfg",
       "menuentry X { linux /boot/vmlinuz-virt modules=loop,squashfs alpine_dev=cdrom quiet\n initrd "
       "/boot/initramfs-virt }",
       0},
      KERNEL("boot/vmlinuz-virt"),
      INITRD("boot/initramfs-virt"),
      {"boot/modloop-lts", NULL, 100 * MIB},
      {"boot/modloop-virt", NULL, 20 * MIB},
      {"apks/x86_64/APKINDEX.tar.gz", NULL, 10}},
     "boot/vmlinuz-virt",
     "boot/initramfs-virt",
     "ip=dhcp modloop={{image.url}}/boot/modloop-virt alpine_repo={{image.url}}/apks modules=loop,squashfs "
     "quiet",
     "alpine",
     IMAGE_GRADE_LIVE,
     "modloop-virt"},
    {"SUSE's linuxrc on another architecture's path",
     {{"boot/i386/loader/isolinux.cfg",
       "default linux\nlabel linux\n kernel linux\n append initrd=initrd splash=silent showopts "
       "install=cd:/\n",
       0},
      KERNEL("boot/i386/loader/linux"),
      INITRD("boot/i386/loader/initrd"),
      {"boot/i386/root", NULL, 50 * MIB}},
     "boot/i386/loader/linux",
     "boot/i386/loader/initrd",
     "netsetup=dhcp install={{image.url}} splash=silent showopts",
     "suse",
     IMAGE_GRADE_UNATTENDED,
     "AutoYaST"},
    {"a menu with braces where none may be",
     {{"boot/grub/grub.cfg",
       "menuentry 'Tool \xc3\xa4\n' { linux /boot/bzImage console=ttyS0 {{answer_url}} x='a\"b' "
       "'y={{secret}}' rdinit=/init\n"
       " initrd /boot/core.gz }",
       0},
      KERNEL("boot/bzImage"),
      INITRD("boot/core.gz")},
     NULL,
     NULL,
     NULL,
     NULL,
     IMAGE_GRADE_NONE,
     "start"},
    {"all in the initrd",
     {{"boot/grub/grub.cfg",
       "menuentry 'Tool \xc3\xa4' { linux /boot/bzImage console=ttyS0 'y={{secret}}' rdinit=/init 'z=a\"b'\n "
       "initrd "
       "/boot/core.gz }\nmenuentry memtest { linux16 /boot/memtest }",
       0},
      KERNEL("boot/bzImage"),
      INITRD("boot/core.gz"),
      KERNEL("boot/memtest")},
     "boot/bzImage",
     "boot/core.gz",
     "console=ttyS0 rdinit=/init",
     "medium",
     IMAGE_GRADE_LIVE,
     "which ask for nothing else."},
    {"NixOS's netboot files",
     {{"netboot.ipxe",
       "#!ipxe\n# more of it\nkernel --name k bzImage init=/nix/store/0a1b-nixos-system/init initrd=initrd "
       "nohibernate "
       "loglevel=4 ${cmdline}\ninitrd initrd || goto failed\nboot\n",
       0},
      KERNEL("bzImage"),
      {"initrd", NULL, 400 * MIB}},
     "bzImage",
     "initrd",
     "init=/nix/store/0a1b-nixos-system/init nohibernate loglevel=4",
     "medium",
     IMAGE_GRADE_LIVE,
     "By its own netboot.ipxe"},
    {"grml: live-boot with a folder's slash",
     {{"boot/grub/grub.cfg",
       "menuentry 'grml' { linux /boot/vmlinuz boot=live live-media-path=/live/grml/ bootid=1\n initrd "
       "/boot/initrd.img }",
       0},
      KERNEL("boot/vmlinuz"),
      INITRD("boot/initrd.img"),
      {"live/grml/grml.squashfs", NULL, 400 * MIB}},
     "boot/vmlinuz",
     "boot/initrd.img",
     "ip=dhcp fetch={{image.url}}/live/grml/grml.squashfs boot=live live-media-path=/live/grml/ bootid=1",
     "debian-live",
     IMAGE_GRADE_LIVE,
     "grml.squashfs"},
    {"more initrds than a loader can be told",
     {{"loader/entries/x.conf", "linux /k\ninitrd /a /a /a /a /a\n", 0}, KERNEL("k"), INITRD("a")},
     NULL,
     NULL,
     NULL,
     NULL,
     IMAGE_GRADE_NONE,
     "it loads more files as initrd than the 4 that a loader can be told"},
    {"a disk in memory",
     {{"syslinux.cfg", "label dos\n kernel memdisk\n initrd dos.img\n append floppy\n", 0},
      KERNEL("memdisk"),
      {"dos.img", NULL, 2 * MIB}},
     "dos.img",
     "",
     "floppy",
     "medium",
     IMAGE_GRADE_WHOLE,
     "a disk in memory, dos.img, on BIOS"},
    {"a system in a drive, and a memory test that is not meant",
     {{"boot/grub/grub.cfg",
       "menuentry 'Linux' { linux /boot/kernel root=LABEL=OURS ro\n initrd /boot/rd }\nmenuentry M { linux16 "
       "/boot/memtest }",
       0},
      KERNEL("boot/kernel"),
      INITRD("boot/rd"),
      KERNEL("boot/memtest")},
     NULL,
     NULL,
     NULL,
     NULL,
     IMAGE_GRADE_NONE,
     "by its boot/grub/grub.cfg what it starts looks for its system in a drive (root=LABEL=OURS)"},
    {"a big file nobody speaks of",
     {{"boot/grub/grub.cfg", "menuentry 'Linux' { linux /boot/kernel quiet\n initrd /boot/rd }", 0},
      KERNEL("boot/kernel"),
      INITRD("boot/rd"),
      {"data/system.sfs", NULL, 900 * MIB}},
     NULL,
     NULL,
     NULL,
     NULL,
     IMAGE_GRADE_NONE,
     "most likely looks for data/system.sfs in a drive"},
    {"an initrd that is not there",
     {{"grub.cfg", "linux /boot/kernel\ninitrd /boot/other", 0}, KERNEL("boot/kernel")},
     NULL,
     NULL,
     NULL,
     NULL,
     IMAGE_GRADE_NONE,
     "it loads /boot/other, which is not there"},
    {"files that lead out, and that include each other",
     {{"isolinux/isolinux.cfg", "include isolinux.cfg\ninclude a.cfg\nlabel x\n kernel /../../etc/shadow\n",
       0},
      {"isolinux/a.cfg", "include isolinux.cfg\ninclude ../isolinux/a.cfg\nconfig ../../../x\n", 0},
      KERNEL("etc/shadow")},
     NULL,
     NULL,
     NULL,
     NULL,
     IMAGE_GRADE_NONE,
     "it starts /../../etc/shadow, which is not there"},
    {"nothing", {{"README", "x", 0}}, NULL, NULL, NULL, NULL, IMAGE_GRADE_NONE, "it has no grub.cfg"},
    {"a menu of nothing",
     {{"boot/grub/grub.cfg", "menuentry x { reboot }", 0}},
     NULL,
     NULL,
     NULL,
     NULL,
     IMAGE_GRADE_NONE,
     "its boot/grub/grub.cfg starts nothing"},
};

static void check(const struct medium *medium)
{
    assert_string_equal(image.kernel, medium->kernel);
    assert_string_equal(image.methods[0].kernel, medium->kernel);
    assert_string_equal(image.methods[0].initrd, medium->initrd);
    assert_string_equal(image.methods[0].arguments, medium->arguments);
    assert_string_equal(image.arguments, medium->arguments);
    assert_string_equal(image.family, medium->family);
    assert_int_equal(image.grade, medium->grade);
    assert_int_equal(image.method_count, 1);
    assert_int_equal(image.methods[0].way == IMAGE_WAY_DISK, medium->grade == IMAGE_GRADE_WHOLE);
    assert_non_null(strstr(image.description, "(VOLUME_1)"));
}

static void media_start_as_their_own_menus_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(MEDIA); i++) {
        enum status status = recognise(&MEDIA[i]);
        if ((status == STATUS_OK) != (MEDIA[i].kernel != NULL)) {
            fail_msg("%s: %s, %s", MEDIA[i].name, image.kernel, told);
        }
        const char *said = status == STATUS_OK ? image.remark : told;
        if (strstr(said, MEDIA[i].said) == NULL) {
            fail_msg("%s: \"%s\" is not said, but \"%s\"", MEDIA[i].name, MEDIA[i].said, said);
        }
        if (status == STATUS_OK) {
            print_message("%s\n", MEDIA[i].name);
            check(&MEDIA[i]);
        } else {
            assert_string_equal(image.family, "");
        }
    }
}

static enum status read_junk(void *context, const char *path, char *out, size_t room, size_t *length)
{
    (void)context;
    (void)path;
    memset(out, 'x', room);
    for (size_t i = 0; i + 40 < room; i += 40) {
        memcpy(out + i, "menuentry a { linux /k $a\n initrd /k }\n\0", 40);
    }
    *length = room;
    return STATUS_OK;
}

static void a_huge_menu_comes_to_an_end(void **state)
{
    (void)state;
    const char *const paths[] = {"grub.cfg", "a/grub.cfg", "isolinux.cfg", "k"};
    struct catalog_files files = {.paths = paths, .count = COUNT_OF(paths), .read = read_junk};
    struct text text;
    text_init(&text, told, sizeof told);
    assert_int_equal(unknown_recognise(&files, &image, &text), STATUS_OK);
    assert_string_equal(image.kernel, "k");
    files.read = NULL;
    assert_int_equal(unknown_recognise(&files, &image, &text), STATUS_NOT_FOUND);
}

static enum status read_includes(void *context, const char *path, char *out, size_t room, size_t *length)
{
    const size_t *count = context;
    struct text text;
    (void)path;
    text_init(&text, out, room);
    for (size_t i = 0; i < *count; i++) {
        text_add(&text, "source /none\n");
    }
    text_add(&text, "linux /k\ninitrd /k\n");
    *length = text.length;
    return STATUS_OK;
}

static void files_that_are_named_again_and_again_are_given_up(void **state)
{
    (void)state;
    size_t count = UNKNOWN_ENTRIES_MOST - 1;
    const char *const paths[] = {"grub.cfg", "k"};
    struct catalog_files files = {.paths = paths, .count = 2, .read = read_includes, .context = &count};
    struct text text;
    text_init(&text, told, sizeof told);
    assert_int_equal(unknown_recognise(&files, &image, &text), STATUS_OK);
    count = UNKNOWN_ENTRIES_MOST + 1;
    assert_int_equal(unknown_recognise(&files, &image, &text), STATUS_NOT_FOUND);
}

static char kernel_head[1024];

static enum status read_head(void *context, const char *path, char *out, size_t room, size_t *length)
{
    const char *text = strcmp(path, "k") == 0 ? kernel_head : context;
    *length = strcmp(path, "k") == 0 ? sizeof kernel_head : strlen(text);
    *length = *length > room ? room : *length;
    memcpy(out, text, *length);
    return STATUS_OK;
}

static uint8_t firmware(void)
{
    static char menu[] = "linux /k\ninitrd /k";
    const char *const paths[] = {"grub.cfg", "k"};
    struct catalog_files files = {.paths = paths, .count = 2, .read = read_head, .context = menu};
    struct text text;
    text_init(&text, told, sizeof told);
    assert_int_equal(unknown_recognise(&files, &image, &text), STATUS_OK);
    return image.methods[0].on;
}

static void the_kernel_itself_says_for_which_firmware_it_is(void **state)
{
    (void)state;
    assert_int_equal(firmware(), IMAGE_ON_BIOS | IMAGE_ON_X64);
    memcpy(kernel_head + 0x202, "HdrS", 4);
    assert_int_equal(firmware(), IMAGE_ON_BIOS);
    memcpy(kernel_head, "MZ", 2);
    assert_int_equal(firmware(), IMAGE_ON_BIOS | IMAGE_ON_IA32);
    kernel_head[0x236] = 1;
    assert_int_equal(firmware(), IMAGE_ON_BIOS | IMAGE_ON_X64);
    memcpy(kernel_head + 0x38, "ARM\x64", 4);
    assert_int_equal(firmware(), IMAGE_ON_ARM64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(media_start_as_their_own_menus_say),
        cmocka_unit_test(a_huge_menu_comes_to_an_end),
        cmocka_unit_test(files_that_are_named_again_and_again_are_given_up),
        cmocka_unit_test(the_kernel_itself_says_for_which_firmware_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
