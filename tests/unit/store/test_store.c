// SPDX-License-Identifier: GPL-3.0-or-later
// The facts in memory, whatever keeps them.
#include "store/store.h"

#include "store/memory.h"
#include "unit/store/facts.h"
#include "unit/test.h"

static int open_memory(void **state)
{
    struct problem problem = {0};
    *state = store_open(NULL, &problem);
    return *state == NULL;
}

static int close_memory(void **state)
{
    store_close(*state);
    return 0;
}

static uint64_t put_machine(struct store *store, const char *name, uint16_t number)
{
    struct machine machine = facts_machine(name, number);
    assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
    return machine.id;
}

static void a_machine_is_found_by_everything_it_has(void **state)
{
    struct store *store = *state;
    struct machine machine = facts_machine("alpha", 1);
    struct hw second = hw_ethernet((const uint8_t[]){2, 2, 2, 2, 2, 2});
    assert_int_equal(machine_add_mac(&machine, &second), STATUS_OK);
    machine.address = (struct ip4){0x0a000007};
    assert_int_equal(uuid_parse("01020304-0506-0708-090a-0b0c0d0e0f10", &machine.uuid), STATUS_OK);
    assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
    assert_int_not_equal(machine.id, 0);
    const struct machine *found = store_machine_get(store, machine.id);
    assert_non_null(found);
    assert_ptr_equal(store_machine_find_mac(store, &machine.macs[0]), found);
    assert_ptr_equal(store_machine_find_mac(store, &second), found);
    assert_ptr_equal(store_machine_find_name(store, "alpha"), found);
    assert_ptr_equal(store_machine_find_address(store, machine.address), found);
    struct uuid swapped = uuid_swap(&machine.uuid);
    assert_ptr_equal(store_machine_find_uuid(store, &machine.uuid, NULL), found);
    assert_ptr_equal(store_machine_find_uuid(store, &swapped, NULL), found);
}

static void what_a_machine_no_longer_has_does_not_find_it(void **state)
{
    struct store *store = *state;
    struct machine machine = facts_machine("alpha", 1);
    machine.address = (struct ip4){7};
    machine.uuid.bytes[0] = 1;
    assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
    struct machine old = machine;
    struct machine renamed = facts_machine("beta", 2);
    renamed.id = machine.id;
    assert_int_equal(store_machine_put(store, &renamed, NULL), STATUS_OK);
    assert_null(store_machine_find_name(store, "alpha"));
    assert_null(store_machine_find_mac(store, &old.macs[0]));
    assert_null(store_machine_find_address(store, old.address));
    assert_null(store_machine_find_uuid(store, &old.uuid, NULL));
    assert_non_null(store_machine_find_name(store, "beta"));
    assert_int_equal(store_machine_remove(store, machine.id), STATUS_OK);
    assert_null(store_machine_find_name(store, "beta"));
    assert_null(store_machine_get(store, machine.id));
    assert_int_equal(store_machine_remove(store, machine.id), STATUS_NOT_FOUND);
}

static void the_indexes_do_not_grow_when_a_machine_changes(void **state)
{
    struct store *store = *state;
    struct machine machine = facts_machine("alpha", 1);
    for (uint16_t i = 0; i < 100; i++) {
        (void)snprintf(machine.name, sizeof machine.name, "m-%u", i);
        machine.macs[0].octets[0] = (uint8_t)(2 * i);
        machine.uuid.bytes[0] = (uint8_t)(1 + i);
        machine.address.value = 1u + i;
        assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
    }
    assert_int_equal(store->machine_by_name.count, 1);
    assert_int_equal(store->machine_by_mac.count, 1);
    assert_int_equal(store->machine_by_uuid.count, 1);
    assert_int_equal(store->machine_by_address.count, 1);
    assert_int_equal(store_machine_remove(store, machine.id), STATUS_OK);
    assert_int_equal(store->machine_by_name.count + store->machine_by_mac.count, 0);
    assert_int_equal(store->machine_by_uuid.count + store->machine_by_address.count, 0);
}

static void a_uuid_that_two_machines_share_names_neither(void **state)
{
    struct store *store = *state;
    bool shared = true;
    struct machine one = facts_machine("one", 1);
    struct machine two = facts_machine("two", 2);
    one.uuid.bytes[3] = 9;
    two.uuid = uuid_swap(&one.uuid);
    assert_int_equal(store_machine_put(store, &one, NULL), STATUS_OK);
    assert_non_null(store_machine_find_uuid(store, &one.uuid, &shared));
    assert_false(shared);
    assert_int_equal(store_machine_put(store, &two, NULL), STATUS_OK);
    assert_null(store_machine_find_uuid(store, &one.uuid, &shared));
    assert_true(shared);
    assert_int_equal(store_machine_remove(store, one.id), STATUS_OK);
    assert_non_null(store_machine_find_uuid(store, &one.uuid, &shared));
    assert_false(shared);
}

static void machines_without_uuid_share_nothing(void **state)
{
    struct store *store = *state;
    const struct uuid none = {0};
    bool shared = true;
    put_machine(store, "one", 1);
    put_machine(store, "two", 2);
    assert_null(store_machine_find_uuid(store, &none, &shared));
    assert_false(shared);
}

static void name_mac_and_reservation_belong_to_one_machine_only(void **state)
{
    struct store *store = *state;
    struct machine owner = facts_machine("owner", 1);
    owner.address = (struct ip4){0x0a000001};
    owner.address6 = (struct ip6){{0x20, 0x01, 0x0d, 0xb8, [15] = 9}};
    assert_int_equal(store_machine_put(store, &owner, NULL), STATUS_OK);

    struct problem problem = {0};
    struct machine same_name = facts_machine("owner", 2);
    assert_int_equal(store_machine_put(store, &same_name, &problem), STATUS_EXISTS);
    assert_string_equal(problem.text, "there is a machine called 'owner' already");
    assert_int_equal(same_name.id, 0);

    problem_clear(&problem);
    struct machine same_mac = facts_machine("other", 1);
    assert_int_equal(store_machine_put(store, &same_mac, &problem), STATUS_EXISTS);
    assert_string_equal(problem.text, "the MAC address 52:54:00:00:00:01 belongs to the machine 'owner'");

    problem_clear(&problem);
    struct machine same_address = facts_machine("other", 3);
    same_address.address = owner.address;
    assert_int_equal(store_machine_put(store, &same_address, &problem), STATUS_EXISTS);
    assert_string_equal(problem.text, "the address 10.0.0.1 is reserved for the machine 'owner'");

    problem_clear(&problem);
    same_address.address = (struct ip4){0};
    same_address.address6 = owner.address6;
    assert_int_equal(store_machine_put(store, &same_address, &problem), STATUS_EXISTS);
    assert_string_equal(problem.text, "the address 2001:db8::9 is reserved for the machine 'owner'");
    assert_string_equal(store_machine_find_address6(store, owner.address6)->name, "owner");
    assert_null(store_machine_find_address6(store, (struct ip6){{1}}));
    assert_int_equal(store_machine_put(store, &owner, NULL), STATUS_OK); // its own are no obstacle
}

static void a_mac_given_twice_is_refused(void **state)
{
    struct machine machine = facts_machine("twice", 1);
    machine.macs[machine.mac_count++] = machine.macs[0];
    assert_int_equal(store_machine_put(*state, &machine, NULL), STATUS_EXISTS);
}

static void a_machine_removed_meanwhile_is_not_put_back(void **state)
{
    struct store *store = *state;
    struct machine machine = facts_machine("gone", 1);
    assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
    assert_int_equal(store_machine_remove(store, machine.id), STATUS_OK);
    assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_NOT_FOUND);
    assert_int_not_equal(put_machine(store, "gone", 1), machine.id);
}

static void borrowed_machines_stay_where_they_are(void **state)
{
    struct store *store = *state;
    char name[MACHINE_NAME_BYTES];
    const struct machine *first = store_machine_get(store, put_machine(store, "first", 0));
    for (uint16_t i = 1; i < 3000; i++) {
        (void)snprintf(name, sizeof name, "m-%u", i);
        put_machine(store, name, i);
    }
    assert_ptr_equal(store_machine_find_name(store, "first"), first);
    assert_string_equal(first->name, "first");
    assert_string_equal(store_machine_find_name(store, "m-2999")->name, "m-2999");
}

static void an_image_in_use_stays(void **state)
{
    struct store *store = *state;
    struct image image = facts_image("debian-12");
    struct profile profile = facts_profile("desk", "debian-12");
    struct problem problem = {0};
    assert_int_equal(store_image_put(store, &image, NULL), STATUS_OK);
    assert_int_equal(store_profile_put(store, &profile, NULL), STATUS_OK);
    assert_int_equal(store_image_remove(store, "debian-12", &problem), STATUS_BUSY);
    assert_string_equal(problem.text, "the image 'debian-12' is in use by the profile 'desk'");
    assert_int_equal(store_profile_remove(store, "desk", NULL), STATUS_OK);
    assert_int_equal(store_image_remove(store, "debian-12", NULL), STATUS_OK);
    assert_int_equal(store_image_remove(store, "debian-12", NULL), STATUS_NOT_FOUND);
    assert_null(store_image_find(store, "debian-12"));
}

static void names_of_images_and_profiles_are_taken_once(void **state)
{
    struct store *store = *state;
    struct image image = facts_image("one");
    struct image again = facts_image("one");
    struct profile profile = facts_profile("p", "one");
    struct profile profile_again = facts_profile("p", "one");
    assert_int_equal(store_image_put(store, &image, NULL), STATUS_OK);
    assert_int_equal(store_image_put(store, &again, NULL), STATUS_EXISTS);
    assert_int_equal(store_image_put(store, &image, NULL), STATUS_OK);
    assert_int_equal(store_profile_put(store, &profile, NULL), STATUS_OK);
    assert_int_equal(store_profile_put(store, &profile_again, NULL), STATUS_EXISTS);
    (void)text_copy(profile.name, sizeof profile.name, "q");
    assert_int_equal(store_profile_put(store, &profile, NULL), STATUS_OK);
    assert_null(store_profile_find(store, "p"));
    assert_int_equal(store_profile_find(store, "q")->id, profile.id);
}

static void a_profile_keeps_its_own_copy_of_the_answer(void **state)
{
    struct store *store = *state;
    char answer[] = "d-i first";
    struct profile profile = facts_profile("p", "i");
    profile.answer = answer;
    profile.answer_bytes = sizeof answer - 1;
    assert_int_equal(store_profile_put(store, &profile, NULL), STATUS_OK);
    memset(answer, 'x', sizeof answer - 1);
    assert_string_equal(store_profile_find(store, "p")->answer, "d-i first");
    struct profile changed = *store_profile_find(store, "p"); // still borrows the store's answer
    changed.created_s = 77;
    assert_int_equal(store_profile_put(store, &changed, NULL), STATUS_OK);
    assert_string_equal(store_profile_find(store, "p")->answer, "d-i first");
    assert_int_equal(store_profile_find(store, "p")->created_s, 77);
}

static void a_machine_has_one_live_order(void **state)
{
    struct store *store = *state;
    struct problem problem = {0};
    struct order first = facts_order(put_machine(store, "alpha", 1), "p");
    struct order second = first;
    assert_int_equal(store_order_put(store, &first, NULL), STATUS_OK);
    assert_int_equal(store_order_put(store, &second, &problem), STATUS_EXISTS);
    assert_string_equal(problem.text, "the machine 'alpha' has an order already: 1");
    assert_int_equal(store_order_find_live(store, first.machine_id)->id, first.id);
    first.state = ORDER_CANCELLED;
    assert_int_equal(store_order_put(store, &first, NULL), STATUS_OK);
    assert_null(store_order_find_live(store, first.machine_id));
    assert_int_equal(store_order_put(store, &second, NULL), STATUS_OK);
    assert_int_equal(store_order_find_live(store, first.machine_id)->id, second.id);
}

static void a_profile_with_a_live_order_stays(void **state)
{
    struct store *store = *state;
    struct profile profile = facts_profile("p", "i");
    struct order order = facts_order(put_machine(store, "alpha", 1), "p");
    assert_int_equal(store_profile_put(store, &profile, NULL), STATUS_OK);
    assert_int_equal(store_order_put(store, &order, NULL), STATUS_OK);
    assert_int_equal(store_profile_remove(store, "p", NULL), STATUS_BUSY);
    order.state = ORDER_FINISHED;
    assert_int_equal(store_order_put(store, &order, NULL), STATUS_OK);
    assert_int_equal(store_profile_remove(store, "p", NULL), STATUS_OK);
}

static void the_orders_of_a_machine_go_with_it(void **state)
{
    struct store *store = *state;
    struct order order = facts_order(put_machine(store, "alpha", 1), "p");
    struct order other = facts_order(put_machine(store, "beta", 2), "p");
    assert_int_equal(store_order_put(store, &order, NULL), STATUS_OK);
    assert_int_equal(store_order_put(store, &other, NULL), STATUS_OK);
    assert_int_equal(store_machine_remove(store, order.machine_id), STATUS_OK);
    assert_null(store_order_get(store, order.id));
    assert_null(store_order_find_live(store, order.machine_id));
    assert_non_null(store_order_get(store, other.id));
    assert_int_equal(store_order_put(store, &order, NULL), STATUS_NOT_FOUND);
}

static bool count_order(const struct order *order, void *context)
{
    (void)order;
    (*(unsigned *)context)++;
    return true;
}

static void old_ended_orders_are_forgotten_but_live_ones_never(void **state)
{
    struct store *store = *state;
    struct order live = facts_order(put_machine(store, "live", 1), "p");
    assert_int_equal(store_order_put(store, &live, NULL), STATUS_OK);
    uint64_t machine = put_machine(store, "busy", 2);
    uint64_t newest = 0;
    for (unsigned i = 0; i < STORE_ORDERS_MOST + 1000; i++) {
        struct order ended = facts_order(machine, "p");
        ended.state = ORDER_FINISHED;
        assert_int_equal(store_order_put(store, &ended, NULL), STATUS_OK);
        newest = ended.id;
    }
    unsigned count = 0;
    store_order_each(store, count_order, &count);
    assert_in_range(count, STORE_ORDERS_MOST, STORE_ORDERS_MOST + 300);
    assert_non_null(store_order_get(store, live.id));
    assert_non_null(store_order_get(store, newest));
    assert_null(store_order_get(store, live.id + 1));
}

struct lease_walk {
    uint32_t last;
    unsigned count;
    unsigned most;
};

static bool walk_lease(const struct lease *lease, void *context)
{
    struct lease_walk *walk = context;
    assert_true(lease->address.value > walk->last);
    walk->last = lease->address.value;
    return ++walk->count < walk->most;
}

static void leases_come_in_order_of_address(void **state)
{
    struct store *store = *state;
    for (uint32_t i = 0; i < 2000; i++) {
        struct lease lease = facts_lease(1 + i * 7919 % 2000);
        store_lease_put(store, &lease);
    }
    store_lease_remove(store, (struct ip4){0x0a000000 + 17});
    store_lease_remove(store, (struct ip4){0x0a000000 + 17});
    assert_null(store_lease_find(store, (struct ip4){0x0a000000 + 17}));
    struct lease_walk walk = {.most = UINT32_MAX};
    store_lease_each(store, walk_lease, &walk);
    assert_int_equal(walk.count, 1999);
    walk = (struct lease_walk){.most = 10};
    store_lease_each(store, walk_lease, &walk);
    assert_int_equal(walk.count, 10);
}

static void only_events_leave_nobody_waiting(void **state)
{
    struct store *store = *state;
    const struct event event = {.kind = EVENT_SERVER, .text = "started"};
    struct lease lease = facts_lease(1);
    assert_int_equal(store_event_add(store, &event), 1);
    assert_false(store_is_dirty(store));
    store_lease_put(store, &lease);
    assert_true(store_is_dirty(store));
    assert_int_equal(store_commit(store, NULL), STATUS_OK);
    assert_false(store_is_dirty(store));
}

struct event_walk {
    uint64_t first;
    uint64_t last;
    unsigned count;
};

static bool walk_event(const struct event *event, void *context)
{
    struct event_walk *walk = context;
    walk->first = walk->count == 0 ? event->id : walk->first;
    assert_true(walk->count == 0 || event->id == walk->last + 1);
    walk->last = event->id;
    walk->count++;
    return true;
}

static void the_newest_events_are_remembered(void **state)
{
    struct store *store = *state;
    struct event event = {.kind = EVENT_BOOT};
    for (unsigned i = 0; i < STORE_EVENTS_MOST + 25; i++) {
        event.at_ms = i;
        store_event_add(store, &event);
    }
    struct event_walk walk = {0};
    store_event_each(store, 0, walk_event, &walk);
    assert_int_equal(walk.count, STORE_EVENTS_MOST);
    assert_int_equal(walk.first, 26);
    assert_int_equal(walk.last, STORE_EVENTS_MOST + 25);
    walk = (struct event_walk){0};
    store_event_each(store, STORE_EVENTS_MOST + 20, walk_event, &walk);
    assert_int_equal(walk.count, 5);
    walk = (struct event_walk){0};
    store_event_each(store, STORE_EVENTS_MOST + 25, walk_event, &walk);
    store_event_each(store, UINT64_MAX, walk_event, &walk);
    assert_int_equal(walk.count, 0);
}

static void the_newest_agent_is_found(void **state)
{
    struct store *store = *state;
    struct image old = facts_image("agent-1");
    struct image new = facts_image("agent-2");
    struct image other = facts_image("imprint-agent"); // only its name says so
    assert_int_equal(store_image_put(store, &other, NULL), STATUS_OK);
    assert_null(store_image_find_agent(store));
    (void)text_copy(old.family, sizeof old.family, IMAGE_AGENT_FAMILY);
    (void)text_copy(new.family, sizeof new.family, IMAGE_AGENT_FAMILY);
    new.created_s = old.created_s + 1;
    assert_int_equal(store_image_put(store, &new, NULL), STATUS_OK);
    assert_int_equal(store_image_put(store, &old, NULL), STATUS_OK);
    assert_string_equal(store_image_find_agent(store)->name, "agent-2");
    old.created_s = new.created_s; // of the same second: the one that was added later
    assert_int_equal(store_image_put(store, &old, NULL), STATUS_OK);
    assert_string_equal(store_image_find_agent(store)->name, "agent-1");
    assert_int_equal(store_image_remove(store, "agent-1", NULL), STATUS_OK);
    assert_string_equal(store_image_find_agent(store)->name, "agent-2");
}

static void the_next_counter_is_the_smallest_that_is_free(void **state)
{
    struct store *store = *state;
    assert_int_equal(store_machine_next_counter(store), 1);
    static const uint32_t counters[] = {2, 0, 1, UINT32_MAX, 4};
    static const uint32_t next[] = {1, 1, 3, 3, 3};
    for (uint16_t i = 0; i < COUNT_OF(counters); i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "m-%u", i);
        struct machine machine = facts_machine(name, i);
        machine.counter = counters[i];
        assert_int_equal(store_machine_put(store, &machine, NULL), STATUS_OK);
        assert_int_equal(store_machine_next_counter(store), next[i]);
    }
}

static void an_inventory_belongs_to_a_machine(void **state)
{
    struct store *store = *state;
    int64_t found_s = 5;
    assert_int_equal(store_inventory_put(store, 1, "{}", 6), STATUS_NOT_FOUND);
    uint64_t id = put_machine(store, "alpha", 1);
    assert_null(store_inventory_find(store, id, &found_s));
    assert_int_equal(found_s, 5);
    assert_int_equal(store_inventory_put(store, id, "{}", 6), STATUS_OK);
    assert_true(store_is_dirty(store));
    // What was found is put again, as it is.
    assert_int_equal(store_inventory_put(store, id, store_inventory_find(store, id, &found_s), 7), STATUS_OK);
    assert_string_equal(store_inventory_find(store, id, &found_s), "{}");
    assert_int_equal(found_s, 7);
    assert_non_null(store_inventory_find(store, id, NULL));
    assert_int_equal(store_machine_remove(store, id), STATUS_OK);
    assert_null(store_inventory_find(store, id, &found_s));
}

static void every_live_state_keeps_a_second_order_away(void **state)
{
    struct store *store = *state;
    uint64_t id = put_machine(store, "alpha", 1);
    struct order first = facts_order(id, "desk");
    assert_int_equal(store_order_put(store, &first, NULL), STATUS_OK);
    for (enum order_state i = 0; i < ORDER_STATE_COUNT; i++) {
        struct order second = facts_order(id, "desk");
        first.state = i;
        assert_int_equal(store_order_put(store, &first, NULL), STATUS_OK);
        enum status status = store_order_put(store, &second, NULL);
        assert_int_equal(status, order_is_live(&first) ? STATUS_EXISTS : STATUS_OK);
        if (status == STATUS_OK) {
            second.state = ORDER_CANCELLED;
            assert_int_equal(store_order_put(store, &second, NULL), STATUS_OK);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_machine_is_found_by_everything_it_has, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(what_a_machine_no_longer_has_does_not_find_it, open_memory,
                                        close_memory),
        cmocka_unit_test_setup_teardown(the_indexes_do_not_grow_when_a_machine_changes, open_memory,
                                        close_memory),
        cmocka_unit_test_setup_teardown(a_uuid_that_two_machines_share_names_neither, open_memory,
                                        close_memory),
        cmocka_unit_test_setup_teardown(machines_without_uuid_share_nothing, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(name_mac_and_reservation_belong_to_one_machine_only, open_memory,
                                        close_memory),
        cmocka_unit_test_setup_teardown(a_mac_given_twice_is_refused, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(a_machine_removed_meanwhile_is_not_put_back, open_memory,
                                        close_memory),
        cmocka_unit_test_setup_teardown(borrowed_machines_stay_where_they_are, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(an_image_in_use_stays, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(names_of_images_and_profiles_are_taken_once, open_memory,
                                        close_memory),
        cmocka_unit_test_setup_teardown(a_profile_keeps_its_own_copy_of_the_answer, open_memory,
                                        close_memory),
        cmocka_unit_test_setup_teardown(a_machine_has_one_live_order, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(a_profile_with_a_live_order_stays, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(the_orders_of_a_machine_go_with_it, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(old_ended_orders_are_forgotten_but_live_ones_never, open_memory,
                                        close_memory),
        cmocka_unit_test_setup_teardown(leases_come_in_order_of_address, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(only_events_leave_nobody_waiting, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(the_newest_events_are_remembered, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(the_newest_agent_is_found, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(the_next_counter_is_the_smallest_that_is_free, open_memory,
                                        close_memory),
        cmocka_unit_test_setup_teardown(an_inventory_belongs_to_a_machine, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(every_live_state_keeps_a_second_order_away, open_memory,
                                        close_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
