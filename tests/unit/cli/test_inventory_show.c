// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/test.h"

#include "cli/inventory_show.h"
#include "talk/talk.h"
#include "unit/cli/output.h"

static struct inventory inventory;

static void fill(void)
{
    inventory = (struct inventory){.vendor = "QEMU",
                                   .product = "Standard PC",
                                   .serial = "S1",
                                   .processor = "Example CPU",
                                   .processor_count = 2,
                                   .memory_bytes = 2000000000,
                                   .is_uefi = true,
                                   .secure_boot = INVENTORY_SECURE_ON,
                                   .kernel = "6.1.0",
                                   .agent = "0.1.0",
                                   .card_count = 1,
                                   .disk_count = 2};
    inventory.cards[0] =
        (struct inventory_card){.name = "eth0", .pci = "8086:100e", .driver = "e1000", .has_link = true};
    assert_int_equal(hw_parse("52:54:00:00:00:01", &inventory.cards[0].mac), STATUS_OK);
    inventory.disks[0] = (struct inventory_disk){.name = "sda",
                                                 .model = "QEMU HARDDISK",
                                                 .serial = "Q1",
                                                 .transport = "sata",
                                                 .bytes = 8000000000,
                                                 .sector_bytes = 512,
                                                 .table = "gpt",
                                                 .partition_count = 2};
    inventory.disks[0].partitions[0] = (struct inventory_partition){"sda1", 500000000, {"vfat", "ESP", ""}};
    inventory.disks[0].partitions[1] =
        (struct inventory_partition){"sda2", 7500000000, {"ext4", "root", "Debian 12"}};
    inventory.disks[1] = (struct inventory_disk){
        .name = "vda", .transport = "virtio", .bytes = 4000000000, .sector_bytes = 512, .is_blank = true};
}

#define SHOWN                                                                                                \
    "hardware      QEMU Standard PC, serial S1\n"                                                            \
    "processor     2 x Example CPU\n"                                                                        \
    "memory        2.0 GB\n"                                                                                 \
    "boots by      UEFI, Secure Boot on\n"                                                                   \
    "network       eth0  52:54:00:00:00:01, 8086:100e, e1000, link\n"                                        \
    "disks         sda  8.0 GB, QEMU HARDDISK, serial Q1, sata, partition table gpt\n"                       \
    "                sda1  500.0 MB  vfat 'ESP'\n"                                                           \
    "                sda2  7.5 GB  ext4 'root', Debian 12\n"                                                 \
    "              vda  4.0 GB, called vda@4000000000, virtio, blank\n"

static void an_inventory_is_shown_with_all_its_disks(void **state)
{
    (void)state;
    struct output output;
    fill();
    output_open(&output);
    struct call call = {.out = {.out = output.file}};
    inventory_show(&call, &inventory);
    output_check(&output, SHOWN);
}

static void what_the_daemon_tells_is_understood(void **state)
{
    (void)state;
    struct output output;
    fill();
    char *text = talk_inventory_encode(&inventory);
    json_t *found = json_loads(text, 0, NULL);
    json_t *machine = json_pack("{s:o, s:i}", "inventory", found, "found_s", 1700000000);
    output_open(&output);
    struct call call = {.out = {.out = output.file}};
    inventory_show_machine(&call, machine);
    json_decref(machine);
    free(text);
    output_check(&output, "inventory     2023-11-14T22:13:20Z, by agent 0.1.0 on Linux 6.1.0\n" SHOWN);
}

static void a_machine_that_never_ran_the_agent_shows_nothing(void **state)
{
    (void)state;
    struct output output;
    output_open(&output);
    struct call call = {.out = {.out = output.file}};
    json_t *machine = json_pack("{s:n}", "inventory");
    inventory_show_machine(&call, machine);
    json_decref(machine);
    output_check(&output, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inventory_is_shown_with_all_its_disks),
        cmocka_unit_test(what_the_daemon_tells_is_understood),
        cmocka_unit_test(a_machine_that_never_ran_the_agent_shows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
