// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/dhcp4_boot.h"

#include "wire/pxe.h"

#define UUID_OPTION_BYTES     17
#define CLIENT_ID_LEAST_BYTES 2 // RFC 2132 section 9.14
#define VENDOR_BYTES          64
#define MENU_TYPE_OURS        0x8000 // 32768 to 65534 belong to vendors

bool dhcp4_boot_is_for(const struct dhcp4_boot *boot, const struct boot_client *client)
{
    if (!boot->has_file || boot->file[0] == '\0') {
        return false;
    }
    if (client->wants_http) {
        return boot->is_url;
    }
    return !boot->is_url || client->stage == BOOT_STAGE_IPXE;
}

bool dhcp4_boot_is_local_for(const struct dhcp4_boot *boot, const struct boot_client *client)
{
    bool is_uefi_pxe =
        client->stage == BOOT_STAGE_FIRMWARE && client->platform == BOOT_PLATFORM_UEFI && !client->wants_http;
    return boot->is_local && !boot->has_file && is_uefi_pxe;
}

const char *dhcp4_boot_class(const struct dhcp4_message *message)
{
    static const char *const CLASSES[] = {"PXEClient", "HTTPClient"};
    for (size_t i = 0; i < COUNT_OF(CLASSES); i++) {
        if (dhcp4_starts(message, DHCP4_OPTION_VENDOR_CLASS, CLASSES[i])) {
            return CLASSES[i];
        }
    }
    return NULL;
}

void dhcp4_boot_put(struct dhcp4_reply *reply, const struct dhcp4_boot *boot, struct ip4 server)
{
    char address[IP4_TEXT_BYTES];
    reply->siaddr = server;
    if (boot->shape.is_late) {
        return;
    }
    if (boot->shape.fields != QUIRK_FIELDS_OPTIONS) {
        dhcp4_put_file(reply, boot->file); // one too long for the header is in 67 alone
    }
    if (boot->shape.fields != QUIRK_FIELDS_HEADER) {
        dhcp4_put_string_nul(reply, DHCP4_OPTION_TFTP_SERVER, ip4_print(server, address));
        dhcp4_put_string_nul(reply, DHCP4_OPTION_BOOT_FILE, boot->file);
    }
}

static void put_vendor(struct dhcp4_reply *reply, const struct pxe_vendor *vendor)
{
    uint8_t bytes[VENDOR_BYTES];
    size_t length = 0;
    enum status status = pxe_encode_vendor(vendor, bytes, sizeof bytes, &length);
    assert(status == STATUS_OK);
    dhcp4_put_bytes(reply, DHCP4_OPTION_VENDOR, bytes, length);
}

void dhcp4_boot_put_direct(struct dhcp4_reply *reply)
{
    struct pxe_vendor vendor = {.has_discovery_control = true, .discovery_control = PXE_DISCOVERY_USE_FILE};
    put_vendor(reply, &vendor);
}

void dhcp4_boot_put_local(struct dhcp4_reply *reply)
{
    static const char WORDS[] = "Local boot";
    struct pxe_vendor vendor = {.has_discovery_control = true,
                                .discovery_control = PXE_DISCOVERY_NO_BROADCAST | PXE_DISCOVERY_NO_MULTICAST,
                                .has_prompt = true,
                                .prompt_length = sizeof WORDS - 1,
                                .prompt = WORDS,
                                .menu_count = 1,
                                .menu = {{.length = sizeof WORDS - 1, .text = WORDS}}};
    put_vendor(reply, &vendor);
}

// One entry, taken at once: firmware then asks all servers for that type, and port 67 and 4011 answer.
static void put_menu(struct dhcp4_reply *reply)
{
    static const char WORDS[] = "Network boot";
    struct pxe_vendor vendor = {
        .has_discovery_control = true,
        .discovery_control = PXE_DISCOVERY_NO_MULTICAST,
        .has_prompt = true,
        .prompt_length = sizeof WORDS - 1,
        .prompt = WORDS,
        .menu_count = 1,
        .menu = {{.type = MENU_TYPE_OURS, .length = sizeof WORDS - 1, .text = WORDS}}};
    put_vendor(reply, &vendor);
}

// A Raspberry Pi compares the text of the menu's entry, and takes no offer without (as dnsmasq's users know:
// pxe-service=0,"Raspberry Pi Boot").
static void put_raspberry(struct dhcp4_reply *reply)
{
    static const char ENTRY[] = "Raspberry Pi Boot";
    static const char PROMPT[] = "PXE";
    struct pxe_vendor vendor = {.has_discovery_control = true,
                                .discovery_control = PXE_DISCOVERY_USE_FILE,
                                .has_prompt = true,
                                .prompt_length = sizeof PROMPT - 1,
                                .prompt = PROMPT,
                                .menu_count = 1,
                                .menu = {{.length = sizeof ENTRY - 1, .text = ENTRY}}};
    put_vendor(reply, &vendor);
}

void dhcp4_boot_put_vendor(struct dhcp4_reply *reply, const struct quirk_shape *shape,
                           enum quirk_vendor usual)
{
    switch (shape->vendor == QUIRK_VENDOR_DEFAULT ? usual : shape->vendor) {
    case QUIRK_VENDOR_DIRECT:
        dhcp4_boot_put_direct(reply);
        break;
    case QUIRK_VENDOR_MENU:
        put_menu(reply);
        break;
    case QUIRK_VENDOR_RASPBERRY:
        put_raspberry(reply);
        break;
    case QUIRK_VENDOR_DEFAULT:
    case QUIRK_VENDOR_NONE:
    case QUIRK_VENDOR_COUNT:
        break;
    }
}

// EDK2 drops a whole reply for one option of a wrong length, so a broken one does not come back.
static void put_echo_of(struct dhcp4_reply *reply, const struct dhcp4_message *request, uint8_t code,
                        size_t least_bytes, size_t most_bytes)
{
    const struct dhcp4_option *option = dhcp4_find(request, code);
    if (option != NULL && option->length >= least_bytes && option->length <= most_bytes) {
        dhcp4_put_echo(reply, request, code);
    }
}

void dhcp4_boot_put_echoes(struct dhcp4_reply *reply, const struct dhcp4_message *request)
{
    put_echo_of(reply, request, DHCP4_OPTION_CLIENT_ID, CLIENT_ID_LEAST_BYTES, UINT8_MAX);
    put_echo_of(reply, request, DHCP4_OPTION_RELAY, 1, UINT8_MAX);
    put_echo_of(reply, request, DHCP4_OPTION_MACHINE_UUID, UUID_OPTION_BYTES, UUID_OPTION_BYTES);
}
