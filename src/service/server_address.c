// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_address.h"

#include "service/dhcp_pools.h"

bool server_address_is_given_here(const struct config *config, const struct dhcp_service *dhcp)
{
    struct dhcp_status status = {0};
    bool is_server = config->dhcp_mode == CONFIG_DHCP_SERVER;
    if (dhcp != NULL) {
        dhcp_service_status(dhcp, &status);
    }
    for (unsigned i = 0; i < status.port_count; i++) { // of auto mode, which looked who else is there
        is_server = is_server || status.ports[i].state == DHCP_PORT_SERVER;
    }
    return is_server;
}

enum status server_address_pick(const struct server_address_facts *facts, const struct machine *machine,
                                struct ip4 *address, struct problem *problem)
{
    const struct config *config = facts->config;
    struct dhcp_pools pools = {0};
    if (!facts->is_given_here || config->subnet_count != 1 || machine->mac_count == 0) {
        problem_set(problem, "the address of %s must be known for this order, and it is not: %s",
                    machine->name,
                    facts->is_given_here ? "there are several networks, and it may be in any of them"
                                         : "another server gives the addresses here");
        problem_set_remedy(problem,
                           "let it boot from the network once, or: imprint machine edit %s --address ADDRESS",
                           machine->name);
        return STATUS_UNSUPPORTED;
    }
    enum status status = dhcp_pools_init(&pools, config, facts->store, problem);
    if (status != STATUS_OK) {
        return status;
    }
    struct lease_key key = lease_key_from(&machine->macs[0], NULL, 0);
    const struct pool_slot *slot = pool_pick(&pools.pools[0], &key, (struct ip4){0}, facts->now_s);
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
