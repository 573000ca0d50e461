// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/dhcp4_leasequery.h"

#include "unit/test.h"

#include <string.h>

#define NOW_S 1000000

static struct dhcp4_message query;
static struct dhcp4_leasequery_facts facts;
static struct dhcp4_actions actions;
static struct lease leases[2];
static struct dhcp4_message reply;
static uint8_t bytes[DHCP4_MOST_BYTES];
static _Alignas(max_align_t) uint8_t memory[DHCP4_ARENA_BYTES];

static struct hw client_hw(uint8_t last)
{
    return hw_ethernet((uint8_t[]){0x52, 0x54, 0, 0, 0, last});
}

static int set_up(void **state)
{
    (void)state;
    struct hw mac = client_hw(1);
    query = (struct dhcp4_message){.op = DHCP4_OP_REQUEST,
                                   .kind = DHCP4_LEASEQUERY,
                                   .chaddr = {.type = 1, .length = 0},
                                   .xid = 7,
                                   .giaddr = {0x0a0000feu}};
    for (unsigned i = 0; i < 2; i++) {
        leases[i] = (struct lease){.address = {0x0a000064u + i},
                                   .key = lease_key_from(&mac, NULL, 0),
                                   .state = LEASE_BOUND,
                                   .starts_s = NOW_S - 100 - i,
                                   .ends_s = NOW_S + 900};
    }
    facts = (struct dhcp4_leasequery_facts){
        .message = &query, .server = {0x0a000001u}, .is_ours = true, .leases = {&leases[0]}, .now_s = NOW_S};
    return 0;
}

// The reply as the relay would find it on its socket.
static bool ask(void)
{
    size_t count = 0;
    struct arena arena = arena_init(memory, sizeof memory);
    dhcp4_leasequery_step(&facts, &actions);
    if (!actions.has_reply) {
        return false;
    }
    assert_int_equal(dhcp4_encode(&actions.reply, DHCP4_MOST_BYTES, bytes, sizeof bytes, &count), STATUS_OK);
    assert_int_equal(dhcp4_decode(bytes, count, &arena, &reply, NULL), STATUS_OK);
    assert_int_equal(reply.kind, actions.reply_kind);
    assert_int_equal(actions.to.value, query.giaddr.value);
    assert_int_equal(actions.to_port, DHCP4_SERVER_PORT);
    assert_false(actions.has_lease);
    return true;
}

static uint32_t number(uint8_t code)
{
    uint32_t value = 0;
    assert_true(dhcp4_find_u32(&reply, code, &value));
    return value;
}

static void an_address_that_is_leased_comes_with_who_has_it_and_for_how_long(void **state)
{
    (void)state;
    query.ciaddr = leases[0].address;
    facts.lease_count = 1;
    assert_true(ask());
    assert_int_equal(reply.kind, DHCP4_LEASEACTIVE);
    struct hw mac = client_hw(1);
    assert_true(hw_equal(&reply.chaddr, &mac));
    assert_int_equal(reply.ciaddr.value, leases[0].address.value);
    assert_int_equal(number(DHCP4_OPTION_LEASE_TIME), 900);
    assert_int_equal(number(DHCP4_OPTION_CLIENT_LAST_TRANSACTION), 100);
    assert_int_equal(number(DHCP4_OPTION_RENEWAL_TIME), 400);
    assert_int_equal(number(DHCP4_OPTION_REBINDING_TIME), 775);
    assert_null(dhcp4_find(&reply, DHCP4_OPTION_ASSOCIATED_IP));
}

static void an_address_of_ours_without_a_lease_is_unassigned_and_a_foreign_one_unknown(void **state)
{
    (void)state;
    query.ciaddr.value = 0x0a000070u;
    assert_true(ask());
    assert_int_equal(reply.kind, DHCP4_LEASEUNASSIGNED);
    facts.is_ours = false;
    assert_true(ask());
    assert_int_equal(reply.kind, DHCP4_LEASEUNKNOWN);
    assert_int_equal(reply.ciaddr.value, query.ciaddr.value);
}

static void leases_that_ended_or_were_never_bound_count_for_nothing(void **state)
{
    (void)state;
    query.ciaddr = leases[0].address;
    facts.lease_count = 1;
    leases[0].ends_s = NOW_S;
    assert_true(ask());
    assert_int_equal(reply.kind, DHCP4_LEASEUNASSIGNED);
    leases[0].ends_s = NOW_S + 600;
    leases[0].state = LEASE_DECLINED;
    assert_true(ask());
    assert_int_equal(reply.kind, DHCP4_LEASEUNASSIGNED);
}

static void a_client_comes_with_its_newest_address_and_all_others(void **state)
{
    (void)state;
    query.chaddr = client_hw(1);
    facts.leases[0] = &leases[1];
    facts.leases[1] = &leases[0];
    facts.lease_count = 2;
    assert_true(ask());
    assert_int_equal(reply.kind, DHCP4_LEASEACTIVE);
    assert_int_equal(reply.ciaddr.value, leases[0].address.value);
    const struct dhcp4_option *all = dhcp4_find(&reply, DHCP4_OPTION_ASSOCIATED_IP);
    assert_non_null(all);
    assert_int_equal(all->length, 8);
    facts.lease_count = 0;
    assert_true(ask());
    assert_int_equal(reply.kind, DHCP4_LEASEUNKNOWN);
}

static void only_what_is_asked_for_is_told(void **state)
{
    (void)state;
    static uint8_t wants[] = {DHCP4_OPTION_LEASE_TIME};
    static struct dhcp4_option option = {DHCP4_OPTION_PARAMETERS, sizeof wants, wants};
    query.ciaddr = leases[0].address;
    query.options = (struct dhcp4_options){.count = 1, .items = &option};
    query.options.slot[DHCP4_OPTION_PARAMETERS] = 1;
    facts.lease_count = 1;
    assert_true(ask());
    assert_int_equal(number(DHCP4_OPTION_LEASE_TIME), 900);
    assert_null(dhcp4_find(&reply, DHCP4_OPTION_RENEWAL_TIME));
    assert_null(dhcp4_find(&reply, DHCP4_OPTION_CLIENT_LAST_TRANSACTION));
}

static void a_client_identifier_made_of_a_hardware_address_is_that_address(void **state)
{
    (void)state;
    static const uint8_t id[] = {1, 0x52, 0x54, 0, 0, 0, 1};
    static struct dhcp4_option option = {DHCP4_OPTION_CLIENT_ID, sizeof id, id};
    query.options = (struct dhcp4_options){.count = 1, .items = &option};
    query.options.slot[DHCP4_OPTION_CLIENT_ID] = 1;
    struct lease_key key = dhcp4_leasequery_key(&query);
    assert_true(lease_key_equal(&key, &leases[0].key));
}

static void who_is_no_relay_or_names_nobody_gets_no_answer(void **state)
{
    (void)state;
    assert_false(ask());
    query.ciaddr = leases[0].address;
    query.giaddr.value = 0;
    assert_false(ask());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_address_that_is_leased_comes_with_who_has_it_and_for_how_long, set_up),
        cmocka_unit_test_setup(an_address_of_ours_without_a_lease_is_unassigned_and_a_foreign_one_unknown,
                               set_up),
        cmocka_unit_test_setup(leases_that_ended_or_were_never_bound_count_for_nothing, set_up),
        cmocka_unit_test_setup(a_client_comes_with_its_newest_address_and_all_others, set_up),
        cmocka_unit_test_setup(only_what_is_asked_for_is_told, set_up),
        cmocka_unit_test_setup(a_client_identifier_made_of_a_hardware_address_is_that_address, set_up),
        cmocka_unit_test_setup(who_is_no_relay_or_names_nobody_gets_no_answer, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
