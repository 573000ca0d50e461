// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp_pools.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void dhcp_pools_put(struct dhcp_pools *pools, const struct lease *lease)
{
    for (uint32_t i = 0; i < pools->pool_count; i++) {
        if (pool_put(&pools->pools[i], lease) == STATUS_OK) {
            return;
        }
    } // in none: a reservation, or the range was moved
}

void dhcp_pools_put_offers(struct dhcp_pools *pools, const struct dhcp_pools *old)
{
    for (uint32_t i = 0; i < old->pool_count; i++) {
        for (uint32_t slot = 0; slot < old->pools[i].count; slot++) {
            const struct lease *lease = &old->pools[i].slots[slot].lease;
            if (lease->state == LEASE_OFFERED) {
                dhcp_pools_put(pools, lease);
            }
        }
    }
    for (uint32_t i = 0; i < pools->pool_count && i < old->pool_count; i++) {
        pools->full[i] = old->full[i];
    }
}

static bool dhcp_pools_load(const struct lease *lease, void *context)
{
    dhcp_pools_put(context, lease);
    return true;
}

// Keeps `address` back wherever it is in a range. Whether it is in one, and was free to be given till now.
static bool dhcp_pools_keep(struct dhcp_pools *pools, struct ip4 address)
{
    for (uint32_t i = 0; i < pools->pool_count && address.value != 0; i++) {
        const struct pool_slot *slot = pool_find_address(&pools->pools[i], address);
        if (slot != NULL) {
            bool is_news = !slot->reserved;
            pool_reserve(&pools->pools[i], address, true);
            return is_news;
        }
    }
    return false;
}

void dhcp_pools_hold(struct dhcp_pools *pools, struct ip4 address)
{
    if (dhcp_pools_keep(pools, address)) {
        heap_array_add(&pools->held, &address);
    }
}

static bool dhcp_pools_hold_machine(const struct machine *machine, void *context)
{
    dhcp_pools_hold(context, machine->address);
    return true;
}

static void dhcp_pools_give_back(struct dhcp_pools *pools)
{
    for (size_t i = 0; i < pools->held.count; i++) {
        struct ip4 address = *(const struct ip4 *)heap_array_get(&pools->held, i);
        for (uint32_t j = 0; j < pools->pool_count; j++) {
            pool_reserve(&pools->pools[j], address, false); // where it is in no range, that does nothing
        }
    }
    heap_array_clear(&pools->held);
}

static void dhcp_pools_keep_excluded(struct dhcp_pools *pools, const struct network *network)
{
    for (unsigned i = 0; i < network->excluded_count; i++) {
        uint64_t last = network->excluded[i].last.value;
        for (uint64_t at = network->excluded[i].first.value; at <= last; at++) {
            dhcp_pools_keep(pools, (struct ip4){(uint32_t)at});
        }
    }
}

static bool dhcp_pools_keep_found(struct dhcp_pools *pools, struct ip4 address, const char *whose)
{
    bool is_news = dhcp_pools_keep(pools, address);
    if (is_news && pools->kept_count < DHCP_KEPT_MOST) {
        pools->kept[pools->kept_count++] = (struct dhcp_kept){.address = address, .whose = whose};
    }
    return is_news;
}

bool dhcp_pools_keep_own(struct dhcp_pools *pools, struct ip4 address)
{
    return dhcp_pools_keep_found(pools, address, "this server's own");
}

static void dhcp_pools_keep_servers(struct dhcp_pools *pools, const struct store *store,
                                    const struct ip4 *addresses, unsigned count, const char *whose)
{
    for (unsigned i = 0; i < count; i++) {
        if (store_machine_find_address(store, addresses[i]) == NULL) { // else somebody knows
            (void)dhcp_pools_keep_found(pools, addresses[i], whose);
        }
    }
}

// Our own addresses and the servers that clients are told of may lie inside a range that somebody wrote
// carelessly.
static void dhcp_pools_keep_known(struct dhcp_pools *pools, const struct store *store)
{
    struct interface interfaces[INTERFACES_MOST];
    unsigned count = interface_list(interfaces);
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < interfaces[i].address_count; j++) {
            (void)dhcp_pools_keep_own(pools, interfaces[i].addresses[j].address);
        }
    }
    for (uint32_t i = 0; i < pools->count; i++) {
        const struct network *network = &pools->networks[i];
        dhcp_pools_keep_servers(pools, store, network->routers, network->router_count, "a router's");
        dhcp_pools_keep_servers(pools, store, network->dns, network->dns_count, "a DNS server's");
        dhcp_pools_keep_servers(pools, store, network->ntp, network->ntp_count, "a time server's");
    }
}

#define WIRE_RANGES_MOST (CONFIG_SUBNETS_MOST * (1 + NETWORK_RANGES_MOST))

struct wire_ranges {
    struct pool_range items[WIRE_RANGES_MOST];
    uint32_t count;
    uint64_t addresses;
};

static void wire_ranges_add(struct wire_ranges *ranges, const struct network_range *range, uint16_t network)
{
    struct pool_range *made = &ranges->items[ranges->count++];
    *made = (struct pool_range){.first = range->first,
                                .count = range->last.value - range->first.value + 1,
                                .classes = range->classes,
                                .has_bootp = range->has_bootp,
                                .network = network};
    ranges->addresses += made->count;
}

static void wire_ranges_find(const struct dhcp_pools *pools, uint32_t wire, struct wire_ranges *ranges)
{
    ranges->count = 0;
    ranges->addresses = 0;
    for (uint32_t i = 0; i < pools->count; i++) {
        const struct network *network = &pools->networks[i];
        if (pools->wire[i] != wire) {
            continue;
        }
        if (network->first.value != 0) {
            struct network_range all = {.first = network->first, .last = network->last};
            wire_ranges_add(ranges, &all, (uint16_t)i);
        }
        for (unsigned j = 0; j < network->range_count; j++) {
            wire_ranges_add(ranges, &network->ranges[j], (uint16_t)i);
        }
    }
}

// A pool of its own for each wire, in the order in which their first networks are configured.
static void dhcp_pools_set_wires(struct dhcp_pools *pools, const struct config *config)
{
    for (uint32_t i = 0; i < config->subnet_count; i++) {
        uint32_t first = 0;
        pools->networks[i] = config->subnets[i];
        while (first < i && !network_is_same_wire(&pools->networks[first], &pools->networks[i])) {
            first++;
        }
        pools->wire[i] = first < i ? pools->wire[first] : (uint8_t)pools->pool_count++;
    }
    pools->count = config->subnet_count;
}

static struct hash_key dhcp_pools_hash(const struct dhcp_pools *pools)
{
    struct hash_key hash = {0};
    if (getrandom(&hash, sizeof hash, 0) != (ssize_t)sizeof hash) {
        hash.k0 = (uintptr_t)pools; // no randomness yet at early boot: tables are only slower under attack
    }
    return hash;
}

static enum status dhcp_pools_open(struct dhcp_pools *pools, struct problem *problem)
{
    static struct wire_ranges ranges; // too large for a stack
    struct hash_key hash = dhcp_pools_hash(pools);
    for (uint32_t i = 0; i < pools->pool_count; i++) {
        wire_ranges_find(pools, i, &ranges);
        bool is_sane = ranges.count != 0 && ranges.addresses <= POOL_COUNT_MOST;
        pools->memory[i] = is_sane ? malloc(pool_bytes_ranges(ranges.items, ranges.count)) : NULL;
        if (pools->memory[i] == NULL) {
            problem_set(problem, "no memory for ranges of %llu addresses",
                        (unsigned long long)ranges.addresses);
            problem_set_remedy(problem, "make the ranges in dhcp.subnets smaller");
            return STATUS_FULL;
        }
        pool_init_ranges(&pools->pools[i], ranges.items, ranges.count, hash, pools->memory[i]);
    }
    return STATUS_OK;
}

enum status dhcp_pools_init(struct dhcp_pools *pools, const struct config *config, const struct store *store,
                            struct problem *problem)
{
    static struct dhcp_pools made;
    memset(&made, 0, sizeof made);
    made.held = heap_array_init(sizeof(struct ip4));
    dhcp_pools_set_wires(&made, config);
    enum status status = dhcp_pools_open(&made, problem);
    if (status != STATUS_OK) {
        dhcp_pools_clear(&made);
        return status;
    }
    store_lease_each(store, dhcp_pools_load, &made);
    for (uint32_t i = 0; i < made.count; i++) {
        dhcp_pools_keep_excluded(&made, &made.networks[i]);
    }
    dhcp_pools_keep_known(&made, store);
    store_machine_each(store, dhcp_pools_hold_machine, &made);
    *pools = made;
    return STATUS_OK;
}

bool dhcp_pools_refresh(struct dhcp_pools *pools, const struct config *config, const struct store *store)
{
    if (pools->count != config->subnet_count ||
        memcmp(pools->networks, config->subnets, pools->count * sizeof pools->networks[0]) != 0) {
        return false;
    }
    dhcp_pools_give_back(pools);
    dhcp_pools_keep_known(pools, store);
    store_machine_each(store, dhcp_pools_hold_machine, pools);
    return true;
}

void dhcp_pools_clear(struct dhcp_pools *pools)
{
    for (uint32_t i = 0; i < CONFIG_SUBNETS_MOST; i++) {
        free(pools->memory[i]);
    }
    heap_free(pools->held.items); // of an all-zero one, too
    memset(pools, 0, sizeof *pools);
}

struct pool *dhcp_pools_of(struct dhcp_pools *pools, const struct network *network)
{
    assert(network >= pools->networks && network < pools->networks + pools->count);
    return &pools->pools[pools->wire[network - pools->networks]];
}

bool dhcp_pools_note_full(struct dhcp_pools *pools, const struct network *network, int64_t now_s,
                          uint32_t *refused)
{
    struct dhcp_full *full = &pools->full[dhcp_pools_of(pools, network) - pools->pools];
    full->refused++;
    int64_t age_s = now_s - full->told_s;
    if (full->told_s != 0 && age_s >= 0 && age_s < DHCP_FULL_TOLD_EVERY_S) {
        return false;
    }
    *refused = full->refused;
    *full = (struct dhcp_full){.told_s = now_s};
    return true;
}

bool dhcp_pools_has_kept(const struct dhcp_pools *pools, struct ip4 address)
{
    for (uint32_t i = 0; i < pools->kept_count; i++) {
        if (ip4_equal(pools->kept[i].address, address)) {
            return true;
        }
    }
    return false;
}
