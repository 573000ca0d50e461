// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp_pools.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void dhcp_pools_put(struct dhcp_pools *pools, const struct lease *lease)
{
    for (uint32_t i = 0; i < pools->count; i++) {
        if (subnet_has(pools->networks[i].subnet, lease->address)) {
            (void)pool_put(&pools->pools[i],
                           lease); // outside the range: a reservation, or the range was moved
        }
    }
}

void dhcp_pools_put_offers(struct dhcp_pools *pools, const struct dhcp_pools *old)
{
    for (uint32_t i = 0; i < old->count; i++) {
        for (uint32_t slot = 0; slot < old->pools[i].count; slot++) {
            const struct lease *lease = &old->pools[i].slots[slot].lease;
            if (lease->state == LEASE_OFFERED) {
                dhcp_pools_put(pools, lease);
            }
        }
    }
}

static bool dhcp_pools_load(const struct lease *lease, void *context)
{
    dhcp_pools_put(context, lease);
    return true;
}

static void dhcp_pools_keep(struct dhcp_pools *pools, struct ip4 address)
{
    for (uint32_t i = 0; i < pools->count; i++) {
        if (address.value != 0 && pool_find_address(&pools->pools[i], address) != NULL) {
            pool_reserve(&pools->pools[i], address, true);
        }
    }
}

static bool dhcp_pools_keep_machine(const struct machine *machine, void *context)
{
    dhcp_pools_keep(context, machine->address);
    return true;
}

// Our own addresses and the routers may lie inside a range that somebody wrote carelessly.
static void dhcp_pools_keep_known(struct dhcp_pools *pools)
{
    struct interface interfaces[INTERFACES_MOST];
    unsigned count = interface_list(interfaces);
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < interfaces[i].address_count; j++) {
            dhcp_pools_keep(pools, interfaces[i].addresses[j].address);
        }
    }
    for (uint32_t i = 0; i < pools->count; i++) {
        const struct network *network = &pools->networks[i];
        for (unsigned j = 0; j < network->router_count; j++) {
            dhcp_pools_keep(pools, network->routers[j]);
        }
        for (unsigned j = 0; j < network->dns_count; j++) {
            dhcp_pools_keep(pools, network->dns[j]);
        }
    }
}

enum status dhcp_pools_init(struct dhcp_pools *pools, const struct config *config, const struct store *store,
                            struct problem *problem)
{
    struct dhcp_pools made = {0};
    struct hash_key hash = {0};
    if (getrandom(&hash, sizeof hash, 0) != (ssize_t)sizeof hash) {
        hash.k0 = (uintptr_t)pools; // no randomness yet at early boot: tables are only slower under attack
    }
    for (uint32_t i = 0; i < config->subnet_count; i++) {
        const struct network *network = &config->subnets[i];
        uint32_t count = network->last.value - network->first.value + 1;
        made.memory[i] = malloc(pool_bytes(count));
        if (made.memory[i] == NULL) {
            dhcp_pools_clear(&made);
            problem_set(problem, "no memory for a range of %u addresses", count);
            return STATUS_FULL;
        }
        pool_init(&made.pools[i], network->first, count, hash, made.memory[i]);
        made.networks[i] = *network;
        made.count = i + 1;
    }
    store_lease_each(store, dhcp_pools_load, &made);
    store_machine_each(store, dhcp_pools_keep_machine, &made);
    dhcp_pools_keep_known(&made);
    *pools = made;
    return STATUS_OK;
}

void dhcp_pools_clear(struct dhcp_pools *pools)
{
    for (uint32_t i = 0; i < CONFIG_SUBNETS_MOST; i++) {
        free(pools->memory[i]);
    }
    memset(pools, 0, sizeof *pools);
}

struct pool *dhcp_pools_of(struct dhcp_pools *pools, const struct network *network)
{
    assert(network >= pools->networks && network < pools->networks + pools->count);
    return &pools->pools[network - pools->networks];
}
