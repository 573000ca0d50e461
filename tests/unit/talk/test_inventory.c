// SPDX-License-Identifier: GPL-3.0-or-later
#include "talk_test.h"

#include <stdio.h>

static struct inventory one, back;

static void fill(void)
{
    one = (struct inventory){.vendor = "QEMU",
                             .product = "Standard PC",
                             .serial = "S1",
                             .uuid = "12345678-9abc-def0-1122-334455667788",
                             .processor = "Some CPU",
                             .processor_count = 4,
                             .memory_bytes = 536870912,
                             .is_uefi = true,
                             .secure_boot = INVENTORY_SECURE_ON,
                             .kernel = "6.1.0-56-amd64",
                             .agent = "0.1.0",
                             .card_count = 1,
                             .disk_count = 2};
    one.cards[0] =
        (struct inventory_card){.name = "eth0", .pci = "8086:100e", .driver = "e1000", .has_link = true};
    one.cards[0].mac = hw_ethernet((const uint8_t[6]){0x52, 0x54, 0, 0xaa, 0xbb, 0xcc});
    one.disks[0] = (struct inventory_disk){.name = "vda",
                                           .model = "QEMU HARDDISK",
                                           .serial = "QEMU_1234",
                                           .transport = "virtio",
                                           .bytes = 8589934592,
                                           .sector_bytes = 512,
                                           .is_removable = true,
                                           .is_read_only = true,
                                           .table = "gpt",
                                           .partition_count = 1};
    one.disks[0].partitions[0] =
        (struct inventory_partition){.name = "vda1",
                                     .bytes = 1048576,
                                     .content = {.filesystem = "ext4", .label = "root", .system = "Debian"}};
    one.disks[1] = (struct inventory_disk){
        .name = "vdb", .bytes = 1, .is_blank = true, .content = {"iso9660", "CD", "Debian installer"}};
}

static void decode_again(void)
{
    struct problem problem = {0};
    char *json = talk_inventory_encode(&one);
    assert_non_null(json);
    memset(&back, 0xaa, sizeof back);
    if (talk_inventory_decode(json, strlen(json), &back, &problem) != STATUS_OK) {
        fail_msg("%s", problem.text);
    }
    free(json);
}

static void is_same_disk(const struct inventory_disk *a, const struct inventory_disk *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->model, b->model);
    assert_string_equal(a->serial, b->serial);
    assert_string_equal(a->transport, b->transport);
    assert_int_equal(a->bytes, b->bytes);
    assert_int_equal(a->sector_bytes, b->sector_bytes);
    assert_int_equal(a->is_removable, b->is_removable);
    assert_int_equal(a->is_read_only, b->is_read_only);
    assert_int_equal(a->is_blank, b->is_blank);
    assert_string_equal(a->table, b->table);
    assert_string_equal(a->content.filesystem, b->content.filesystem);
    assert_string_equal(a->content.label, b->content.label);
    assert_string_equal(a->content.system, b->content.system);
    assert_int_equal(a->partition_count, b->partition_count);
    assert_memory_equal(a->partitions, b->partitions, sizeof a->partitions);
}

static void an_inventory_comes_back_whole(void **state)
{
    (void)state;
    fill();
    decode_again();
    assert_string_equal(back.vendor, "QEMU");
    assert_string_equal(back.product, "Standard PC");
    assert_string_equal(back.serial, "S1");
    assert_string_equal(back.uuid, one.uuid);
    assert_string_equal(back.processor, "Some CPU");
    assert_int_equal(back.processor_count, 4);
    assert_int_equal(back.memory_bytes, 536870912);
    assert_true(back.is_uefi);
    assert_int_equal(back.secure_boot, INVENTORY_SECURE_ON);
    assert_string_equal(back.kernel, one.kernel);
    assert_string_equal(back.agent, "0.1.0");
    assert_int_equal(back.card_count, 1);
    assert_string_equal(back.cards[0].name, "eth0");
    assert_true(hw_equal(&back.cards[0].mac, &one.cards[0].mac));
    assert_string_equal(back.cards[0].pci, "8086:100e");
    assert_string_equal(back.cards[0].driver, "e1000");
    assert_true(back.cards[0].has_link);
    assert_int_equal(back.disk_count, 2);
    is_same_disk(&back.disks[0], &one.disks[0]);
    is_same_disk(&back.disks[1], &one.disks[1]);
}

static void the_fullest_inventory_fits(void **state)
{
    (void)state;
    fill();
    one.disk_count = INVENTORY_DISKS_MOST;
    for (unsigned i = 0; i < INVENTORY_DISKS_MOST; i++) {
        struct inventory_disk *disk = &one.disks[i];
        disk->partition_count = 200; // more than are told
        memset(disk->model, '"', sizeof disk->model - 1);
        (void)snprintf(disk->name, sizeof disk->name, "sd%u", i);
        for (unsigned p = 0; p < INVENTORY_PARTITIONS_MOST; p++) {
            memset(disk->partitions[p].content.label, 0xff, sizeof disk->partitions[p].content.label - 1);
            memset(disk->partitions[p].content.system, '\\', sizeof disk->partitions[p].content.system - 1);
        }
    }
    decode_again();
    assert_int_equal(back.disks[23].partition_count, 200);
    assert_int_equal(strlen(back.disks[23].partitions[23].content.label),
                     92); // escaped, and cut at an escape
    assert_string_equal(back.disks[23].partitions[23].content.system,
                        one.disks[23].partitions[23].content.system);
}

static void a_card_without_an_ethernet_address_is_no_obstacle(void **state)
{
    (void)state;
    fill();
    one.cards[0].mac.type = 32; // InfiniBand
    one.cards[0].mac.length = 16;
    decode_again();
    assert_int_equal(back.cards[0].mac.length, 0);
}

#define DISK "{\"name\":\"a\",\"bytes\":1,\"is_blank\":true"

static void what_is_too_much_is_dropped_but_partitions_are_counted(void **state)
{
    (void)state;
    static char json[65536];
    struct text text;
    text_init(&text, json, sizeof json);
    text_add(&text, "{\"disks\":[");
    for (int i = 0; i < 30; i++) {
        text_add(&text, DISK ",\"partitions\":[{}");
        for (int p = 1; p < 40; p++) {
            text_add(&text, ",{}");
        }
        text_add(&text, i < 29 ? "]}," : "]}");
    }
    text_add(&text, "]}");
    assert_false(text.cut);
    assert_int_equal(talk_inventory_decode(json, strlen(json), &back, NULL), STATUS_OK);
    assert_int_equal(back.disk_count, INVENTORY_DISKS_MOST);
    assert_int_equal(back.disks[23].partition_count, 40);
}

static void hostile_inventories_are_refused_and_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *json, *says;
    } cases[] = {
        {"{\"disks\":{}}", "\"disks\" must be a list"},
        {"{\"disks\":[1]}", "\"disks[0]\" must be an object"},
        {"{\"disks\":[{\"name\":\"a\"}]}", "\"disks[0].bytes\" is missing"},
        {"{\"disks\":[{\"name\":\"a\",\"bytes\":1}]}", "\"disks[0].is_blank\" is missing"},
        {"{\"disks\":[{\"name\":\"a\",\"bytes\":1,\"is_blank\":1}]}", "\"disks[0].is_blank\" must be true"},
        {"{\"disks\":[" DISK "},{\"name\":\"b\",\"bytes\":-1,\"is_blank\":true}]}", "\"disks[1].bytes\""},
        {"{\"disks\":[" DISK ",\"partition_count\":2,\"partitions\":[{}]}]}", "\"disks[0].partition_count\""},
        {"{\"disks\":[" DISK ",\"partition_count\":65537}]}", "\"disks[0].partition_count\" is more"},
        {"{\"disks\":[" DISK ",\"partitions\":[{},{\"label\":1}]}]}", "\"disks[0].partitions[1].label\""},
        {"{\"cards\":[{\"mac\":\"x\"}]}", "\"cards[0].mac\""},
        {"{\"secure_boot\":\"perhaps\"}", "\"secure_boot\""},
        {"{\"uuid\":\"x\"}", "\"uuid\" must be a UUID"},
        {"{\"uuid\":\"12345678-9ABC-DEF0-1122-334455667788\"}", "\"uuid\" must be a UUID in small"},
        {"{\"vendor\":\"a\\nb\"}", "\"vendor\" must not hold control"},
    };
    struct problem problem = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        back = (struct inventory){.vendor = "before"};
        assert_int_equal(talk_inventory_decode(cases[i].json, strlen(cases[i].json), &back, &problem),
                         STATUS_MALFORMED);
        must_say(&problem, cases[i].says);
        assert_string_equal(back.vendor, "before");
        assert_int_equal(back.disk_count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inventory_comes_back_whole),
        cmocka_unit_test(the_fullest_inventory_fits),
        cmocka_unit_test(a_card_without_an_ethernet_address_is_no_obstacle),
        cmocka_unit_test(what_is_too_much_is_dropped_but_partitions_are_counted),
        cmocka_unit_test(hostile_inventories_are_refused_and_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
