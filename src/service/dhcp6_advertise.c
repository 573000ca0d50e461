// SPDX-License-Identifier: GPL-3.0-or-later
// Router advertisements: which networks each interface speaks of, and when (session/radv decides).
#include "service/dhcp6_state.h"

#include <sys/random.h>

static const struct ip6 ALL_NODES = {{0xff, 0x02, [15] = 1}};

// The networks in which the interface has an address.
static size_t dhcp6_port_networks(const struct dhcp6_port *port, const struct network6 **networks)
{
    const struct config_dhcp6 *dhcp6 = &port->service->settings.config->dhcp6;
    size_t count = 0;
    for (unsigned i = 0; i < dhcp6->subnet_count; i++) {
        for (unsigned j = 0; j < port->interface.address6_count; j++) {
            if (network6_has(&dhcp6->subnets[i], port->interface.addresses6[j].address)) {
                networks[count++] = &dhcp6->subnets[i];
                break;
            }
        }
    }
    return count;
}

static uint32_t dhcp6_random(void)
{
    uint32_t random = 0;
    ssize_t got = getrandom(&random, sizeof random, GRND_NONBLOCK);
    (void)got; // without randomness routers that started together stay together
    return random;
}

bool dhcp6_port_is_advertised(const struct dhcp6_port *port)
{
    const struct network6 *networks[CONFIG_SUBNETS6_MOST];
    uint8_t bytes[ICMP6_ADVERTISEMENT_BYTES];
    size_t count = dhcp6_port_networks(port, networks);
    return radv_encode(networks, count, &port->interface.hw, false, bytes) != 0;
}

static void dhcp6_advertise_send(struct dhcp6_port *port, bool is_last)
{
    const struct network6 *networks[CONFIG_SUBNETS6_MOST];
    uint8_t bytes[ICMP6_ADVERTISEMENT_BYTES];
    size_t count = dhcp6_port_networks(port, networks);
    size_t length = radv_encode(networks, count, &port->interface.hw, is_last, bytes);
    struct datagram6_out out = {.bytes = bytes, .count = length, .to = ALL_NODES};
    if (length != 0 && socket6_send(port->router, &out) == STATUS_OK) {
        port->advertised++;
    }
}

void dhcp6_advertise(struct dhcp6_port *port)
{
    if (port->router == NULL) {
        return;
    }
    int64_t now_ms = loop_now_ms();
    if (radv_step(&port->radv, now_ms, dhcp6_random())) {
        dhcp6_advertise_send(port, false);
    }
    int64_t wait_ms = port->radv.next_ms - now_ms;
    loop_timer_start(port->timer, wait_ms > 0 ? (uint64_t)wait_ms : 1, 0);
}

void dhcp6_hear_router(void *context, const struct datagram6 *datagram)
{
    struct dhcp6_port *port = context;
    // Less came from another network (RFC 4861 section 6.1.1).
    if (datagram->hop_limit == UINT8_MAX && icmp6_is_solicitation(datagram->bytes, datagram->count)) {
        radv_hear(&port->radv, loop_now_ms(), dhcp6_random());
        dhcp6_advertise(port);
    }
}

void dhcp6_advertise_end(struct dhcp6_port *port)
{
    const struct network6 *networks[CONFIG_SUBNETS6_MOST];
    size_t count = dhcp6_port_networks(port, networks);
    bool is_router = false;
    for (size_t i = 0; i < count; i++) {
        is_router = is_router || (networks[i]->is_router && networks[i]->advertise != NETWORK6_ADVERTISE_NO);
    }
    if (is_router && port->router != NULL && port->advertised != 0) {
        dhcp6_advertise_send(port, true);
    }
}
