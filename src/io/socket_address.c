// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/socket_address.h"

struct ip socket_address_ip(const union socket_address *address)
{
    struct ip ip = {{{0}}};
    if (address->any.sa_family == AF_INET) {
        return ip_from_ip4((struct ip4){ntohl(address->ip4.sin_addr.s_addr)});
    }
    if (address->any.sa_family == AF_INET6) {
        memcpy(ip.value.octets, &address->ip6.sin6_addr, sizeof ip.value.octets);
    }
    return ip;
}

uint16_t socket_address_port(const union socket_address *address)
{
    return ntohs(address->any.sa_family == AF_INET6 ? address->ip6.sin6_port : address->ip4.sin_port);
}

socklen_t socket_address_set(union socket_address *address, struct ip ip, uint16_t port,
                             uint32_t interface_index)
{
    if (!ip_is_ip6(ip)) {
        address->ip4 = (struct sockaddr_in){
            .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(ip_get_ip4(ip).value)};
        return sizeof address->ip4;
    }
    bool needs_scope = ip6_is_link_local(ip.value) || ip6_is_group(ip.value);
    address->ip6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                         .sin6_port = htons(port),
                                         .sin6_scope_id = needs_scope ? interface_index : 0};
    memcpy(&address->ip6.sin6_addr, ip.value.octets, sizeof ip.value.octets);
    return sizeof address->ip6;
}
