// SPDX-License-Identifier: GPL-3.0-or-later
// Option 43 of PXE messages.
#include "wire/pxe.h"

#include "base/reader.h"
#include "base/writer.h"

#include <string.h>

#define OPTION_MOST 255

static enum status menu_decode(const struct dhcp4_option *sub, struct pxe_vendor *vendor)
{
    struct reader reader = reader_init(sub->data, sub->length);
    while (reader_left(&reader) > 0) {
        uint16_t type = read_be16(&reader);
        uint8_t length = read_u8(&reader);
        const uint8_t *label = read_bytes(&reader, length);
        if (label != NULL && vendor->menu_count < PXE_MENU_MOST) {
            vendor->menu[vendor->menu_count] =
                (struct pxe_menu_entry){.type = type, .length = length, .text = (const char *)label};
            vendor->menu_count++;
        }
    }
    return reader.failed ? STATUS_MALFORMED : STATUS_OK;
}

static enum status prompt_decode(const struct dhcp4_option *sub, struct pxe_vendor *vendor)
{
    if (sub->length < 1) {
        return STATUS_MALFORMED;
    }
    vendor->has_prompt = true;
    vendor->prompt_timeout_s = sub->data[0];
    vendor->prompt = (const char *)sub->data + 1;
    vendor->prompt_length = (uint8_t)(size_min(sub->length, OPTION_MOST) - 1);
    return STATUS_OK;
}

static enum status item_decode(const struct dhcp4_option *sub, struct pxe_vendor *vendor)
{
    struct reader reader = reader_init(sub->data, sub->length);
    vendor->has_boot_item = true;
    vendor->item_type = read_be16(&reader);
    vendor->item_layer = read_be16(&reader);
    return reader_is_done(&reader) ? STATUS_OK : STATUS_MALFORMED;
}

static enum status suboption_decode(const struct dhcp4_option *sub, struct pxe_vendor *vendor)
{
    switch (sub->code) {
    case PXE_VENDOR_DISCOVERY_CONTROL:
        vendor->has_discovery_control = sub->length == 1;
        vendor->discovery_control = sub->length == 1 ? sub->data[0] : 0;
        return sub->length == 1 ? STATUS_OK : STATUS_MALFORMED;
    case PXE_VENDOR_BOOT_MENU:
        return menu_decode(sub, vendor);
    case PXE_VENDOR_MENU_PROMPT:
        return prompt_decode(sub, vendor);
    case PXE_VENDOR_BOOT_ITEM:
        return item_decode(sub, vendor);
    default:
        return STATUS_OK;
    }
}

static void menu_set_address(struct pxe_vendor *vendor, uint16_t type, struct ip4 address)
{
    for (size_t i = 0; i < vendor->menu_count; i++) {
        if (vendor->menu[i].type == type && vendor->menu[i].address.value == 0) {
            vendor->menu[i].address = address;
        }
    }
}

// Boot servers, once the menu that they belong to is known.
static enum status servers_decode(const struct dhcp4_option *option, struct pxe_vendor *vendor)
{
    struct dhcp4_option sub = {0};
    if (!dhcp4_option_find_sub(option, PXE_VENDOR_BOOT_SERVERS, true, &sub)) {
        return STATUS_OK;
    }
    struct reader reader = reader_init(sub.data, sub.length);
    while (reader_left(&reader) > 0) {
        uint16_t type = read_be16(&reader);
        uint8_t count = read_u8(&reader);
        struct reader addresses = read_inside(&reader, (size_t)count * 4);
        if (count > 0 && !addresses.failed) {
            menu_set_address(vendor, type, (struct ip4){read_be32(&addresses)});
        }
    }
    return reader.failed ? STATUS_MALFORMED : STATUS_OK;
}

enum status pxe_decode_vendor(const struct dhcp4_option *option, struct pxe_vendor *out)
{
    struct reader reader = reader_init(option->data, option->length);
    struct dhcp4_option sub = {0};
    struct pxe_vendor vendor = {0};
    enum status status = STATUS_OK;
    while (status == STATUS_OK && dhcp4_option_next_sub(&reader, true, &sub)) {
        status = suboption_decode(&sub, &vendor);
    }
    if (status == STATUS_OK && reader.failed) {
        status = STATUS_MALFORMED;
    }
    if (status == STATUS_OK) {
        status = servers_decode(option, &vendor);
    }
    if (status == STATUS_OK) {
        *out = vendor;
    }
    return status;
}

// Bytes of 43.8 or 43.9 without their own code and length.
static size_t servers_bytes(const struct pxe_vendor *vendor)
{
    size_t bytes = 0;
    for (size_t i = 0; i < vendor->menu_count; i++) {
        bytes += vendor->menu[i].address.value != 0 ? 7 : 0;
    }
    return bytes;
}

static size_t menu_bytes(const struct pxe_vendor *vendor)
{
    size_t bytes = 0;
    for (size_t i = 0; i < vendor->menu_count; i++) {
        bytes += 3 + (size_t)vendor->menu[i].length;
    }
    return bytes;
}

static void servers_encode(const struct pxe_vendor *vendor, struct writer *writer)
{
    write_u8(writer, PXE_VENDOR_BOOT_SERVERS);
    write_u8(writer, (uint8_t)servers_bytes(vendor));
    for (size_t i = 0; i < vendor->menu_count; i++) {
        if (vendor->menu[i].address.value != 0) {
            write_be16(writer, vendor->menu[i].type);
            write_u8(writer, 1);
            write_be32(writer, vendor->menu[i].address.value);
        }
    }
}

static void menu_encode(const struct pxe_vendor *vendor, struct writer *writer)
{
    write_u8(writer, PXE_VENDOR_BOOT_MENU);
    write_u8(writer, (uint8_t)menu_bytes(vendor));
    for (size_t i = 0; i < vendor->menu_count; i++) {
        write_be16(writer, vendor->menu[i].type);
        write_u8(writer, vendor->menu[i].length);
        write_bytes(writer, vendor->menu[i].text, vendor->menu[i].length);
    }
}

static void prompt_encode(const struct pxe_vendor *vendor, struct writer *writer)
{
    write_u8(writer, PXE_VENDOR_MENU_PROMPT);
    write_u8(writer, (uint8_t)(1 + vendor->prompt_length));
    write_u8(writer, vendor->prompt_timeout_s);
    write_bytes(writer, vendor->prompt, vendor->prompt_length);
}

static void item_encode(const struct pxe_vendor *vendor, struct writer *writer)
{
    write_u8(writer, PXE_VENDOR_BOOT_ITEM);
    write_u8(writer, 4);
    write_be16(writer, vendor->item_type);
    write_be16(writer, vendor->item_layer);
}

enum status pxe_encode_vendor(const struct pxe_vendor *vendor, void *out, size_t out_bytes, size_t *written)
{
    assert(vendor->menu_count <= PXE_MENU_MOST);
    struct writer writer = writer_init(out, size_min(out_bytes, OPTION_MOST));
    if (menu_bytes(vendor) > OPTION_MOST || vendor->prompt_length == OPTION_MOST) {
        return STATUS_TOO_LONG;
    }
    if (vendor->has_discovery_control) {
        write_u8(&writer, PXE_VENDOR_DISCOVERY_CONTROL);
        write_u8(&writer, 1);
        write_u8(&writer, vendor->discovery_control);
    }
    if (servers_bytes(vendor) != 0) {
        servers_encode(vendor, &writer);
    }
    if (vendor->menu_count != 0) {
        menu_encode(vendor, &writer);
    }
    if (vendor->has_prompt) {
        prompt_encode(vendor, &writer);
    }
    if (vendor->has_boot_item) {
        item_encode(vendor, &writer);
    }
    write_u8(&writer, PXE_VENDOR_END);
    if (writer.failed) {
        return STATUS_TOO_LONG;
    }
    *written = writer_length(&writer);
    return STATUS_OK;
}
