// SPDX-License-Identifier: GPL-3.0-or-later
// A byte of choices, then datagrams, each behind its length: whatever strangers send one after the other, the
// replies can be read, no two live leases share an address, and none lies outside what may be given away.
#include "fuzz/fuzz.h"
#include "session/client6.h"
#include "session/dhcp6.h"

#include "base/text.h"

#define SLOTS         64
#define DATAGRAMS     8
#define CHOICE_RAPID  0x01
#define CHOICE_HTTP   0x02
#define CHOICE_WIRE   0x04
#define CHOICE_OWNED  0x08
#define CHOICE_DIRECT 0x10
#define CHOICE_NARROW 0x20

static _Alignas(max_align_t) uint8_t pool_memory[SLOTS * 1024];
static const uint8_t SERVER[] = {0, 3, 0, 1, 2, 0, 0, 0, 0, 1};

struct place {
    struct network6 networks[2];
    struct pool6 pool;
    uint8_t choice;
    int64_t now_s;
};

static struct ip6 address_of(uint8_t network, uint8_t last)
{
    return (struct ip6){{0x20, 0x01, 0x0d, 0xb8, 0, network, [15] = last}};
}

static void place_init(struct place *place, uint8_t choice)
{
    *place = (struct place){.choice = choice, .now_s = 1000000};
    fuzz_must(pool6_bytes(SLOTS) <= sizeof pool_memory);
    pool6_init(&place->pool, SLOTS, (struct hash_key){1, 2}, pool_memory);
    for (uint8_t i = 0; i < 2; i++) {
        struct network6 *network = &place->networks[i];
        *network = (struct network6){.prefix = address_of(i + 1, 0),
                                     .prefix_bits = 64,
                                     .valid_s = 3600,
                                     .dns = {address_of(9, 53)},
                                     .dns_count = 1,
                                     .domain = "example.test",
                                     .shared = "wire",
                                     .has_rapid_commit = (choice & CHOICE_RAPID) != 0};
        network->range.first = address_of(i + 1, 0x10);
        network->range.last = address_of(i + 1, (choice & CHOICE_NARROW) != 0 ? 0x12 : 0x1f);
        network->shared[0] = (choice & CHOICE_WIRE) != 0 ? 'w' : '\0';
    }
    fuzz_must(pool6_keep(&place->pool, address_of(1, 0x11), 7, place->now_s) == STATUS_OK);
}

static void check_leases(struct place *place, const struct dhcp6_actions *actions, uint64_t machine_id)
{
    for (size_t i = 0; i < actions->lease_count; i++) {
        const struct lease6 *lease = &actions->leases[i];
        const struct network6 *network = network6_find(place->networks, 2, lease->address);
        fuzz_must(network != NULL && lease->client.duid_length >= 3);
        fuzz_must(network6_is_dynamic(network, lease->address) || lease->state == LEASE_FREE);
        fuzz_must(lease->state == LEASE_FREE || machine_id == 7 ||
                  !ip6_equal(lease->address, address_of(1, 0x11)));
        fuzz_must(lease->ends_s <= place->now_s + POOL6_DECLINED_S);
        for (size_t j = 0; j < i; j++) {
            fuzz_must(!ip6_equal(lease->address, actions->leases[j].address));
        }
        fuzz_must(pool6_put(&place->pool, lease, place->now_s) == STATUS_OK);
    }
}

static void check_reply(const struct dhcp6_message *request, const struct dhcp6_actions *actions)
{
    struct dhcp6_message reply;
    struct dhcp6_option option;
    if (!actions->has_reply) {
        fuzz_must(actions->lease_count == 0);
        return;
    }
    fuzz_must(dhcp6_decode(actions->reply, actions->reply_bytes, &reply, NULL) == STATUS_OK);
    fuzz_must(reply.kind == DHCP6_REPLY || reply.kind == DHCP6_ADVERTISE);
    fuzz_must(reply.xid == request->xid && reply.relay_count == request->relay_count);
    fuzz_must(dhcp6_find(&reply.options, DHCP6_OPTION_SERVER_ID, &option));
    fuzz_must(option.length == sizeof SERVER);
}

static void serve(struct place *place, const struct dhcp6_message *message)
{
    struct boot_client client;
    struct dhcp6_actions actions;
    struct ip6 source = {{0xfe, 0x80, [8] = 0x50, 0x54, 0, 0xff, 0xfe, 0, 0, 5}};
    struct ip6 own = address_of(1, 1);
    client_from_dhcp6(message, source, &client);
    bool is_owner =
        (place->choice & CHOICE_OWNED) != 0 && client.mac.length != 0 && client.mac.octets[0] == 0x52;
    struct dhcp6_facts facts = {.message = message,
                                .client = &client,
                                .source = source,
                                .is_unicast = (place->choice & CHOICE_DIRECT) != 0,
                                .hw = client.mac,
                                .has_seen_hw = message->relay_count == 0,
                                .networks = place->networks,
                                .network_count = 2,
                                .pool = &place->pool,
                                .machine_id = is_owner ? 7 : 0,
                                .hostname = "fuzzed",
                                .server_duid = SERVER,
                                .server_duid_bytes = sizeof SERVER,
                                .preference = 255,
                                .boot.has_file = true,
                                .now_s = place->now_s};
    facts.reserved = is_owner ? address_of(1, 0x11) : facts.reserved;
    facts.network = dhcp6_pick_network(place->networks, 2, message, &own, 1);
    fuzz_must(text_copy(facts.boot.url, sizeof facts.boot.url,
                        (place->choice & CHOICE_HTTP) != 0 ? "http://[2001:db8:1::1]/a"
                                                           : "tftp://[2001:db8:1::1]/a") == STATUS_OK);
    dhcp6_step(&facts, &actions);
    check_leases(place, &actions, facts.machine_id);
    check_reply(message, &actions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct place place;
    struct reader reader = reader_init(data, size);
    place_init(&place, read_u8(&reader));
    for (unsigned i = 0; i < DATAGRAMS && reader_left(&reader) >= 2; i++) {
        struct dhcp6_message message;
        size_t length = read_be16(&reader);
        length = size_min(length, reader_left(&reader));
        const uint8_t *bytes = read_bytes(&reader, length);
        if (bytes != NULL && dhcp6_decode(bytes, length, &message, NULL) == STATUS_OK) {
            serve(&place, &message);
        }
        place.now_s += place.choice;
    }
    return 0;
}
