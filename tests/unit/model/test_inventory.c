// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/inventory.h"

#include "unit/test.h"

static void sizes_are_said_as_on_the_label(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 bytes"},           {512, "512 bytes"},
        {999, "999 bytes"},       {1000, "1 kB"},
        {1474560, "1.5 MB"},      {8000000000, "8 GB"},
        {8589934592, "8.6 GB"},   {10000000000, "10 GB"},
        {99949999999, "99.9 GB"}, {99950000000, "100 GB"},
        {256060514304, "256 GB"}, {499900000000, "500 GB"},
        {500107862016, "500 GB"}, {999900000000, "1 TB"},
        {1000204886016, "1 TB"},  {1920383410176, "1.9 TB"},
        {UINT64_MAX, "18.4 EB"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[32];
        struct text text;
        text_init(&text, out, sizeof out);
        inventory_print_size(cases[i].bytes, &text);
        assert_string_equal(out, cases[i].text);
    }
}

static struct inventory_disk disk_with(const char *filesystem, const char *label, const char *system)
{
    struct inventory_disk disk = {.name = "vda", .serial = "QEMU_1234", .bytes = 8000000000, .table = "dos"};
    disk.partition_count = 1;
    disk.partitions[0].bytes = 7000000000;
    strcpy(disk.partitions[0].content.filesystem, filesystem);
    strcpy(disk.partitions[0].content.label, label);
    strcpy(disk.partitions[0].content.system, system);
    return disk;
}

static void check_print(const struct inventory_disk *disk, const char *expected)
{
    char out[512];
    struct text text;
    text_init(&text, out, sizeof out);
    inventory_print_disk(disk, &text);
    assert_string_equal(out, expected);
}

static void what_would_be_lost_is_said(void **state)
{
    (void)state;
    struct inventory_disk disk = disk_with("ext4", "root", "Debian 12");
    check_print(&disk, "disk QEMU_1234, 8 GB: ext4 'root', Debian 12");
    disk = disk_with("ext4", "", "");
    check_print(&disk, "disk QEMU_1234, 8 GB: ext4");
    disk = disk_with("", "", "Windows");
    check_print(&disk, "disk QEMU_1234, 8 GB: Windows");
    disk = disk_with("", "DATA", "");
    check_print(&disk, "disk QEMU_1234, 8 GB: 'DATA'");
    disk = disk_with("ntfs", "", "Windows");
    check_print(&disk, "disk QEMU_1234, 8 GB: ntfs, Windows");
    disk = disk_with("", "", "");
    check_print(&disk, "disk QEMU_1234, 8 GB: a partition of 7 GB with unknown content");
    disk.partition_count = 0;
    check_print(&disk, "disk QEMU_1234, 8 GB: a partition table (dos) without partitions");
    disk.table[0] = '\0';
    check_print(&disk, "disk QEMU_1234, 8 GB: not blank, but nothing that is known");
    strcpy(disk.content.filesystem, "crypto_LUKS");
    check_print(&disk, "disk QEMU_1234, 8 GB: crypto_LUKS");
    disk.content.filesystem[0] = '\0';
    disk.is_blank = true;
    disk.serial[0] = '\0';
    check_print(&disk, "disk vda@8000000000, 8 GB, blank");
}

static void systems_are_said_before_all_other_partitions(void **state)
{
    (void)state;
    struct inventory_disk disk = disk_with("vfat", "EFI", "");
    disk.partition_count = 30;
    strcpy(disk.partitions[1].content.filesystem, "ext4");
    strcpy(disk.partitions[1].content.system, "Debian 12");
    for (size_t i = 2; i < INVENTORY_PARTITIONS_MOST; i++) {
        strcpy(disk.partitions[i].content.filesystem, "xfs");
    }
    char out[512];
    struct text text;
    text_init(&text, out, sizeof out);
    inventory_print_disk(&disk, &text);
    assert_false(text.cut);
    assert_ptr_equal(strstr(out, "disk QEMU_1234, 8 GB: ext4, Debian 12; vfat 'EFI'; xfs; "), out);
    assert_non_null(strstr(out, "; 6 more partitions"));
}

static void what_a_disk_says_of_itself_cannot_reach_a_terminal(void **state)
{
    (void)state;
    struct inventory_disk disk = disk_with("ext4", "\x1b[2J",
                                           "D\xc3\xa9"
                                           "bian\n");
    strcpy(disk.serial, "A\tB");
    check_print(&disk, "disk A\\x09B, 8 GB: ext4 '\\x1b[2J', D\\xc3\\xa9bian\\x0a");
}

static void a_disk_is_found_by_a_key_that_only_it_has(void **state)
{
    (void)state;
    static struct inventory inventory;
    memset(&inventory, 0, sizeof inventory);
    bool shared = true;
    assert_null(inventory_find_disk(&inventory, "A", &shared));
    assert_false(shared);
    inventory.disk_count = 3;
    strcpy(inventory.disks[0].serial, "A");
    strcpy(inventory.disks[1].serial, "B");
    strcpy(inventory.disks[2].name, "vdc");
    inventory.disks[2].bytes = 77;
    assert_ptr_equal(inventory_find_disk(&inventory, "B", &shared), &inventory.disks[1]);
    assert_false(shared);
    assert_ptr_equal(inventory_find_disk(&inventory, "vdc@77", NULL), &inventory.disks[2]);
    assert_null(inventory_find_disk(&inventory, "vdc", NULL));
    assert_null(inventory_find_disk(&inventory, "", NULL));
    strcpy(inventory.disks[1].serial, "A");
    assert_null(inventory_find_disk(&inventory, "A", &shared));
    assert_true(shared);
    strcpy(inventory.disks[1].serial, "vdc@77"); // a serial number that looks like a name and size
    assert_null(inventory_find_disk(&inventory, "vdc@77", &shared));
    assert_true(shared);
}

static void the_longest_serial_number_is_a_whole_key(void **state)
{
    (void)state;
    struct inventory_disk disk = {.bytes = UINT64_MAX};
    char key[INVENTORY_KEY_BYTES];
    memset(disk.serial, 's', sizeof disk.serial - 1);
    assert_string_equal(inventory_disk_key(&disk, key), disk.serial);
    disk.serial[0] = '\0';
    memset(disk.name, 'n', sizeof disk.name - 1);
    assert_int_equal(strlen(inventory_disk_key(&disk, key)),
                     sizeof disk.name - 1 + strlen("@18446744073709551615"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_said_as_on_the_label),
        cmocka_unit_test(what_would_be_lost_is_said),
        cmocka_unit_test(systems_are_said_before_all_other_partitions),
        cmocka_unit_test(what_a_disk_says_of_itself_cannot_reach_a_terminal),
        cmocka_unit_test(a_disk_is_found_by_a_key_that_only_it_has),
        cmocka_unit_test(the_longest_serial_number_is_a_whole_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
