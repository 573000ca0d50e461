// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/session/dhcp4_world.h"

#include "session/client.h"
#include "unit/test.h"
#include "wire/pxe.h"

static max_align_t pool_memory[4096 / sizeof(max_align_t)];
static max_align_t decode_memory[2][DHCP4_ARENA_BYTES / sizeof(max_align_t)];

void world_init(struct world *world)
{
    *world = (struct world){0};
    world->network = (struct network){.subnet = {{0x0a000000}, 24},
                                      .first = world_ip(100),
                                      .last = world_ip(109),
                                      .routers = {world_ip(1)},
                                      .router_count = 1,
                                      .dns = {world_ip(1)},
                                      .dns_count = 1,
                                      .ntp = {world_ip(1)},
                                      .ntp_count = 1,
                                      .domain = "example.test",
                                      .lease_s = WORLD_LEASE_S};
    assert_true(pool_bytes(WORLD_ADDRESSES) <= sizeof pool_memory);
    pool_init(&world->pool, world_ip(100), WORLD_ADDRESSES, (struct hash_key){1, 2}, pool_memory);
    world->facts = (struct dhcp4_facts){.server = world_ip(1),
                                        .network = &world->network,
                                        .pool = &world->pool,
                                        .hostname = "",
                                        .now_s = 1000000};
}

void world_request(struct world *world, enum dhcp4_kind kind, uint8_t last)
{
    struct dhcp4_message none = {.xid = 0x01020304,
                                 .chaddr = hw_ethernet((uint8_t[]){0x52, 0x54, 0, 0, 0, last})};
    dhcp4_reply_init(&world->request, &none, kind);
    world->request.op = DHCP4_OP_REQUEST;
    world->facts.is_unicast = false;
}

static void add_uuid_and_architecture(struct world *world, uint16_t architecture)
{
    static const uint8_t UUID[17] = {0, 0x44, 0x45, 0x4c, 0x4c, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const uint8_t INTERFACE[3] = {1, 3, 0};
    dhcp4_put_u16(&world->request, DHCP4_OPTION_ARCHITECTURE, architecture);
    dhcp4_put_bytes(&world->request, DHCP4_OPTION_NETWORK_INTERFACE, INTERFACE, sizeof INTERFACE);
    dhcp4_put_bytes(&world->request, DHCP4_OPTION_MACHINE_UUID, UUID, sizeof UUID);
}

void world_add_pxe(struct world *world, const char *class, uint16_t architecture)
{
    dhcp4_put_string(&world->request, DHCP4_OPTION_VENDOR_CLASS, class);
    dhcp4_put_u16(&world->request, DHCP4_OPTION_MAXIMUM_SIZE, 1472);
    world->request.broadcast = true;
    add_uuid_and_architecture(world, architecture);
}

void world_add_ipxe(struct world *world, uint16_t architecture)
{
    static const uint8_t FEATURES[] = {PXE_IPXE_HTTP, 1, 1, PXE_IPXE_MENU, 1, 1};
    dhcp4_put_string(&world->request, DHCP4_OPTION_VENDOR_CLASS, "PXEClient:Arch:00000:UNDI:002001");
    dhcp4_put_string(&world->request, DHCP4_OPTION_USER_CLASS, "iPXE");
    dhcp4_put_bytes(&world->request, DHCP4_OPTION_IPXE, FEATURES, sizeof FEATURES);
    add_uuid_and_architecture(world, architecture);
}

void world_set_boot(struct world *world, const char *file)
{
    world->facts.boot.has_file = true;
    world->facts.boot.is_url = strstr(file, "://") != NULL;
    assert_int_equal(text_copy(world->facts.boot.file, sizeof world->facts.boot.file, file), STATUS_OK);
}

// The message as the server would find it on its socket.
static void decode_request(struct world *world, struct dhcp4_message *message)
{
    static uint8_t bytes[DHCP4_DATAGRAM_BYTES];
    size_t count = 0;
    struct arena arena = arena_init(decode_memory[0], sizeof decode_memory[0]);
    assert_int_equal(dhcp4_encode(&world->request, DHCP4_MOST_BYTES, bytes, sizeof bytes, &count), STATUS_OK);
    assert_int_equal(dhcp4_decode(bytes, count, &arena, message, NULL), STATUS_OK);
    client_from_dhcp4(message, &world->client);
    world->facts.message = message;
    world->facts.client = &world->client;
}

// The reply as the client would find it on its socket.
static bool decode_reply(struct world *world)
{
    struct arena arena = arena_init(decode_memory[1], sizeof decode_memory[1]);
    if (!world->actions.has_reply) {
        return false;
    }
    size_t limit = dhcp4_reply_limit(world->facts.message);
    assert_int_equal(
        dhcp4_encode(&world->actions.reply, limit, world->bytes, sizeof world->bytes, &world->byte_count),
        STATUS_OK);
    assert_true(world->byte_count <= limit);
    assert_int_equal(dhcp4_decode(world->bytes, world->byte_count, &arena, &world->reply, NULL), STATUS_OK);
    assert_null(dhcp4_find(&world->reply, DHCP4_OPTION_OVERLOAD));
    assert_null(dhcp4_find(&world->reply, DHCP4_OPTION_BOOT_FILE_SIZE));
    assert_int_equal(world->reply.xid, 0x01020304);
    assert_int_equal(world->reply.op, DHCP4_OP_REPLY);
    assert_int_equal(world->reply.kind, world->actions.reply_kind);
    return true;
}

bool world_send(struct world *world)
{
    struct dhcp4_message message;
    decode_request(world, &message);
    dhcp4_step(&world->facts, &world->actions);
    if (world->actions.has_freed) {
        (void)pool_put(&world->pool, &world->actions.freed);
    }
    if (world->actions.has_lease) {
        (void)pool_put(&world->pool, &world->actions.lease);
    }
    return decode_reply(world);
}

bool world_send_proxy(struct world *world, uint16_t port, struct ip4 from, uint16_t from_port)
{
    struct dhcp4_message message;
    decode_request(world, &message);
    struct proxydhcp_facts facts = {.message = &message,
                                    .client = &world->client,
                                    .server = world->facts.server,
                                    .port = port,
                                    .from = from,
                                    .from_port = from_port,
                                    .boot = world->facts.boot};
    proxydhcp_step(&facts, &world->actions);
    assert_false(world->actions.has_lease);
    return decode_reply(world);
}

bool world_discover(struct world *world, uint8_t last)
{
    world_request(world, DHCP4_DISCOVER, last);
    return world_send(world);
}

bool world_request_with(struct world *world, uint8_t last, struct ip4 server, struct ip4 requested,
                        struct ip4 ciaddr, bool is_unicast)
{
    world_request(world, DHCP4_REQUEST, last);
    if (server.value != 0) {
        dhcp4_put_ip4(&world->request, DHCP4_OPTION_SERVER_ID, server);
    }
    if (requested.value != 0) {
        dhcp4_put_ip4(&world->request, DHCP4_OPTION_REQUESTED_ADDRESS, requested);
    }
    world->request.ciaddr = ciaddr;
    world->facts.is_unicast = is_unicast;
    return world_send(world);
}

bool world_select_offer(struct world *world, uint8_t last, struct ip4 requested)
{
    return world_request_with(world, last, world_ip(1), requested, (struct ip4){0}, false);
}

bool world_reboot(struct world *world, uint8_t last, struct ip4 requested)
{
    return world_request_with(world, last, (struct ip4){0}, requested, (struct ip4){0}, false);
}

bool world_renew(struct world *world, uint8_t last, struct ip4 ciaddr)
{
    return world_request_with(world, last, (struct ip4){0}, (struct ip4){0}, ciaddr, true);
}

bool world_rebind(struct world *world, uint8_t last, struct ip4 ciaddr)
{
    return world_request_with(world, last, (struct ip4){0}, (struct ip4){0}, ciaddr, false);
}

void world_assert_nak(const struct world *world, struct ip4 to)
{
    assert_int_equal(world->reply.kind, DHCP4_NAK);
    assert_int_equal(world->reply.yiaddr.value, 0);
    assert_int_equal(world->reply.ciaddr.value, 0);
    assert_int_equal(world->reply.siaddr.value, 0);
    assert_true(world_has_ip4(world, DHCP4_OPTION_SERVER_ID, world_ip(1)));
    assert_null(dhcp4_find(&world->reply, DHCP4_OPTION_LEASE_TIME));
    assert_null(dhcp4_find(&world->reply, DHCP4_OPTION_SUBNET_MASK));
    assert_non_null(dhcp4_find(&world->reply, DHCP4_OPTION_MESSAGE));
    assert_int_equal(world->actions.to.value, to.value);
    assert_false(world->actions.has_lease);
    assert_true(reasons_has(&world->actions.reasons, REASON_ADDRESS_WRONG));
}

struct ip4 world_bind(struct world *world, uint8_t last)
{
    world_request(world, DHCP4_DISCOVER, last);
    assert_true(world_send(world));
    struct ip4 address = world->reply.yiaddr;
    world_request(world, DHCP4_REQUEST, last);
    dhcp4_put_ip4(&world->request, DHCP4_OPTION_SERVER_ID, world_ip(1));
    dhcp4_put_ip4(&world->request, DHCP4_OPTION_REQUESTED_ADDRESS, address);
    assert_true(world_send(world));
    assert_int_equal(world->reply.kind, DHCP4_ACK);
    assert_int_equal(world->reply.yiaddr.value, address.value);
    return address;
}

struct ip4 world_ip(uint8_t last)
{
    return (struct ip4){0x0a000000u + last};
}

bool world_has(const struct world *world, uint8_t code, const void *data, size_t bytes)
{
    const struct dhcp4_option *option = dhcp4_find(&world->reply, code);
    return option != NULL && option->length == bytes && memcmp(option->data, data, bytes) == 0;
}

bool world_has_ip4(const struct world *world, uint8_t code, struct ip4 address)
{
    struct ip4 found;
    return dhcp4_find_ip4(&world->reply, code, &found) && ip4_equal(found, address);
}
