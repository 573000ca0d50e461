// SPDX-License-Identifier: GPL-3.0-or-later
// A database that an older imprint made is taken over with everything in it.
#include "base/text.h"
#include "store/schema.h"
#include "store/store.h"

#include "unit/store/facts.h"
#include "unit/store/place.h"
#include "unit/test.h"

static_assert(COUNT_OF(SCHEMA_MIGRATIONS) == 5, "a new migration needs a test here");

// A database as version 1 left it, with a row of each kind.
static void make_version_1(const struct place *place)
{
    run_sql(place, SCHEMA_MIGRATIONS[0]);
    run_sql(place, "PRAGMA application_id = 1768779890; PRAGMA user_version = 1;"
                   "INSERT INTO last_id VALUES(0, 9), (3, 70);"
                   "INSERT INTO machine VALUES(3, 'alpha', 'approved', 'grub', zeroblob(16), 'SN1', 'host', "
                   "167772165, 7,"
                   " 167772166, 11, 12);"
                   "INSERT INTO machine_mac VALUES(3, 0, x'01525400000001');"
                   "INSERT INTO image VALUES(1, 'debian-12', 'debian-installer', 'Debian', 'linux', "
                   "'initrd', 'quiet', 5,"
                   " 2, 13);"
                   "INSERT INTO profile VALUES(1, 'desk', 'debian-12', 'a=b', 'preseed.cfg', 'd-i', 14);"
                   "INSERT INTO profile_value VALUES(1, 0, 'mirror', 'deb.example');"
                   "INSERT INTO orders VALUES(60, 3, 'desk', 'root', 'finished', 1, 2, 3, 4, 5, 1);"
                   "INSERT INTO orders VALUES(61, 3, 'desk', 'root', 'booting', 100, 200, 110, 0, 0, 6);"
                   "INSERT INTO lease VALUES(167772165, zeroblob(20), 'bound', 15, 16, 'host');"
                   "INSERT INTO event VALUES(5, 17, 'boot', 3, 61, x'01', 0, 'NO_ORDER', 'said');");
}

static void a_database_of_version_1_keeps_its_rows(void **state)
{
    make_version_1(*state);
    struct store *store = open_store(*state);
    const struct machine *machine = store_machine_find_name(store, "alpha");
    assert_non_null(machine);
    assert_int_equal(machine->id, 3);
    assert_string_equal(machine->hostname, "host");
    assert_int_equal(machine->mac_count, 1);
    assert_int_equal(machine->last_seen_s, 12);
    assert_int_equal(machine->counter, 0);
    assert_int_equal(machine->tftp_blksize | machine->tftp_blksize_learned, 0);
    assert_int_equal(machine->tftp_rollover, MACHINE_ROLLOVER_AUTO);
    const struct image *image = store_image_find(store, "debian-12");
    assert_non_null(image);
    assert_string_equal(image->arguments, "quiet");
    assert_int_equal(image->kind, IMAGE_BOOT);
    assert_int_equal(image->starts | image->content_bytes | image->needs_bytes, 0);
    const struct profile *profile = store_profile_find(store, "desk");
    assert_non_null(profile);
    assert_string_equal(profile->answer, "d-i");
    assert_int_equal(profile->value_count, 1);
    const struct profile_personal none = {0};
    assert_memory_equal(&profile->personal, &none, sizeof none);
    assert_string_equal(profile->disk, "");
    assert_non_null(store_lease_find(store, (struct ip4){167772165}));
    assert_int_equal(store_event_add(store, &(struct event){.kind = EVENT_SERVER}), 6);
    store_close(store);
}

static void an_order_of_version_1_goes_on_as_before(void **state)
{
    make_version_1(*state);
    struct store *store = open_store(*state);
    struct reasons reasons = {0};
    const struct order *order = store_order_find_live(store, 3);
    assert_non_null(order);
    assert_int_equal(order->id, 61);
    struct order live = *order;
    assert_false(live.by_agent);
    assert_int_equal(live.tries, 0);
    assert_false(order_step(&live, ORDER_EVENT_FIRMWARE_BOOT, 150, &reasons));
    assert_true(order_step(&live, ORDER_EVENT_DELIVERED, 151, &reasons));
    assert_int_equal(store_order_put(store, &live, NULL), STATUS_OK);
    assert_int_equal(store_order_get(store, 60)->state, ORDER_FINISHED);
    store = reopen_store(*state, store);
    assert_int_equal(store_order_get(store, 61)->state, ORDER_USED);
    live.state = ORDER_CANCELLED;
    assert_int_equal(store_order_put(store, &live, NULL), STATUS_OK);
    struct order next = facts_order(3, "desk");
    assert_int_equal(store_order_put(store, &next, NULL), STATUS_OK);
    assert_int_equal(next.id, 71);
    store_close(store);
}

// Version 2 is what was released before this one.
static void a_machine_of_version_2_is_served_by_tftp_as_before(void **state)
{
    const struct place *place = *state;
    make_version_1(place);
    run_sql(place, SCHEMA_MIGRATIONS[1]);
    run_sql(place, "PRAGMA user_version = 2; UPDATE machine SET counter = 9;");
    struct store *store = open_store(place);
    const struct machine *machine = store_machine_find_name(store, "alpha");
    assert_non_null(machine);
    assert_int_equal(machine->counter, 9);
    struct machine changed = *machine;
    assert_int_equal(changed.tftp_rollover, MACHINE_ROLLOVER_AUTO);
    changed.tftp_blksize_learned = 1468;
    assert_int_equal(store_machine_put(store, &changed, NULL), STATUS_OK);
    store = reopen_store(place, store);
    assert_int_equal(store_machine_find_name(store, "alpha")->tftp_blksize_learned, 1468);
    store_close(store);
}

static void a_machine_of_version_3_has_no_options_and_no_proposal(void **state)
{
    const struct place *place = *state;
    make_version_1(place);
    run_sql(place, SCHEMA_MIGRATIONS[1]);
    run_sql(place, SCHEMA_MIGRATIONS[2]);
    run_sql(place, "PRAGMA user_version = 3; UPDATE machine SET tftp_blksize = 1024;");
    struct store *store = open_store(place);
    struct machine machine = *store_machine_find_name(store, "alpha");
    assert_int_equal(machine.tftp_blksize, 1024);
    assert_string_equal(machine.dhcp_options, "");
    assert_int_equal(machine.unknown, POLICY_CHOICE_DEFAULT);
    (void)text_copy(machine.dhcp_options, sizeof machine.dhcp_options, "routers=192.0.2.1\n224=hex:01");
    (void)text_copy(machine.proposal, sizeof machine.proposal, "desk");
    (void)text_copy(machine.place, sizeof machine.place, "relay 10.9.0.1");
    machine.unknown = POLICY_CHOICE_REFUSE;
    assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
    store = reopen_store(place, store);
    const struct machine *read = store_machine_find_name(store, "alpha");
    assert_string_equal(read->dhcp_options, "routers=192.0.2.1\n224=hex:01");
    assert_string_equal(read->proposal, "desk");
    assert_string_equal(read->place, "relay 10.9.0.1");
    assert_int_equal(read->unknown, POLICY_CHOICE_REFUSE);
    store_close(store);
}

static void an_image_of_version_4_boots_as_before_and_can_learn_ways(void **state)
{
    const struct place *place = *state;
    make_version_1(place);
    for (int i = 1; i < 4; i++) {
        run_sql(place, SCHEMA_MIGRATIONS[i]);
    }
    run_sql(place,
            "PRAGMA user_version = 4; INSERT INTO image(id, name, family, description, kernel, initrd,"
            " arguments, size_bytes, file_count, created_s) VALUES(900, 'old', 'linux', '', 'linux', '',"
            " 'quiet', 1, 1, 1);");
    struct store *store = open_store(place);
    struct image image = *store_image_find(store, "old");
    assert_string_equal(image.kernel, "linux");
    assert_int_equal(image.method_count, 0);
    assert_int_equal(image.grade, IMAGE_GRADE_NONE);
    assert_string_equal(image.medium, "");
    image.method_count = 1;
    (void)text_copy(image.methods[0].kernel, sizeof image.methods[0].kernel, "linux");
    assert_int_equal(store_image_put(store, &image, NULL), STATUS_OK);
    store = reopen_store(place, store);
    assert_int_equal(store_image_find(store, "old")->method_count, 1);
    store_close(store);
}

static void what_is_migrated_once_is_left_alone(void **state)
{
    make_version_1(*state);
    store_close(open_store(*state));
    assert_int_equal(ask_sql(*state, "PRAGMA user_version"), 5);
    store_close(open_store(*state));
    assert_int_equal(ask_sql(*state, "PRAGMA user_version"), 5);
    assert_int_equal(ask_sql(*state, "SELECT count(*) FROM orders"), 2);
}

static void a_migrated_database_looks_like_a_new_one(void **state)
{
    static const char COLUMNS[] = "SELECT count(*) FROM sqlite_schema s, pragma_table_info(s.name) c";
    make_version_1(*state);
    store_close(open_store(*state));
    int64_t migrated = ask_sql(*state, COLUMNS);
    void *fresh = NULL;
    assert_int_equal(make_place(&fresh), 0);
    store_close(open_store(fresh));
    assert_int_equal(ask_sql(fresh, COLUMNS), migrated);
    assert_int_equal(remove_place(&fresh), 0);
}

static void a_migration_that_fails_leaves_the_database_as_it_was(void **state)
{
    const struct place *place = *state;
    struct problem problem = {0};
    make_version_1(place);
    run_sql(place, "CREATE TABLE inventory(other TEXT)"); // in the way of the last statement
    assert_null(store_open(place->path, &problem));
    assert_true(problem_is_set(&problem));
    assert_int_equal(ask_sql(place, "PRAGMA user_version"), 1);
    assert_int_equal(ask_sql(place, "SELECT count(*) FROM pragma_table_info('image')"), 10);
    run_sql(place, "DROP TABLE inventory");
    store_close(open_store(place));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_database_of_version_1_keeps_its_rows, make_place, remove_place),
        cmocka_unit_test_setup_teardown(an_order_of_version_1_goes_on_as_before, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_machine_of_version_3_has_no_options_and_no_proposal, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_machine_of_version_2_is_served_by_tftp_as_before, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(an_image_of_version_4_boots_as_before_and_can_learn_ways, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(what_is_migrated_once_is_left_alone, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_migrated_database_looks_like_a_new_one, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_migration_that_fails_leaves_the_database_as_it_was, make_place,
                                        remove_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
