// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/neighbour.h"

#include "io/netlink.h"

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <string.h>
#include <sys/socket.h>

struct search {
    struct ip address;
    bool is_found;
    struct hw hw;
};

static uint8_t family_of(struct ip address)
{
    return ip_is_ip6(address) ? AF_INET6 : AF_INET;
}

// As the kernel writes it: the last four octets are an IPv4 address's own.
static const uint8_t *octets_of(const struct ip *address, size_t *count)
{
    *count = ip_is_ip6(*address) ? 16 : 4;
    return address->value.octets + sizeof address->value.octets - *count;
}

static bool is_address(const struct rtattr *attribute, struct ip address)
{
    size_t count;
    const uint8_t *octets = octets_of(&address, &count);
    return attribute != NULL && attribute->rta_len == RTA_LENGTH(count) &&
           memcmp((const uint8_t *)attribute + RTA_LENGTH(0), octets, count) == 0;
}

static void take_neighbour(void *context, struct nlmsghdr *message)
{
    struct search *search = context;
    if (message->nlmsg_type != RTM_NEWNEIGH || search->is_found) {
        return;
    }
    struct ndmsg *entry = NLMSG_DATA(message);
    const unsigned known = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;
    if (entry->ndm_family != family_of(search->address) || (entry->ndm_state & known) == 0) {
        return;
    }
    struct rtattr *attributes[NDA_LLADDR + 1];
    struct rtattr *first = (struct rtattr *)((uint8_t *)entry + NLMSG_ALIGN(sizeof *entry));
    netlink_sort(first, message->nlmsg_len - NLMSG_LENGTH(sizeof *entry), attributes, COUNT_OF(attributes));
    const struct rtattr *hw = attributes[NDA_LLADDR];
    if (hw == NULL || hw->rta_len != RTA_LENGTH(6) || !is_address(attributes[NDA_DST], search->address)) {
        return;
    }
    search->hw = hw_ethernet((const uint8_t *)hw + RTA_LENGTH(0));
    search->is_found = true;
}

enum status neighbour_find(uint32_t interface_index, struct ip address, struct hw *hw)
{
    struct netlink_request request = {
        .header = {.nlmsg_type = RTM_GETNEIGH, .nlmsg_len = NLMSG_LENGTH(sizeof request.neighbour)},
        .neighbour = {.ndm_family = family_of(address), .ndm_ifindex = (int)interface_index}};
    if (interface_index == 0) { // asking for one entry needs its interface
        request.header.nlmsg_flags = NLM_F_DUMP;
    } else {
        size_t count;
        const uint8_t *octets = octets_of(&address, &count);
        struct rtattr attribute = {.rta_type = NDA_DST, .rta_len = (unsigned short)RTA_LENGTH(count)};
        uint8_t *at = (uint8_t *)&request + request.header.nlmsg_len;
        memcpy(at, &attribute, sizeof attribute);
        memcpy(at + RTA_LENGTH(0), octets, count);
        request.header.nlmsg_len += (uint32_t)RTA_LENGTH(count);
    }
    struct search search = {.address = address};
    enum status status = netlink_ask(&request, take_neighbour, &search);
    if (status != STATUS_OK) {
        return status;
    }
    if (!search.is_found) {
        return STATUS_NOT_FOUND;
    }
    *hw = search.hw;
    return STATUS_OK;
}
