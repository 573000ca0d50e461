// SPDX-License-Identifier: GPL-3.0-or-later
// Many clients that do anything at any time, with a simulated clock. They keep books of what they were told,
// and the books must never contradict each other: no two clients may use one address, none longer than the
// server remembers it, and a reserved one only by its machine.
#include "unit/session/dhcp6_world.h"

#include "unit/test.h"

#include <stdio.h>

#define CLIENTS   40
#define PARTS     2
#define STEPS     40000
#define MACHINE   7 // the number of the client whose address is reserved
#define ADDRESSES 24

static struct world6 world;

struct held { // what a client believes
    struct ip6 address;
    int64_t ends_s;
};

static struct held books[CLIENTS][PARTS];

static uint32_t draw(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % below;
}

// Half of the clients are pairs: two DUIDs of one card, as firmware and system of one machine.
static void start(enum dhcp6_kind kind, unsigned client)
{
    char duid[16];
    char source[IP6_TEXT_BYTES];
    unsigned card = client < CLIENTS / 2 ? client / 2 : client;
    (void)snprintf(duid, sizeof duid, "duid-%u", client);
    (void)snprintf(source, sizeof source, "fe80::5054:ff:fe00:%x", card + 1);
    world6_start_as(&world, kind, duid, source);
    world.facts.machine_id = client == MACHINE ? MACHINE : 0;
    world.facts.reserved = client == MACHINE ? world6_address("2001:db8:1::105") : (struct ip6){{0}};
}

static bool is_same_card(unsigned a, unsigned b)
{
    return a == b || (a < CLIENTS / 2 && b < CLIENTS / 2 && a / 2 == b / 2);
}

static void add_part(unsigned client, unsigned part)
{
    char text[IP6_TEXT_BYTES];
    struct ip6 address = books[client][part].address;
    world6_add_ia(&world, part + 1, ip6_is_none(address) ? NULL : ip6_print(address, text));
}

// Nobody else uses `address`: the other half of a pair does not run any more when this one has it.
static void take_over(unsigned client, unsigned part)
{
    for (unsigned other = 0; other < CLIENTS; other++) {
        for (unsigned i = 0; i < PARTS; i++) {
            struct held *held = &books[other][i];
            if ((other == client && i == part) || held->ends_s <= world.facts.now_s ||
                !ip6_equal(held->address, books[client][part].address)) {
                continue;
            }
            assert_true(other != client && is_same_card(client, other));
            *held = (struct held){.ends_s = 0};
        }
    }
}

static void check_lease(unsigned client, unsigned part, const struct dhcp6_ia_address *told)
{
    const struct pool6_slot *slot = pool6_find_address(&world.pool, told->address);
    assert_non_null(slot);
    assert_int_equal(slot->lease.state, LEASE_BOUND);
    assert_true(slot->lease.ends_s >= world.facts.now_s + told->valid_s);
    assert_true(told->preferred_s <= told->valid_s && told->valid_s <= WORLD6_LEASE_S);
    bool is_reserved = world6_is(told->address, "2001:db8:1::105");
    assert_true(!is_reserved || client == MACHINE);
    assert_true(is_reserved || network6_is_dynamic(&world.networks[0], told->address));
    books[client][part] = (struct held){told->address, world.facts.now_s + told->valid_s};
    take_over(client, part);
}

// What the reply says of each part goes into the client's books.
static void note(unsigned client)
{
    for (unsigned part = 0; part < PARTS; part++) {
        struct dhcp6_ia_address told;
        if (!ip6_is_none(world6_address_in(&world, part + 1, &told))) {
            check_lease(client, part, &told);
        } else if (world6_status_in(&world, part + 1) >= 0) {
            books[client][part] = (struct held){.ends_s = 0};
        }
    }
}

// The parts of the message in any order: of those in one message none may take the other's address.
static void step_lease(unsigned client, enum dhcp6_kind kind, unsigned parts, unsigned first)
{
    start(kind, client);
    if (kind == DHCP6_REQUEST || kind == DHCP6_RENEW) {
        world6_add_server(&world, true);
    }
    for (unsigned part = 0; part < parts; part++) {
        add_part(client, (part + first) % PARTS);
    }
    if (world6_send(&world) && kind != DHCP6_SOLICIT) {
        note(client);
    }
}

static void step_return(unsigned client, enum dhcp6_kind kind, unsigned part)
{
    if (ip6_is_none(books[client][part].address)) {
        return;
    }
    start(kind, client);
    world6_add_server(&world, true);
    add_part(client, part);
    assert_true(world6_send(&world));
    books[client][part] = (struct held){.ends_s = 0};
}

static void step(uint64_t *state)
{
    static const enum dhcp6_kind KINDS[] = {DHCP6_SOLICIT, DHCP6_REQUEST, DHCP6_REQUEST,
                                            DHCP6_RENEW,   DHCP6_REBIND,  DHCP6_RENEW};
    unsigned client = draw(state, CLIENTS);
    unsigned what = draw(state, 40);
    world.facts.now_s += draw(state, 4) == 0 ? draw(state, 400) : 0;
    for (unsigned part = 0; part < PARTS; part++) {
        if (books[client][part].ends_s <= world.facts.now_s) {
            books[client][part] = (struct held){.ends_s = 0};
        }
    }
    if (what == 0) {
        step_return(client, DHCP6_DECLINE, draw(state, PARTS));
    } else if (what < 5) {
        step_return(client, DHCP6_RELEASE, draw(state, PARTS));
    } else {
        step_lease(client, KINDS[draw(state, COUNT_OF(KINDS))], 1 + draw(state, PARTS), draw(state, PARTS));
    }
}

static void whatever_clients_do_no_two_use_one_address(void **ignored)
{
    (void)ignored;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        uint64_t state = seed;
        unsigned full = 0;
        world6_init(&world);
        memset(books, 0, sizeof books);
        world.networks[0].range.last = world6_address("2001:db8:1::117");
        world.facts.now_s = WORLD6_START_S;
        assert_int_equal(pool6_keep(&world.pool, world6_address("2001:db8:1::105"), MACHINE, WORLD6_START_S),
                         STATUS_OK);
        for (unsigned i = 0; i < STEPS; i++) {
            step(&state);
            full += reasons_has(&world.actions.reasons, REASON_POOL_FULL);
        }
        assert_true(full > 100 && full < STEPS / 2); // the range was too small, and not always
        assert_true(world.pool.unused <= ADDRESSES); // as many slots as addresses: nothing leaks
    }
}

static void a_machine_gets_its_reserved_address_however_full_the_range_is(void **ignored)
{
    (void)ignored;
    world6_init(&world);
    memset(books, 0, sizeof books);
    world.networks[0].range.last = world6_address("2001:db8:1::107");
    assert_int_equal(pool6_keep(&world.pool, world6_address("2001:db8:1::105"), MACHINE, WORLD6_START_S),
                     STATUS_OK);
    for (unsigned client = CLIENTS - 1; client < CLIENTS; client--) {
        if (client != MACHINE) {
            step_lease(client, DHCP6_REQUEST, 1, 0);
        }
    }
    step_lease(MACHINE, DHCP6_REQUEST, 1, 0);
    assert_true(world6_is(books[MACHINE][0].address, "2001:db8:1::105"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_clients_do_no_two_use_one_address),
        cmocka_unit_test(a_machine_gets_its_reserved_address_however_full_the_range_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
