// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/found.h"

#include "io/heap.h"
#include "talk/talk.h"
#include "unit/service/desk_bench.h"
#include "unit/test.h"

#include <stdio.h>

static struct desk_bench bench;
static uint64_t machine_id;

static int start(void **state)
{
    (void)state;
    desk_bench_open(&bench);
    machine_id = bench_machine(&bench, 1);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    desk_bench_close(&bench);
    return 0;
}

static void add_disk(struct inventory *inventory, const char *name, bool is_removable)
{
    struct inventory_disk *disk = &inventory->disks[inventory->disk_count++];
    snprintf(disk->name, sizeof disk->name, "%s", name);
    disk->bytes = 1u << 30;
    disk->sector_bytes = 512;
    disk->is_removable = is_removable;
}

static void keep(const struct inventory *inventory)
{
    char *json = talk_inventory_encode(inventory);
    assert_int_equal(store_inventory_put(bench.store, machine_id, json, BENCH_NOW_S), STATUS_OK);
    heap_free(json);
}

static void of_a_machine_that_no_agent_saw_nothing_is_known(void **state)
{
    (void)state;
    struct render_found found;
    found_gather(bench.store, machine_id, bench_ip(7), &found);
    assert_string_equal(found.vendor, "");
    assert_string_equal(found.firmware, "");
    assert_int_equal(found.memory_mib, 0);
    assert_int_equal(found.lease_ends_s, 0);
}

static void the_only_fixed_disk_is_the_disk(void **state)
{
    (void)state;
    struct render_found found;
    struct inventory *inventory = heap_new(sizeof *inventory);
    strcpy(inventory->vendor, "QEMU");
    strcpy(inventory->product, "Standard PC");
    inventory->processor_count = 2;
    inventory->memory_bytes = 512ull * 1024 * 1024;
    inventory->is_uefi = true;
    add_disk(inventory, "sda", true); // a stick
    add_disk(inventory, "nvme0n1", false);
    keep(inventory);
    found_gather(bench.store, machine_id, bench_ip(7), &found);
    assert_string_equal(found.product, "Standard PC");
    assert_string_equal(found.firmware, "uefi");
    assert_int_equal(found.processors, 2);
    assert_int_equal(found.memory_mib, 512);
    assert_string_equal(found.disk, "nvme0n1");
    assert_string_equal(found.disks, "nvme0n1");
    add_disk(inventory, "nvme1n1", false);
    keep(inventory);
    found_gather(bench.store, machine_id, bench_ip(7), &found);
    assert_string_equal(found.disk, ""); // nobody shall guess
    assert_string_equal(found.disks, "nvme0n1 nvme1n1");
    heap_free(inventory);
}

static void a_lease_tells_its_end(void **state)
{
    (void)state;
    struct render_found found;
    bench_lease(&bench, 1, bench_ip(7));
    found_gather(bench.store, machine_id, bench_ip(7), &found);
    assert_int_equal(found.lease_ends_s, BENCH_NOW_S + 3600);
    found_gather(bench.store, machine_id, bench_ip(8), &found);
    assert_int_equal(found.lease_ends_s, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(of_a_machine_that_no_agent_saw_nothing_is_known, start, stop),
        cmocka_unit_test_setup_teardown(the_only_fixed_disk_is_the_disk, start, stop),
        cmocka_unit_test_setup_teardown(a_lease_tells_its_end, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
