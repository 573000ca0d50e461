// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/interface.h"

#include "base/text.h"
#include "io/heap.h"
#include "io/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KIND_BYTES   24
#define CALM_DOWN_MS 100 // a link that comes up brings a burst of messages

struct list {
    struct interface *items;
    unsigned count;
};

// What container engines and hypervisors call the bridges and ends of wires that they make. A dash and twelve
// hex digits is docker's name for a network.
static bool is_container_name(const char *name)
{
    static const char *const PREFIXES[] = {"docker", "veth",    "virbr", "vnet",    "cni",
                                           "podman", "lxcbr",   "lxdbr", "incusbr", "cali",
                                           "cilium", "flannel", "kube-", "nerdctl", "lxc"};
    for (unsigned i = 0; i < COUNT_OF(PREFIXES); i++) {
        if (text_starts(name, PREFIXES[i])) {
            return true;
        }
    }
    if (!text_starts(name, "br-") || strlen(name) != 15) {
        return false;
    }
    for (const char *at = name + 3; *at != '\0'; at++) {
        if (text_parse_hex_digit(*at) < 0) {
            return false;
        }
    }
    return true;
}

static bool is_tunnel_kind(const char *kind)
{
    static const char *const KINDS[] = {"tun",  "wireguard", "vxlan", "geneve", "dummy",     "ifb",   "vti",
                                        "xfrm", "vrf",       "nlmon", "gretap", "ip6gretap", "erspan"};
    for (unsigned i = 0; i < COUNT_OF(KINDS); i++) {
        if (strcmp(kind, KINDS[i]) == 0) {
            return true;
        }
    }
    return false;
}

static enum interface_kind kind_of(const struct interface *interface, const struct ifinfomsg *link,
                                   const char *kind)
{
    if ((link->ifi_flags & IFF_LOOPBACK) != 0) {
        return INTERFACE_LOOPBACK;
    }
    if (is_container_name(interface->name)) {
        return INTERFACE_CONTAINER;
    }
    if (link->ifi_type != ARPHRD_ETHER || is_tunnel_kind(kind)) {
        return INTERFACE_TUNNEL;
    }
    return strcmp(kind, "bridge") == 0 ? INTERFACE_BRIDGE : INTERFACE_PHYSICAL;
}

static void copy_attribute_text(const struct rtattr *attribute, char *out, size_t out_bytes)
{
    size_t length = attribute == NULL ? 0 : attribute->rta_len - RTA_LENGTH(0);
    length = size_min(length, out_bytes - 1);
    if (length != 0) {
        memcpy(out, (const uint8_t *)attribute + RTA_LENGTH(0), length);
    }
    out[length] = '\0';
}

// IFLA_LINKINFO holds attributes of its own; its kind says which driver made the interface.
static void read_kind(struct rtattr *link_info, char kind[KIND_BYTES])
{
    struct rtattr *inner[IFLA_INFO_KIND + 1] = {0};
    if (link_info != NULL) {
        netlink_sort((struct rtattr *)((uint8_t *)link_info + RTA_LENGTH(0)),
                     link_info->rta_len - RTA_LENGTH(0), inner, COUNT_OF(inner));
    }
    copy_attribute_text(inner[IFLA_INFO_KIND], kind, KIND_BYTES);
}

static void take_link(void *context, struct nlmsghdr *message)
{
    struct list *list = context;
    if (message->nlmsg_type != RTM_NEWLINK || list->count == INTERFACES_MOST) {
        return;
    }
    struct ifinfomsg *link = NLMSG_DATA(message);
    struct rtattr *attributes[IFLA_LINKINFO + 1];
    struct rtattr *first = (struct rtattr *)((uint8_t *)link + NLMSG_ALIGN(sizeof *link));
    netlink_sort(first, message->nlmsg_len - NLMSG_LENGTH(sizeof *link), attributes, COUNT_OF(attributes));
    struct interface *interface = &list->items[list->count++];
    *interface = (struct interface){.index = (uint32_t)link->ifi_index,
                                    .mtu = netlink_u32(attributes[IFLA_MTU]),
                                    .is_up = (link->ifi_flags & IFF_UP) != 0,
                                    .is_running = (link->ifi_flags & IFF_RUNNING) != 0};
    copy_attribute_text(attributes[IFLA_IFNAME], interface->name, sizeof interface->name);
    const struct rtattr *hw = attributes[IFLA_ADDRESS];
    if (link->ifi_type == ARPHRD_ETHER && hw != NULL && hw->rta_len == RTA_LENGTH(6)) {
        interface->hw = hw_ethernet((const uint8_t *)hw + RTA_LENGTH(0));
    }
    char kind[KIND_BYTES];
    read_kind(attributes[IFLA_LINKINFO], kind);
    interface->kind = kind_of(interface, link, kind);
}

static struct interface *find_index(const struct list *list, uint32_t index)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (list->items[i].index == index) {
            return &list->items[i];
        }
    }
    return NULL;
}

static void take_address4(struct interface *interface, struct rtattr **attributes, uint8_t prefix)
{
    uint32_t value = ntohl(netlink_u32(attributes[IFA_LOCAL]));
    if (value != 0 && interface->address_count < INTERFACE_ADDRESSES_MOST) {
        interface->addresses[interface->address_count++] =
            (struct interface_address){.address = {.value = value}, .prefix = prefix};
    }
}

// One that is still being looked for on the wire (RFC 4862 section 5.4), or found there, is not ours yet:
// when it is, the kernel tells of it again.
static void take_address6(struct interface *interface, struct rtattr **attributes, uint8_t prefix,
                          uint8_t flags)
{
    const struct rtattr *local =
        attributes[IFA_LOCAL] != NULL ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
    struct interface_address6 address = {.prefix = prefix};
    bool is_usable = (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0;
    if (!is_usable || local == NULL || local->rta_len != RTA_LENGTH(sizeof address.address) ||
        interface->address6_count == INTERFACE_ADDRESSES_MOST) {
        return;
    }
    memcpy(address.address.octets, (const uint8_t *)local + RTA_LENGTH(0), sizeof address.address);
    interface->addresses6[interface->address6_count++] = address;
}

static void take_address(void *context, struct nlmsghdr *message)
{
    if (message->nlmsg_type != RTM_NEWADDR) {
        return;
    }
    struct ifaddrmsg *entry = NLMSG_DATA(message);
    struct interface *interface = find_index(context, entry->ifa_index);
    if (interface == NULL) {
        return;
    }
    struct rtattr *attributes[IFA_LOCAL + 1];
    struct rtattr *first = (struct rtattr *)((uint8_t *)entry + NLMSG_ALIGN(sizeof *entry));
    netlink_sort(first, message->nlmsg_len - NLMSG_LENGTH(sizeof *entry), attributes, COUNT_OF(attributes));
    if (entry->ifa_family == AF_INET) {
        take_address4(interface, attributes, entry->ifa_prefixlen);
    } else if (entry->ifa_family == AF_INET6) {
        take_address6(interface, attributes, entry->ifa_prefixlen, entry->ifa_flags);
    }
}

unsigned interface_list(struct interface out[INTERFACES_MOST])
{
    struct list list = {.items = out};
    struct netlink_request links = {.header = {.nlmsg_type = RTM_GETLINK,
                                               .nlmsg_flags = NLM_F_DUMP,
                                               .nlmsg_len = NLMSG_LENGTH(sizeof links.link)}};
    struct netlink_request addresses = {.header = {.nlmsg_type = RTM_GETADDR,
                                                   .nlmsg_flags = NLM_F_DUMP,
                                                   .nlmsg_len = NLMSG_LENGTH(sizeof addresses.address)},
                                        .address = {.ifa_family = AF_UNSPEC}};
    if (netlink_ask(&links, take_link, &list) != STATUS_OK ||
        netlink_ask(&addresses, take_address, &list) != STATUS_OK) {
        return 0;
    }
    return list.count;
}

enum status interface_find(const char *name, struct interface *interface)
{
    struct interface all[INTERFACES_MOST];
    unsigned count = interface_list(all);
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(all[i].name, name) == 0) {
            *interface = all[i];
            return STATUS_OK;
        }
    }
    return STATUS_NOT_FOUND;
}

enum status interface_find_index(uint32_t index, struct interface *interface)
{
    struct interface all[INTERFACES_MOST];
    struct list list = {.items = all, .count = interface_list(all)};
    const struct interface *found = find_index(&list, index);
    if (found == NULL) {
        return STATUS_NOT_FOUND;
    }
    *interface = *found;
    return STATUS_OK;
}

bool interface_is_candidate(const struct interface *interface)
{
    bool is_for_machines = interface->kind == INTERFACE_PHYSICAL || interface->kind == INTERFACE_BRIDGE;
    return is_for_machines && interface->is_up && interface->address_count != 0;
}

static enum status tell_none(struct problem *problem)
{
    problem_set(
        problem,
        "no network interface to serve was found: none that is a card or a bridge is up and has an IPv4 "
        "address");
    problem_set_remedy(problem,
                       "give one an address (`ip address` lists them), or name one in the configuration");
    return STATUS_NOT_FOUND;
}

enum status interface_find_default(struct interface *interface, struct problem *problem)
{
    struct interface all[INTERFACES_MOST];
    unsigned count = interface_list(all);
    const struct interface *found = NULL;
    unsigned candidates = 0;
    char names[PROBLEM_TEXT_BYTES / 2];
    struct text text;
    text_init(&text, names, sizeof names);
    for (unsigned i = 0; i < count; i++) {
        if (!interface_is_candidate(&all[i])) {
            continue;
        }
        text_add_format(&text, "%s%s", candidates++ == 0 ? "" : ", ", all[i].name);
        found = &all[i];
    }
    if (found == NULL) {
        return tell_none(problem);
    }
    if (candidates > 1) {
        problem_set(problem, "there are %u network interfaces that could be served: %s", candidates, names);
        problem_set_remedy(
            problem, "name those that machines boot from in the configuration: a guess could answer on the "
                     "wrong network");
        return STATUS_CONFLICT;
    }
    *interface = *found;
    return STATUS_OK;
}

const struct interface_address *interface_find_address(const struct interface *interface, struct ip4 address)
{
    for (unsigned i = 0; i < interface->address_count; i++) {
        uint32_t mask = ip4_mask(interface->addresses[i].prefix).value;
        if (((interface->addresses[i].address.value ^ address.value) & mask) == 0) {
            return &interface->addresses[i];
        }
    }
    return NULL;
}

struct ip6 interface_pick_address6(const struct interface *interface)
{
    struct ip6 picked = {{0}};
    for (unsigned i = 0; i < interface->address6_count; i++) {
        struct ip6 address = interface->addresses6[i].address;
        if (ip6_is_none(picked) || (ip6_is_link_local(picked) && !ip6_is_link_local(address))) {
            picked = address;
        }
    }
    return picked;
}

const char *interface_kind_text(enum interface_kind kind)
{
    switch (kind) {
    case INTERFACE_PHYSICAL:
        return "physical";
    case INTERFACE_BRIDGE:
        return "bridge";
    case INTERFACE_CONTAINER:
        return "container";
    case INTERFACE_TUNNEL:
        return "tunnel";
    case INTERFACE_LOOPBACK:
        return "loopback";
    }
    return "unknown";
}

struct interface_watch {
    int fd;
    struct loop_watch *watch;
    struct loop_timer *timer;
    void (*changed)(void *context);
    void *context;
};

static void tell_change(void *context)
{
    struct interface_watch *watch = context;
    watch->changed(watch->context);
}

// What changed is not read: whoever is told lists the interfaces anew.
static void hear_change(void *context, unsigned events)
{
    (void)events;
    struct interface_watch *watch = context;
    uint8_t ignored[8192];
    while (recv(watch->fd, ignored, sizeof ignored, MSG_DONTWAIT) >= 0 || errno == ENOBUFS) {
    }
    loop_timer_start(watch->timer, CALM_DOWN_MS, 0);
}

struct interface_watch *interface_watch_new(struct loop *loop, void (*changed)(void *context), void *context,
                                            struct problem *problem)
{
    int fd = netlink_open(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
    if (fd < 0) {
        problem_set(problem, "changes of network interfaces cannot be heard: %s", strerror(errno));
        return NULL;
    }
    struct interface_watch *watch = heap_new(sizeof *watch);
    *watch = (struct interface_watch){.fd = fd, .changed = changed, .context = context};
    watch->timer = loop_timer_new(loop, tell_change, watch);
    watch->watch = loop_watch_new(loop, fd, LOOP_READABLE, hear_change, watch);
    assert(watch->watch != NULL); // a fresh socket can always be watched
    return watch;
}

void interface_watch_free(struct interface_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    loop_watch_free(watch->watch);
    loop_timer_free(watch->timer);
    close(watch->fd);
    heap_free(watch);
}
