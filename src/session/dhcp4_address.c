// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/dhcp4_address.h"

struct lease_key dhcp4_address_key(const struct dhcp4_message *message)
{
    const struct dhcp4_option *id = dhcp4_find(message, DHCP4_OPTION_CLIENT_ID);
    return lease_key_from(&message->chaddr, id == NULL ? NULL : id->data, id == NULL ? 0 : id->length);
}

const struct lease *dhcp4_address_lease(const struct dhcp4_facts *facts, struct ip4 address)
{
    const struct pool_slot *slot = facts->pool == NULL ? NULL : pool_find_address(facts->pool, address);
    if (slot != NULL) {
        return &slot->lease;
    }
    const struct lease *reserved = facts->reserved_lease;
    return reserved != NULL && ip4_equal(reserved->address, address) ? reserved : NULL;
}

const struct lease *dhcp4_address_record(const struct dhcp4_facts *facts, const struct lease_key *key)
{
    const struct pool_slot *slot = facts->pool == NULL ? NULL : pool_find_key(facts->pool, key);
    const struct lease *lease = slot == NULL ? NULL : &slot->lease;
    const struct lease *reserved = facts->reserved_lease;
    bool is_newer = reserved != NULL && lease_key_equal(&reserved->key, key) &&
                    (lease == NULL || reserved->starts_s >= lease->starts_s);
    lease = is_newer ? reserved : lease;
    return lease != NULL && lease->state == LEASE_DECLINED ? NULL : lease;
}

// Whether the lease of the reserved address keeps `key` from using it.
static bool is_held_by_other(const struct dhcp4_facts *facts, const struct lease *lease,
                             const struct lease_key *key)
{
    if (lease == NULL || lease->state == LEASE_FREE || lease->ends_s <= facts->now_s) {
        return false;
    }
    if (lease->state == LEASE_DECLINED) {
        return true;
    }
    struct hw holder = lease_key_hw(&lease->key);
    bool is_same_machine =
        facts->machine != NULL && holder.length != 0 && machine_has_mac(facts->machine, &holder);
    return !is_same_machine && !lease_key_equal(&lease->key, key);
}

bool dhcp4_address_is_here(const struct dhcp4_facts *facts, struct ip4 address)
{
    return facts->network != NULL &&
           network_find_on_wire(facts->networks, facts->network_count, facts->network, address) != NULL;
}

// Which ranges the client may use.
static struct pool_wish wish_of(const struct dhcp4_facts *facts, const struct lease_key *key)
{
    struct pool_wish wish = {.key = key,
                             .classes = facts->classes,
                             .is_bootp = facts->message->kind == DHCP4_BOOTP,
                             .now_s = facts->now_s};
    if (facts->networks != NULL && facts->network != NULL) {
        wish.network = (uint16_t)(facts->network - facts->networks);
    }
    return wish;
}

// Whether there is a reservation that counts here. Evidence may point to a machine by its UUID alone, which
// boards share: two of them on one address would both be lost.
static bool has_reservation(const struct dhcp4_facts *facts)
{
    const struct machine *machine = facts->machine;
    bool is_its_card =
        machine == NULL || machine->mac_count == 0 || machine_has_mac(machine, &facts->message->chaddr);
    return is_its_card && facts->reserved.value != 0 && dhcp4_address_is_here(facts, facts->reserved);
}

bool dhcp4_address_is_reserved(const struct dhcp4_facts *facts, const struct lease_key *key)
{
    return has_reservation(facts) &&
           !is_held_by_other(facts, dhcp4_address_lease(facts, facts->reserved), key);
}

bool dhcp4_address_may_have(const struct dhcp4_facts *facts, const struct lease_key *key, struct ip4 address)
{
    if (dhcp4_address_is_reserved(facts, key)) {
        return ip4_equal(address, facts->reserved);
    }
    const struct pool_slot *slot = facts->pool == NULL ? NULL : pool_find_address(facts->pool, address);
    struct pool_wish wish = wish_of(facts, key);
    return slot != NULL && pool_slot_is_open_to(facts->pool, slot, &wish) &&
           pool_slot_is_free_for(slot, key, facts->now_s);
}

struct ip4 dhcp4_address_pick(const struct dhcp4_facts *facts, const struct lease_key *key,
                              struct reasons *reasons)
{
    if (dhcp4_address_is_reserved(facts, key)) {
        reasons_add(reasons, REASON_ADDRESS_RESERVED);
        return facts->reserved;
    }
    if (has_reservation(facts)) {
        reasons_add(reasons, REASON_RESERVATION_BUSY);
    }
    struct pool_wish wish = wish_of(facts, key);
    dhcp4_find_ip4(facts->message, DHCP4_OPTION_REQUESTED_ADDRESS, &wish.wanted);
    const struct pool_slot *slot = facts->pool == NULL ? NULL : pool_pick_for(facts->pool, &wish);
    if (slot == NULL) {
        bool is_open = facts->pool == NULL || pool_is_open_to(facts->pool, &wish);
        enum reason_id closed = wish.is_bootp ? REASON_BOOTP_NOT_RESERVED : REASON_RANGE_CLOSED;
        reasons_add(reasons, is_open ? REASON_POOL_FULL : closed);
        return (struct ip4){0};
    }
    return slot->lease.address;
}

static const struct network *find_network(const struct network *networks, size_t count, struct ip4 address)
{
    for (size_t i = 0; i < count; i++) {
        if (subnet_has(networks[i].subnet, address)) {
            return &networks[i];
        }
    }
    return NULL;
}

const struct network *dhcp4_pick_network(const struct network *networks, size_t count,
                                         const struct dhcp4_message *message, bool is_unicast,
                                         struct ip4 interface)
{
    bool is_relayed = message->giaddr.value != 0;
    struct ip4 address = is_relayed ? message->giaddr : interface;
    struct ip4 selected;
    if (is_relayed && dhcp4_find_relay_ip4(message, DHCP4_RELAY_LINK_SELECTION, &selected)) {
        address = selected;
    } else if (dhcp4_find_ip4(message, DHCP4_OPTION_SUBNET_SELECTION, &selected)) {
        address = selected;
    } else if (!is_relayed && is_unicast && message->ciaddr.value != 0) {
        address = message->ciaddr;
    }
    return find_network(networks, count, address);
}

const struct network *dhcp4_pick_shared(const struct dhcp4_facts *facts)
{
    const struct network *network = facts->network;
    const struct dhcp4_message *message = facts->message;
    if (network == NULL || network->shared[0] == '\0') {
        return network;
    }
    struct lease_key key = dhcp4_address_key(message);
    struct reasons reasons = {0};
    struct ip4 address = message->ciaddr;
    if (message->kind == DHCP4_DISCOVER || message->kind == DHCP4_BOOTP) {
        address = lease_key_is_none(&key) ? address : dhcp4_address_pick(facts, &key, &reasons);
    } else if (message->kind == DHCP4_REQUEST) {
        dhcp4_find_ip4(message, DHCP4_OPTION_REQUESTED_ADDRESS, &address);
    }
    const struct network *found =
        network_find_on_wire(facts->networks, facts->network_count, network, address);
    return found == NULL ? network : found;
}
