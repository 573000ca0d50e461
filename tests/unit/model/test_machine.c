// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/machine.h"

#include "unit/test.h"

static struct hw mac_with(uint8_t last)
{
    return hw_ethernet((const uint8_t[6]){0x52, 0x54, 0x00, 0xaa, 0xbb, last});
}

static void a_new_machine_knows_nothing_and_waits_for_a_decision(void **state)
{
    (void)state;
    struct machine machine;
    memset(&machine, 0x5a, sizeof machine);
    machine_init(&machine);
    assert_int_equal(machine.state, MACHINE_NEW);
    assert_int_equal(machine.loader, MACHINE_LOADER_AUTO);
    assert_int_equal(machine.id, 0);
    assert_int_equal(machine.mac_count, 0);
    assert_int_equal(machine.architecture, UINT16_MAX);
    assert_int_equal(machine.address.value, 0);
    assert_true(uuid_is_useless(&machine.uuid));
    assert_string_equal(machine_hostname(&machine), "");
}

static void names_are_dns_labels(void **state)
{
    (void)state;
    char longest[MACHINE_NAME_BYTES] = {0};
    memset(longest, 'a', MACHINE_NAME_BYTES - 1);
    char too_long[MACHINE_NAME_BYTES + 1] = {0};
    memset(too_long, 'a', MACHINE_NAME_BYTES);
    const struct {
        const char *name;
        enum status status;
    } cases[] = {
        {"a", STATUS_OK},
        {"7", STATUS_OK},
        {"lab-01", STATUS_OK},
        {"m-aabbcc", STATUS_OK},
        {"a--b", STATUS_OK},
        {longest, STATUS_OK},
        {too_long, STATUS_TOO_LONG},
        {"", STATUS_MALFORMED},
        {"-", STATUS_MALFORMED},
        {"-lab", STATUS_MALFORMED},
        {"lab-", STATUS_MALFORMED},
        {"Lab", STATUS_MALFORMED},
        {"lab.example", STATUS_MALFORMED},
        {"lab 1", STATUS_MALFORMED},
        {"lab_1", STATUS_MALFORMED},
        {"lab\n", STATUS_MALFORMED},
        {"l\xc3\xa4"
         "b",
         STATUS_MALFORMED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct problem problem = {0};
        assert_int_equal(machine_check_name(cases[i].name, &problem), cases[i].status);
        assert_int_equal(problem_is_set(&problem), cases[i].status != STATUS_OK);
        assert_int_equal(machine_check_name(cases[i].name, NULL), cases[i].status);
    }
}

static void a_machine_nobody_named_is_called_after_the_end_of_its_mac(void **state)
{
    (void)state;
    char name[MACHINE_NAME_BYTES];
    struct hw mac = mac_with(0x0c);
    machine_pick_name(&mac, name);
    assert_string_equal(name, "m-aabb0c");
    assert_int_equal(machine_check_name(name, NULL), STATUS_OK);
}

static void odd_link_layer_addresses_give_valid_names_too(void **state)
{
    (void)state;
    char name[MACHINE_NAME_BYTES];
    machine_pick_name(&(struct hw){.type = 32, .length = 2, .octets = {0xab, 0x01}}, name);
    assert_string_equal(name, "m-ab01");
    machine_pick_name(&(struct hw){0}, name);
    assert_string_equal(name, "m-unknown");
}

static void a_mac_is_added_once(void **state)
{
    (void)state;
    struct machine machine;
    machine_init(&machine);
    struct hw first = mac_with(1);
    struct hw second = mac_with(2);
    assert_int_equal(machine_add_mac(&machine, &first), STATUS_OK);
    assert_int_equal(machine_add_mac(&machine, &first), STATUS_EXISTS);
    assert_int_equal(machine.mac_count, 1);
    assert_true(machine_has_mac(&machine, &first));
    assert_false(machine_has_mac(&machine, &second));
}

static void a_machine_has_room_for_eight_macs(void **state)
{
    (void)state;
    struct machine machine;
    machine_init(&machine);
    for (uint8_t i = 0; i < MACHINE_MACS_MOST; i++) {
        struct hw mac = mac_with(i);
        assert_int_equal(machine_add_mac(&machine, &mac), STATUS_OK);
    }
    struct hw ninth = mac_with(MACHINE_MACS_MOST);
    struct hw third = mac_with(2);
    assert_int_equal(machine_add_mac(&machine, &ninth), STATUS_FULL);
    assert_int_equal(machine_add_mac(&machine, &third), STATUS_EXISTS);
    assert_false(machine_has_mac(&machine, &ninth));
    assert_true(machine_has_mac(&machine, &third));
}

static void states_are_read_back_from_their_texts(void **state)
{
    (void)state;
    static const char *const texts[MACHINE_STATE_COUNT] = {"new", "approved", "rejected"};
    for (enum machine_state i = 0; i < MACHINE_STATE_COUNT; i++) {
        enum machine_state parsed = MACHINE_STATE_COUNT;
        assert_string_equal(machine_state_text(i), texts[i]);
        assert_int_equal(machine_state_parse(texts[i], &parsed), STATUS_OK);
        assert_int_equal(parsed, i);
    }
    enum machine_state parsed = MACHINE_REJECTED;
    assert_int_equal(machine_state_parse("Approved", &parsed), STATUS_NOT_FOUND);
    assert_int_equal(parsed, MACHINE_REJECTED);
}

static void loaders_are_read_back_from_their_texts(void **state)
{
    (void)state;
    static const char *const texts[MACHINE_LOADER_COUNT] = {"auto", "ipxe", "pxelinux", "grub"};
    for (enum machine_loader i = 0; i < MACHINE_LOADER_COUNT; i++) {
        enum machine_loader parsed = MACHINE_LOADER_COUNT;
        assert_string_equal(machine_loader_text(i), texts[i]);
        assert_int_equal(machine_loader_parse(texts[i], &parsed), STATUS_OK);
        assert_int_equal(parsed, i);
    }
    enum machine_loader parsed = MACHINE_LOADER_GRUB;
    assert_int_equal(machine_loader_parse("lilo", &parsed), STATUS_NOT_FOUND);
    assert_int_equal(parsed, MACHINE_LOADER_GRUB);
}

static void rollovers_are_read_back_from_their_texts(void **state)
{
    (void)state;
    for (enum machine_rollover i = 0; i < MACHINE_ROLLOVER_COUNT; i++) {
        enum machine_rollover parsed = MACHINE_ROLLOVER_COUNT;
        assert_int_equal(machine_rollover_parse(machine_rollover_text(i), &parsed), STATUS_OK);
        assert_int_equal(parsed, i);
    }
    enum machine_rollover parsed = MACHINE_ROLLOVER_1;
    assert_int_equal(machine_rollover_parse("2", &parsed), STATUS_NOT_FOUND);
    assert_int_equal(parsed, MACHINE_ROLLOVER_1);
}

static void the_host_name_is_its_own_or_else_the_name(void **state)
{
    (void)state;
    struct machine machine = {.name = "lab-01"};
    assert_string_equal(machine_hostname(&machine), "lab-01");
    strcpy(machine.hostname, "alpha");
    assert_string_equal(machine_hostname(&machine), "alpha");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_machine_knows_nothing_and_waits_for_a_decision),
        cmocka_unit_test(names_are_dns_labels),
        cmocka_unit_test(a_machine_nobody_named_is_called_after_the_end_of_its_mac),
        cmocka_unit_test(odd_link_layer_addresses_give_valid_names_too),
        cmocka_unit_test(a_mac_is_added_once),
        cmocka_unit_test(a_machine_has_room_for_eight_macs),
        cmocka_unit_test(states_are_read_back_from_their_texts),
        cmocka_unit_test(loaders_are_read_back_from_their_texts),
        cmocka_unit_test(rollovers_are_read_back_from_their_texts),
        cmocka_unit_test(the_host_name_is_its_own_or_else_the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
