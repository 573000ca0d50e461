// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/session/dhcp6_world.h"

#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#define POOL_COUNT 600

static const uint8_t SERVER[] = {0, 3, 0, 1, 2, 0, 0, 0, 0, 1};

struct ip6 world6_address(const char *text)
{
    struct ip6 address;
    assert_int_equal(ip6_parse(text, &address), STATUS_OK);
    return address;
}

static void network_init(struct network6 *network, const char *prefix, const char *range)
{
    *network = (struct network6){.valid_s = WORLD6_LEASE_S, .dns_count = 1, .domain = "lab.tested"};
    network->dns[0] = world6_address("2001:db8::53");
    assert_int_equal(network6_prefix_parse(prefix, &network->prefix, &network->prefix_bits), STATUS_OK);
    assert_int_equal(network6_span_parse(range, &network->range), STATUS_OK);
    assert_int_equal(network6_check(network, NULL), STATUS_OK);
}

void world6_init(struct world6 *world)
{
    static void *memory;
    if (memory == NULL) {
        memory = malloc(pool6_bytes(POOL_COUNT));
    }
    assert_non_null(memory);
    memset(world, 0, sizeof *world);
    pool6_init(&world->pool, POOL_COUNT, (struct hash_key){3, 4}, memory);
    network_init(&world->networks[0], "2001:db8:1::/64", "2001:db8:1::100-2001:db8:1::1ff");
    network_init(&world->networks[1], "2001:db8:2::/64", "2001:db8:2::100-2001:db8:2::1ff");
    world->facts = (struct dhcp6_facts){.networks = world->networks,
                                        .network_count = 2,
                                        .pool = &world->pool,
                                        .hostname = "",
                                        .server_duid = SERVER,
                                        .server_duid_bytes = sizeof SERVER,
                                        .now_s = WORLD6_START_S};
}

void world6_start_as(struct world6 *world, enum dhcp6_kind kind, const char *duid, const char *source)
{
    world->writer = writer_init(world->bytes, sizeof world->bytes);
    world->facts.source = world6_address(source);
    dhcp6_put_header(&world->writer, kind, 0x010203);
    if (duid != NULL) {
        dhcp6_put(&world->writer, DHCP6_OPTION_CLIENT_ID, duid, strlen(duid));
    }
}

void world6_start(struct world6 *world, enum dhcp6_kind kind, uint8_t number)
{
    char duid[16];
    char source[IP6_TEXT_BYTES];
    (void)snprintf(duid, sizeof duid, "duid-%u", number);
    (void)snprintf(source, sizeof source, "fe80::5054:ff:fe00:%x", number);
    world6_start_as(world, kind, duid, source);
}

void world6_add_server(struct world6 *world, bool is_ours)
{
    uint8_t id[sizeof SERVER];
    memcpy(id, SERVER, sizeof id);
    id[9] = is_ours ? id[9] : 99;
    dhcp6_put(&world->writer, DHCP6_OPTION_SERVER_ID, id, sizeof id);
}

void world6_add_ia(struct world6 *world, uint32_t iaid, const char *address)
{
    size_t mark = dhcp6_open_ia(&world->writer, iaid, 0, 0);
    if (address != NULL) {
        dhcp6_put_ia_address(&world->writer, world6_address(address), 0, 0);
    }
    dhcp6_close_option(&world->writer, mark);
}

void world6_add_wanted(struct world6 *world, const uint16_t *codes, size_t count)
{
    size_t mark = dhcp6_open_option(&world->writer, DHCP6_OPTION_WANTED);
    for (size_t i = 0; i < count; i++) {
        write_be16(&world->writer, codes[i]);
    }
    dhcp6_close_option(&world->writer, mark);
}

void world6_add_firmware(struct world6 *world, const char *class, uint16_t architecture)
{
    static const uint16_t WANTED[] = {DHCP6_OPTION_BOOT_URL, DHCP6_OPTION_BOOT_PARAMS,
                                      DHCP6_OPTION_VENDOR_CLASS};
    const uint8_t code[] = {(uint8_t)(architecture >> 8), (uint8_t)architecture};
    world6_add_wanted(world, WANTED, COUNT_OF(WANTED));
    dhcp6_put(&world->writer, DHCP6_OPTION_ARCHITECTURE, code, sizeof code);
    dhcp6_put_vendor_class(&world->writer, 343, class);
}

// What was written, as the relay at `link` forwards it.
static size_t relay(struct world6 *world)
{
    struct writer writer = writer_init(world->relayed, sizeof world->relayed);
    write_u8(&writer, DHCP6_RELAY_FORWARD);
    write_u8(&writer, 0);
    write_bytes(&writer, world->link.octets, 16);
    write_bytes(&writer, world->facts.source.octets, 16);
    dhcp6_put(&writer, DHCP6_OPTION_INTERFACE_ID, "eth7", 4);
    dhcp6_put(&writer, DHCP6_OPTION_RELAY_MESSAGE, world->bytes, writer_length(&world->writer));
    world->facts.source = world6_address("2001:db8:9::1");
    assert_false(writer.failed);
    return writer_length(&writer);
}

bool world6_send(struct world6 *world)
{
    struct dhcp6_facts *facts = &world->facts;
    struct ip6 own = world6_address("2001:db8:1::1");
    bool is_relayed = !ip6_is_none(world->link);
    const uint8_t *bytes = is_relayed ? world->relayed : world->bytes;
    assert_false(world->writer.failed);
    size_t count = is_relayed ? relay(world) : writer_length(&world->writer);
    assert_int_equal(dhcp6_decode(bytes, count, &world->request, NULL), STATUS_OK);
    client_from_dhcp6(&world->request, facts->source, &world->client);
    facts->message = &world->request;
    facts->client = &world->client;
    facts->hw = world->client.mac;
    struct hw seen;
    facts->has_seen_hw =
        dhcp6_address_find_hw(is_relayed ? world->request.relays[0].peer : facts->source, &seen);
    facts->network = dhcp6_pick_network(world->networks, 2, &world->request, &own, 1);
    dhcp6_step(facts, &world->actions);
    for (size_t i = 0; i < world->actions.lease_count; i++) {
        assert_int_equal(pool6_put(&world->pool, &world->actions.leases[i], facts->now_s), STATUS_OK);
    }
    if (!world->actions.has_reply) {
        assert_int_equal(world->actions.lease_count, 0);
        return false;
    }
    assert_int_equal(dhcp6_decode(world->actions.reply, world->actions.reply_bytes, &world->reply, NULL),
                     STATUS_OK);
    assert_int_equal(world->reply.xid, 0x010203);
    assert_int_equal(world->reply.kind, world->actions.reply_kind);
    assert_int_equal(world->reply.relay_count, is_relayed);
    return true;
}

static bool ia_find(const struct world6 *world, uint32_t iaid, struct dhcp6_ia *ia)
{
    struct reader reader = reader_init(world->reply.options.data, world->reply.options.bytes);
    struct dhcp6_option option;
    while (dhcp6_option_next(&reader, &option)) {
        if (option.code == DHCP6_OPTION_IA_NA) {
            assert_int_equal(dhcp6_decode_ia(&option, ia), STATUS_OK);
            if (ia->id == iaid) {
                return true;
            }
        }
    }
    return false;
}

struct ip6 world6_address_in(const struct world6 *world, uint32_t iaid, struct dhcp6_ia_address *found)
{
    struct dhcp6_ia ia;
    struct dhcp6_option option;
    struct dhcp6_ia_address address;
    if (!world->actions.has_reply || !ia_find(world, iaid, &ia)) {
        return (struct ip6){{0}};
    }
    struct reader reader = reader_init(ia.options.data, ia.options.bytes);
    while (dhcp6_option_next(&reader, &option)) {
        if (option.code == DHCP6_OPTION_IA_ADDRESS) {
            assert_int_equal(dhcp6_decode_ia_address(&option, &address), STATUS_OK);
            if (address.valid_s != 0) {
                assert_true(ia.renew_s <= ia.rebind_s && ia.rebind_s <= address.preferred_s);
                if (found != NULL) {
                    *found = address;
                }
                return address.address;
            }
        }
    }
    return (struct ip6){{0}};
}

int world6_status_in(const struct world6 *world, uint32_t iaid)
{
    struct dhcp6_ia ia;
    struct dhcp6_option option;
    const struct dhcp6_options *options = &world->reply.options;
    if (iaid != 0) {
        if (!ia_find(world, iaid, &ia)) {
            return -1;
        }
        options = &ia.options;
    }
    if (!dhcp6_find(options, DHCP6_OPTION_STATUS, &option)) {
        return -1;
    }
    assert_true(option.length >= 2);
    return option.data[0] << 8 | option.data[1];
}

struct ip6 world6_lease(struct world6 *world, uint8_t number)
{
    char offered[IP6_TEXT_BYTES];
    world6_start(world, DHCP6_SOLICIT, number);
    world6_add_ia(world, 1, NULL);
    if (!world6_send(world)) {
        return (struct ip6){{0}};
    }
    struct ip6 address = world6_address_in(world, 1, NULL);
    if (ip6_is_none(address)) {
        return address;
    }
    world6_start(world, DHCP6_REQUEST, number);
    world6_add_server(world, true);
    world6_add_ia(world, 1, ip6_print(address, offered));
    return world6_send(world) ? world6_address_in(world, 1, NULL) : (struct ip6){{0}};
}

bool world6_is(struct ip6 address, const char *text)
{
    return ip6_equal(address, world6_address(text));
}
