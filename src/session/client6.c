// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/client6.h"

#include "session/client.h"
#include "wire/pxe.h"

#define ENTERPRISE_BYTES 4

static void evidence_put(struct boot_evidence *evidence, const void *data, size_t bytes)
{
    evidence->length = (uint8_t)size_min(bytes, sizeof evidence->bytes);
    if (evidence->length != 0) {
        memcpy(evidence->bytes, data, evidence->length);
    }
}

// The first item of a list of length and text, as options 15 and (behind its number) 16 are.
static bool item_find(const struct dhcp6_option *option, size_t skip, struct dhcp6_option *item)
{
    struct reader reader = reader_init(option->data, option->length);
    read_skip(&reader, skip);
    uint16_t length = read_be16(&reader);
    const uint8_t *data = read_bytes(&reader, length);
    if (data == NULL || length == 0) {
        return false;
    }
    *item = (struct dhcp6_option){.code = option->code, .length = length, .data = data};
    return true;
}

static void class_put(const struct dhcp6_message *message, struct boot_client *client,
                      struct pxe_vendor_class *class)
{
    struct dhcp6_option option;
    struct dhcp6_option item;
    if (dhcp6_find(&message->options, DHCP6_OPTION_USER_CLASS, &option) && item_find(&option, 0, &item)) {
        evidence_put(&client->user_class, item.data, item.length);
    }
    struct reader reader = reader_init(message->options.data, message->options.bytes);
    while (dhcp6_option_next(&reader, &option)) {
        if (option.code != DHCP6_OPTION_VENDOR_CLASS || !item_find(&option, ENTERPRISE_BYTES, &item)) {
            continue; // there may be several, one for each enterprise
        }
        struct pxe_vendor_class read = {0};
        struct dhcp4_option same = {.length = item.length, .data = item.data};
        pxe_decode_vendor_class(&same, &read);
        if (client->vendor_class.length == 0 || read.class != PXE_CLASS_OTHER) {
            evidence_put(&client->vendor_class, item.data, item.length);
            *class = read;
        }
    }
}

// What the relay next to the client says of where it is.
static void relay_put(const struct dhcp6_message *message, struct boot_client *client)
{
    if (message->relay_count == 0) {
        return;
    }
    const struct dhcp6_options *options = &message->relays[message->relay_count - 1].options;
    struct dhcp6_option option;
    if (dhcp6_find(options, DHCP6_OPTION_INTERFACE_ID, &option)) {
        evidence_put(&client->circuit_id, option.data, option.length);
    }
    if (dhcp6_find(options, DHCP6_OPTION_REMOTE_ID, &option) && option.length > ENTERPRISE_BYTES) {
        evidence_put(&client->remote_id, option.data + ENTERPRISE_BYTES, option.length - ENTERPRISE_BYTES);
    }
    if (dhcp6_find(options, DHCP6_OPTION_SUBSCRIBER_ID, &option)) {
        evidence_put(&client->subscriber_id, option.data, option.length);
    }
}

static bool is_ipxe(const struct boot_client *client)
{
    return client->user_class.length == 4 && memcmp(client->user_class.bytes, "iPXE", 4) == 0;
}

// EDK2 writes SMBIOS's bytes, whose first three fields are little endian; iPXE the canonical form. A system's
// DUID-UUID is made of its machine-id, and tells nothing of the machine.
static void uuid_put(const struct dhcp6_message *message, struct boot_client *client)
{
    struct dhcp6_option duid;
    struct uuid uuid;
    if (client->stage == BOOT_STAGE_SYSTEM || !dhcp6_find(&message->options, DHCP6_OPTION_CLIENT_ID, &duid) ||
        !dhcp6_duid_find_uuid(&duid, &uuid)) {
        return;
    }
    client->uuid = client->stage == BOOT_STAGE_IPXE ? uuid : uuid_from_wire(uuid.bytes);
}

void client_from_dhcp6(const struct dhcp6_message *message, struct ip6 source, struct boot_client *client)
{
    struct pxe_vendor_class class = {0};
    struct dhcp6_option option;
    *client = (struct boot_client){.is_ip6 = true, .architecture = BOOT_ARCHITECTURE_NONE};
    (void)dhcp6_find_hw(message, source, &client->mac);
    class_put(message, client, &class);
    relay_put(message, client);
    if (dhcp6_find(&message->options, DHCP6_OPTION_ARCHITECTURE, &option) && option.length >= 2) {
        client->architecture = (uint16_t)(option.data[0] << 8 | option.data[1]);
    } else if (class.has_architecture) {
        client->architecture = class.architecture;
    }
    if (is_ipxe(client)) {
        client->stage = BOOT_STAGE_IPXE;
        client->has_http = true; // option 175 does not exist here; every build with IPv6 has it
    } else if (class.class != PXE_CLASS_OTHER || client->architecture != BOOT_ARCHITECTURE_NONE) {
        client->stage = BOOT_STAGE_FIRMWARE; // RFC 5970 section 3.3: who network-boots sends 61
    }
    client->platform = client_pick_platform(client->architecture);
    client->wants_http = client->stage == BOOT_STAGE_FIRMWARE && class.class == PXE_CLASS_HTTP;
    uuid_put(message, client);
}
