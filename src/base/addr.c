// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/addr.h"

#include "base/text.h"

#include <string.h>

enum status ip4_parse(const char *text, struct ip4 *address)
{
    uint32_t value = 0;
    for (unsigned part = 0; part < 4; part++) {
        unsigned number = 0;
        unsigned digits = 0;
        for (; *text >= '0' && *text <= '9'; text++, digits++) {
            if (digits == 3 || (digits == 1 && number == 0)) {
                return STATUS_MALFORMED;
            }
            number = number * 10 + (unsigned)(*text - '0');
        }
        if (digits == 0 || number > 255 || *text != (part == 3 ? '\0' : '.')) {
            return STATUS_MALFORMED;
        }
        text += part != 3;
        value = value << 8 | number;
    }
    address->value = value;
    return STATUS_OK;
}

char *ip4_print(struct ip4 address, char out[IP4_TEXT_BYTES])
{
    struct text text;
    text_init(&text, out, IP4_TEXT_BYTES);
    uint32_t v = address.value;
    text_add_format(&text, "%u.%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255);
    return out;
}

struct ip4 ip4_mask(uint8_t prefix)
{
    assert(prefix <= 32);
    return (struct ip4){prefix == 0 ? 0 : UINT32_MAX << (32 - prefix)};
}

enum status subnet_parse(const char *text, struct subnet *subnet)
{
    const char *slash = strchr(text, '/');
    char address_text[IP4_TEXT_BYTES];
    if (slash == NULL || (size_t)(slash - text) >= sizeof address_text) {
        return STATUS_MALFORMED;
    }
    memcpy(address_text, text, (size_t)(slash - text));
    address_text[slash - text] = '\0';
    struct ip4 network;
    uint64_t prefix;
    if (ip4_parse(address_text, &network) != STATUS_OK ||
        text_parse_u64(slash + 1, 32, &prefix) != STATUS_OK) {
        return STATUS_MALFORMED;
    }
    if ((network.value & ~ip4_mask((uint8_t)prefix).value) != 0) {
        return STATUS_CONFLICT;
    }
    *subnet = (struct subnet){network, (uint8_t)prefix};
    return STATUS_OK;
}

char *subnet_print(struct subnet subnet, char out[SUBNET_TEXT_BYTES])
{
    char address[IP4_TEXT_BYTES];
    struct text text;
    text_init(&text, out, SUBNET_TEXT_BYTES);
    text_add_format(&text, "%s/%u", ip4_print(subnet.network, address), subnet.prefix);
    return out;
}

bool subnet_has(struct subnet subnet, struct ip4 address)
{
    return (address.value & ip4_mask(subnet.prefix).value) == subnet.network.value;
}

struct ip4 subnet_broadcast(struct subnet subnet)
{
    return (struct ip4){subnet.network.value | ~ip4_mask(subnet.prefix).value};
}

struct hw hw_ethernet(const uint8_t octets[6])
{
    struct hw address = {.type = 1, .length = 6};
    memcpy(address.octets, octets, 6);
    return address;
}

bool hw_equal(const struct hw *a, const struct hw *b)
{
    return a->type == b->type && a->length == b->length &&
           memcmp(a->octets, b->octets, size_min(a->length, HW_BYTES)) == 0;
}

// The separators known from the field, and where they may stand: after every octet, or after every second
// one.
enum status hw_parse(const char *text, struct hw *address)
{
    uint8_t octets[6];
    char separator = '\0';
    size_t every = 0;
    for (size_t i = 0; i < sizeof octets; i++) {
        int high = text_parse_hex_digit(text[0]);
        int low = high < 0 ? -1 : text_parse_hex_digit(text[1]);
        if (low < 0) {
            return STATUS_MALFORMED;
        }
        octets[i] = (uint8_t)(high * 16 + low);
        text += 2;
        if (every == 0 && i < 2 && *text != '\0' && strchr(":-.", *text) != NULL) {
            separator = *text;
            every = i + 1;
        }
        if (every != 0 && i != sizeof octets - 1 && (i + 1) % every == 0) {
            if (*text != separator) {
                return STATUS_MALFORMED;
            }
            text++;
        }
    }
    if (*text != '\0') {
        return STATUS_MALFORMED;
    }
    *address = hw_ethernet(octets);
    return STATUS_OK;
}

static char *hw_print_with(const struct hw *address, char separator, char out[HW_TEXT_BYTES])
{
    struct text text;
    text_init(&text, out, HW_TEXT_BYTES);
    for (size_t i = 0; i < size_min(address->length, HW_BYTES); i++) {
        if (i != 0) {
            text_add_char(&text, separator);
        }
        text_add_format(&text, "%02x", address->octets[i]);
    }
    return out;
}

char *hw_print(const struct hw *address, char out[HW_TEXT_BYTES])
{
    return hw_print_with(address, ':', out);
}

char *hw_print_dashes(const struct hw *address, char out[HW_TEXT_BYTES])
{
    return hw_print_with(address, '-', out);
}
