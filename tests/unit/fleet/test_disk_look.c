// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/disk_look.h"

#include "model/image.h"

#include <sys/mman.h>
#include <unistd.h>

#include "unit/test.h"

#define DISK_BYTES 65536

static uint8_t disk[DISK_BYTES];

static int start(void **state)
{
    (void)state;
    memset(disk, 0, sizeof disk);
    disk[510] = 0x55;
    disk[511] = 0xaa;
    return 0;
}

static uint8_t look(void)
{
    int fd = memfd_create("disk", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, disk, sizeof disk, 0), sizeof disk);
    uint8_t starts = disk_look(fd, "/nonexistent");
    (void)close(fd);
    return starts;
}

static void add_gpt_esp(unsigned entry)
{
    memcpy(disk + 512, "EFI PART", 8);
    disk[512 + 72] = 2;   // the table's first sector
    disk[512 + 80] = 128; // entries
    disk[512 + 84] = 128; // bytes of each
    memcpy(disk + 1024 + (size_t)entry * 128,
           "\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b", 16);
    disk[1024 + (size_t)entry * 128 + 33] = 8; // its first sector
}

static void boot_code_is_for_bios(void **state)
{
    (void)state;
    assert_int_equal(look(), 0);
    disk[0] = 0xeb;
    assert_int_equal(look(), IMAGE_STARTS_BIOS);
    disk[511] = 0;
    assert_int_equal(look(), 0);
}

static void an_efi_system_partition_is_for_uefi(void **state)
{
    (void)state;
    add_gpt_esp(14);
    assert_int_equal(look(), IMAGE_STARTS_UEFI);
    disk[3] = 1;
    assert_int_equal(look(), IMAGE_STARTS_UEFI | IMAGE_STARTS_BIOS);
}

static void one_in_an_mbr_is_for_uefi_too(void **state)
{
    (void)state;
    disk[446 + 16 + 4] = 0xef;
    disk[446 + 16 + 8] = 1;
    assert_int_equal(look(), IMAGE_STARTS_UEFI);
}

static void damaged_tables_tell_nothing(void **state)
{
    (void)state;
    add_gpt_esp(0);
    memset(disk + 512 + 72, 0xff, 8); // a table outside the disk
    assert_int_equal(look(), 0);
    memset(disk + 512 + 72, 0, 8);
    disk[512 + 72] = 2;
    memset(disk + 512 + 80, 0xff, 4); // more entries than there can be
    assert_int_equal(look(), 0);
}

static void a_signature_is_found_in_an_efi_program(void **state)
{
    (void)state;
    uint8_t program[512] = "MZ";
    program[60] = 64;
    memcpy(program + 64, "PE\0", 4);
    program[64 + 24] = 0x0b;
    program[64 + 25] = 0x02;
    assert_false(disk_look_is_signed(program, sizeof program));
    program[64 + 24 + 112 + 32] = 1;
    program[64 + 24 + 112 + 36] = 1;
    assert_true(disk_look_is_signed(program, sizeof program));
    for (size_t bytes = 0; bytes < 64 + 24 + 112 + 40; bytes++) {
        assert_false(disk_look_is_signed(program, bytes));
    }
    memset(program + 60, 0xff, 4);
    assert_false(disk_look_is_signed(program, sizeof program));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(boot_code_is_for_bios, start),
        cmocka_unit_test_setup(an_efi_system_partition_is_for_uefi, start),
        cmocka_unit_test_setup(one_in_an_mbr_is_for_uefi_too, start),
        cmocka_unit_test_setup(damaged_tables_tell_nothing, start),
        cmocka_unit_test_setup(a_signature_is_found_in_an_efi_program, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
