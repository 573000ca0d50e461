// SPDX-License-Identifier: GPL-3.0-or-later
// Messages as text, driven by the table of options: what the table knows is shown as what it is, anything
// else, or of a wrong length, as hexadecimal.
#include "wire/dhcp4.h"

#include "base/uuid.h"
#include "wire/pxe.h"

#include <string.h>

static uint32_t bytes_number(const uint8_t *data, size_t bytes)
{
    uint32_t number = 0;
    for (size_t i = 0; i < bytes; i++) {
        number = number << 8 | data[i];
    }
    return number;
}

static void hex_print(const struct dhcp4_option *option, struct text *text)
{
    text_add(text, option->length == 0 ? " empty" : " hex ");
    for (size_t i = 0; i < option->length; i++) {
        text_add_format(text, "%02x", option->data[i]);
    }
}

static void string_print(const struct dhcp4_option *option, struct text *text)
{
    text_add(text, " \"");
    text_add_escaped(text, (const char *)option->data, option->length);
    text_add_char(text, '"');
}

static void number_print(const struct dhcp4_option *option, const char *unit, struct text *text)
{
    text_add_format(text, " %u%s%s", bytes_number(option->data, option->length), unit[0] == '\0' ? "" : " ",
                    unit);
}

static void addresses_print(const struct dhcp4_option *option, struct text *text)
{
    char address[IP4_TEXT_BYTES];
    for (size_t i = 0; i + 4 <= option->length; i += 4) {
        text_add_format(text, " %s", ip4_print((struct ip4){bytes_number(option->data + i, 4)}, address));
    }
}

static void codes_print(const struct dhcp4_option *option, struct text *text)
{
    for (size_t i = 0; i < option->length; i++) {
        text_add_format(text, "%s%u", i == 0 ? " " : ",", option->data[i]);
    }
}

static void architectures_print(const struct dhcp4_option *option, struct text *text)
{
    for (size_t i = 0; i + 2 <= option->length; i += 2) {
        uint16_t code = (uint16_t)bytes_number(option->data + i, 2);
        const char *name = pxe_architecture_name(code);
        text_add_format(text, "%s %u (%s)", i == 0 ? "" : ",", code, name == NULL ? "unknown" : name);
    }
}

static void uuid_option_print(const struct dhcp4_option *option, struct text *text)
{
    struct uuid uuid;
    char spelled[UUID_TEXT_BYTES];
    if (pxe_decode_uuid(option, &uuid) != STATUS_OK) {
        hex_print(option, text);
        return;
    }
    text_add_format(text, " %s", uuid_print(&uuid, spelled));
}

// Whether the length suits the format; what does not is shown raw.
static bool value_is_whole(const struct dhcp4_option *option, const struct dhcp4_option_row *row)
{
    switch ((enum dhcp4_format)row->format) {
    case DHCP4_FORMAT_FLAG:
    case DHCP4_FORMAT_U8:
    case DHCP4_FORMAT_KIND:
        return option->length == 1;
    case DHCP4_FORMAT_U16:
        return option->length == 2;
    case DHCP4_FORMAT_U32:
    case DHCP4_FORMAT_IP4:
        return option->length == 4;
    case DHCP4_FORMAT_INTERFACE:
        return option->length == 3;
    case DHCP4_FORMAT_IP4_LIST:
        return option->length > 0 && option->length % 4 == 0;
    case DHCP4_FORMAT_ARCHITECTURES:
        return option->length > 0 && option->length % 2 == 0;
    case DHCP4_FORMAT_BYTES:
    case DHCP4_FORMAT_STRING:
    case DHCP4_FORMAT_CODES:
    case DHCP4_FORMAT_UUID:
    case DHCP4_FORMAT_SUBOPTIONS:
        return option->length >= row->least_bytes;
    }
    return false;
}

static void value_print(const struct dhcp4_option *option, const struct dhcp4_option_row *row,
                        struct text *text)
{
    if (row == NULL || !value_is_whole(option, row)) {
        hex_print(option, text);
        return;
    }
    switch ((enum dhcp4_format)row->format) {
    case DHCP4_FORMAT_BYTES:
    case DHCP4_FORMAT_SUBOPTIONS:
        hex_print(option, text);
        break;
    case DHCP4_FORMAT_FLAG:
    case DHCP4_FORMAT_U8:
    case DHCP4_FORMAT_U16:
    case DHCP4_FORMAT_U32:
        number_print(option, row->unit, text);
        break;
    case DHCP4_FORMAT_IP4:
    case DHCP4_FORMAT_IP4_LIST:
        addresses_print(option, text);
        break;
    case DHCP4_FORMAT_STRING:
        string_print(option, text);
        break;
    case DHCP4_FORMAT_KIND:
        text_add_format(text, " %s", dhcp4_kind_name((enum dhcp4_kind)option->data[0]));
        break;
    case DHCP4_FORMAT_CODES:
        codes_print(option, text);
        break;
    case DHCP4_FORMAT_ARCHITECTURES:
        architectures_print(option, text);
        break;
    case DHCP4_FORMAT_INTERFACE:
        text_add_format(text, " type %u version %u.%u", option->data[0], option->data[1], option->data[2]);
        break;
    case DHCP4_FORMAT_UUID:
        uuid_option_print(option, text);
        break;
    }
}

// Whether all the bytes read as sub-options; option 43 of other vendors is anything.
static bool has_suboptions(const struct dhcp4_option *option)
{
    const struct dhcp4_option_row *row = dhcp4_option_find(option->code);
    if (row == NULL || row->format != DHCP4_FORMAT_SUBOPTIONS || option->length < row->least_bytes) {
        return false;
    }
    struct reader reader = reader_init(option->data, option->length);
    struct dhcp4_option sub = {0};
    size_t count = 0;
    while (dhcp4_option_next_sub(&reader, option->code != DHCP4_OPTION_RELAY, &sub)) {
        count++;
    }
    return count > 0 && reader_is_done(&reader);
}

static void suboptions_print(const struct dhcp4_option *option, struct text *text)
{
    struct reader reader = reader_init(option->data, option->length);
    struct dhcp4_option sub = {0};
    while (dhcp4_option_next_sub(&reader, option->code != DHCP4_OPTION_RELAY, &sub)) {
        const struct dhcp4_option_row *row = dhcp4_option_find_suboption(option->code, sub.code);
        text_add_format(text, "  %u.%u %s", option->code, sub.code, row == NULL ? "unknown" : row->name);
        value_print(&sub, row, text);
        text_add_char(text, '\n');
    }
}

static void option_print(const struct dhcp4_option *option, struct text *text)
{
    if (has_suboptions(option)) {
        suboptions_print(option, text);
        return;
    }
    const struct dhcp4_option_row *row = dhcp4_option_find(option->code);
    text_add_format(text, "  %u %s", option->code, row == NULL ? "unknown" : row->name);
    value_print(option, row, text);
    text_add_char(text, '\n');
}

static void address_line_print(const char *name, struct ip4 address, struct text *text)
{
    char printed[IP4_TEXT_BYTES];
    if (address.value != 0) {
        text_add_format(text, "  %s %s\n", name, ip4_print(address, printed));
    }
}

static void text_line_print(const char *name, const char *field, size_t length, struct text *text)
{
    if (length != 0) {
        text_add_format(text, "  %s \"", name);
        text_add_escaped(text, field, length);
        text_add(text, "\"\n");
    }
}

void dhcp4_print(const struct dhcp4_message *message, struct text *text)
{
    char hardware[HW_TEXT_BYTES];
    text_add_format(text, "%s %s %s, xid %08x, secs %u%s", dhcp4_kind_name(message->kind),
                    message->op == DHCP4_OP_REQUEST ? "from" : "to",
                    message->chaddr.length == 0 ? "no hardware address"
                                                : hw_print(&message->chaddr, hardware),
                    message->xid, message->secs, message->broadcast ? ", broadcast" : "");
    if (message->chaddr.type != 1) {
        text_add_format(text, ", hardware type %u", message->chaddr.type);
    }
    if (message->hops != 0) {
        text_add_format(text, ", hops %u", message->hops);
    }
    text_add_format(text, ", %u bytes\n", message->bytes);
    address_line_print("ciaddr", message->ciaddr, text);
    address_line_print("yiaddr", message->yiaddr, text);
    address_line_print("siaddr", message->siaddr, text);
    address_line_print("giaddr", message->giaddr, text);
    text_line_print("sname", message->sname, strlen(message->sname), text);
    text_line_print("file", message->file, strlen(message->file), text);
    for (size_t i = 0; i < message->options.count; i++) {
        option_print(&message->options.items[i], text);
    }
}
