// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/proxydhcp.h"

#include "wire/pxe.h"

#define BROADCAST    0xffffffffu
#define VENDOR_BYTES 32

// What the client wants to discover (43.71): the type of boot server and which part of it. False when it does
// not say.
static bool find_boot_item(const struct dhcp4_message *message, struct pxe_vendor *vendor)
{
    const struct dhcp4_option *option = dhcp4_find(message, DHCP4_OPTION_VENDOR);
    return option != NULL && pxe_decode_vendor(option, vendor) == STATUS_OK && vendor->has_boot_item;
}

// The reply that carries the boot file and no address.
static void reply_init(const struct proxydhcp_facts *facts, enum dhcp4_kind kind,
                       struct dhcp4_actions *actions)
{
    struct dhcp4_reply *reply = &actions->reply;
    actions->has_reply = true;
    actions->reply_kind = kind;
    dhcp4_reply_init(reply, facts->message, kind);
    dhcp4_put_ip4(reply, DHCP4_OPTION_SERVER_ID, facts->server);
    const char *class = dhcp4_boot_class(facts->message);
    if (class != NULL) {
        dhcp4_put_string(reply, DHCP4_OPTION_VENDOR_CLASS, class);
    }
    if (facts->boot.has_file) {
        struct dhcp4_boot boot = facts->boot;
        boot.shape.is_late = boot.shape.is_late && kind == DHCP4_OFFER;
        dhcp4_boot_put(reply, &boot, facts->server);
    }
    dhcp4_boot_put_echoes(reply, facts->message);
}

static void offer_address(const struct dhcp4_message *message, struct dhcp4_actions *actions)
{
    bool is_relayed = message->giaddr.value != 0;
    actions->to = is_relayed ? message->giaddr : (struct ip4){BROADCAST};
    actions->to_port = is_relayed ? DHCP4_SERVER_PORT : DHCP4_CLIENT_PORT;
}

static void offer(const struct proxydhcp_facts *facts, struct dhcp4_actions *actions)
{
    if (dhcp4_boot_class(facts->message) == NULL) {
        return;
    }
    reply_init(facts, DHCP4_OFFER, actions);
    // UEFI must not find option 43 here: then it asks again on 4011, the step that some firmware insists on.
    // iPXE and UEFI HTTP boot take the offer as it is.
    bool is_firmware = facts->client->stage == BOOT_STAGE_FIRMWARE && !facts->client->wants_http;
    if (is_firmware) {
        bool is_uefi = facts->client->platform == BOOT_PLATFORM_UEFI;
        dhcp4_boot_put_vendor(&actions->reply, &facts->boot.shape,
                              is_uefi ? QUIRK_VENDOR_NONE : QUIRK_VENDOR_DIRECT);
    }
    offer_address(facts->message, actions);
}

// The only word about booting to a machine that boots its own disk.
static void offer_local(const struct proxydhcp_facts *facts, struct dhcp4_actions *actions)
{
    bool is_discover = facts->port == DHCP4_SERVER_PORT && facts->message->kind == DHCP4_DISCOVER;
    if (!is_discover || dhcp4_boot_class(facts->message) == NULL ||
        !dhcp4_boot_is_local_for(&facts->boot, facts->client)) {
        return;
    }
    reply_init(facts, DHCP4_OFFER, actions);
    actions->reply.siaddr = facts->server;
    dhcp4_boot_put_local(&actions->reply);
    offer_address(facts->message, actions);
}

// Back to where it asked from; BIOS discovery may come without a source address.
static void step_two_address(const struct proxydhcp_facts *facts, struct dhcp4_actions *actions)
{
    struct ip4 own = facts->message->ciaddr;
    actions->to = facts->from;
    actions->to_port = facts->from_port;
    if (facts->from.value == 0) {
        actions->to = own.value != 0 ? own : (struct ip4){BROADCAST};
        actions->to_port = DHCP4_CLIENT_PORT;
    }
}

// The second step: the client has its address by now.
static void acknowledge(const struct proxydhcp_facts *facts, const struct pxe_vendor *item,
                        struct dhcp4_actions *actions)
{
    reply_init(facts, DHCP4_ACK, actions);
    actions->reply.ciaddr = facts->message->ciaddr;
    if (item != NULL) {
        struct pxe_vendor echo = {
            .has_boot_item = true, .item_type = item->item_type, .item_layer = item->item_layer};
        uint8_t bytes[VENDOR_BYTES];
        size_t length = 0;
        enum status status = pxe_encode_vendor(&echo, bytes, sizeof bytes, &length);
        assert(status == STATUS_OK);
        dhcp4_put_bytes(&actions->reply, DHCP4_OPTION_VENDOR, bytes, length);
    }
    step_two_address(facts, actions);
}

void proxydhcp_step(const struct proxydhcp_facts *facts, struct dhcp4_actions *actions)
{
    *actions = (struct dhcp4_actions){0};
    const struct dhcp4_message *message = facts->message;
    if (message->op != DHCP4_OP_REQUEST || message->hops > DHCP4_HOPS_MOST) {
        return;
    }
    if (!dhcp4_boot_is_for(&facts->boot, facts->client)) {
        offer_local(facts, actions);
        return;
    }
    struct pxe_vendor item;
    bool has_item = find_boot_item(message, &item);
    bool is_request = message->kind == DHCP4_REQUEST;
    if (has_item && (item.item_layer & PXE_LAYER_CREDENTIALS) != 0) {
        return;
    }
    if (facts->port == DHCP4_PXE_PORT && (is_request || message->kind == DHCP4_INFORM)) {
        acknowledge(facts, has_item ? &item : NULL, actions);
    } else if (facts->port == DHCP4_SERVER_PORT && message->kind == DHCP4_DISCOVER) {
        offer(facts, actions);
    } else if (facts->port == DHCP4_SERVER_PORT && is_request && has_item) {
        acknowledge(facts, &item, actions);
    }
}
