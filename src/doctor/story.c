// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/story.h"

#include "base/text.h"
#include "model/boot_client.h"
#include "session/client.h"

#include <stdio.h>

void story_init(struct story *story, int64_t at_us)
{
    memset(story, 0, offsetof(struct story, dhcp));
    story->architecture = BOOT_ARCHITECTURE_NONE;
    story->first_us = story->last_us = story->client_us = at_us;
    story->knows_silence = true;
}

static bool is_no_uuid(const struct uuid *uuid)
{
    static const struct uuid NONE = {0};
    return uuid_equal(uuid, &NONE);
}

static struct story_dhcp *add_dhcp(struct story *story)
{
    if (story->dhcp_count == STORY_DHCP_MOST) { // the first few stay: they say how it began
        const uint32_t kept = STORY_DHCP_MOST / 4;
        memmove(&story->dhcp[kept], &story->dhcp[kept + 1],
                (STORY_DHCP_MOST - kept - 1) * sizeof story->dhcp[0]);
        story->dhcp_dropped++;
        story->dhcp_count--;
    }
    return &story->dhcp[story->dhcp_count++];
}

static void learn(struct story *story, const struct sight_dhcp *dhcp)
{
    if (dhcp->client.length != 0) {
        story->mac = dhcp->client;
    }
    if (!is_no_uuid(&dhcp->uuid)) {
        if (!is_no_uuid(&story->uuid) && !uuid_equal(&story->uuid, &dhcp->uuid)) {
            story->other_uuid = story->uuid;
        }
        story->uuid = dhcp->uuid;
    }
    if (dhcp->architecture != BOOT_ARCHITECTURE_NONE) {
        story->architecture = dhcp->architecture;
    }
    if (dhcp->class != SIGHT_CLASS_NONE) {
        story->class = dhcp->class;
    }
    story->was_ipxe = story->was_ipxe || dhcp->is_ipxe;
}

static void see_dhcp(struct story *story, const struct sight *sight)
{
    const struct sight_dhcp *dhcp = &sight->dhcp;
    struct story_dhcp *row = add_dhcp(story);
    *row = (struct story_dhcp){.at_us = sight->at_us, .message = *dhcp, .from = sight->from};
    if (!dhcp->is_reply) {
        learn(story, dhcp);
    } else if (dhcp->kind == DHCP4_ACK && dhcp->address.value != 0) {
        story->address = ip_from_ip4(dhcp->address);
    }
}

static void see_arp(struct story *story, const struct sight *sight)
{
    const struct dissect_arp *arp = &sight->arp;
    struct ip sender = ip_from_ip4(arp->sender);
    bool is_ours = story->mac.length != 0 && hw_equal(&arp->sender_hw, &story->mac);
    if (ip_equal(sender, story->address) && arp->sender_hw.length != 0 && story->mac.length != 0 &&
        !is_ours) {
        story->conflict = arp->sender_hw;
        story->conflict_us = sight->at_us;
    } else if (arp->operation == 1 && ip_equal(ip_from_ip4(arp->target), story->address) &&
               !ip_equal(sender, story->address)) {
        story->arp_first_us = story->arp_unanswered == 0 ? sight->at_us : story->arp_first_us;
        story->arp_asker = sender;
        story->arp_unanswered++;
    }
}

static void see_icmp(struct story *story, const struct sight *sight)
{
    const struct dissect_icmp *icmp = &sight->icmp;
    if (icmp->mtu != 0) {
        story->path_mtu = icmp->mtu;
        story->mtu_from = sight->from;
        story->mtu_us = sight->at_us;
    } else if (icmp->has_inner && ip_equal(icmp->from, story->address)) {
        story->port_unreachable++;
        story->unreachable_host = icmp->to;
        story->unreachable_port = icmp->to_port;
        story->unreachable_us = sight->at_us;
    }
}

static void see_dhcp6(struct story *story, const struct sight *sight)
{
    const struct sight_dhcp6 *seen = &sight->dhcp6;
    struct story_dhcp6 *dhcp6 = &story->dhcp6;
    if (!seen->is_reply) {
        const struct sight_dhcp about = {.client = seen->client,
                                         .class = seen->class,
                                         .is_ipxe = seen->is_ipxe,
                                         .architecture = seen->architecture};
        bool is_asking = seen->kind == DHCP6_SOLICIT || seen->kind == DHCP6_INFORMATION_REQUEST;
        learn(story, &about);
        dhcp6->asked_us = dhcp6->asked == 0 ? sight->at_us : dhcp6->asked_us;
        dhcp6->asked += is_asking;
        return;
    }
    dhcp6->answers++;
    dhcp6->answered_us = sight->at_us;
    dhcp6->server = sight->from;
    dhcp6->status = seen->status;
    if (seen->url[0] != '\0') {
        (void)text_copy(dhcp6->url, sizeof dhcp6->url, seen->url);
    }
    if (seen->kind == DHCP6_REPLY && !ip6_is_none(seen->address)) {
        dhcp6->has_address = true;
        story->address = ip_is_none(story->address) ? ip_from_ip6(seen->address) : story->address;
    }
}

void story_see(struct story *story, const struct sight *sight, bool is_from_client)
{
    story->last_us = sight->at_us;
    if (is_from_client) {
        story->client_us = sight->at_us;
        story->arp_unanswered = 0;
        if (sight->from_hw.length != 0 && story->mac.length == 0) {
            story->mac = sight->from_hw;
        }
    }
    switch (sight->kind) {
    case SIGHT_DHCP:
        see_dhcp(story, sight);
        break;
    case SIGHT_DHCP6:
        see_dhcp6(story, sight);
        break;
    case SIGHT_TFTP:
    case SIGHT_UDP:
        story_see_tftp(story, sight, is_from_client);
        break;
    case SIGHT_TCP:
        story_see_tcp(story, sight, is_from_client);
        break;
    case SIGHT_ARP:
        see_arp(story, sight);
        break;
    case SIGHT_ICMP:
        see_icmp(story, sight);
        break;
    case SIGHT_LOG:
        story->logs[sight->log]++;
        story->log_us[sight->log] = sight->at_us;
        story->log_from = sight->from;
        break;
    case SIGHT_NOTHING:
        break;
    }
}

struct story_transfer *story_find_transfer(struct story *story, enum story_protocol protocol,
                                           struct ip server, uint16_t client_port, uint16_t server_port)
{
    for (uint32_t i = story->transfer_count; i > 0; i--) {
        struct story_transfer *transfer = &story->transfers[i - 1];
        bool is_tcp = transfer->protocol != STORY_TFTP;
        uint16_t theirs = transfer->reply_port == 0 || is_tcp ? transfer->server_port : transfer->reply_port;
        bool fits_port = server_port == theirs || (!is_tcp && transfer->reply_port == 0) ||
                         (!is_tcp && server_port == transfer->server_port);
        if (is_tcp == (protocol != STORY_TFTP) && ip_equal(transfer->server, server) &&
            transfer->client_port == client_port && fits_port) {
            return transfer;
        }
    }
    return NULL;
}

struct story_transfer *story_add_transfer(struct story *story, enum story_protocol protocol, int64_t at_us)
{
    if (story->transfer_count == STORY_TRANSFERS_MOST) {
        const uint32_t kept = STORY_TRANSFERS_MOST / 4;
        memmove(&story->transfers[kept], &story->transfers[kept + 1],
                (STORY_TRANSFERS_MOST - kept - 1) * sizeof story->transfers[0]);
        story->transfers_dropped++;
        story->transfer_count--;
    }
    struct story_transfer *transfer = &story->transfers[story->transfer_count++];
    *transfer = (struct story_transfer){
        .protocol = protocol, .began_us = at_us, .ended_us = at_us, .size = UINT64_MAX, .requests = 1};
    return transfer;
}

const char *story_print_name(const struct story *story, char out[STORY_PRINT_BYTES])
{
    char address[SIGHT_IP_BYTES];
    char mac[HW_TEXT_BYTES];
    bool has_address = !ip_is_none(story->address);
    bool has_mac = story->mac.length != 0;
    (void)sight_print_ip(story->address, address);
    (void)hw_print(&story->mac, mac);
    const char *first = story->name[0] != '\0' ? story->name : has_address ? address : mac;
    const char *second = story->name[0] != '\0' && has_address ? address : has_mac ? mac : "";
    if (second[0] == '\0' || first == second) {
        (void)snprintf(out, STORY_PRINT_BYTES, "%s",
                       has_address || has_mac || story->name[0] != '\0' ? first : "a client");
    } else {
        (void)snprintf(out, STORY_PRINT_BYTES, "%s (%s)", first, second);
    }
    return out;
}

const struct story_transfer *story_last_done(const struct story *story, const struct story_transfer *before)
{
    size_t count = before == NULL ? story->transfer_count : (size_t)(before - story->transfers);
    for (size_t i = count; i > 0; i--) {
        const struct story_transfer *transfer = &story->transfers[i - 1];
        if (transfer->state == STORY_DONE) {
            return transfer;
        }
    }
    return NULL;
}

uint32_t story_count_dhcp(const struct story *story, enum dhcp4_kind kind, bool is_reply)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < story->dhcp_count; i++) {
        const struct sight_dhcp *message = &story->dhcp[i].message;
        count += message->is_kind_known && message->kind == kind && message->is_reply == is_reply;
    }
    return count;
}

const struct story_dhcp *story_last_dhcp(const struct story *story, enum dhcp4_kind kind, bool is_reply)
{
    for (uint32_t i = story->dhcp_count; i > 0; i--) {
        const struct sight_dhcp *message = &story->dhcp[i - 1].message;
        if (message->is_kind_known && message->kind == kind && message->is_reply == is_reply) {
            return &story->dhcp[i - 1];
        }
    }
    return NULL;
}

bool story_is_pxe(const struct story *story)
{
    return story->class != SIGHT_CLASS_NONE || story->architecture != BOOT_ARCHITECTURE_NONE;
}

const char *story_firmware(const struct story *story)
{
    static const struct {
        uint16_t architecture;
        const char *name;
    } NAMES[] = {
        {0, "BIOS"},        {6, "32-bit UEFI"},  {7, "UEFI"},  {9, "UEFI"},        {10, "32-bit ARM UEFI"},
        {11, "ARM64 UEFI"}, {15, "32-bit UEFI"}, {16, "UEFI"}, {19, "ARM64 UEFI"}, {18, "32-bit ARM UEFI"}};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (NAMES[i].architecture == story->architecture) {
            return NAMES[i].name;
        }
    }
    return client_pick_platform(story->architecture) == BOOT_PLATFORM_UEFI ? "UEFI" : "firmware";
}
