// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_address.h"

#include "io/neighbour.h"

#define SEEN_MOST 64 // addresses that strangers use, passed over at most

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

// Whether the kernel has seen another one use the address. An entry may be old, then a good address is passed
// over this time. It is asked for again, on the wire, before it is offered.
static bool server_address_is_seen(struct ip4 address, const struct machine *machine)
{
    struct hw seen;
    if (neighbour_find(0, ip_from_ip4(address), &seen) != STATUS_OK) {
        return false;
    }
    for (unsigned i = 0; i < machine->mac_count; i++) {
        if (hw_equal(&machine->macs[i], &seen)) {
            return false;
        }
    }
    return true;
}

enum status server_address_pick(const struct server_address_facts *facts, const struct machine *machine,
                                struct ip4 *address, struct problem *problem)
{
    bool is_one = facts->config->subnet_count == 1 && facts->pools != NULL && facts->pools->count == 1;
    if (!facts->is_given_here || !is_one || machine->mac_count == 0) {
        problem_set(problem, "the address of %s must be known for this order, and it is not: %s",
                    machine->name,
                    facts->is_given_here ? "there are several networks, and it may be in any of them"
                                         : "another server gives the addresses here");
        problem_set_remedy(problem,
                           "let it boot from the network once, or: imprint machine edit %s --address ADDRESS",
                           machine->name);
        return STATUS_UNSUPPORTED;
    }
    struct lease_key key = lease_key_from(&machine->macs[0], NULL, 0);
    struct pool *pool = &facts->pools->pools[0];
    for (unsigned tries = 0; tries < SEEN_MOST; tries++) {
        const struct pool_slot *slot = pool_pick(pool, &key, (struct ip4){0}, facts->now_s);
        if (slot == NULL) {
            break;
        }
        *address = slot->lease.address;
        dhcp_pools_hold(facts->pools, *address);
        if (!server_address_is_seen(*address, machine)) {
            return STATUS_OK;
        }
    }
    problem_set(problem, "no address is free for %s", machine->name);
    problem_set_remedy(problem, "make the range larger, or: imprint machine edit %s --address ADDRESS",
                       machine->name);
    return STATUS_FULL;
}
