// SPDX-License-Identifier: GPL-3.0-or-later
// Who sees which entry, and what may erase.
#include "model/dhcp_class.h"
#include "model/menu.h"

#include "unit/test.h"

#include <stdio.h>

static struct machine machine_in(const char *name, const char *classes)
{
    struct machine machine;
    machine_init(&machine);
    (void)text_copy(machine.name, sizeof machine.name, name);
    (void)text_copy(machine.classes, sizeof machine.classes, classes);
    return machine;
}

static void an_entry_that_names_nobody_is_for_all(void **state)
{
    (void)state;
    struct menu_entry entry = {.name = "a"};
    struct machine machine = machine_in("pc1", "");
    assert_true(menu_entry_is_for(&entry, &machine));
}

static void classes_and_machines_are_whole_names(void **state)
{
    (void)state;
    struct menu_entry entry = {
        .classes = {"lab", "x"}, .class_count = 2, .machines = {"pc1"}, .machine_count = 1};
    static const struct {
        const char *name;
        const char *classes;
        bool is_for;
    } CASES[] = {{"pc1", "", true},      {"pc10", "", false},       {"pc2", "lab", true},
                 {"pc2", "labs", false}, {"pc2", "my lab x", true}, {"pc2", "la b", false}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct machine machine = machine_in(CASES[i].name, CASES[i].classes);
        assert_int_equal(menu_entry_is_for(&entry, &machine), CASES[i].is_for);
    }
}

static void a_menu_is_for_whom_an_entry_is(void **state)
{
    (void)state;
    struct menu menu = {.entries = {{.name = "a", .machines = {"pc1"}, .machine_count = 1}},
                        .entry_count = 1};
    struct machine one = machine_in("pc1", "");
    struct machine other = machine_in("pc2", "");
    assert_true(menu_is_for(&menu, &one));
    assert_false(menu_is_for(&menu, &other));
    assert_ptr_equal(menu_find(&menu, &one, "a"), &menu.entries[0]);
    assert_null(menu_find(&menu, &other, "a"));
    assert_null(menu_find(&menu, &one, "b"));
}

static void images_for_disks_and_answered_installers_may_erase(void **state)
{
    (void)state;
    struct profile plain = {.name = "p"};
    struct profile answered = {.name = "p", .answer = "x"};
    struct image installer = {.kind = IMAGE_BOOT, .grade = IMAGE_GRADE_UNATTENDED};
    struct image live = {.kind = IMAGE_BOOT, .grade = IMAGE_GRADE_LIVE};
    struct image disk = {.kind = IMAGE_DISK};
    assert_true(menu_may_erase(&plain, &disk));
    assert_true(menu_may_erase(&answered, &installer));
    assert_false(menu_may_erase(&plain, &installer));
    assert_false(menu_may_erase(&answered, &live));
}

static void names_of_classes_that_find_no_room_are_left_out_whole(void **state)
{
    (void)state;
    static struct dhcp_classes classes;
    char names[MACHINE_CLASSES_BYTES];
    for (unsigned i = 0; i < 12; i++) {
        (void)snprintf(classes.items[i].name, sizeof classes.items[i].name, "class-of-thirty-characters-%04u",
                       i);
    }
    classes.count = 12;
    dhcp_class_print_names(&classes, 5, names);
    assert_string_equal(names, "class-of-thirty-characters-0000 class-of-thirty-characters-0002");
    dhcp_class_print_names(&classes, 0xfff, names);
    assert_int_equal(strlen(names), 8 * 31 + 7);
    dhcp_class_print_names(&classes, 0, names);
    assert_string_equal(names, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_that_names_nobody_is_for_all),
        cmocka_unit_test(classes_and_machines_are_whole_names),
        cmocka_unit_test(a_menu_is_for_whom_an_entry_is),
        cmocka_unit_test(images_for_disks_and_answered_installers_may_erase),
        cmocka_unit_test(names_of_classes_that_find_no_room_are_left_out_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
