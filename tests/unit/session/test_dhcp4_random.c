// SPDX-License-Identifier: GPL-3.0-or-later
// Random interleavings of many clients, with a clock of our own and restarts in between, against what the
// clients believe. Two networks share the wire; one range is for a class, one for BOOTP, one address is
// reserved. Whatever happens: no two clients believe in one address, nobody believes longer than the books
// do, and the reserved address is its machine's alone.
#include "session/dhcp4.h"

#include "base/time.h"
#include "unit/session/dhcp4_world.h"
#include "unit/test.h"

#include <string.h>

#define CLIENTS    36u
#define MEMBERS    12u // the first ones belong to the class
#define OWNER      5u  // whose address is reserved
#define STEPS      20000u
#define CLASS      1u
#define ADDRESSES  512u // of both subnets
#define RESERVED   104u
#define BASE       0x0a000000u
#define RANGES_ALL 4u

struct belief {
    struct ip4 address; // 0 = has none
    struct ip4 offered;
    int64_t ends_s; // INT64_MAX = for ever
};

static struct world world;
static struct network networks[2];
static struct belief beliefs[CLIENTS];
static struct lease stored[ADDRESSES]; // as the store keeps them
static uint64_t seed;
static uint64_t bound;
static _Alignas(max_align_t) uint8_t memory[16384];

static const struct pool_range RANGES[RANGES_ALL] = {
    {.first = {BASE + 100}, .count = 8},
    {.first = {BASE + 120}, .count = 5, .classes = CLASS},
    {.first = {BASE + 140}, .count = 4, .has_bootp = true},
    {.first = {BASE + 256 + 50}, .count = 7, .network = 1},
};

static uint32_t random_below(uint32_t below)
{
    seed ^= seed << 13; // xorshift64, Marsaglia 2003
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 33) % below;
}

// Everything but what is stored is gone, and comes back.
static void restart(void)
{
    assert_true(pool_bytes_ranges(RANGES, RANGES_ALL) <= sizeof memory);
    pool_init_ranges(&world.pool, RANGES, RANGES_ALL, (struct hash_key){seed, 1}, memory);
    pool_reserve(&world.pool, (struct ip4){BASE + RESERVED}, true);
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        if (stored[i].address.value != 0) {
            (void)pool_put(&world.pool, &stored[i]);
        }
    }
}

static void begin(uint64_t with)
{
    seed = with;
    bound = 0;
    world_init(&world);
    memset(beliefs, 0, sizeof beliefs);
    memset(stored, 0, sizeof stored);
    for (unsigned i = 0; i < COUNT_OF(networks); i++) {
        networks[i] = world.network;
        networks[i].subnet.network.value = BASE + i * 256;
        networks[i].lease_least_s = 120;
        networks[i].lease_most_s = 7200;
        networks[i].lease_boot_s = 300;
        memcpy(networks[i].shared, "hall", sizeof "hall");
    }
    world.facts.networks = networks;
    world.facts.network_count = COUNT_OF(networks);
    restart();
}

static void store(const struct lease *lease)
{
    if (lease->state != LEASE_OFFERED) {
        stored[lease->address.value - BASE] = *lease;
    }
}

// What the service knows about the one who asks.
static void set_facts(uint32_t client)
{
    world.facts.network = &networks[random_below(8) == 0 ? 1 : 0];
    world.facts.classes = client < MEMBERS ? CLASS : 0;
    world.facts.reserved.value = client == OWNER ? BASE + RESERVED : 0;
    const struct lease *lease = &stored[RESERVED];
    world.facts.reserved_lease = client == OWNER && lease->address.value != 0 ? lease : NULL;
}

static bool say(uint32_t client)
{
    set_facts(client);
    if (random_below(5) == 0) {
        world_add_pxe(&world, "PXEClient:Arch:00007:UNDI:003016", 7);
    }
    bool has_reply = world_send(&world);
    if (world.actions.has_freed) {
        store(&world.actions.freed);
    }
    if (world.actions.has_lease) {
        store(&world.actions.lease);
    }
    return has_reply;
}

static bool is_live(const struct belief *belief)
{
    return belief->address.value != 0 && belief->ends_s > world.facts.now_s;
}

static void believe(struct belief *belief, bool is_lost)
{
    uint32_t lease_s = DURATION_FOREVER_S;
    if (world.reply.kind == DHCP4_NAK) {
        belief->address.value = 0;
        return;
    }
    (void)dhcp4_find_u32(&world.reply, DHCP4_OPTION_LEASE_TIME, &lease_s);
    if (is_lost) { // nobody heard it: the books may know more than the client
        return;
    }
    bound++;
    belief->address = world.reply.yiaddr;
    belief->ends_s = lease_s == DURATION_FOREVER_S ? INT64_MAX : world.facts.now_s + lease_s;
}

static void discover(uint32_t client)
{
    struct belief *belief = &beliefs[client];
    world_request(&world, DHCP4_DISCOVER, (uint8_t)client);
    if (random_below(3) == 0) {
        dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS,
                      (struct ip4){BASE + random_below(ADDRESSES)});
    }
    belief->address.value = 0; // who starts anew uses none (RFC 2131 section 4.4.1)
    belief->offered.value = 0;
    if (say(client)) {
        assert_int_equal(world.reply.kind, DHCP4_OFFER);
        belief->offered = world.reply.yiaddr;
    }
}

static void request(uint32_t client)
{
    struct belief *belief = &beliefs[client];
    bool is_wild = random_below(10) == 0; // one that asks for whatever it likes
    struct ip4 address = is_wild ? (struct ip4){BASE + random_below(ADDRESSES)} : belief->offered;
    struct ip4 server = random_below(12) == 0 ? world_ip(2) : world_ip(1);
    if (address.value == 0 || is_live(belief)) {
        return;
    }
    world_request(&world, DHCP4_REQUEST, (uint8_t)client);
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_SERVER_ID, server);
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS, address);
    if (random_below(4) == 0) {
        dhcp4_put_u32(&world.request, DHCP4_OPTION_LEASE_TIME, random_below(20000));
    }
    if (say(client)) {
        believe(belief, random_below(10) == 0);
    }
}

// Renewing, rebinding, or coming back after its time.
static void go_on(uint32_t client)
{
    struct belief *belief = &beliefs[client];
    if (belief->address.value == 0) {
        return;
    }
    bool is_reboot = random_below(3) == 0 || !is_live(belief);
    world_request(&world, DHCP4_REQUEST, (uint8_t)client);
    if (is_reboot) {
        dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS, belief->address);
    } else {
        world.request.ciaddr = belief->address;
    }
    world.facts.is_unicast = !is_reboot && random_below(2) == 0;
    if (say(client)) {
        believe(belief, false);
    }
}

static void give_up(uint32_t client)
{
    struct belief *belief = &beliefs[client];
    bool is_decline = random_below(4) == 0;
    if (!is_live(belief)) {
        return;
    }
    world_request(&world, is_decline ? DHCP4_DECLINE : DHCP4_RELEASE, (uint8_t)client);
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_SERVER_ID, world_ip(1));
    if (is_decline) {
        dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS, belief->address);
    } else {
        world.request.ciaddr = belief->address;
    }
    assert_false(say(client));
    belief->address.value = 0;
}

static void bootp(uint32_t client)
{
    if (client < CLIENTS - 3) {
        return; // only the last ones are so old
    }
    world_request(&world, DHCP4_BOOTP, (uint8_t)client);
    if (say(client)) {
        believe(&beliefs[client], false);
    }
}

static void step(void)
{
    static void (*const DEEDS[])(uint32_t) = {discover, request, request, go_on, go_on, give_up, bootp};
    DEEDS[random_below(COUNT_OF(DEEDS))](random_below(CLIENTS));
    if (random_below(400) == 0) {
        restart();
    }
    world.facts.now_s += random_below(random_below(50) == 0 ? 4000 : 12);
}

static void check(void)
{
    uint32_t holder[ADDRESSES] = {0};
    for (uint32_t client = 0; client < CLIENTS; client++) {
        const struct belief *belief = &beliefs[client];
        if (!is_live(belief)) {
            continue;
        }
        uint32_t index = belief->address.value - BASE;
        assert_true(index < ADDRESSES);
        assert_int_equal(holder[index], 0);
        holder[index] = client + 1;
        struct hw mac = hw_ethernet((uint8_t[]){0x52, 0x54, 0, 0, 0, (uint8_t)client});
        struct lease_key key = lease_key_from(&mac, NULL, 0);
        assert_true(lease_key_equal(&stored[index].key, &key));
        assert_int_equal(stored[index].state, LEASE_BOUND);
        assert_true(stored[index].ends_s >= belief->ends_s);
        assert_true(client == OWNER || index != RESERVED);
        assert_true(client < MEMBERS || index < 120 || index >= 125);
    }
}

static void run(uint64_t with)
{
    begin(with);
    for (uint32_t i = 0; i < STEPS; i++) {
        step();
        check();
    }
    assert_true(bound > STEPS / 20); // else nothing was tried
}

// The reservation wins however long others were there before: nobody else can hold it, so it is free.
static void its_machine_always_gets_the_reserved_address(void)
{
    for (uint64_t with = 1; with < 20; with++) {
        begin(with * 7919);
        for (uint32_t i = 0; i < 300; i++) {
            step();
        }
        beliefs[OWNER].address.value = 0;
        world.facts.now_s += DHCP4_DECLINE_HOLD_S; // it may have declined it itself
        world_request(&world, DHCP4_DISCOVER, OWNER);
        assert_true(say(OWNER));
        assert_int_equal(world.reply.yiaddr.value, BASE + RESERVED);
    }
}

static void no_two_clients_ever_believe_in_one_address(void **state)
{
    (void)state;
    run(0x1234567890abcdefu);
    run(0x0fedcba987654321u);
}

static void a_reservation_always_wins(void **state)
{
    (void)state;
    its_machine_always_gets_the_reserved_address();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_clients_ever_believe_in_one_address),
        cmocka_unit_test(a_reservation_always_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
