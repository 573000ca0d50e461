// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/identity.h"

#include "unit/test.h"

static const struct hw CARD_A = {1, 6, {0x52, 0x54, 0x00, 0x00, 0x00, 0x0a}};
static const struct hw CARD_B = {1, 6, {0x52, 0x54, 0x00, 0x00, 0x00, 0x0b}};

#define UUID_A       "4c4c4544-0036-3510-8052-b4c04f4e3231"
#define UUID_A_SWAP  "44454c4c-3600-1035-8052-b4c04f4e3231"
#define UUID_B       "38393550-3436-4d32-3233-313930374738"
#define UUID_NOT_SET "03000200-0400-0500-0006-000700080009"

static struct uuid uuid_of(const char *text)
{
    struct uuid uuid = {0};
    if (text[0] != '\0') {
        assert_int_equal(uuid_parse(text, &uuid), STATUS_OK);
    }
    return uuid;
}

static struct machine machine_with(uint64_t id, const struct hw *mac, const char *uuid, const char *serial)
{
    struct machine machine;
    machine_init(&machine);
    machine.id = id;
    machine.uuid = uuid_of(uuid);
    if (mac != NULL) {
        assert_int_equal(machine_add_mac(&machine, mac), STATUS_OK);
    }
    strcpy(machine.serial, serial);
    return machine;
}

static void nobody_we_know_is_unknown(void **state)
{
    (void)state;
    struct evidence evidence = {CARD_A, uuid_of(UUID_A), "SN1"};
    struct identity identity = identity_decide(&evidence, NULL, NULL);
    assert_int_equal(identity.kind, IDENTITY_UNKNOWN);
    assert_null(identity.machine);
    assert_null(identity.other);
    assert_true(reasons_has(&identity.reasons, REASON_MACHINE_UNKNOWN));
}

// One machine is found by its MAC and by nothing else. What do UUID and serial number say about that?
static void a_known_mac_is_confirmed_or_contradicted(void **state)
{
    (void)state;
    static const struct {
        const char *known_uuid;
        const char *known_serial;
        const char *uuid;
        const char *serial;
        enum identity_kind kind;
    } cases[] = {
        // UUID
        {UUID_A, "", UUID_A, "", IDENTITY_KNOWN},
        {UUID_A, "", UUID_A_SWAP, "", IDENTITY_KNOWN}, // the other spelling
        {UUID_A_SWAP, "", UUID_A, "", IDENTITY_KNOWN},
        {UUID_A, "", "", "", IDENTITY_KNOWN}, // operating systems tell none
        {UUID_A, "", UUID_NOT_SET, "", IDENTITY_KNOWN},
        {UUID_A, "", "ffffffff-ffff-ffff-ffff-ffffffffffff", "", IDENTITY_KNOWN},
        {"", "", UUID_B, "", IDENTITY_KNOWN}, // to be learned
        {UUID_NOT_SET, "", UUID_B, "", IDENTITY_KNOWN},
        {UUID_NOT_SET, "", UUID_NOT_SET, "", IDENTITY_KNOWN},
        {UUID_A, "", UUID_B, "", IDENTITY_CONFLICT}, // the card is in another machine
        {UUID_A_SWAP, "", UUID_B, "", IDENTITY_CONFLICT},
        // serial number
        {"", "SN1", "", "SN1", IDENTITY_KNOWN},
        {"", "SN1", "", "sn1", IDENTITY_KNOWN},
        {"", "SN1", "", "", IDENTITY_KNOWN},
        {"", "", "", "SN1", IDENTITY_KNOWN},
        {"", "SN1", "", "SN2", IDENTITY_CONFLICT},
        {UUID_A, "SN1", "", "SN2", IDENTITY_CONFLICT},
        {"", "SN1", UUID_A, "SN2", IDENTITY_CONFLICT},
        {"", "SN1", "", "To Be Filled By O.E.M.", IDENTITY_KNOWN},
        {"", "Default string", "", "SN2", IDENTITY_KNOWN},
        // both: the UUID outweighs
        {UUID_A, "SN1", UUID_A_SWAP, "SN2", IDENTITY_KNOWN},
        {UUID_A, "SN1", UUID_B, "SN1", IDENTITY_CONFLICT},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct machine machine = machine_with(1, &CARD_A, cases[i].known_uuid, cases[i].known_serial);
        struct evidence evidence = {CARD_A, uuid_of(cases[i].uuid), cases[i].serial};
        struct identity identity = identity_decide(&evidence, &machine, NULL);
        if (identity.kind != cases[i].kind) {
            fail_msg("case %zu: kind %d", i, (int)identity.kind);
        }
        assert_ptr_equal(identity.machine, &machine);
        assert_null(identity.other);
        assert_int_equal(reasons_has(&identity.reasons, REASON_IDENTITY_CONFLICT),
                         cases[i].kind == IDENTITY_CONFLICT);
    }
}

static void mac_and_uuid_of_one_machine_make_it_known(void **state)
{
    (void)state;
    struct machine machine = machine_with(1, &CARD_A, UUID_A, "");
    static const char *const spellings[] = {UUID_A, UUID_A_SWAP};
    for (size_t i = 0; i < COUNT_OF(spellings); i++) {
        struct evidence evidence = {CARD_A, uuid_of(spellings[i]), NULL};
        struct identity identity = identity_decide(&evidence, &machine, &machine);
        assert_int_equal(identity.kind, IDENTITY_KNOWN);
        assert_ptr_equal(identity.machine, &machine);
        assert_int_equal(identity.reasons.count, 0);
    }
}

static void two_copies_of_one_machine_are_one_machine(void **state)
{
    (void)state;
    struct machine machine = machine_with(1, &CARD_A, UUID_A, "");
    struct machine copy = machine;
    struct evidence evidence = {CARD_A, uuid_of(UUID_A), NULL};
    assert_int_equal(identity_decide(&evidence, &machine, &copy).kind, IDENTITY_KNOWN);
}

static void machines_not_stored_yet_are_told_apart(void **state)
{
    (void)state;
    struct machine by_mac = machine_with(0, &CARD_A, "", "");
    struct machine by_uuid = machine_with(0, &CARD_B, UUID_A, "");
    struct evidence evidence = {CARD_A, uuid_of(UUID_A), NULL};
    assert_int_equal(identity_decide(&evidence, &by_mac, &by_uuid).kind, IDENTITY_CONFLICT);
}

static void a_dongle_moved_to_another_known_machine_is_a_conflict_of_both(void **state)
{
    (void)state;
    struct machine dongles_owner = machine_with(1, &CARD_A, UUID_A, "");
    struct machine moved_to = machine_with(2, &CARD_B, UUID_B, "");
    struct evidence evidence = {CARD_A, uuid_of(UUID_B), NULL};
    struct identity identity = identity_decide(&evidence, &dongles_owner, &moved_to);
    assert_int_equal(identity.kind, IDENTITY_CONFLICT);
    assert_ptr_equal(identity.machine, &dongles_owner);
    assert_ptr_equal(identity.other, &moved_to);
    assert_true(reasons_has(&identity.reasons, REASON_IDENTITY_CONFLICT));
}

static void a_dongle_whose_owner_has_no_uuid_is_a_conflict_on_another_machine(void **state)
{
    (void)state;
    struct machine dongles_owner = machine_with(1, &CARD_A, "", "");
    struct machine moved_to = machine_with(2, &CARD_B, UUID_B, "");
    struct evidence evidence = {CARD_A, uuid_of(UUID_B), NULL};
    struct identity identity = identity_decide(&evidence, &dongles_owner, &moved_to);
    assert_int_equal(identity.kind, IDENTITY_CONFLICT);
    assert_ptr_equal(identity.other, &moved_to);
}

static void a_new_card_in_a_known_machine_must_be_confirmed(void **state)
{
    (void)state;
    struct machine machine = machine_with(1, &CARD_A, UUID_A, "SN1");
    struct evidence evidence = {CARD_B, uuid_of(UUID_A), "SN1"};
    struct identity identity = identity_decide(&evidence, NULL, &machine);
    assert_int_equal(identity.kind, IDENTITY_CONFLICT);
    assert_ptr_equal(identity.machine, &machine);
    assert_null(identity.other);
    assert_true(reasons_has(&identity.reasons, REASON_IDENTITY_CONFLICT));
}

static void a_uuid_without_a_mac_names_nobody_who_has_a_card(void **state)
{
    (void)state;
    struct machine machine = machine_with(1, &CARD_A, UUID_A, "");
    struct evidence evidence = {{0}, uuid_of(UUID_A), NULL};
    assert_int_equal(identity_decide(&evidence, NULL, &machine).kind, IDENTITY_CONFLICT);
}

static void a_machine_added_by_its_uuid_only_is_known_by_it(void **state)
{
    (void)state;
    struct machine machine = machine_with(1, NULL, UUID_A, "");
    struct evidence evidence = {CARD_A, uuid_of(UUID_A_SWAP), NULL};
    struct identity identity = identity_decide(&evidence, NULL, &machine);
    assert_int_equal(identity.kind, IDENTITY_KNOWN);
    assert_ptr_equal(identity.machine, &machine);
}

static void a_machine_added_by_its_uuid_only_is_not_known_with_another_serial_number(void **state)
{
    (void)state;
    struct machine machine = machine_with(1, NULL, UUID_A, "SN1");
    struct evidence same = {CARD_A, uuid_of(UUID_A), "SN1"};
    struct evidence another = {CARD_A, uuid_of(UUID_A), "SN2"};
    assert_int_equal(identity_decide(&same, NULL, &machine).kind, IDENTITY_KNOWN);
    assert_int_equal(identity_decide(&another, NULL, &machine).kind, IDENTITY_CONFLICT);
}

// The caller passes no machine by UUID when several share it.
static void boards_that_share_a_uuid_are_known_by_their_macs(void **state)
{
    (void)state;
    struct machine first = machine_with(1, &CARD_A, UUID_A, "");
    struct machine second = machine_with(2, &CARD_B, UUID_A, "");
    struct evidence from_first = {CARD_A, uuid_of(UUID_A), NULL};
    struct evidence from_second = {CARD_B, uuid_of(UUID_A), NULL};
    assert_ptr_equal(identity_decide(&from_first, &first, NULL).machine, &first);
    assert_int_equal(identity_decide(&from_first, &first, NULL).kind, IDENTITY_KNOWN);
    assert_ptr_equal(identity_decide(&from_second, &second, NULL).machine, &second);
    assert_int_equal(identity_decide(&from_second, &second, NULL).kind, IDENTITY_KNOWN);
}

static void a_useless_uuid_never_leads_to_a_machine(void **state)
{
    (void)state;
    static const char *const useless[] = {
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        UUID_NOT_SET,
        "00020003-0004-0005-0006-000700080009",
    };
    for (size_t i = 0; i < COUNT_OF(useless); i++) {
        struct machine other = machine_with(2, &CARD_B, useless[i], "");
        struct machine machine = machine_with(1, &CARD_A, UUID_A, "");
        struct evidence evidence = {CARD_A, uuid_of(useless[i]), NULL};
        assert_int_equal(identity_decide(&evidence, NULL, &other).kind, IDENTITY_UNKNOWN);
        struct identity identity = identity_decide(&evidence, &machine, &other);
        assert_int_equal(identity.kind, IDENTITY_KNOWN);
        assert_ptr_equal(identity.machine, &machine);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_we_know_is_unknown),
        cmocka_unit_test(a_known_mac_is_confirmed_or_contradicted),
        cmocka_unit_test(mac_and_uuid_of_one_machine_make_it_known),
        cmocka_unit_test(two_copies_of_one_machine_are_one_machine),
        cmocka_unit_test(machines_not_stored_yet_are_told_apart),
        cmocka_unit_test(a_dongle_moved_to_another_known_machine_is_a_conflict_of_both),
        cmocka_unit_test(a_dongle_whose_owner_has_no_uuid_is_a_conflict_on_another_machine),
        cmocka_unit_test(a_new_card_in_a_known_machine_must_be_confirmed),
        cmocka_unit_test(a_uuid_without_a_mac_names_nobody_who_has_a_card),
        cmocka_unit_test(a_machine_added_by_its_uuid_only_is_known_by_it),
        cmocka_unit_test(a_machine_added_by_its_uuid_only_is_not_known_with_another_serial_number),
        cmocka_unit_test(boards_that_share_a_uuid_are_known_by_their_macs),
        cmocka_unit_test(a_useless_uuid_never_leads_to_a_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
