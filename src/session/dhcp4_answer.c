// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/dhcp4_answer.h"

#include "base/time.h"
#include "session/dhcp4_address.h"
#include "session/dhcp4_option.h"
#include "wire/pxe.h"

#include <string.h>

#define BROADCAST         0xffffffffu
#define HARDWARE_ETHERNET 1

// A host name from outside, for lists and logs: letters, digits, '-', '.', '_' and nothing else.
static void copy_client_name(const struct dhcp4_message *message, char out[LEASE_HOSTNAME_BYTES])
{
    static const char GOOD[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    bool is_told = dhcp4_find_string(message, DHCP4_OPTION_HOST_NAME, out, LEASE_HOSTNAME_BYTES);
    if (!is_told || out[strspn(out, GOOD)] != '\0') {
        out[0] = '\0';
    }
}

struct lease dhcp4_answer_lease(const struct dhcp4_facts *facts, struct ip4 address, enum lease_state state,
                                uint32_t lease_s)
{
    struct lease lease = {.address = address, .state = state, .starts_s = facts->now_s};
    lease.key = dhcp4_address_key(facts->message);
    lease.ends_s = lease_s == DURATION_FOREVER_S ? INT64_MAX : facts->now_s + lease_s;
    if (facts->hostname == NULL ||
        text_copy(lease.hostname, sizeof lease.hostname, facts->hostname) != STATUS_OK ||
        lease.hostname[0] == '\0') {
        copy_client_name(facts->message, lease.hostname);
    }
    return lease;
}

// RFC 2131 section 4.3.1: what it asks for counts within bounds.
uint32_t dhcp4_answer_lease_s(const struct dhcp4_facts *facts)
{
    const struct network *network = facts->network;
    uint32_t lease_s = facts->class_lease_s != 0 ? facts->class_lease_s : network->lease_s;
    uint32_t most_s = network->lease_most_s > lease_s ? network->lease_most_s : lease_s;
    uint32_t least_s = network->lease_least_s != 0 ? network->lease_least_s : NETWORK_LEASE_LEAST_S;
    if (facts->client->stage != BOOT_STAGE_SYSTEM && network->lease_boot_s != 0) {
        lease_s = network->lease_boot_s;
        most_s = lease_s;
    }
    uint32_t asked_s = lease_s;
    dhcp4_find_u32(facts->message, DHCP4_OPTION_LEASE_TIME, &asked_s);
    asked_s = asked_s < least_s ? least_s : asked_s;
    return asked_s < most_s ? asked_s : most_s;
}

struct ip4 dhcp4_answer_server_id(const struct dhcp4_facts *facts)
{
    struct ip4 id = facts->server;
    if (facts->message->giaddr.value != 0) {
        dhcp4_find_relay_ip4(facts->message, DHCP4_RELAY_SERVER_ID_OVERRIDE, &id);
    }
    return id;
}

// RFC 2131 section 4.1: the relay, else the address that the client already uses, else all, else the new
// address by its frame address, since it cannot answer ARP yet.
static void put_destination(const struct dhcp4_facts *facts, struct dhcp4_actions *actions)
{
    const struct dhcp4_message *message = facts->message;
    bool is_ethernet = message->chaddr.type == HARDWARE_ETHERNET && message->chaddr.length == 6;
    actions->to_port = DHCP4_CLIENT_PORT;
    if (message->giaddr.value != 0) {
        actions->to = message->giaddr;
        actions->to_port = DHCP4_SERVER_PORT;
    } else if (actions->reply.kind != DHCP4_NAK && message->ciaddr.value != 0) {
        actions->to = message->ciaddr;
    } else if (actions->reply.kind == DHCP4_NAK || message->broadcast || !is_ethernet ||
               actions->reply.yiaddr.value == 0) {
        actions->to.value = BROADCAST;
    } else {
        actions->to = actions->reply.yiaddr;
        actions->to_hw = true;
    }
}

static void reply_start(const struct dhcp4_facts *facts, enum dhcp4_kind kind, struct dhcp4_actions *actions)
{
    actions->has_reply = true;
    actions->reply_kind = kind;
    dhcp4_reply_init(&actions->reply, facts->message, kind);
    if (kind != DHCP4_BOOTP) {
        dhcp4_put_ip4(&actions->reply, DHCP4_OPTION_SERVER_ID, dhcp4_answer_server_id(facts));
    }
}

// What every client of the network is told, whether it asks or not: loaders do not, and miss it later.
static void put_network(const struct dhcp4_facts *facts, struct dhcp4_reply *reply)
{
    const struct network *network = facts->network;
    dhcp4_put_ip4(reply, DHCP4_OPTION_SUBNET_MASK, ip4_mask(network->subnet.prefix));
    dhcp4_put_ip4(reply, DHCP4_OPTION_BROADCAST_ADDRESS, subnet_broadcast(network->subnet));
    dhcp4_put_ip4_list(reply, DHCP4_OPTION_ROUTERS, network->routers, network->router_count);
    dhcp4_put_ip4_list(reply, DHCP4_OPTION_DNS_SERVERS, network->dns, network->dns_count);
    dhcp4_put_string(reply, DHCP4_OPTION_DOMAIN_NAME, network->domain);
    if (facts->hostname != NULL) {
        dhcp4_put_string(reply, DHCP4_OPTION_HOST_NAME, facts->hostname);
    }
    if (dhcp4_wants(facts->message, DHCP4_OPTION_NTP_SERVERS)) {
        dhcp4_put_ip4_list(reply, DHCP4_OPTION_NTP_SERVERS, network->ntp, network->ntp_count);
    }
    dhcp4_option_put(facts->options, facts->message, facts->client, reply);
}

static void put_local(const struct dhcp4_facts *facts, struct dhcp4_reply *reply)
{
    const char *class = dhcp4_boot_class(facts->message);
    if (class != NULL && dhcp4_boot_is_local_for(&facts->boot, facts->client)) {
        dhcp4_put_string(reply, DHCP4_OPTION_VENDOR_CLASS, class);
        dhcp4_boot_put_local(reply);
    }
}

// docs/decisions/0010-boot-options.md tells why each kind of client gets just these.
static void put_boot(const struct dhcp4_facts *facts, struct dhcp4_reply *reply)
{
    if (!dhcp4_boot_is_for(&facts->boot, facts->client)) {
        put_local(facts, reply);
        return;
    }
    dhcp4_boot_put(reply, &facts->boot, facts->server);
    if (facts->client->stage == BOOT_STAGE_IPXE) {
        uint8_t ipxe[PXE_IPXE_REPLY_BYTES];
        dhcp4_put_bytes(reply, DHCP4_OPTION_IPXE, pxe_encode_ipxe(ipxe), sizeof ipxe);
        return;
    }
    const char *class = dhcp4_boot_class(facts->message);
    if (class == NULL) {
        return;
    }
    if (facts->boot.shape.has_no_class) {
        return; // 43 means nothing without 60
    }
    dhcp4_put_string(reply, DHCP4_OPTION_VENDOR_CLASS, class);
    if (!facts->client->wants_http) {
        dhcp4_boot_put_vendor(reply, &facts->boot.shape, QUIRK_VENDOR_DIRECT);
    }
}

static void put_times(uint32_t lease_s, struct dhcp4_reply *reply)
{
    dhcp4_put_u32(reply, DHCP4_OPTION_LEASE_TIME, lease_s);
    if (lease_s != DURATION_FOREVER_S) {
        dhcp4_put_u32(reply, DHCP4_OPTION_RENEWAL_TIME, lease_s / 2);
        dhcp4_put_u32(reply, DHCP4_OPTION_REBINDING_TIME, (uint32_t)((uint64_t)lease_s * 7 / 8));
    }
}

void dhcp4_answer_put(const struct dhcp4_facts *facts, enum dhcp4_kind kind, struct ip4 address,
                      uint32_t lease_s, struct dhcp4_actions *actions)
{
    reply_start(facts, kind, actions);
    actions->reply.yiaddr = address;
    if (kind == DHCP4_ACK) {
        actions->reply.ciaddr = facts->message->ciaddr; // RFC 2131 table 3
    }
    put_times(lease_s, &actions->reply);
    put_network(facts, &actions->reply);
    put_boot(facts, &actions->reply);
    dhcp4_boot_put_echoes(&actions->reply, facts->message);
    put_destination(facts, actions);
}

void dhcp4_answer_put_inform(const struct dhcp4_facts *facts, struct dhcp4_actions *actions)
{
    reply_start(facts, DHCP4_ACK, actions);
    actions->reply.ciaddr = facts->message->ciaddr;
    put_network(facts, &actions->reply);
    put_boot(facts, &actions->reply);
    dhcp4_boot_put_echoes(&actions->reply, facts->message);
    put_destination(facts, actions);
    if (facts->message->ciaddr.value != 0) { // section 4.3.5: straight to the client, whoever relayed it
        actions->to = facts->message->ciaddr;
        actions->to_port = DHCP4_CLIENT_PORT;
    }
}

void dhcp4_answer_put_bootp(const struct dhcp4_facts *facts, struct ip4 address,
                            struct dhcp4_actions *actions)
{
    reply_start(facts, DHCP4_BOOTP, actions);
    actions->reply.yiaddr = address;
    actions->reply.ciaddr = facts->message->ciaddr;
    put_network(facts, &actions->reply);
    if (dhcp4_boot_is_for(&facts->boot, facts->client)) {
        actions->reply.siaddr = facts->server;
        dhcp4_put_file(&actions->reply, facts->boot.file);
    }
    dhcp4_boot_put_echoes(&actions->reply, facts->message); // relays mark BOOTP too
    put_destination(facts, actions);
}

void dhcp4_answer_put_nak(const struct dhcp4_facts *facts, const char *text, struct dhcp4_actions *actions)
{
    reasons_add(&actions->reasons, REASON_ADDRESS_WRONG);
    reply_start(facts, DHCP4_NAK, actions);
    dhcp4_put_string(&actions->reply, DHCP4_OPTION_MESSAGE, text);
    dhcp4_boot_put_echoes(&actions->reply, facts->message);
    dhcp4_put_nothing(&actions->reply, DHCP4_OPTION_MACHINE_UUID);
    // The relay cannot send to an address that the client must not use (RFC 2131 section 4.3.2).
    actions->reply.broadcast = actions->reply.broadcast || facts->message->giaddr.value != 0;
    put_destination(facts, actions);
}
