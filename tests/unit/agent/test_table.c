// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/table.h"
#include "unit/test.h"

#include <stdlib.h>

#define MIB (1024ull * 1024)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

static struct table parsed(const char *dump, uint64_t disk_bytes, enum status expected)
{
    struct table table = {.path = "/run/t.table", .disk_bytes = disk_bytes};
    struct problem problem = {0};
    assert_int_equal(table_parse(&table, dump, &problem), expected);
    assert_int_equal(problem_is_set(&problem), expected != STATUS_OK);
    return table;
}

static void a_dump_of_sfdisk_is_understood(void **state)
{
    (void)state;
    struct table table = parsed("label: gpt\nlabel-id: 0\ndevice: /run/t.table\nunit: sectors\n\n"
                                "/run/t.table1 : start=       32768, size=       65536, type=0FC63DAF-8483\n"
                                "/run/t.table15 : start=        2048, size=       1024, type=C12A7328\n",
                                GIB, STATUS_OK);
    assert_string_equal(table.kind, "gpt");
    assert_int_equal(table.count, 2);
    assert_int_equal(table.parts[0].number, 1);
    assert_int_equal(table.parts[0].start, 16 * MIB);
    assert_int_equal(table.parts[0].bytes, 32 * MIB);
    assert_int_equal(table.parts[1].number, 15);
    assert_int_equal(table_held_bytes(&table, MIB), MIB);
}

static void a_partition_beyond_the_disk_is_refused(void **state)
{
    (void)state;
    const char *dump = "label: dos\n/run/t.table1 : start= 2048, size= 4096, type=83\n";
    (void)parsed(dump, 3 * MIB, STATUS_OK);
    (void)parsed(dump, 3 * MIB - 512, STATUS_MALFORMED);
    (void)parsed("label: dos\n/run/t.table1 : start= 2048, size= 99999999999999999999999, type=83\n", GIB,
                 STATUS_MALFORMED);
    (void)parsed("label: dos\n/run/t.table0 : start= 2048, size= 1, type=83\n", GIB, STATUS_MALFORMED);
}

static void the_partition_that_lies_last_is_the_one_to_grow(void **state)
{
    (void)state;
    struct table table = parsed("label: gpt\n/run/t.table1 : start= 32768, size= 65536, type=A\n"
                                "/run/t.table15 : start= 2048, size= 1024, type=B\n",
                                GIB, STATUS_OK);
    const struct table_part *last = table_pick_last(&table);
    assert_non_null(last);
    assert_int_equal(last->number, 1);
}

static void a_partition_that_fills_the_disk_is_not_grown(void **state)
{
    (void)state;
    struct table table =
        parsed("label: dos\n/run/t.table1 : start= 2048, size= 2048, type=83\n", 2 * MIB, STATUS_OK);
    assert_null(table_pick_last(&table));
    table.disk_bytes = 3 * MIB;
    assert_non_null(table_pick_last(&table));
    (void)strcpy(table.kind, "gpt"); // its backup wants the last sectors, and what is left is not worth it
    assert_null(table_pick_last(&table));
}

static void nothing_is_grown_where_there_are_logical_partitions(void **state)
{
    (void)state;
    struct table table = parsed("label: dos\n/run/t.table1 : start= 2048, size= 2048, type=83, bootable\n"
                                "/run/t.table2 : start= 4096, size= 2048, type=5\n",
                                GIB, STATUS_OK);
    assert_true(table.parts[1].is_extended);
    assert_null(table_pick_last(&table));
}

static void what_is_held_back_ends_where_the_first_partition_begins(void **state)
{
    (void)state;
    struct table table =
        parsed("label: dos\n/run/t.table1 : start= 63, size= 2048, type=7\n", GIB, STATUS_OK);
    assert_int_equal(table_held_bytes(&table, MIB), 63 * 512);
}

static void the_layout_follows_firmware_and_size(void **state)
{
    (void)state;
    struct table_layout bios = table_plan(8 * GIB, false);
    assert_false(bios.is_gpt);
    assert_int_equal(bios.root, 1);
    struct table_layout uefi = table_plan(8 * GIB, true);
    assert_true(uefi.is_gpt);
    assert_int_equal(uefi.esp, 1);
    assert_int_equal(uefi.root, 2);
    struct table_layout large = table_plan(3 * TIB, false);
    assert_true(large.is_gpt);
    assert_int_equal(large.esp, 0);
    assert_int_equal(large.root, 2);
}

static void the_same_seed_makes_the_same_identifiers_and_another_seed_others(void **state)
{
    (void)state;
    struct table_layout layout = table_plan(8 * GIB, true);
    char first[1024];
    char again[1024];
    char other[1024];
    table_print_script(&layout, "a", first, sizeof first);
    table_print_script(&layout, "a", again, sizeof again);
    table_print_script(&layout, "b", other, sizeof other);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    assert_non_null(strstr(first, "start=2048, size=1048576, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B"));
}

static void sfdisk_makes_what_is_planned_and_reads_it_back(void **state)
{
    (void)state;
    struct table table;
    struct problem problem = {0};
    for (unsigned i = 0; i < 3; i++) {
        uint64_t bytes = i == 2 ? 3 * TIB : 8 * GIB;
        struct table_layout layout = table_plan(bytes, i == 1);
        assert_int_equal(table_create(&table, "/tmp/test_table.table", bytes, &problem), STATUS_OK);
        assert_int_equal(table_make(&table, &layout, "seed", &problem), STATUS_OK);
        assert_string_equal(table.kind, layout.is_gpt ? "gpt" : "dos");
        assert_int_equal(table.count, layout.root);
        assert_true(table.parts[layout.root - 1].bytes > bytes - 600 * MIB);
        table_remove(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dump_of_sfdisk_is_understood),
        cmocka_unit_test(a_partition_beyond_the_disk_is_refused),
        cmocka_unit_test(the_partition_that_lies_last_is_the_one_to_grow),
        cmocka_unit_test(a_partition_that_fills_the_disk_is_not_grown),
        cmocka_unit_test(nothing_is_grown_where_there_are_logical_partitions),
        cmocka_unit_test(what_is_held_back_ends_where_the_first_partition_begins),
        cmocka_unit_test(the_layout_follows_firmware_and_size),
        cmocka_unit_test(the_same_seed_makes_the_same_identifiers_and_another_seed_others),
        cmocka_unit_test(sfdisk_makes_what_is_planned_and_reads_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
