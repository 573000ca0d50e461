// SPDX-License-Identifier: GPL-3.0-or-later
// What the disk keeps: across closing, across a kill, across a full disk; and what is refused.
#include "store/store.h"

#include "unit/store/facts.h"
#include "unit/store/place.h"
#include "unit/test.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_machine_comes_back_whole(void **state)
{
    struct store *store = open_store(*state);
    struct machine machine = facts_machine("alpha", 1);
    machine.state = MACHINE_APPROVED;
    machine.loader = MACHINE_LOADER_GRUB;
    machine.macs[1] = (struct hw){.type = 32, .length = 16, .octets = {1, 2, 3}};
    machine.mac_count = 2;
    machine.address = (struct ip4){0xfffffffe};
    machine.last_address = (struct ip4){0xc0000201};
    machine.address6 = (struct ip6){{0x20, 0x01, 0x0d, 0xb8, [15] = 9}};
    machine.architecture = 7;
    machine.tftp_blksize = 65464;
    machine.tftp_blksize_learned = 1468;
    machine.tftp_rollover = MACHINE_ROLLOVER_1;
    machine.first_seen_s = 11;
    machine.last_seen_s = INT64_MAX;
    (void)text_copy(machine.serial, sizeof machine.serial, "odd \xff \" ' serial");
    (void)text_copy(machine.hostname, sizeof machine.hostname, "desk");
    memset(machine.uuid.bytes, 0x5a, sizeof machine.uuid.bytes);
    assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
    store = reopen_store(*state, store);
    const struct machine *found = store_machine_find_mac(store, &machine.macs[1]);
    assert_non_null(found);
    assert_memory_equal(found, &machine, sizeof machine);
    store_close(store);
}

static void images_and_profiles_come_back_whole(void **state)
{
    struct store *store = open_store(*state);
    char answer[40000];
    memset(answer, 'a', sizeof answer - 1);
    answer[sizeof answer - 1] = '\0';
    struct image image = facts_image("debian-12");
    struct profile profile = facts_profile("desk", "debian-12");
    image.kind = IMAGE_DISK;
    image.starts = IMAGE_STARTS_BIOS | IMAGE_STARTS_SECURE;
    image.content_bytes = UINT64_C(2361393152);
    image.needs_bytes = UINT64_C(3000000000);
    (void)text_copy(image.medium, sizeof image.medium, "debian-12/medium.iso");
    (void)text_copy(image.sha256, sizeof image.sha256, "00ff");
    image.grade = IMAGE_GRADE_UNATTENDED;
    (void)text_copy(image.remark, sizeof image.remark, "its installer fetches all it needs");
    for (unsigned i = 0; i < IMAGE_EFI_COUNT; i++) {
        (void)snprintf(image.efi_loader[i], sizeof image.efi_loader[i], "EFI/boot/boot%u.efi", i);
    }
    image.method_count = IMAGE_METHODS_MOST;
    for (unsigned i = 0; i < IMAGE_METHODS_MOST; i++) {
        struct image_method *method = &image.methods[i];
        (void)snprintf(method->name, sizeof method->name, "way-%u", i);
        method->way = (enum image_way)(i % IMAGE_WAY_COUNT);
        method->on = (uint8_t)(1u << (i % 4));
        method->memory_bytes = UINT64_C(1) << (30 + i);
        (void)snprintf(method->kernel, sizeof method->kernel, "linux-%u", i);
        (void)snprintf(method->initrd, sizeof method->initrd, "initrd-%u microcode-%u", i, i);
        (void)snprintf(method->arguments, sizeof method->arguments, "ip=dhcp number=%u", i);
    }
    struct profile bare = facts_profile("bare", "debian-12");
    profile.answer = answer;
    profile.answer_bytes = sizeof answer - 1;
    memset(profile.values, 0, sizeof profile.values);
    profile.value_count = PROFILE_VALUES_MOST;
    for (unsigned i = 0; i < PROFILE_VALUES_MOST; i++) {
        (void)snprintf(profile.values[i].key, sizeof profile.values[i].key, "key-%u", i);
        (void)snprintf(profile.values[i].value, sizeof profile.values[i].value, "value %u", i * i);
    }
    assert_int_equal(store_image_put(store, &image, NULL), STATUS_OK);
    assert_int_equal(store_profile_put(store, &profile, NULL), STATUS_OK);
    assert_int_equal(store_profile_put(store, &bare, NULL), STATUS_OK);
    store = reopen_store(*state, store);
    assert_memory_equal(store_image_find(store, "debian-12"), &image, sizeof image);
    struct profile found = *store_profile_find(store, "desk");
    assert_string_equal(found.answer, answer);
    found.answer = profile.answer;
    assert_null(found.personal.ssh_keys);
    assert_memory_equal(&found, &profile, sizeof profile);
    assert_null(store_profile_find(store, "bare")->answer);
    store_close(store);
}

static void what_makes_a_system_its_own_comes_back_whole(void **state)
{
    struct store *store = open_store(*state);
    struct profile profile = facts_profile("web", "debian-12");
    struct profile_personal *personal = &profile.personal;
    strcpy(profile.disk, "transport=nvme smallest");
    strcpy(personal->hostname, "station{{address.last_octet}}");
    strcpy(personal->root_password, "$6$saltsalt$root");
    strcpy(personal->user, "anna");
    strcpy(personal->user_password, "$6$saltsalt$anna");
    strcpy(personal->timezone, "Europe/Berlin");
    strcpy(personal->locale, "de_DE.UTF-8");
    strcpy(personal->packages, "vim openssh-server");
    personal->network = PROFILE_NETWORK_STATIC;
    personal->ssh_keys = "ssh-ed25519 AAAA\n";
    personal->script = "#!/bin/sh\necho '{{hostname}}'\n";
    assert_int_equal(store_profile_put(store, &profile, NULL), STATUS_OK);
    store = reopen_store(*state, store);
    struct profile found = *store_profile_find(store, "web");
    assert_string_equal(found.personal.ssh_keys, personal->ssh_keys);
    assert_string_equal(found.personal.script, personal->script);
    found.personal.ssh_keys = personal->ssh_keys;
    found.personal.script = personal->script;
    assert_memory_equal(&found, &profile, sizeof profile);

    personal->ssh_keys = NULL; // taken away, and the script stays
    found = *store_profile_find(store, "web");
    personal->script = found.personal.script; // a text of the row that is put
    assert_int_equal(store_profile_put(store, &profile, NULL), STATUS_OK);
    store = reopen_store(*state, store);
    assert_null(store_profile_find(store, "web")->personal.ssh_keys);
    assert_string_equal(store_profile_find(store, "web")->personal.script,
                        "#!/bin/sh\necho '{{hostname}}'\n");
    store_close(store);
}

static void an_order_for_the_agent_comes_back_whole_in_every_state(void **state)
{
    struct store *store = open_store(*state);
    struct order orders[ORDER_STATE_COUNT];
    for (enum order_state i = 0; i < ORDER_STATE_COUNT; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "m-%d", (int)i);
        struct machine machine = facts_machine(name, (uint16_t)i);
        machine.counter = 100u + i;
        assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
        orders[i] = facts_order(machine.id, "web");
        orders[i].state = i;
        orders[i].by_agent = true;
        orders[i].tries = 3;
        orders[i].boots = 2;
        orders[i].skip_until_s = 150;
        orders[i].erase_s = 160;
        strcpy(orders[i].why, "ticket 12");
        strcpy(orders[i].hostname, "station12");
        strcpy(orders[i].disk, "serial=S1");
        strcpy(orders[i].erase, "S1");
        strcpy(orders[i].eraser, "anna");
        strcpy(orders[i].target, "S1");
        strcpy(orders[i].trouble, "disk S1, 8 GB: ext4 'root'");
        assert_int_equal(store_order_put(store, &orders[i], NULL), STATUS_OK);
    }
    store = reopen_store(*state, store);
    for (enum order_state i = 0; i < ORDER_STATE_COUNT; i++) {
        assert_memory_equal(store_order_get(store, orders[i].id), &orders[i], sizeof orders[i]);
        assert_int_equal(store_machine_get(store, orders[i].machine_id)->counter, 100 + i);
        bool is_live = store_order_find_live(store, orders[i].machine_id) != NULL;
        assert_int_equal(is_live, order_is_live(&orders[i]));
    }
    store_close(store);
}

static void the_disk_too_holds_one_live_order_of_a_machine_only(void **state)
{
    struct store *store = open_store(*state);
    struct machine machine = facts_machine("alpha", 1);
    assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
    struct order order = facts_order(machine.id, "web");
    assert_int_equal(store_order_put(store, &order, NULL), STATUS_OK);
    store_close(store);
    for (enum order_state i = 0; i < ORDER_STATE_COUNT; i++) {
        char sql[160];
        const struct order second = {.state = i};
        (void)snprintf(sql, sizeof sql, "UPDATE orders SET state = '%s'", order_state_text(i));
        run_sql(*state, sql);
        // Counts as live in the index of live orders exactly when the model says so.
        (void)snprintf(sql, sizeof sql,
                       "SELECT count(*) FROM orders INDEXED BY orders_live WHERE state IN ('armed',"
                       "'booting','running','needs-confirmation','writing','sealing','used')");
        assert_int_equal(ask_sql(*state, sql), order_is_live(&second));
    }
}

static void an_inventory_comes_back_and_goes_with_its_machine(void **state)
{
    struct store *store = open_store(*state);
    struct machine machine = facts_machine("alpha", 1);
    struct machine other = facts_machine("beta", 2);
    int64_t found_s = 0;
    assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
    assert_int_equal(store_machine_put(store, &other, NULL), STATUS_OK);
    assert_int_equal(store_inventory_put(store, machine.id, "{\"disks\":[]}", 77), STATUS_OK);
    assert_int_equal(store_inventory_put(store, other.id, "{}", 78), STATUS_OK);
    store = reopen_store(*state, store);
    assert_string_equal(store_inventory_find(store, machine.id, &found_s), "{\"disks\":[]}");
    assert_int_equal(found_s, 77);

    strcpy(machine.hostname, "new"); // its row is written anew below its inventory
    assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
    store = reopen_store(*state, store);
    assert_int_equal(store_inventory_put(store, machine.id, "{\"disks\":[1]}", 79), STATUS_OK);
    store = reopen_store(*state, store);
    assert_string_equal(store_inventory_find(store, machine.id, &found_s), "{\"disks\":[1]}");
    assert_int_equal(found_s, 79);

    assert_int_equal(store_machine_remove(store, machine.id), STATUS_OK);
    assert_null(store_inventory_find(store, machine.id, &found_s));
    store = reopen_store(*state, store);
    assert_null(store_inventory_find(store, machine.id, &found_s));
    assert_string_equal(store_inventory_find(store, other.id, &found_s), "{}");
    store_close(store);
    assert_int_equal(ask_sql(*state, "SELECT count(*) FROM inventory"), 1);
}

static void add_boot(struct store *store, uint64_t id, const struct machine *machine, const char *verdict)
{
    const struct store_boot boot = {
        .id = id, .mac = machine->macs[0], .verdict = verdict, .json = "{\"stages\":[]}"};
    store_boot_add(store, &boot);
}

static void boots_come_back_with_their_numbers(void **state)
{
    struct store *store = open_store(*state);
    const struct machine alpha = facts_machine("alpha", 1);
    const struct machine beta = facts_machine("beta", 2);
    assert_int_equal(store_boot_last_id(store), 0);
    add_boot(store, 3, &alpha, "");
    add_boot(store, 5, &beta, "beta found no file.");
    assert_false(store_is_dirty(store)); // nobody waits for them
    assert_true(store_has_unabsorbed(store));
    assert_int_equal(store_absorb(store, 1, NULL), STATUS_OK); // a piece at a time
    assert_int_equal(ask_sql(*state, "SELECT count(*) FROM boot"), 1);
    assert_int_equal(store_absorb(store, 1, NULL), STATUS_OK);
    assert_int_equal(ask_sql(*state, "SELECT count(*) FROM boot"), 2);
    assert_false(store_has_unabsorbed(store));
    store = reopen_store(*state, store);
    assert_int_equal(store_boot_last_id(store), 5);
    const struct store_boot *boot = store_boot_find(store, &beta, UINT64_MAX);
    assert_non_null(boot);
    assert_int_equal(boot->id, 5);
    assert_string_equal(boot->verdict, "beta found no file.");
    assert_string_equal(boot->json, "{\"stages\":[]}");
    assert_null(store_boot_find(store, &beta, 5));
    boot = store_boot_find(store, &alpha, UINT64_MAX);
    assert_non_null(boot);
    assert_string_equal(boot->verdict, "");
    store_close(store);
}

static void old_boots_make_room_on_the_disk_as_well(void **state)
{
    struct store *store = open_store(*state);
    const struct machine alpha = facts_machine("alpha", 1);
    for (uint64_t id = 1; id <= STORE_BOOTS_OF_CARD; id++) {
        add_boot(store, id, &alpha, "");
    }
    store = reopen_store(*state, store);
    add_boot(store, 90, &alpha, "");
    add_boot(store, 91, &alpha, "");
    assert_int_equal(store_absorb_all(store, NULL), STATUS_OK);
    assert_int_equal(ask_sql(*state, "SELECT count(*) FROM boot"), STORE_BOOTS_OF_CARD);
    assert_int_equal(ask_sql(*state, "SELECT min(id) FROM boot"), 3);
    for (uint16_t number = 1; number <= STORE_BOOTS_MOST; number++) {
        const struct machine machine = facts_machine("other", (uint16_t)(number + 1000));
        add_boot(store, (uint64_t)number + 100, &machine, "");
    }
    assert_null(store_boot_find(store, &alpha, UINT64_MAX));
    store = reopen_store(*state, store);
    assert_int_equal(ask_sql(*state, "SELECT count(*) FROM boot"), STORE_BOOTS_MOST);
    assert_int_equal(store_boot_last_id(store), STORE_BOOTS_MOST + 100);
    store_close(store);
}

static void boots_are_bounded_in_bytes(void **state)
{
    enum { LONG = 1024 * 1024 - 10 };
    struct store *store = open_store(*state);
    char *json = test_malloc(LONG + 20);
    memset(json, ' ', LONG);
    json[LONG] = '\0';
    for (uint16_t number = 1; number <= 12; number++) {
        const struct machine machine = facts_machine("other", number);
        const struct store_boot boot = {.id = number, .mac = machine.macs[0], .verdict = "", .json = json};
        store_boot_add(store, &boot);
    }
    unsigned count = 0;
    for (uint16_t number = 1; number <= 12; number++) {
        const struct machine machine = facts_machine("other", number);
        count += store_boot_find(store, &machine, UINT64_MAX) != NULL;
    }
    assert_int_equal(count, STORE_BOOTS_BYTES_MOST / LONG);
    memset(json, ' ', LONG + 19);
    json[LONG + 19] = '\0';
    const struct machine machine = facts_machine("long", 99);
    const struct store_boot boot = {.id = 99, .mac = machine.macs[0], .verdict = "", .json = json};
    store_boot_add(store, &boot);
    assert_null(store_boot_find(store, &machine, UINT64_MAX));
    test_free(json);
    store_close(store);
}

static void orders_leases_and_events_come_back_whole(void **state)
{
    struct store *store = open_store(*state);
    struct machine machine = facts_machine("alpha", 1);
    struct lease lease = facts_lease(77);
    struct event event = {.at_ms = 123456789,
                          .kind = EVENT_DHCP,
                          .machine_id = 1,
                          .order_id = 2,
                          .address = ip_from_ip4((struct ip4){5}),
                          .text = "said"};
    lease.state = LEASE_DECLINED;
    lease.ends_s = INT64_MAX;
    event.mac = machine.macs[0];
    reasons_add(&event.reasons, REASON_POOL_FULL);
    reasons_add(&event.reasons, REASON_NO_ORDER);
    assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
    struct order order = facts_order(machine.id, "p");
    order.state = ORDER_USED;
    order.started_s = 1;
    order.used_s = 2;
    order.boots = 3;
    assert_int_equal(store_order_put(store, &order, NULL), STATUS_OK);
    store_lease_put(store, &lease);
    event.id = store_event_add(store, &event);
    store = reopen_store(*state, store);
    assert_memory_equal(store_order_find_live(store, machine.id), &order, sizeof order);
    assert_memory_equal(store_lease_find(store, lease.address), &lease, sizeof lease);
    store_close(store);
    assert_int_equal(ask_sql(*state, "SELECT reasons = 'POOL_FULL,NO_ORDER' FROM event"), 1);
}

static bool take_event(const struct event *event, void *context)
{
    *(struct event *)context = *event;
    return true;
}

static void an_event_keeps_its_address_of_either_family(void **state)
{
    static const char *const TEXTS[] = {"192.0.2.1", "2001:db8::1", "0.0.0.0"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct store *store = open_store(*state);
        struct event event = {.kind = EVENT_HTTP, .text = "said"};
        assert_int_equal(ip_parse(TEXTS[i], &event.address), STATUS_OK);
        store_event_add(store, &event);
        store = reopen_store(*state, store);
        struct event back = {0};
        store_event_each(store, 0, take_event, &back); // the last one
        assert_true(ip_equal(back.address, event.address));
        store_close(store);
    }
}

static void an_event_forgets_reasons_that_are_no_more(void **state)
{
    struct store *store = open_store(*state);
    struct event event = {.kind = EVENT_BOOT};
    store_event_add(store, &event);
    assert_int_equal(store_commit(store, NULL), STATUS_OK);
    store_close(store);
    run_sql(*state, "UPDATE event SET reasons = 'OF_OLD,NO_ORDER,'");
    store = open_store(*state);
    store_event_each(store, 0, take_event, &event);
    assert_int_equal(event.reasons.count, 1);
    assert_int_equal(event.reasons.ids[0], REASON_NO_ORDER);
    store_close(store);
}

static void what_was_removed_stays_removed(void **state)
{
    struct store *store = open_store(*state);
    struct machine machine = facts_machine("alpha", 1);
    struct lease lease = facts_lease(1);
    assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
    struct order order = facts_order(machine.id, "p");
    assert_int_equal(store_order_put(store, &order, NULL), STATUS_OK);
    store_lease_put(store, &lease);
    store = reopen_store(*state, store);
    assert_int_equal(store_machine_remove(store, machine.id), STATUS_OK);
    store_lease_remove(store, lease.address);
    store = reopen_store(*state, store);
    assert_null(store_machine_find_name(store, "alpha"));
    assert_null(store_lease_find(store, lease.address));
    assert_null(store_order_get(store, order.id));
    store_close(store);
    assert_int_equal(ask_sql(*state, "SELECT count(*) FROM machine_mac"), 0);
}

static void an_id_is_never_used_twice(void **state)
{
    struct store *store = open_store(*state);
    struct machine first = facts_machine("first", 1);
    struct machine hasty = facts_machine("hasty", 2);
    assert_int_equal(store_machine_put(store, &first, NULL), STATUS_OK);
    store = reopen_store(*state, store);
    assert_int_equal(store_machine_put(store, &hasty, NULL), STATUS_OK);
    assert_int_equal(store_machine_remove(store, hasty.id), STATUS_OK); // was never written at all
    store = reopen_store(*state, store);
    struct machine second = facts_machine("second", 3);
    assert_int_equal(store_machine_put(store, &second, NULL), STATUS_OK);
    assert_true(second.id > hasty.id && hasty.id > first.id);
    store_close(store);
}

static void names_macs_and_orders_change_hands_in_one_commit(void **state)
{
    struct store *store = open_store(*state);
    struct machine alpha = facts_machine("alpha", 1);
    struct machine beta = facts_machine("beta", 2);
    assert_int_equal(store_machine_put(store, &alpha, NULL), STATUS_OK);
    assert_int_equal(store_machine_put(store, &beta, NULL), STATUS_OK);
    struct order old = facts_order(alpha.id, "p");
    assert_int_equal(store_order_put(store, &old, NULL), STATUS_OK);
    store = reopen_store(*state, store);
    beta.last_seen_s = 5; // beta changes first, so a careless journal would write its new MAC too early
    assert_int_equal(store_machine_put(store, &beta, NULL), STATUS_OK);
    struct machine parked = facts_machine("parked", 3);
    parked.id = alpha.id;
    assert_int_equal(store_machine_put(store, &parked, NULL), STATUS_OK);
    beta = facts_machine("alpha", 1);
    beta.id = 2;
    assert_int_equal(store_machine_put(store, &beta, NULL), STATUS_OK);
    struct order fresh = facts_order(alpha.id, "p");
    old.state = ORDER_CANCELLED;
    assert_int_equal(store_order_put(store, &old, NULL), STATUS_OK);
    assert_int_equal(store_order_put(store, &fresh, NULL), STATUS_OK);
    store = reopen_store(*state, store);
    assert_int_equal(store_machine_find_name(store, "alpha")->id, 2);
    assert_int_equal(store_machine_find_mac(store, &beta.macs[0])->id, 2);
    assert_int_equal(store_order_find_live(store, alpha.id)->id, fresh.id);
    store_close(store);
}

static void old_events_leave_the_disk_too(void **state)
{
    struct store *store = open_store(*state);
    const struct event event = {.kind = EVENT_TFTP, .text = "sent"};
    for (unsigned i = 0; i < STORE_EVENTS_MOST + 500; i++) {
        store_event_add(store, &event);
        if (i % 4000 == 0) {
            assert_int_equal(store_commit(store, NULL), STATUS_OK);
        }
    }
    store = reopen_store(*state, store);
    assert_int_equal(store_event_add(store, &event), STORE_EVENTS_MOST + 501);
    store_close(store);
    assert_int_equal(ask_sql(*state, "SELECT count(*) FROM event"), STORE_EVENTS_MOST);
}

static void nobody_else_may_read_its_files(void **state)
{
    static const char *const ENDINGS[] = {"", "-wal", "-shm", ".lock"};
    const struct place *place = *state;
    char name[128];
    struct stat about;
    close(open(place->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    struct store *store = open_store(place);
    for (size_t i = 0; i < COUNT_OF(ENDINGS); i++) {
        (void)snprintf(name, sizeof name, "%s%s", place->path, ENDINGS[i]);
        assert_int_equal(stat(name, &about), 0);
        assert_int_equal(about.st_mode & 0777, 0600);
    }
    store_close(store);
}

static void a_second_imprint_is_refused(void **state)
{
    const struct place *place = *state;
    struct problem problem = {0};
    char expected[PROBLEM_TEXT_BYTES];
    struct store *store = open_store(place);
    assert_null(store_open(place->path, &problem));
    (void)snprintf(expected, sizeof expected, "another imprint (process %d) has the database %s open",
                   getpid(), place->path);
    assert_string_equal(problem.text, expected);
    store_close(store);
    store_close(open_store(place));
}

static void refuse(const struct place *place, const char *words)
{
    struct problem problem = {0};
    assert_null(store_open(place->path, &problem));
    if (strstr(problem.text, words) == NULL) {
        fail_msg("'%s' does not say '%s'", problem.text, words);
    }
    assert_int_not_equal(problem.remedy[0], '\0');
}

static void write_at(const struct place *place, off_t offset, int octet, size_t count)
{
    char bytes[4096];
    assert_true(count <= sizeof bytes);
    memset(bytes, octet, count);
    int fd = open(place->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, count, offset), count);
    assert_int_equal(close(fd), 0);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    write_at(*state, 0, 'x', 4096);
    refuse(*state, "is damaged, or is no database");
}

static void fill(const struct place *place, unsigned leases)
{
    struct store *store = open_store(place);
    for (uint32_t i = 1; i <= leases; i++) {
        struct lease lease = facts_lease(i);
        store_lease_put(store, &lease);
    }
    assert_int_equal(store_commit(store, NULL), STATUS_OK);
    store_close(store);
}

static void a_database_with_a_broken_page_is_refused(void **state)
{
    fill(*state, 2000);
    int64_t page = ask_sql(*state, "SELECT rootpage FROM sqlite_schema WHERE name = 'lease'");
    write_at(*state, (page - 1) * 4096, 0xee, 4096);
    refuse(*state, "damaged");
}

static void a_broken_page_that_is_not_read_at_the_start_is_found_too(void **state)
{
    fill(*state, 1);
    int64_t page = ask_sql(*state, "SELECT rootpage FROM sqlite_schema WHERE name = 'orders_machine'");
    write_at(*state, (page - 1) * 4096, 0xee, 4096);
    refuse(*state, "damaged");
}

static void a_database_cut_short_is_refused(void **state)
{
    const struct place *place = *state;
    struct stat about;
    fill(place, 2000);
    assert_int_equal(stat(place->path, &about), 0);
    assert_int_equal(truncate(place->path, about.st_size / 2), 0);
    refuse(place, "damaged");
}

static void a_row_that_cannot_be_is_refused(void **state)
{
    fill(*state, 3);
    run_sql(*state, "UPDATE lease SET state = 'sold' WHERE address = 167772162");
    refuse(*state, "row 167772162 of its table lease holds an impossible value");
}

static void the_database_of_another_program_is_refused_and_left_alone(void **state)
{
    run_sql(*state, "CREATE TABLE photos(name TEXT)");
    refuse(*state, "belongs to another program");
    assert_int_equal(ask_sql(*state, "SELECT count(*) FROM sqlite_schema"), 1);
}

static void a_database_of_a_newer_version_is_refused(void **state)
{
    fill(*state, 1);
    run_sql(*state, "PRAGMA user_version = 1000");
    refuse(*state, "was made by a newer imprint: its version is 1000");
}

static void a_missing_folder_is_told(void **state)
{
    struct problem problem = {0};
    (void)state;
    assert_null(store_open("/nonexistent/folder/imprint.db", &problem));
    assert_string_equal(problem.text, "/nonexistent/folder/imprint.db.lock cannot be written: "
                                      "No such file or directory");
}

static void what_a_full_disk_refused_is_written_later(void **state)
{
    const struct rlimit none = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    const struct rlimit little = {.rlim_cur = 200000, .rlim_max = RLIM_INFINITY};
    struct problem problem = {0};
    struct store *store = open_store(*state);
    (void)signal(SIGXFSZ, SIG_IGN);
    for (uint32_t i = 1; i <= 5000; i++) {
        struct lease lease = facts_lease(i);
        store_lease_put(store, &lease);
    }
    const struct event event = {.kind = EVENT_SERVER};
    store_event_add(store, &event);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    enum status refused = store_commit(store, &problem);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_int_equal(refused, STATUS_IO);
    assert_true(problem_is_set(&problem));
    assert_true(store_is_dirty(store));
    assert_non_null(store_lease_find(store, (struct ip4){0x0a000001}));
    assert_int_equal(store_commit(store, NULL), STATUS_OK);
    store_close(store);
    assert_int_equal(ask_sql(*state, "SELECT count(*) FROM lease"), 5000);
    assert_int_equal(ask_sql(*state, "SELECT count(*) FROM event"), 1);
}

static void a_commit_that_failed_in_the_middle_is_taken_back_and_tried_again(void **state)
{
    struct problem problem = {0};
    struct store *store = open_store(*state);
    struct image image = facts_image("debian-12");
    struct lease lease = facts_lease(1);
    run_sql(*state, "INSERT INTO image SELECT 99, 'debian-12', '', '', '', '', '', 0, 0, 0, 'boot', 0, 0, 0, "
                    "'', '', '', '', '', '', ''");
    store_lease_put(store, &lease);
    assert_int_equal(store_image_put(store, &image, NULL), STATUS_OK);
    assert_int_equal(store_commit(store, &problem), STATUS_IO);
    assert_non_null(strstr(problem.text, "UNIQUE constraint failed"));
    run_sql(*state, "DELETE FROM image"); // nothing is locked meanwhile
    assert_int_equal(store_commit(store, NULL), STATUS_OK);
    store_close(store);
    assert_int_equal(ask_sql(*state, "SELECT count(*) FROM image"), 1);
    assert_int_equal(ask_sql(*state, "SELECT count(*) FROM lease"), 1);
}

static void leases_written_beside_the_loop_wait_again_when_the_disk_says_no(void **state)
{
    struct store *store = open_store(*state);
    struct lease lease = facts_lease(1);
    assert_false(store_lease_may_start(store)); // nothing waits
    store_lease_put(store, &lease);
    assert_true(store_lease_may_start(store));
    assert_int_equal(store_lease_start(store, NULL), STATUS_OK);
    assert_false(store_is_dirty(store));
    assert_int_equal(store_lease_sync(store), 0);
    store_lease_finish(store, false);
    assert_true(store_is_dirty(store));
    assert_int_equal(store_lease_start(store, NULL), STATUS_OK);
    struct lease other = facts_lease(2);
    store_lease_put(store, &other);
    assert_false(store_lease_may_start(store)); // the first ones are on their way
    store_lease_finish(store, store_lease_sync(store) == 0);
    assert_true(store_lease_may_start(store));
    struct machine machine = facts_machine("alpha", 1);
    assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
    assert_false(store_lease_may_start(store)); // what goes into the database needs a commit
    store = reopen_store(*state, store);
    assert_memory_equal(store_lease_find(store, lease.address), &lease, sizeof lease);
    assert_memory_equal(store_lease_find(store, other.address), &other, sizeof other);
    store_close(store);
}

static void who_has_a_lease_on_disk_is_known_when_the_disk_says_no(void **state)
{
    struct store *store = open_store(*state);
    struct lease lease = facts_lease(1);
    struct lease other = facts_lease(2);
    store_lease_put(store, &lease);
    assert_false(store_lease_is_durable(store, lease.address));
    assert_int_equal(store_commit(store, NULL), STATUS_OK);
    assert_true(store_lease_is_durable(store, lease.address));
    lease.ends_s += 3600; // a renewal
    store_lease_put(store, &lease);
    store_lease_put(store, &other);
    assert_int_equal(store_lease_start(store, NULL), STATUS_OK);
    assert_true(store_lease_is_durable(store, lease.address));
    assert_false(store_lease_is_durable(store, other.address)); // on its way
    store_lease_finish(store, false);
    assert_true(store_lease_is_durable(store, lease.address));
    assert_false(store_lease_is_durable(store, other.address));
    assert_int_equal(store_lease_start(store, NULL), STATUS_OK);
    store_lease_finish(store, true);
    assert_true(store_lease_is_durable(store, other.address));
    lease.key = other.key; // to somebody else
    store_lease_put(store, &lease);
    assert_false(store_lease_is_durable(store, lease.address));
    other.state = LEASE_FREE;
    store_lease_put(store, &other);
    assert_false(store_lease_is_durable(store, other.address));
    store = reopen_store(*state, store);
    assert_true(store_lease_is_durable(store, lease.address));
    store_close(store);
}

/// Puts and commits for ever, and says after each commit which lease is durable now.
static _Noreturn void promise_leases(const struct place *place, uint32_t from, int said_fd)
{
    struct store *store = store_open(place->path, NULL);
    if (store == NULL) {
        _exit(1);
    }
    for (uint32_t number = from;; number++) {
        struct lease lease = facts_lease(number);
        struct machine machine = facts_machine("", (uint16_t)number);
        (void)snprintf(machine.name, sizeof machine.name, "m-%u", number);
        store_lease_put(store, &lease);
        if (store_machine_put(store, &machine, NULL) != STATUS_OK || store_commit(store, NULL) != STATUS_OK ||
            write(said_fd, &number, sizeof number) != sizeof number) {
            _exit(1);
        }
    }
}

/// Lets a child make promises for a moment, kills it, and returns the last number that it said.
static uint32_t kill_in_the_middle(const struct place *place, uint32_t from, unsigned delay_us)
{
    int pipe_fds[2];
    uint32_t said = from - 1;
    uint32_t number;
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(pipe_fds[0]);
        promise_leases(place, from, pipe_fds[1]);
    }
    (void)close(pipe_fds[1]);
    assert_int_equal(read(pipe_fds[0], &number, sizeof number), sizeof number); // it is at work
    said = number;
    (void)usleep(delay_us);
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(pipe_fds[0], &number, sizeof number) == sizeof number) {
        said = number;
    }
    (void)close(pipe_fds[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return said;
}

static void what_was_said_to_be_durable_survives_a_kill(void **state)
{
    uint32_t next = 1;
    for (unsigned round = 0; round < 20; round++) {
        uint32_t said = kill_in_the_middle(*state, next, round * 1371);
        assert_true(said >= next);
        struct store *store = open_store(*state);
        for (uint32_t number = 1; number <= said; number++) {
            char name[MACHINE_NAME_BYTES];
            const struct lease expected = facts_lease(number);
            (void)snprintf(name, sizeof name, "m-%u", number);
            assert_memory_equal(store_lease_find(store, expected.address), &expected, sizeof expected);
            assert_non_null(store_machine_find_name(store, name));
        }
        // The one after may have become durable too, without having been said: the lease, or both.
        const struct machine more = facts_machine("", (uint16_t)(said + 1));
        bool has_one_more = store_machine_find_mac(store, &more.macs[0]) != NULL;
        bool has_its_lease = store_lease_find(store, (struct ip4){0x0a000000u + said + 1}) != NULL;
        assert_true(has_its_lease || !has_one_more);
        next = said + 1 + has_one_more;
        store_close(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_machine_comes_back_whole, make_place, remove_place),
        cmocka_unit_test_setup_teardown(images_and_profiles_come_back_whole, make_place, remove_place),
        cmocka_unit_test_setup_teardown(what_makes_a_system_its_own_comes_back_whole, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(an_order_for_the_agent_comes_back_whole_in_every_state, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(the_disk_too_holds_one_live_order_of_a_machine_only, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(boots_come_back_with_their_numbers, make_place, remove_place),
        cmocka_unit_test_setup_teardown(old_boots_make_room_on_the_disk_as_well, make_place, remove_place),
        cmocka_unit_test_setup_teardown(boots_are_bounded_in_bytes, make_place, remove_place),
        cmocka_unit_test_setup_teardown(an_inventory_comes_back_and_goes_with_its_machine, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(orders_leases_and_events_come_back_whole, make_place, remove_place),
        cmocka_unit_test_setup_teardown(an_event_keeps_its_address_of_either_family, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(an_event_forgets_reasons_that_are_no_more, make_place, remove_place),
        cmocka_unit_test_setup_teardown(what_was_removed_stays_removed, make_place, remove_place),
        cmocka_unit_test_setup_teardown(an_id_is_never_used_twice, make_place, remove_place),
        cmocka_unit_test_setup_teardown(names_macs_and_orders_change_hands_in_one_commit, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(who_has_a_lease_on_disk_is_known_when_the_disk_says_no, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(leases_written_beside_the_loop_wait_again_when_the_disk_says_no,
                                        make_place, remove_place),
        cmocka_unit_test_setup_teardown(old_events_leave_the_disk_too, make_place, remove_place),
        cmocka_unit_test_setup_teardown(nobody_else_may_read_its_files, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_second_imprint_is_refused, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_database_is_refused, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_database_with_a_broken_page_is_refused, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_broken_page_that_is_not_read_at_the_start_is_found_too, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_database_cut_short_is_refused, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_row_that_cannot_be_is_refused, make_place, remove_place),
        cmocka_unit_test_setup_teardown(the_database_of_another_program_is_refused_and_left_alone, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_database_of_a_newer_version_is_refused, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_missing_folder_is_told, make_place, remove_place),
        cmocka_unit_test_setup_teardown(what_a_full_disk_refused_is_written_later, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_commit_that_failed_in_the_middle_is_taken_back_and_tried_again,
                                        make_place, remove_place),
        cmocka_unit_test_setup_teardown(what_was_said_to_be_durable_survives_a_kill, make_place,
                                        remove_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
