// SPDX-License-Identifier: GPL-3.0-or-later
// DHCPv6 messages as text. What is not known, or of a wrong length, is shown as hexadecimal.
#include "wire/dhcp6.h"

#define IP6_BYTES 16

enum format { FORMAT_HEX, FORMAT_TEXT, FORMAT_NUMBER, FORMAT_NUMBERS, FORMAT_ADDRESSES, FORMAT_STATUS };

struct row {
    uint16_t code;
    enum format format;
    const char *name;
};

static const struct row ROWS[] = {
    {DHCP6_OPTION_CLIENT_ID, FORMAT_HEX, "client-id"},
    {DHCP6_OPTION_SERVER_ID, FORMAT_HEX, "server-id"},
    {DHCP6_OPTION_IA_NA, FORMAT_HEX, "ia-na"},
    {DHCP6_OPTION_IA_TA, FORMAT_HEX, "ia-ta"},
    {DHCP6_OPTION_IA_ADDRESS, FORMAT_HEX, "address"},
    {DHCP6_OPTION_WANTED, FORMAT_NUMBERS, "wanted"},
    {DHCP6_OPTION_PREFERENCE, FORMAT_NUMBER, "preference"},
    {DHCP6_OPTION_ELAPSED, FORMAT_NUMBER, "elapsed"},
    {DHCP6_OPTION_STATUS, FORMAT_STATUS, "status"},
    {DHCP6_OPTION_RAPID_COMMIT, FORMAT_HEX, "rapid-commit"},
    {DHCP6_OPTION_USER_CLASS, FORMAT_HEX, "user-class"},
    {DHCP6_OPTION_VENDOR_CLASS, FORMAT_HEX, "vendor-class"},
    {DHCP6_OPTION_INTERFACE_ID, FORMAT_HEX, "interface-id"},
    {DHCP6_OPTION_DNS, FORMAT_ADDRESSES, "dns"},
    {DHCP6_OPTION_DOMAINS, FORMAT_HEX, "domains"},
    {DHCP6_OPTION_IA_PD, FORMAT_HEX, "ia-pd"},
    {DHCP6_OPTION_REFRESH_TIME, FORMAT_NUMBER, "refresh-time"},
    {DHCP6_OPTION_REMOTE_ID, FORMAT_HEX, "remote-id"},
    {DHCP6_OPTION_SUBSCRIBER_ID, FORMAT_HEX, "subscriber-id"},
    {DHCP6_OPTION_BOOT_URL, FORMAT_TEXT, "boot-url"},
    {DHCP6_OPTION_BOOT_PARAMS, FORMAT_HEX, "boot-params"},
    {DHCP6_OPTION_ARCHITECTURE, FORMAT_NUMBERS, "architecture"},
    {DHCP6_OPTION_UNDI, FORMAT_HEX, "undi"},
    {DHCP6_OPTION_LINK_LAYER, FORMAT_HEX, "link-layer"},
    {DHCP6_OPTION_SOLICIT_MOST, FORMAT_NUMBER, "solicit-most"},
    {DHCP6_OPTION_INFORMATION_MOST, FORMAT_NUMBER, "information-most"},
    {DHCP6_OPTION_RELAY_PORT, FORMAT_NUMBER, "relay-port"},
};

static void hex_print(const struct dhcp6_option *option, struct text *text)
{
    text_add(text, option->length == 0 ? " empty" : " hex ");
    for (size_t i = 0; i < option->length; i++) {
        text_add_format(text, "%02x", option->data[i]);
    }
}

static void number_print(const struct dhcp6_option *option, struct text *text)
{
    uint32_t number = 0;
    for (size_t i = 0; i < option->length; i++) {
        number = number << 8 | option->data[i];
    }
    text_add_format(text, " %u", number);
}

static bool format_suits(const struct dhcp6_option *option, enum format format)
{
    switch (format) {
    case FORMAT_NUMBER:
        return option->length >= 1 && option->length <= 4;
    case FORMAT_NUMBERS:
        return option->length > 0 && option->length % 2 == 0;
    case FORMAT_ADDRESSES:
        return option->length > 0 && option->length % IP6_BYTES == 0;
    case FORMAT_STATUS:
        return option->length >= 2;
    case FORMAT_TEXT:
        return true;
    case FORMAT_HEX:
        break;
    }
    return false;
}

static void value_print(const struct dhcp6_option *option, enum format format, struct text *text)
{
    struct reader reader = reader_init(option->data, option->length);
    char printed[IP6_TEXT_BYTES];
    if (!format_suits(option, format)) {
        hex_print(option, text);
    } else if (format == FORMAT_NUMBER) {
        number_print(option, text);
    } else if (format == FORMAT_NUMBERS) {
        for (size_t i = 0; i < option->length; i += 2) {
            text_add_format(text, "%s%u", i == 0 ? " " : ",", read_be16(&reader));
        }
    } else if (format == FORMAT_ADDRESSES) {
        for (size_t i = 0; i < option->length; i += IP6_BYTES) {
            struct ip6 address;
            read_copy(&reader, address.octets, sizeof address.octets);
            text_add_format(text, " %s", ip6_print(address, printed));
        }
    } else {
        if (format == FORMAT_STATUS) {
            text_add_format(text, " %u", read_be16(&reader));
        }
        text_add(text, " \"");
        text_add_escaped(text, (const char *)reader.at, reader_left(&reader));
        text_add_char(text, '"');
    }
}

static void plain_print(const struct dhcp6_option *option, struct text *text)
{
    const struct row *row = NULL;
    for (size_t i = 0; i < COUNT_OF(ROWS) && row == NULL; i++) {
        row = ROWS[i].code == option->code ? &ROWS[i] : NULL;
    }
    text_add_format(text, "%u", option->code);
    if (row != NULL) {
        text_add_format(text, " %s", row->name);
    }
    value_print(option, row == NULL ? FORMAT_HEX : row->format, text);
    text_add_char(text, '\n');
}

static void address_print(const struct dhcp6_option *option, struct text *text)
{
    struct dhcp6_ia_address address;
    struct dhcp6_option inner;
    char printed[IP6_TEXT_BYTES];
    text_add(text, "    ");
    if (option->code != DHCP6_OPTION_IA_ADDRESS || dhcp6_decode_ia_address(option, &address) != STATUS_OK) {
        plain_print(option, text);
        return;
    }
    text_add_format(text, "5 address %s preferred %u valid %u\n", ip6_print(address.address, printed),
                    address.preferred_s, address.valid_s);
    struct reader reader = reader_init(address.options.data, address.options.bytes);
    while (dhcp6_option_next(&reader, &inner)) {
        text_add(text, "      ");
        plain_print(&inner, text);
    }
}

static void option_print(const struct dhcp6_option *option, struct text *text)
{
    struct dhcp6_ia ia;
    struct dhcp6_option inner;
    text_add(text, "  ");
    if (option->code != DHCP6_OPTION_IA_NA || dhcp6_decode_ia(option, &ia) != STATUS_OK) {
        plain_print(option, text);
        return;
    }
    text_add_format(text, "3 ia-na %08x renew %u rebind %u\n", ia.id, ia.renew_s, ia.rebind_s);
    struct reader reader = reader_init(ia.options.data, ia.options.bytes);
    while (dhcp6_option_next(&reader, &inner)) {
        address_print(&inner, text);
    }
}

static void options_print(const struct dhcp6_options *options, struct text *text)
{
    struct reader reader = reader_init(options->data, options->bytes);
    struct dhcp6_option option;
    while (dhcp6_option_next(&reader, &option)) {
        if (option.code != DHCP6_OPTION_RELAY_MESSAGE) {
            option_print(&option, text);
        }
    }
}

void dhcp6_print(const struct dhcp6_message *message, struct text *text)
{
    char link[IP6_TEXT_BYTES];
    char peer[IP6_TEXT_BYTES];
    for (size_t i = 0; i < message->relay_count; i++) {
        const struct dhcp6_relay *relay = &message->relays[i];
        text_add_format(text, "relay hops %u link %s peer %s\n", relay->hops, ip6_print(relay->link, link),
                        ip6_print(relay->peer, peer));
        options_print(&relay->options, text);
    }
    text_add_format(text, "%s xid %06x\n", dhcp6_kind_name(message->kind), message->xid);
    options_print(&message->options, text);
}
