// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/probe_inner.h"
#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char tree[64];

static void put(const char *path, const void *data, size_t bytes)
{
    char full[300];
    (void)snprintf(full, sizeof full, "%s/%s", tree, path);
    for (char *slash = full + strlen(tree) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
    FILE *file = fopen(full, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

static void put_text(const char *path, const char *text)
{
    put(path, text, strlen(text));
}

static struct inventory *look(void (*part)(const struct probe_paths *, struct inventory *))
{
    static struct inventory inventory;
    char sys[80];
    char proc[80];
    (void)snprintf(sys, sizeof sys, "%s/sys", tree);
    (void)snprintf(proc, sizeof proc, "%s/proc", tree);
    inventory = (struct inventory){0};
    part(&(struct probe_paths){sys, proc, NULL}, &inventory);
    return &inventory;
}

static int make_tree(void **state)
{
    (void)state;
    (void)strcpy(tree, "/tmp/test_probe.XXXXXX");
    return mkdtemp(tree) != NULL ? 0 : -1;
}

static int remove_tree(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", tree);
    return system(command);
}

static void the_system_is_read_from_smbios_and_proc(void **state)
{
    (void)state;
    put_text("sys/class/dmi/id/sys_vendor", "QEMU\n");
    put_text("sys/class/dmi/id/product_serial", "To Be Filled By O.E.M.\n");
    put_text("sys/class/dmi/id/product_uuid", "4C4C4544-0042-3510-8051-B4C04F4A4E31\n");
    put_text("proc/cpuinfo", "processor\t: 0\nmodel name\t: A CPU\n\nprocessor\t: 1\nmodel name\t: A CPU\n");
    put_text("proc/meminfo", "MemTotal:         498032 kB\nMemFree: 1 kB\n");
    struct inventory *inventory = look(probe_system);
    assert_string_equal(inventory->vendor, "QEMU");
    assert_string_equal(inventory->serial, "");
    assert_string_equal(inventory->uuid, "4c4c4544-0042-3510-8051-b4c04f4a4e31");
    assert_string_equal(inventory->processor, "A CPU");
    assert_int_equal(inventory->processor_count, 2);
    assert_int_equal(inventory->memory_bytes, 498032ull * 1024);
    assert_false(inventory->is_uefi);
}

static void secure_boot_is_the_fifth_byte_of_its_variable(void **state)
{
    (void)state;
    static const char name[] = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    put(name, "\6\0\0\0\1", 5);
    struct inventory *inventory = look(probe_system);
    assert_true(inventory->is_uefi);
    assert_int_equal(inventory->secure_boot, INVENTORY_SECURE_ON);
    put(name, "\6\0\0\0\0", 5);
    assert_int_equal(look(probe_system)->secure_boot, INVENTORY_SECURE_OFF);
    put(name, "\6\0", 2);
    assert_int_equal(look(probe_system)->secure_boot, INVENTORY_SECURE_UNKNOWN);
}

static void disks_are_found_with_their_serial_numbers_and_others_are_not(void **state)
{
    (void)state;
    put_text("sys/block/loop0/size", "100\n");
    put_text("sys/block/sr0/size", "100\n");
    put_text("sys/block/sdz/size", "0\n");
    put_text("sys/block/vda/size", "16777216\n");
    put_text("sys/block/vda/serial", "imprint-disk");
    put_text("sys/block/vda/queue/logical_block_size", "512\n");
    put_text("sys/block/sda/size", "2048\n");
    put_text("sys/block/sda/ro", "1\n");
    put_text("sys/block/sda/device/vendor", "ATA     \n");
    put_text("sys/block/sda/device/model", "A DISK          \n");
    put("sys/block/sda/device/vpd_pg80", "\0\x80\0\x0a  SER 01\x1b ", 14);
    struct inventory *inventory = look(probe_disks);
    assert_int_equal(inventory->disk_count, 2);
    assert_string_equal(inventory->disks[0].name, "sda");
    assert_string_equal(inventory->disks[0].serial, "SER 01");
    assert_string_equal(inventory->disks[0].model, "A DISK");
    assert_true(inventory->disks[0].is_read_only);
    assert_string_equal(inventory->disks[1].serial, "imprint-disk");
    assert_int_equal(inventory->disks[1].bytes, 8ull * 1024 * 1024 * 1024);
    assert_int_equal(inventory->disks[1].sector_bytes, 512);
}

static void a_serial_number_page_that_lies_about_its_length_is_cut(void **state)
{
    (void)state;
    put_text("sys/block/sdb/size", "2048\n");
    put("sys/block/sdb/device/vpd_pg80",
        "\0\x80\xff\xff"
        "AB",
        6);
    struct inventory *inventory = look(probe_disks);
    assert_int_equal(inventory->disk_count, 1);
    assert_string_equal(inventory->disks[0].serial, "AB");
}

static struct inventory_disk content_of(const char *prepare)
{
    char path[96];
    char command[1600];
    (void)snprintf(path, sizeof path, "%s/disk", tree);
    (void)snprintf(command, sizeof command,
                   "cd %s && rm -f disk && truncate -s 64M disk && (%s) >/dev/null 2>&1", tree, prepare);
    assert_int_equal(system(command), 0);
    struct inventory_disk disk = {.name = "vda", .bytes = 64ull * 1024 * 1024};
    probe_disk_content(path, &disk);
    return disk;
}

static void a_disk_of_zeros_is_blank_and_one_byte_at_an_edge_is_not(void **state)
{
    (void)state;
    assert_true(content_of("true").is_blank);
    assert_false(content_of("printf x | dd of=disk seek=1048575 bs=1 conv=notrunc").is_blank);
    assert_false(content_of("printf x | dd of=disk seek=67108863 bs=1 conv=notrunc").is_blank);
    assert_false(content_of("/usr/sbin/mkfs.ext4 -Fq disk").is_blank);
    assert_false(content_of("echo 'label: gpt' | /usr/sbin/sfdisk disk").is_blank);
}

static void data_in_the_middle_is_found_without_any_signature(void **state)
{
    (void)state;
    assert_false(content_of("dd if=/dev/urandom of=disk bs=1M seek=30 count=2 conv=notrunc").is_blank);
    assert_false(content_of("dd if=/dev/urandom of=disk bs=1M seek=2 count=60 conv=notrunc").is_blank);
}

static void a_small_disk_is_looked_at_whole(void **state)
{
    (void)state;
    struct inventory_disk disk = {.name = "vda", .bytes = 4u * 1024 * 1024};
    char path[96];
    (void)content_of("printf x | dd of=disk seek=2345678 bs=1 conv=notrunc");
    (void)snprintf(path, sizeof path, "%s/disk", tree);
    assert_int_equal(truncate(path, 4 * 1024 * 1024), 0);
    probe_disk_content(path, &disk);
    assert_false(disk.is_blank);
}

static void what_is_no_disk_has_no_identity(void **state)
{
    (void)state;
    struct inventory_disk disk;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_false(probe_opened_disk(fd, &disk));
    (void)close(fd);
    assert_false(probe_opened_disk(-1, &disk));
}

static void a_disk_that_cannot_be_read_is_not_blank(void **state)
{
    (void)state;
    struct inventory_disk disk = {.name = "vda", .bytes = 4096};
    probe_disk_content("/nowhere/at/all", &disk);
    assert_false(disk.is_blank);
}

static void tables_partitions_and_file_systems_are_told(void **state)
{
    (void)state;
    struct inventory_disk disk = content_of("echo 'start=2048' | /usr/sbin/sfdisk -X dos disk; truncate -s "
                                            "60M part; /usr/sbin/mkfs.ext4 -Fq -L root part;"
                                            "dd if=part of=disk bs=1M seek=1 conv=notrunc");
    assert_string_equal(disk.table, "dos");
    assert_int_equal(disk.partition_count, 1);
    assert_string_equal(disk.partitions[0].name, "vda1");
    assert_string_equal(disk.partitions[0].content.filesystem, "ext4");
    assert_string_equal(disk.partitions[0].content.label, "root");
}

static void systems_are_known_by_their_files(void **state)
{
    (void)state;
    char name[INVENTORY_TEXT_BYTES];
    assert_false(probe_look_inside(tree, name));
    put_text("efi/MICROSOFT/Boot/bootmgfw.efi", "MZ");
    assert_true(probe_look_inside(tree, name));
    assert_string_equal(name, "Windows boot loader");
    put_text("WINDOWS/system32/NTOSKRNL.EXE", "MZ");
    assert_true(probe_look_inside(tree, name));
    assert_string_equal(name, "Windows");
    put_text("etc/os-release", "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n");
    assert_true(probe_look_inside(tree, name));
    assert_string_equal(name, "Debian GNU/Linux 12 (bookworm)");
}

static void a_link_does_not_lead_out_of_a_file_system(void **state)
{
    (void)state;
    char name[INVENTORY_TEXT_BYTES];
    char link[128];
    put_text("etc/nothing", "");
    (void)snprintf(link, sizeof link, "%s/etc/os-release", tree);
    assert_int_equal(symlink("/usr/lib/os-release", link), 0); // this machine's own, if it led out
    assert_false(probe_look_inside(tree, name));
}

// A file that was deleted while it was open, and then the power was cut: ext4 frees it at the next mount,
// even at one that is read-only.
#define ORPHAN                                                                                               \
    "mkdir -p files/etc && echo 'PRETTY_NAME=\"A \x1b[2Jsystem\"' > files/etc/os-release && "                \
    "head -c 3000000 /dev/urandom > files/gone && /usr/sbin/mkfs.ext4 -Fq -d files disk && "                 \
    "node=$(/usr/sbin/debugfs -R 'stat gone' disk | sed -n 's/^Inode: \\([0-9]*\\).*/\\1/p') && "            \
    "/usr/sbin/debugfs -w -R 'unlink gone' disk && "                                                         \
    "/usr/sbin/debugfs -w -R \"sif <$node> links_count 0\" disk && "                                         \
    "/usr/sbin/debugfs -w -R \"ssv last_orphan $node\" disk && cp disk before"

static void a_file_system_is_looked_at_without_changing_a_bit_of_it(void **state)
{
    (void)state;
    char command[200];
    char device[32] = "";
    char system_name[INVENTORY_TEXT_BYTES];
    if (geteuid() != 0 || access("/dev/loop-control", F_OK) != 0) {
        fail_msg("needs root and loop devices: sudo ./run check");
    }
    (void)content_of(ORPHAN);
    (void)snprintf(command, sizeof command, "/usr/sbin/losetup -f --show %s/disk", tree);
    FILE *made = popen(command, "re");
    assert_non_null(made);
    bool is_made = fgets(device, sizeof device, made) != NULL;
    (void)pclose(made);
    if (!is_made) {
        fail_msg("needs root and loop devices: sudo ./run check");
    }
    device[strcspn(device, "\n")] = '\0';
    struct inventory_disk disk = {0};
    int fd = open(device, O_RDONLY | O_CLOEXEC);
    bool is_known = probe_opened_disk(fd, &disk);
    (void)close(fd);
    probe_find_system(device, "ext4", system_name);
    (void)snprintf(command, sizeof command, "test $(/usr/sbin/blockdev --getro %s) = 0", device);
    int was_given_back = system(command);
    (void)snprintf(command, sizeof command, "/usr/sbin/losetup -d %s && cmp %s/disk %s/before", device, tree,
                   tree);
    assert_int_equal(system(command), 0);
    assert_int_equal(was_given_back, 0);
    assert_true(is_known);
    assert_string_equal(disk.name, device + strlen("/dev/"));
    assert_int_equal(disk.bytes, 64 * 1024 * 1024);
    assert_string_equal(system_name, "A [2Jsystem");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_system_is_read_from_smbios_and_proc, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(secure_boot_is_the_fifth_byte_of_its_variable, make_tree,
                                        remove_tree),
        cmocka_unit_test_setup_teardown(disks_are_found_with_their_serial_numbers_and_others_are_not,
                                        make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(a_serial_number_page_that_lies_about_its_length_is_cut, make_tree,
                                        remove_tree),
        cmocka_unit_test_setup_teardown(a_disk_of_zeros_is_blank_and_one_byte_at_an_edge_is_not, make_tree,
                                        remove_tree),
        cmocka_unit_test_setup_teardown(data_in_the_middle_is_found_without_any_signature, make_tree,
                                        remove_tree),
        cmocka_unit_test_setup_teardown(a_small_disk_is_looked_at_whole, make_tree, remove_tree),
        cmocka_unit_test(what_is_no_disk_has_no_identity),
        cmocka_unit_test(a_disk_that_cannot_be_read_is_not_blank),
        cmocka_unit_test_setup_teardown(tables_partitions_and_file_systems_are_told, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(a_file_system_is_looked_at_without_changing_a_bit_of_it, make_tree,
                                        remove_tree),
        cmocka_unit_test_setup_teardown(systems_are_known_by_their_files, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(a_link_does_not_lead_out_of_a_file_system, make_tree, remove_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
