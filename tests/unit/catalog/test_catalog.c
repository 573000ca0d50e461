// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue as it is shipped: its directory is the argument.
#include "catalog/catalog.h"

#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *directory;
static struct catalog *catalog;
static struct image image;

static int open_catalog(void **state)
{
    (void)state;
    struct problem problem;
    char text[1024];
    problem_clear(&problem);
    catalog = catalog_new(directory, &problem);
    if (catalog == NULL) {
        print_error("%s\n", problem_print(&problem, text, sizeof text));
    }
    return catalog == NULL;
}

static int close_catalog(void **state)
{
    (void)state;
    catalog_free(catalog);
    return 0;
}

static enum status recognise(const char *const *paths, size_t count, struct problem *problem)
{
    const struct catalog_files files = {.paths = paths, .count = count};
    return catalog_recognise(catalog, &files, &image, problem);
}

static void recognises(const char *const *paths, size_t count, const char *family, const char *kernel)
{
    memset(&image, 0, sizeof image);
    assert_int_equal(recognise(paths, count, NULL), STATUS_OK);
    assert_string_equal(image.family, family);
    assert_string_equal(image.kernel, kernel);
}

static void families_are_found_by_name(void **state)
{
    (void)state;
    assert_int_equal(catalog_count(catalog), 22);
    assert_string_equal(catalog_get(catalog, 0)->name, "alpine");
    assert_string_equal(catalog_get(catalog, 1)->name, "arch");
    assert_non_null(catalog_find(catalog, "linux"));
    assert_null(catalog_find(catalog, "windows"));
}

static void the_debian_installer_is_recognised(void **state)
{
    (void)state;
    const char *const paths[] = {"pxelinux.0", "debian-installer/amd64/initrd.gz", "version.info",
                                 "debian-installer/amd64/linux", "debian-installer/amd64/grubx64.efi"};
    recognises(paths, COUNT_OF(paths), "debian-installer", "debian-installer/amd64/linux");
    assert_string_equal(image.initrd, "debian-installer/amd64/initrd.gz");
    assert_string_equal(image.description, "Debian installer (amd64)");
}

static void other_linux_trees_are_recognised(void **state)
{
    (void)state;
    const char *const fedora[] = {"images/pxeboot/vmlinuz", "images/pxeboot/initrd.img",
                                  "images/install.img"};
    const char *const ubuntu[] = {"casper/initrd", "casper/vmlinuz"};
    const char *const plain[] = {"vmlinuz", "initrd.img"};
    recognises(fedora, COUNT_OF(fedora), "linux", "images/pxeboot/vmlinuz");
    assert_string_equal(image.arguments, "ip=dhcp inst.stage2={{image.url}}");
    recognises(ubuntu, COUNT_OF(ubuntu), "linux", "casper/vmlinuz");
    recognises(plain, COUNT_OF(plain), "linux", "vmlinuz");
}

static void the_agent_is_recognised_by_its_note(void **state)
{
    (void)state;
    const char *const agent[] = {"agent.json", "initrd.zst", "linux"};
    recognises(agent, COUNT_OF(agent), IMAGE_AGENT_FAMILY, "linux");
    assert_string_equal(image.initrd, "initrd.zst");
    memset(&image, 0, sizeof image);
    assert_int_equal(recognise(agent + 1, 2, NULL), STATUS_NOT_FOUND);
}

static void a_description_that_was_given_stays(void **state)
{
    (void)state;
    const char *const plain[] = {"vmlinuz", "initrd.img"};
    memset(&image, 0, sizeof image);
    (void)text_copy(image.description, sizeof image.description, "ours");
    assert_int_equal(recognise(plain, COUNT_OF(plain), NULL), STATUS_OK);
    assert_string_equal(image.description, "ours");
}

static void debian_can_be_built(void **state)
{
    (void)state;
    const struct family *family = catalog_find(catalog, "debian");
    assert_int_equal(family->build_count, 2);
    assert_string_equal(family->builds[0].name, "debian-12");
    assert_string_equal(family->builds[0].suite, "bookworm");
    assert_non_null(strstr(family->builds[0].packages, "linux-image-amd64 "));
    assert_string_equal(family->builds[1].name, "debian-12-cloud");
}

static void a_tree_without_its_initrd_is_not_recognised(void **state)
{
    (void)state;
    const char *const paths[] = {"debian-installer/amd64/linux", "README"};
    struct problem problem;
    problem_clear(&problem);
    memset(&image, 0, sizeof image);
    assert_int_equal(recognise(paths, COUNT_OF(paths), &problem), STATUS_NOT_FOUND);
    assert_int_equal(recognise(NULL, 0, &problem), STATUS_NOT_FOUND);
    assert_string_equal(image.family, "");
    assert_non_null(strstr(problem.text, "alpine, arch, centos-old, coreos"));
    assert_non_null(strstr(problem.remedy, "--kernel"));
}

static void the_debian_family_brings_an_example(void **state)
{
    (void)state;
    const struct family *family = catalog_find(catalog, "debian-installer");
    assert_non_null(strstr(family->example, "/debian-installer/preseed.cfg.mustache"));
    assert_string_equal(catalog_find(catalog, "linux")->example, "");
}

static void a_directory_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct problem problem;
    problem_clear(&problem);
    assert_null(catalog_new("/nonexistent", &problem));
    assert_true(problem_is_set(&problem));
}

static unsigned told_count;

static void told(void *context, const struct problem *problem)
{
    (void)context;
    assert_true(problem_is_set(problem));
    assert_non_null(strstr(problem->file, "broken"));
    told_count++;
}

static void write_family(const char *folder, const char *name, const char *text)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0755), 0);
    (void)snprintf(path, sizeof path, "%s/%s/family.yaml", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void own_families_come_first_and_a_wrong_one_is_left_out(void **state)
{
    (void)state;
    char folder[] = "/tmp/imprint-own-XXXXXX";
    char command[64];
    const char *const plain[] = {"vmlinuz", "initrd.img"};
    const char *const talos[] = {"vmlinuz-amd64", "initramfs-amd64.xz"};
    struct problem problem;
    problem_clear(&problem);
    assert_non_null(mkdtemp(folder));
    write_family(folder, "zebra",
                 "name: zebra\ndescription: Ours\nrecognise:\n  - description: Ours\n    kernel: vmlinuz\n");
    write_family(folder, "talos",
                 "name: talos\ndescription: Ours\nrecognise:\n  - description: Our own Talos\n    kernel: "
                 "vmlinuz-amd64\n");
    write_family(folder, "broken", "name: broken\nkernal: x\n");
    struct catalog *shipped = catalog;
    catalog = catalog_new(directory, &problem);
    size_t count = catalog_count(catalog);
    told_count = 0;
    catalog_add_own(catalog, folder, told, NULL);
    assert_int_equal(told_count, 1);
    assert_int_equal(catalog_count(catalog), count + 1);
    recognises(plain, COUNT_OF(plain), "zebra", "vmlinuz");
    recognises(talos, COUNT_OF(talos), "talos", "vmlinuz-amd64");
    assert_string_equal(image.description, "Our own Talos");
    catalog_add_own(catalog, "/nonexistent", told, NULL);
    assert_int_equal(told_count, 1);
    catalog_free(catalog);
    catalog = shipped;
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

// What the tests' media hold: paths, and the text of those that are looked into.
struct layout {
    const char *volume;
    const char *text; // of all files
    const char *paths[8];
    const char *family;
    const char *kernel;
    enum image_grade grade;
    unsigned methods;
};

static enum status read_layout(void *context, const char *path, char *out, size_t room, size_t *length)
{
    const struct layout *layout = context;
    (void)path;
    (void)room;
    *length = layout->text == NULL ? 0 : strlen(layout->text);
    memcpy(out, layout->text == NULL ? "" : layout->text, *length);
    return STATUS_OK;
}

#define PXEBOOT "images/pxeboot/vmlinuz", "images/pxeboot/initrd.img"
#define LIVE    "live/vmlinuz", "live/initrd.img", "live/filesystem.squashfs"
#define YAST    "boot/x86_64/loader/linux", "boot/x86_64/loader/initrd"

static const struct layout LAYOUTS[] = {
    {"RHEL-9-4-0-BaseOS-x86_64",
     "[general]\nversion = 9.4\n",
     {".treeinfo", PXEBOOT, "images/install.img", "BaseOS/repodata/repomd.xml"},
     "redhat",
     "images/pxeboot/vmlinuz",
     IMAGE_GRADE_UNATTENDED,
     1},
    {"CentOS 7 x86_64",
     "[general]\nversion = 7\n",
     {".treeinfo", PXEBOOT, "images/install.img", "repodata/repomd.xml", "LiveOS/squashfs.img"},
     "redhat",
     "images/pxeboot/vmlinuz",
     IMAGE_GRADE_UNATTENDED,
     1},
    {"Fedora-E-dvd-x86_64-40",
     NULL,
     {".treeinfo", PXEBOOT, "images/install.img"},
     "redhat",
     "images/pxeboot/vmlinuz",
     IMAGE_GRADE_UNATTENDED,
     1},
    {"Fedora-WS-Live-40",
     NULL,
     {PXEBOOT, "LiveOS/squashfs.img"},
     "redhat",
     "images/pxeboot/vmlinuz",
     IMAGE_GRADE_LIVE,
     1},
    {"CentOS_6.10_Final",
     "[general]\nversion = 6.10\n",
     {".treeinfo", PXEBOOT, "images/install.img", "repodata/repomd.xml"},
     "centos-old",
     "images/pxeboot/vmlinuz",
     IMAGE_GRADE_UNATTENDED,
     1},
    {"CentOS_5.11_Final",
     NULL,
     {".treeinfo", PXEBOOT, "images/stage2.img"},
     "centos-old",
     "images/pxeboot/vmlinuz",
     IMAGE_GRADE_UNATTENDED,
     1},
    {"Ubuntu-Server 24.04 LTS amd64",
     "Ubuntu-Server 24.04 LTS \"Noble Numbat\" - Release amd64\n",
     {".disk/info", "casper/vmlinuz", "casper/initrd"},
     "ubuntu",
     "casper/vmlinuz",
     IMAGE_GRADE_UNATTENDED,
     1},
    {"Ubuntu 18.04 LTS amd64",
     "Ubuntu 18.04 LTS\n",
     {".disk/info", "casper/vmlinuz", "casper/initrd.lz"},
     "ubuntu",
     "casper/vmlinuz",
     IMAGE_GRADE_LIVE,
     1},
    {"Ubuntu-Server 16.04",
     NULL,
     {"install/netboot/ubuntu-installer/amd64/linux", "install/netboot/ubuntu-installer/amd64/initrd.gz"},
     "debian-installer",
     "install/netboot/ubuntu-installer/amd64/linux",
     IMAGE_GRADE_UNATTENDED,
     1},
    {"Debian 12.5.0 amd64 n",
     "Debian GNU/Linux 12.5.0\n",
     {".disk/info", "install.amd/vmlinuz", "install.amd/initrd.gz"},
     "debian-installer",
     "install.amd/vmlinuz",
     IMAGE_GRADE_NONE,
     0},
    {"openSUSE-Leap-15.5",
     NULL,
     {YAST, "boot/x86_64/root"},
     "suse",
     "boot/x86_64/loader/linux",
     IMAGE_GRADE_UNATTENDED,
     1},
    {"Install-LEAP_16",
     NULL,
     {YAST, "LiveOS/squashfs.img"},
     "suse-agama",
     "boot/x86_64/loader/linux",
     IMAGE_GRADE_UNATTENDED,
     1},
    {"Fedora-WS-Live-41",
     NULL,
     {YAST, "LiveOS/squashfs.img", "boot/grub2/grub.cfg"},
     "redhat",
     "boot/x86_64/loader/linux",
     IMAGE_GRADE_LIVE,
     1},
    {"Fedora-WS-Live-44",
     NULL,
     {"boot/aarch64/loader/linux", "boot/aarch64/loader/initrd", "LiveOS/squashfs.img"},
     "redhat",
     "boot/aarch64/loader/linux",
     IMAGE_GRADE_LIVE,
     1},
    {"openSUSE_Leap_15.6_KDE_Live",
     NULL,
     {YAST, "LiveOS/squashfs.img"},
     "suse",
     "boot/x86_64/loader/linux",
     IMAGE_GRADE_LIVE,
     1},
    {"sysrcd-5.3.2",
     NULL,
     {"isolinux/rescue64", "isolinux/initram.igz", "sysrcd.dat", "sysrcd.md5"},
     "arch",
     "isolinux/rescue64",
     IMAGE_GRADE_LIVE,
     1},
    {"nixos-minimal-24.05-x86_64",
     NULL,
     {"medium.iso", "boot/bzImage", "boot/initrd", "nix-store.squashfs", "version.txt"},
     "nixos",
     "medium.iso",
     IMAGE_GRADE_WHOLE,
     1},
    {"PVE",
     NULL,
     {"medium.iso", "boot/linux26", "boot/initrd.img", "pve-base.squashfs", "pve-installer.squashfs",
      ".cd-info"},
     "proxmox",
     "boot/linux26",
     IMAGE_GRADE_INSTALLS,
     1},
    {"PBS",
     NULL,
     {"medium.iso", "boot/linux26", "boot/initrd.img", "pbs-installer.squashfs", "auto-installer-mode.toml"},
     "proxmox",
     "boot/linux26",
     IMAGE_GRADE_UNATTENDED,
     1},
    {"ESXI-7.0U3-19193900-STANDARD",
     NULL,
     {"medium.iso", "boot.cfg", "mboot.c32", "b.b00", "isolinux.cfg", "efi/boot/bootx64.efi"},
     "vmware-esxi",
     "medium.iso",
     IMAGE_GRADE_WHOLE,
     1},
    {"14_1_RELEASE_AMD64_CD",
     NULL,
     {"medium.iso", "boot/kernel/kernel", "boot/loader.conf", "boot/cdboot"},
     "freebsd",
     "medium.iso",
     IMAGE_GRADE_WHOLE,
     1},
    {"alpine-std 3.19",
     NULL,
     {".alpine-release", "boot/vmlinuz-lts", "boot/initramfs-lts", "boot/modloop-lts"},
     "alpine",
     "boot/vmlinuz-lts",
     IMAGE_GRADE_LIVE,
     1},
    {"ARCH_202401",
     NULL,
     {"arch/boot/x86_64/vmlinuz-linux", "arch/boot/x86_64/initramfs-linux.img", "arch/x86_64/airootfs.sfs"},
     "arch",
     "arch/boot/x86_64/vmlinuz-linux",
     IMAGE_GRADE_LIVE,
     1},
    {"RESCUE1100",
     NULL,
     {"sysresccd/boot/x86_64/vmlinuz", "sysresccd/boot/x86_64/sysresccd.img",
      "sysresccd/x86_64/airootfs.sfs"},
     "arch",
     "sysresccd/boot/x86_64/vmlinuz",
     IMAGE_GRADE_LIVE,
     1},
    {"fedora-coreos-40",
     NULL,
     {PXEBOOT, "images/pxeboot/rootfs.img"},
     "coreos",
     "images/pxeboot/vmlinuz",
     IMAGE_GRADE_LIVE,
     1},
    {"Flatcar",
     NULL,
     {"flatcar/vmlinuz-a", "flatcar/cpio.gz"},
     "flatcar",
     "flatcar/vmlinuz-a",
     IMAGE_GRADE_LIVE,
     1},
    {"TALOS_V1_7",
     NULL,
     {"boot/vmlinuz", "boot/initramfs.xz"},
     "talos",
     "boot/vmlinuz",
     IMAGE_GRADE_UNATTENDED,
     1},
    {"3.1.2-9-amd64",
     NULL,
     {LIVE, "Clonezilla-Live-Version"},
     "debian-live",
     "live/vmlinuz",
     IMAGE_GRADE_LIVE,
     1},
    {"GParted-live",
     NULL,
     {LIVE, "GParted-Live-Version"},
     "debian-live",
     "live/vmlinuz",
     IMAGE_GRADE_LIVE,
     1},
    {"d-live 12.5.0",
     NULL,
     {"live/vmlinuz-6.1.0-18-amd64", "live/initrd.img-6.1.0-18-amd64", "live/filesystem.squashfs"},
     "debian-live",
     "live/vmlinuz-6.1.0-18-amd64",
     IMAGE_GRADE_LIVE,
     1},
    {NULL,
     NULL,
     {"memtest86+x64.bin", "memtest86+x64.efi"},
     "memtest",
     "memtest86+x64.bin",
     IMAGE_GRADE_LIVE,
     2},
    {"FD13-LIVECD",
     NULL,
     {"medium.iso", "FREEDOS/setup.bat"},
     "disk-in-memory",
     "medium.iso",
     IMAGE_GRADE_WHOLE,
     1},
    {"mfsBSD", NULL, {"medium.iso", "mfsroot.gz"}, "disk-in-memory", "medium.iso", IMAGE_GRADE_WHOLE, 1},
    {NULL,
     NULL,
     {"netboot.xyz.kpxe", "netboot.xyz.efi"},
     "netboot-xyz",
     "netboot.xyz.kpxe",
     IMAGE_GRADE_LIVE,
     2},
};

static void media_of_every_family_are_recognised(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(LAYOUTS); i++) {
        struct layout layout = LAYOUTS[i];
        struct catalog_files files = {
            .paths = layout.paths, .volume = layout.volume, .read = read_layout, .context = &layout};
        while (files.count < COUNT_OF(layout.paths) && layout.paths[files.count] != NULL) {
            files.count++;
        }
        struct problem problem;
        problem_clear(&problem);
        memset(&image, 0, sizeof image);
        if (catalog_recognise(catalog, &files, &image, &problem) != STATUS_OK ||
            strcmp(image.family, layout.family) != 0) {
            fail_msg("%s is not %s but \"%s\"", layout.paths[0], layout.family, image.family);
        }
        assert_string_equal(image.kernel, layout.kernel);
        assert_int_equal(image.grade, layout.grade);
        assert_int_equal(image.method_count, layout.methods);
        if (image.method_count != 0) {
            assert_string_equal(image.methods[0].kernel, image.kernel);
            assert_true(text_ends(image.methods[0].initrd, image.initrd));
            assert_string_equal(image.methods[0].arguments, image.arguments);
        }
        assert_true(image.grade == IMAGE_GRADE_NONE || image.remark[0] != '\0');
    }
}

static void a_file_may_be_put_into_the_initramfs(void **state)
{
    (void)state;
    const char *const proxmox[] = {"boot/linux26", "boot/initrd.img", "pve-installer.squashfs", "medium.iso"};
    recognises(proxmox, COUNT_OF(proxmox), "proxmox", "boot/linux26");
    assert_string_equal(image.initrd, "boot/initrd.img");
    assert_string_equal(image.methods[0].initrd, "medium.iso:proxmox.iso boot/initrd.img");
    assert_int_equal(image.methods[0].memory_bytes, UINT64_C(6) << 30);
    memset(&image, 0, sizeof image);
    assert_int_equal(recognise(proxmox, 3, NULL), STATUS_NOT_FOUND); // a folder has no medium.iso
}

static void ways_for_other_firmware_are_kept_when_their_files_are_there(void **state)
{
    (void)state;
    const char *const memtest[] = {"memtest86+x64.bin", "memtest86+x64.efi"};
    recognises(memtest, COUNT_OF(memtest), "memtest", "memtest86+x64.bin");
    assert_string_equal(image.methods[1].kernel, "memtest86+x64.efi");
    assert_int_equal(image.methods[1].way, IMAGE_WAY_EFI);
    assert_int_equal(image.methods[1].on, IMAGE_ON_X64);
    assert_int_equal(image.methods[0].on, IMAGE_ON_BIOS);
}

int main(int argument_count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_are_found_by_name),
        cmocka_unit_test(the_debian_installer_is_recognised),
        cmocka_unit_test(other_linux_trees_are_recognised),
        cmocka_unit_test(the_agent_is_recognised_by_its_note),
        cmocka_unit_test(a_description_that_was_given_stays),
        cmocka_unit_test(debian_can_be_built),
        cmocka_unit_test(a_tree_without_its_initrd_is_not_recognised),
        cmocka_unit_test(the_debian_family_brings_an_example),
        cmocka_unit_test(a_directory_that_is_not_there_is_told),
        cmocka_unit_test(own_families_come_first_and_a_wrong_one_is_left_out),
        cmocka_unit_test(media_of_every_family_are_recognised),
        cmocka_unit_test(a_file_may_be_put_into_the_initramfs),
        cmocka_unit_test(ways_for_other_firmware_are_kept_when_their_files_are_there),
    };
    directory = argument_count > 1 ? arguments[1] : "os";
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
