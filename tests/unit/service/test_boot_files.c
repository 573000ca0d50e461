// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/boot_files.h"

#include "unit/test.h"

static struct image image;
static struct boot_plan plan;
static struct boot_files files;
static struct problem problem;

static int start(void **state)
{
    (void)state;
    image = (struct image){.name = "debian", .kernel = "install/a linux", .initrd = "install/an initrd"};
    plan = (struct boot_plan){.kind = PLAN_IMAGE, .image = &image, .boots = &image};
    problem_clear(&problem);
    return 0;
}

static void find_method(const struct image_method *method)
{
    plan.method = method;
    assert_int_equal(boot_files_find(&plan, &files, &problem), STATUS_OK);
}

static void an_image_from_before_boots_its_kernel_and_initrd(void **state)
{
    (void)state;
    find_method(NULL);
    assert_int_equal(files.way, IMAGE_WAY_KERNEL);
    assert_string_equal(files.kernel, "/images/debian/install/a linux");
    assert_string_equal(files.initrds[0], "/images/debian/install/an initrd");
    assert_string_equal(files.initrds[1], "");
    assert_true(boot_files_look_up(&image, "images/DEBIAN/install/a Linux").is_kernel);
    assert_true(boot_files_look_up(&image, "images/debian/install/an initrd").is_last);
    assert_false(boot_files_look_up(&image, "images/debian/install/a linux").is_last);
    assert_false(boot_files_look_up(&image, "images/other/install/an initrd").is_last);
}

static void a_method_names_its_own_files(void **state)
{
    (void)state;
    image.method_count = 2;
    image.methods[0] = (struct image_method){.kernel = "vmlinuz", .initrd = " microcode  initrd "};
    image.methods[1] = (struct image_method){.way = IMAGE_WAY_EFI, .kernel = "memtest.efi"};
    find_method(&image.methods[0]);
    assert_string_equal(files.kernel, "/images/debian/vmlinuz");
    assert_string_equal(files.initrds[0], "/images/debian/microcode");
    assert_string_equal(files.initrds[1], "/images/debian/initrd");
    assert_string_equal(files.initrds[2], "");
    find_method(&image.methods[1]);
    assert_int_equal(files.way, IMAGE_WAY_EFI);
    assert_string_equal(files.initrds[0], "");
    assert_true(boot_files_look_up(&image, "images/debian/memtest.efi").is_last);
    assert_false(boot_files_look_up(&image, "images/debian/microcode").is_last);
    assert_true(boot_files_look_up(&image, "images/debian/initrd").is_last);
    assert_false(boot_files_look_up(&image, "images/debian/install/a linux").is_kernel);
}

static void a_file_for_the_initramfs_comes_behind_its_head(void **state)
{
    (void)state;
    image.method_count = 1;
    image.methods[0] =
        (struct image_method){.kernel = "linux26", .initrd = "medium.iso:proxmox.iso initrd.img"};
    find_method(&image.methods[0]);
    assert_string_equal(files.initrds[0], "/images/debian/medium.iso:proxmox.iso"); // its head
    assert_string_equal(files.initrds[1], "/images/debian/medium.iso");
    assert_string_equal(files.initrds[2], "/images/debian/initrd.img");
    assert_string_equal(files.initrds[3], "");
    assert_false(boot_files_look_up(&image, "images/debian/medium.iso").is_last);
    assert_true(boot_files_look_up(&image, "images/debian/initrd.img").is_last);
    image.methods[0] =
        (struct image_method){.kernel = "linux26", .initrd = "initrd.img medium.iso:proxmox.iso"};
    assert_true(boot_files_look_up(&image, "images/debian/medium.iso").is_last);
}

static void more_initrds_than_a_loader_takes_are_refused(void **state)
{
    (void)state;
    image.method_count = 1;
    image.methods[0] = (struct image_method){.kernel = "linux", .initrd = "a b c d e"};
    plan.method = &image.methods[0];
    assert_int_equal(boot_files_find(&plan, &files, &problem), STATUS_TOO_LONG);
    assert_non_null(strstr(problem.text, "debian"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_image_from_before_boots_its_kernel_and_initrd, start),
        cmocka_unit_test_setup(a_method_names_its_own_files, start),
        cmocka_unit_test_setup(a_file_for_the_initramfs_comes_behind_its_head, start),
        cmocka_unit_test_setup(more_initrds_than_a_loader_takes_are_refused, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
