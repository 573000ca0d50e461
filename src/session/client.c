// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/client.h"

#include "wire/pxe.h"

#include <string.h>

#define CLIENT_ID_UUID_BYTES 17 // type 0 and a UUID

enum boot_platform client_pick_platform(uint16_t architecture)
{
    switch (architecture) {
    case PXE_X86_BIOS:
    case PXE_X86_BIOS_HTTP:
        return BOOT_PLATFORM_BIOS;
    case PXE_ITANIUM:
    case PXE_IA32_UEFI:
    case PXE_X64_UEFI:
    case PXE_XSCALE_UEFI:
    case PXE_EBC_UEFI:
    case PXE_ARM32_UEFI:
    case PXE_ARM64_UEFI:
    case PXE_IA32_UEFI_HTTP:
    case PXE_X64_UEFI_HTTP:
    case PXE_EBC_UEFI_HTTP:
    case PXE_ARM32_UEFI_HTTP:
    case PXE_ARM64_UEFI_HTTP:
        return BOOT_PLATFORM_UEFI;
    default:
        break;
    }
    bool is_newer_uefi = (architecture >= PXE_RISCV32_UEFI && architecture <= PXE_RISCV128_UEFI_HTTP) ||
                         (architecture >= PXE_MIPS32_UEFI && architecture <= PXE_LOONGARCH64_UEFI_HTTP);
    return is_newer_uefi ? BOOT_PLATFORM_UEFI : BOOT_PLATFORM_OTHER;
}

static bool has_user_class(const struct dhcp4_message *message, const char *name)
{
    const struct dhcp4_option *option = dhcp4_find(message, DHCP4_OPTION_USER_CLASS);
    struct pxe_user_classes classes;
    return option != NULL && pxe_decode_user_classes(option, &classes) == STATUS_OK &&
           pxe_user_classes_has(&classes, name);
}

// Option 93, else what option 60 says about it: some ROMs send only one of them.
static uint16_t architecture_of(const struct dhcp4_message *message, const struct pxe_vendor_class *class)
{
    const struct dhcp4_option *option = dhcp4_find(message, DHCP4_OPTION_ARCHITECTURE);
    struct pxe_architectures architectures;
    if (option != NULL && pxe_decode_architectures(option, &architectures) == STATUS_OK) {
        return architectures.codes[0];
    }
    return class->has_architecture ? class->architecture : BOOT_ARCHITECTURE_NONE;
}

// Option 97, else a client identifier made of type 0 and the UUID, as some ROMs without 97 send it.
static struct uuid uuid_of(const struct dhcp4_message *message, bool is_netboot)
{
    struct uuid uuid = {0};
    const struct dhcp4_option *option = dhcp4_find(message, DHCP4_OPTION_MACHINE_UUID);
    if (option != NULL && pxe_decode_uuid(option, &uuid) == STATUS_OK) {
        return uuid;
    }
    const struct dhcp4_option *id = dhcp4_find(message, DHCP4_OPTION_CLIENT_ID);
    if (is_netboot && id != NULL && id->length == CLIENT_ID_UUID_BYTES && id->data[0] == 0) {
        return uuid_from_wire(id->data + 1);
    }
    return (struct uuid){0};
}

static enum boot_stage stage_of(const struct dhcp4_message *message, const struct pxe_vendor_class *class)
{
    if (has_user_class(message, "iPXE") || dhcp4_find(message, DHCP4_OPTION_IPXE) != NULL) {
        return BOOT_STAGE_IPXE;
    }
    // RFC 4578 section 2.1: who network-boots sends 93, and nobody else does.
    bool is_firmware =
        class->class != PXE_CLASS_OTHER || dhcp4_find(message, DHCP4_OPTION_ARCHITECTURE) != NULL;
    return is_firmware ? BOOT_STAGE_FIRMWARE : BOOT_STAGE_SYSTEM;
}

// What this build of iPXE told about itself; without 93 its EFI feature tells what it runs on.
static void client_put_ipxe(const struct dhcp4_message *message, struct boot_client *client)
{
    const struct dhcp4_option *option = dhcp4_find(message, DHCP4_OPTION_IPXE);
    struct pxe_ipxe ipxe;
    if (option == NULL || pxe_decode_ipxe(option, &ipxe) != STATUS_OK) {
        return;
    }
    client->has_http = pxe_ipxe_has(&ipxe, PXE_IPXE_HTTP);
    if (client->architecture == BOOT_ARCHITECTURE_NONE) {
        client->platform = pxe_ipxe_has(&ipxe, PXE_IPXE_EFI) ? BOOT_PLATFORM_UEFI : BOOT_PLATFORM_BIOS;
    }
}

static void evidence_put(struct boot_evidence *evidence, const void *data, size_t bytes)
{
    evidence->length = (uint8_t)size_min(bytes, sizeof evidence->bytes);
    if (evidence->length != 0) {
        memcpy(evidence->bytes, data, evidence->length);
    }
}

// RFC 3046 section 2.0: a sub-option of what the relay added.
static void evidence_put_relay(struct boot_evidence *evidence, const struct dhcp4_option *relay, uint8_t code)
{
    struct dhcp4_option sub;
    if (relay != NULL && dhcp4_option_find_sub(relay, code, false, &sub)) {
        evidence_put(evidence, sub.data, sub.length);
    }
}

// What classes of clients are told apart by.
static void client_put_evidence(const struct dhcp4_message *message, struct boot_client *client)
{
    const struct dhcp4_option *class = dhcp4_find(message, DHCP4_OPTION_VENDOR_CLASS);
    if (class != NULL) {
        evidence_put(&client->vendor_class, class->data, class->length);
    }
    const struct dhcp4_option *user = dhcp4_find(message, DHCP4_OPTION_USER_CLASS);
    struct pxe_user_classes classes;
    if (user != NULL && pxe_decode_user_classes(user, &classes) == STATUS_OK && classes.count != 0) {
        evidence_put(&client->user_class, classes.items[0].data, classes.items[0].length);
    }
    client->tells_place = message->kind == DHCP4_DISCOVER; // a broadcast
    client->relay = ip_from_ip4(message->giaddr);
    const struct dhcp4_option *relay = dhcp4_find(message, DHCP4_OPTION_RELAY);
    evidence_put_relay(&client->circuit_id, relay, DHCP4_RELAY_CIRCUIT_ID);
    evidence_put_relay(&client->remote_id, relay, DHCP4_RELAY_REMOTE_ID);
    evidence_put_relay(&client->subscriber_id, relay, DHCP4_RELAY_SUBSCRIBER_ID);
}

void client_from_dhcp4(const struct dhcp4_message *message, struct boot_client *client)
{
    struct pxe_vendor_class class = {0};
    const struct dhcp4_option *option = dhcp4_find(message, DHCP4_OPTION_VENDOR_CLASS);
    if (option != NULL) {
        pxe_decode_vendor_class(option, &class);
    }
    *client = (struct boot_client){.mac = message->chaddr};
    client->stage = stage_of(message, &class);
    client->architecture = architecture_of(message, &class);
    client->platform = client_pick_platform(client->architecture);
    client->wants_http = client->stage == BOOT_STAGE_FIRMWARE && class.class == PXE_CLASS_HTTP;
    client->is_test = has_user_class(message, CLIENT_TEST_CLASS);
    client->uuid = uuid_of(message, client->stage != BOOT_STAGE_SYSTEM);
    if (client->stage == BOOT_STAGE_IPXE) {
        client_put_ipxe(message, client);
    }
    client_put_evidence(message, client);
}

// As text when it is some, else in hexadecimal: switches write both.
static void print_evidence(const struct boot_evidence *evidence, const char *name, struct text *out)
{
    bool is_text = true;
    for (uint8_t i = 0; i < evidence->length; i++) {
        is_text = is_text && evidence->bytes[i] >= ' ' && evidence->bytes[i] < 0x7f;
    }
    if (evidence->length == 0) {
        return;
    }
    text_add_format(out, ", %s ", name);
    if (is_text) {
        text_add_bytes(out, (const char *)evidence->bytes, evidence->length);
        return;
    }
    for (uint8_t i = 0; i < evidence->length; i++) {
        text_add_format(out, "%s%02x", i == 0 ? "" : ":", evidence->bytes[i]);
    }
}

void client_print_place(const struct boot_client *client, struct text *out)
{
    char address[IP_TEXT_BYTES];
    if (ip_is_none(client->relay)) {
        return;
    }
    text_add_format(out, "relay %s", ip_print(client->relay, address));
    print_evidence(&client->circuit_id, "circuit", out);
    print_evidence(&client->remote_id, "remote", out);
    print_evidence(&client->subscriber_id, "subscriber", out);
}
