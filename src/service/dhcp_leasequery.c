// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp_leasequery.h"

#include "session/dhcp4_leasequery.h"

static void add_lease(struct dhcp4_leasequery_facts *facts, const struct lease *lease)
{
    if (lease == NULL || facts->lease_count == DHCP4_LEASEQUERY_LEASES_MOST) {
        return;
    }
    for (unsigned i = 0; i < facts->lease_count; i++) {
        if (ip4_equal(facts->leases[i]->address, lease->address)) {
            return;
        }
    }
    facts->leases[facts->lease_count++] = lease;
}

static void find_by_address(const struct dhcp_answer_world *world, struct dhcp4_leasequery_facts *facts)
{
    struct ip4 address = facts->message->ciaddr;
    for (uint32_t i = 0; i < world->pools->count && !facts->is_ours; i++) {
        facts->is_ours = subnet_has(world->pools->networks[i].subnet, address);
    }
    add_lease(facts, store_lease_find(world->desk->store, address));
}

// One on each wire, and one of an address that is reserved outside the ranges.
static void find_by_client(const struct dhcp_answer_world *world, struct dhcp4_leasequery_facts *facts)
{
    struct lease_key key = dhcp4_leasequery_key(facts->message);
    struct hw mac = lease_key_hw(&key);
    for (uint32_t i = 0; i < world->pools->pool_count; i++) {
        const struct pool_slot *slot = pool_find_key(&world->pools->pools[i], &key);
        add_lease(facts, slot == NULL ? NULL : &slot->lease);
    }
    const struct machine *machine = mac.length == 0 ? NULL : store_machine_find_mac(world->desk->store, &mac);
    const struct lease *reserved = machine == NULL || machine->address.value == 0
                                       ? NULL
                                       : store_lease_find(world->desk->store, machine->address);
    if (reserved != NULL && lease_key_equal(&reserved->key, &key)) {
        add_lease(facts, reserved);
    }
}

void dhcp_leasequery(const struct dhcp_answer_world *world, const struct dhcp_question *question,
                     struct dhcp_answer *answer)
{
    const struct dhcp4_message *message = &answer->message;
    const struct dhcp_pools *pools = world->pools;
    if (message->giaddr.value == 0 || !ip4_equal(question->from, message->giaddr) ||
        dhcp4_pick_network(pools->networks, pools->count, message, false, world->address) == NULL) {
        return;
    }
    struct dhcp4_leasequery_facts facts = {
        .message = message, .server = world->address, .now_s = desk_now_s(world->desk)};
    if (dhcp4_leasequery_is_by_address(message)) {
        find_by_address(world, &facts);
    } else {
        find_by_client(world, &facts);
    }
    dhcp4_leasequery_step(&facts, &answer->actions);
}
