// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_address.h"

#include "service/dhcp_pools.h"

static bool gives_addresses(const struct config *config)
{
    return config->dhcp_mode == CONFIG_DHCP_SERVER ||
           (config->dhcp_mode == CONFIG_DHCP_AUTO && config->subnet_count != 0);
}

enum status server_address_pick(const struct config *config, const struct store *store,
                                const struct machine *machine, int64_t now_s, struct ip4 *address,
                                struct problem *problem)
{
    struct dhcp_pools pools = {0};
    if (!gives_addresses(config) || config->subnet_count != 1 || machine->mac_count == 0) {
        problem_set(problem, "the address of %s must be known for this order, and it is not: %s",
                    machine->name,
                    gives_addresses(config) ? "there are several networks, and it may be in any of them"
                                            : "another server gives the addresses here");
        problem_set_remedy(problem,
                           "let it boot from the network once, or: imprint machine edit %s --address ADDRESS",
                           machine->name);
        return STATUS_UNSUPPORTED;
    }
    enum status status = dhcp_pools_init(&pools, config, store, problem);
    if (status != STATUS_OK) {
        return status;
    }
    struct lease_key key = lease_key_from(&machine->macs[0], NULL, 0);
    const struct pool_slot *slot = pool_pick(&pools.pools[0], &key, (struct ip4){0}, now_s);
    if (slot == NULL) {
        problem_set(problem, "no address is free for %s", machine->name);
        problem_set_remedy(problem, "make the range larger, or: imprint machine edit %s --address ADDRESS",
                           machine->name);
        status = STATUS_FULL;
    } else {
        *address = slot->lease.address;
    }
    dhcp_pools_clear(&pools);
    return status;
}
