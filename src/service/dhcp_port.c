// SPDX-License-Identifier: GPL-3.0-or-later
// Which of our addresses on an interface is meant.
#include "service/dhcp_state.h"

struct ip4 dhcp_port_address(const struct dhcp_port *port)
{
    return port->interface.addresses[0].address;
}

bool dhcp_port_has(const struct dhcp_port *port, struct ip4 address)
{
    for (unsigned i = 0; i < port->interface.address_count; i++) {
        if (ip4_equal(port->interface.addresses[i].address, address)) {
            return true;
        }
    }
    return false;
}

bool dhcp_port_is_on_link(const struct dhcp_port *port, struct ip4 address)
{
    for (unsigned i = 0; i < port->interface.address_count; i++) {
        const struct interface_address *own = &port->interface.addresses[i];
        if (((own->address.value ^ address.value) & ip4_mask(own->prefix).value) == 0) {
            return true;
        }
    }
    return false;
}

struct ip4 dhcp_port_find_served(const struct dhcp_port *port)
{
    const struct dhcp_pools *pools = &port->service->pools;
    for (unsigned i = 0; i < port->interface.address_count; i++) {
        for (uint32_t j = 0; j < pools->count; j++) {
            if (subnet_has(pools->networks[j].subnet, port->interface.addresses[i].address)) {
                return port->interface.addresses[i].address;
            }
        }
    }
    return (struct ip4){0};
}

struct ip4 dhcp_port_pick_address(const struct dhcp_port *port, const struct datagram *datagram)
{
    if (dhcp_port_has(port, datagram->to)) {
        return datagram->to;
    }
    const struct interface_address *near =
        datagram->from.value == 0 ? NULL : interface_find_address(&port->interface, datagram->from);
    if (near != NULL) {
        return near->address;
    }
    struct ip4 served = dhcp_port_find_served(port);
    return served.value != 0 ? served : dhcp_port_address(port);
}

struct dhcp_port *dhcp_port_find(const struct dhcp_service *service, uint32_t interface_index)
{
    for (struct dhcp_port *port = service->ports; port != NULL; port = port->next) {
        if (port->interface.index == interface_index) {
            return port;
        }
    }
    return NULL;
}
