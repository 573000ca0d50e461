// SPDX-License-Identifier: GPL-3.0-or-later
// Any datagram through the whole conversation: whatever a stranger sends, the reply is a message that can be
// read, fits what the client takes, has no option overload, and a lease never lies outside what may be given.
#include "fuzz/fuzz.h"
#include "session/client.h"
#include "session/dhcp4_leasequery.h"
#include "session/proxydhcp.h"

#define ADDRESSES 16u
#define BOOT_MOST 4

static _Alignas(max_align_t) uint8_t pool_memory[8192];
static _Alignas(max_align_t) uint8_t arena_memory[2][DHCP4_ARENA_BYTES];

static void check_reply(const struct dhcp4_message *request, const struct dhcp4_actions *actions)
{
    static uint8_t bytes[DHCP4_DATAGRAM_BYTES];
    struct arena arena = arena_init(arena_memory[1], sizeof arena_memory[1]);
    struct dhcp4_message reply;
    size_t limit = dhcp4_reply_limit(request);
    size_t count = 0;
    if (!actions->has_reply ||
        dhcp4_encode(&actions->reply, limit, bytes, sizeof bytes, &count) != STATUS_OK) {
        return; // essential options that do not fit what the client takes: nothing is sent
    }
    fuzz_must(count <= limit);
    fuzz_must(dhcp4_decode(bytes, count, &arena, &reply, NULL) == STATUS_OK);
    fuzz_must(reply.op == DHCP4_OP_REPLY && reply.xid == request->xid);
    fuzz_must(dhcp4_find(&reply, DHCP4_OPTION_OVERLOAD) == NULL);
    fuzz_must(dhcp4_find(&reply, DHCP4_OPTION_RELAY) == NULL ||
              dhcp4_find(request, DHCP4_OPTION_RELAY) != NULL);
    fuzz_must(actions->to.value != 0);
}

// What the service would know: the first byte of the input chooses among the boot files.
static void fill_boot(struct dhcp4_boot *boot, uint8_t choice)
{
    static const char *const FILES[BOOT_MOST] = {"", "pxelinux.0", "http://10.0.0.1/boot.ipxe",
                                                 "shimx64.efi"};
    *boot = (struct dhcp4_boot){.has_file = choice % BOOT_MOST != 0, .is_url = choice % BOOT_MOST == 2};
    fuzz_must(text_copy(boot->file, sizeof boot->file, FILES[choice % BOOT_MOST]) == STATUS_OK);
}

static void serve(const struct dhcp4_message *message, const struct boot_client *client, uint8_t choice,
                  struct dhcp4_actions *actions)
{
    static struct pool pool;
    struct network network = {.subnet = {{0x0a000000}, 24},
                              .first = {0x0a000010},
                              .last = {0x0a000010 + ADDRESSES - 1},
                              .routers = {{0x0a000001}},
                              .router_count = 1,
                              .domain = "example.test",
                              .lease_s = 3600};
    struct dhcp4_facts facts = {.message = message,
                                .client = client,
                                .server = {0x0a000001},
                                .is_unicast = (choice & 0x10) != 0,
                                .pool = &pool,
                                .reserved = {(choice & 0x20) != 0 ? 0x0a000005u : 0u},
                                .hostname = "lab-01",
                                .now_s = 1000000};
    fuzz_must(pool_bytes(ADDRESSES) <= sizeof pool_memory);
    pool_init(&pool, network.first, ADDRESSES, (struct hash_key){1, 2}, pool_memory);
    facts.network = dhcp4_pick_network(&network, 1, message, facts.is_unicast, facts.server);
    fill_boot(&facts.boot, choice);
    // Twice, the second time with what the first one promised in the books.
    for (int i = 0; i < 2; i++) {
        dhcp4_step(&facts, actions);
        check_reply(message, actions);
        if (actions->has_lease) {
            fuzz_must(subnet_has(network.subnet, actions->lease.address));
            fuzz_must(!lease_key_is_none(&actions->lease.key));
            (void)pool_put(&pool, &actions->lease);
        }
    }
}

// The same on a wire that two networks share, with ranges for a class and for BOOTP.
static void serve_shared(const struct dhcp4_message *message, const struct boot_client *client,
                         uint8_t choice, struct dhcp4_actions *actions)
{
    static const struct pool_range RANGES[] = {{.first = {0x0a000010}, .count = 2},
                                               {.first = {0x0a000020}, .count = 2, .classes = 2},
                                               {.first = {0x0a000030}, .count = 2, .has_bootp = true},
                                               {.first = {0x0a000110}, .count = 2, .network = 1}};
    static struct pool pool;
    static struct network networks[2];
    for (unsigned i = 0; i < 2; i++) {
        networks[i] = (struct network){.subnet = {{0x0a000000 + i * 256}, 24},
                                       .shared = "hall",
                                       .lease_s = 3600,
                                       .lease_most_s = 7200,
                                       .lease_boot_s = 300};
    }
    struct dhcp4_facts facts = {.message = message,
                                .client = client,
                                .server = {0x0a000001},
                                .is_unicast = (choice & 0x10) != 0,
                                .networks = networks,
                                .network_count = 2,
                                .pool = &pool,
                                .classes = choice,
                                .hostname = "",
                                .has_no_authority = (choice & 0x20) != 0,
                                .now_s = 1000000};
    fuzz_must(pool_bytes_ranges(RANGES, COUNT_OF(RANGES)) <= sizeof pool_memory);
    pool_init_ranges(&pool, RANGES, COUNT_OF(RANGES), (struct hash_key){1, 2}, pool_memory);
    facts.network = dhcp4_pick_network(networks, 2, message, facts.is_unicast, facts.server);
    facts.network = dhcp4_pick_shared(&facts);
    dhcp4_step(&facts, actions);
    check_reply(message, actions);
    if (actions->has_lease) {
        const struct pool_slot *slot = pool_find_address(&pool, actions->lease.address);
        fuzz_must(slot != NULL && subnet_has(facts.network->subnet, actions->lease.address));
        fuzz_must(actions->lease.ends_s == INT64_MAX || actions->lease.ends_s <= facts.now_s + 7200);
    }
}

static void query(const struct dhcp4_message *message, struct dhcp4_actions *actions)
{
    struct lease lease = {.address = message->ciaddr,
                          .key = dhcp4_leasequery_key(message),
                          .state = LEASE_BOUND,
                          .starts_s = 900000,
                          .ends_s = 1000100};
    struct dhcp4_leasequery_facts facts = {.message = message,
                                           .server = {0x0a000001},
                                           .leases = {&lease, &lease},
                                           .lease_count = (uint8_t)(message->xid % 3),
                                           .now_s = 1000000};
    dhcp4_leasequery_step(&facts, actions);
    fuzz_must(!actions->has_lease);
    check_reply(message, actions);
}

static void serve_proxy(const struct dhcp4_message *message, const struct boot_client *client, uint8_t choice,
                        struct dhcp4_actions *actions)
{
    struct proxydhcp_facts facts = {.message = message,
                                    .client = client,
                                    .server = {0x0a000001},
                                    .port = (choice & 0x40) != 0 ? DHCP4_PXE_PORT : DHCP4_SERVER_PORT,
                                    .from = {0x0a000042},
                                    .from_port = DHCP4_CLIENT_PORT};
    fill_boot(&facts.boot, choice);
    proxydhcp_step(&facts, actions);
    fuzz_must(!actions->has_lease);
    check_reply(message, actions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dhcp4_actions actions;
    struct arena arena = arena_init(arena_memory[0], sizeof arena_memory[0]);
    struct dhcp4_message message;
    struct boot_client client;
    if (size == 0 || dhcp4_decode(data + 1, size - 1, &arena, &message, NULL) != STATUS_OK) {
        return 0;
    }
    client_from_dhcp4(&message, &client);
    serve(&message, &client, data[0], &actions);
    serve_shared(&message, &client, data[0], &actions);
    serve_proxy(&message, &client, data[0], &actions);
    query(&message, &actions);
    return 0;
}
