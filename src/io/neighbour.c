// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/neighbour.h"

#include "io/netlink.h"

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <string.h>
#include <sys/socket.h>

struct search {
    struct ip4 address;
    bool is_found;
    struct hw hw;
};

static void take_neighbour(void *context, struct nlmsghdr *message)
{
    struct search *search = context;
    if (message->nlmsg_type != RTM_NEWNEIGH || search->is_found) {
        return;
    }
    struct ndmsg *entry = NLMSG_DATA(message);
    const unsigned known = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;
    if (entry->ndm_family != AF_INET || (entry->ndm_state & known) == 0) {
        return;
    }
    struct rtattr *attributes[NDA_LLADDR + 1];
    struct rtattr *first = (struct rtattr *)((uint8_t *)entry + NLMSG_ALIGN(sizeof *entry));
    netlink_sort(first, message->nlmsg_len - NLMSG_LENGTH(sizeof *entry), attributes, COUNT_OF(attributes));
    const struct rtattr *hw = attributes[NDA_LLADDR];
    if (hw == NULL || hw->rta_len != RTA_LENGTH(6) ||
        netlink_u32(attributes[NDA_DST]) != htonl(search->address.value)) {
        return;
    }
    search->hw = hw_ethernet((const uint8_t *)hw + RTA_LENGTH(0));
    search->is_found = true;
}

enum status neighbour_find(uint32_t interface_index, struct ip4 address, struct hw *hw)
{
    struct netlink_request request = {
        .header = {.nlmsg_type = RTM_GETNEIGH, .nlmsg_len = NLMSG_LENGTH(sizeof request.neighbour)},
        .neighbour = {.ndm_family = AF_INET, .ndm_ifindex = (int)interface_index}};
    if (interface_index == 0) { // asking for one entry needs its interface
        request.header.nlmsg_flags = NLM_F_DUMP;
    } else {
        struct rtattr attribute = {.rta_type = NDA_DST, .rta_len = RTA_LENGTH(4)};
        uint32_t value = htonl(address.value);
        uint8_t *at = (uint8_t *)&request + request.header.nlmsg_len;
        memcpy(at, &attribute, sizeof attribute);
        memcpy(at + RTA_LENGTH(0), &value, sizeof value);
        request.header.nlmsg_len += RTA_LENGTH(4);
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
