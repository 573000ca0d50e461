// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes of options to text, and whether they can be what they should be.
#include "base/addr.h"
#include "base/reader.h"
#include "model/dhcp_option_domain.h"
#include "model/dhcp_option_value.h"

#include <string.h>

#define ADDRESS_BYTES 4

static bool routes_check(const uint8_t *data, size_t bytes)
{
    struct reader reader = reader_init(data, bytes);
    bool is_good = bytes != 0;
    while (is_good && reader_left(&reader) != 0) {
        uint8_t prefix = read_u8(&reader);
        read_skip(&reader, (prefix + 7u) / 8u + ADDRESS_BYTES);
        is_good = prefix <= 32 && !reader.failed;
    }
    return is_good;
}

// Names one behind the other; `count` is set to how many there are.
static bool domains_check(const uint8_t *data, size_t bytes, size_t *count)
{
    size_t at = 0;
    *count = 0;
    while (at < bytes) {
        char name[DHCP_DOMAIN_TEXT_BYTES];
        if (dhcp_domain_decode(data, bytes, &at, name) != STATUS_OK) {
            return false;
        }
        (*count)++;
    }
    return *count != 0;
}

// A string that can be shown as it is, everywhere.
static bool text_check(const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (data[i] < ' ' || data[i] > '~') {
            return false;
        }
    }
    return bytes != 0;
}

static bool sip_check(const uint8_t *data, size_t bytes)
{
    size_t count;
    return bytes > 1 && ((data[0] == 0 && domains_check(data + 1, bytes - 1, &count)) ||
                         (data[0] == 1 && (bytes - 1) % ADDRESS_BYTES == 0));
}

static bool scoped_check(enum dhcp_option_type type, const uint8_t *data, size_t bytes)
{
    if (bytes < 2 || data[0] > 1) {
        return false;
    }
    return type == DHCP_OPTION_SCOPED_IPS ? (bytes - 1) % ADDRESS_BYTES == 0
                                          : text_check(data + 1, bytes - 1);
}

bool dhcp_option_value_check(enum dhcp_option_type type, const uint8_t *data, size_t bytes)
{
    size_t names;
    switch (type) {
    case DHCP_OPTION_STRING:
        return text_check(data, bytes);
    case DHCP_OPTION_IP:
    case DHCP_OPTION_UINT32:
    case DHCP_OPTION_INT32:
        return bytes == 4;
    case DHCP_OPTION_IP_LIST:
        return bytes != 0 && bytes % ADDRESS_BYTES == 0;
    case DHCP_OPTION_UINT8:
        return bytes == 1;
    case DHCP_OPTION_BOOL:
        return bytes == 1 && data[0] <= 1;
    case DHCP_OPTION_UINT16:
        return bytes == 2;
    case DHCP_OPTION_HEX:
    case DHCP_OPTION_UINT8_LIST:
        return bytes != 0;
    case DHCP_OPTION_UINT16_LIST:
        return bytes != 0 && bytes % 2 == 0;
    case DHCP_OPTION_DOMAIN_LIST:
    case DHCP_OPTION_DOMAIN_EACH:
        return domains_check(data, bytes, &names);
    case DHCP_OPTION_DOMAIN:
        return domains_check(data, bytes, &names) && names == 1;
    case DHCP_OPTION_ROUTES:
        return routes_check(data, bytes);
    case DHCP_OPTION_IP_PAIRS:
        return bytes != 0 && bytes % (2 * ADDRESS_BYTES) == 0;
    case DHCP_OPTION_SIP:
        return sip_check(data, bytes);
    case DHCP_OPTION_SCOPED_IPS:
    case DHCP_OPTION_SCOPED_TEXT:
        return scoped_check(type, data, bytes);
    case DHCP_OPTION_EMPTY:
        return bytes == 0;
    case DHCP_OPTION_TYPE_COUNT:
    default:
        return false;
    }
}

static void print_ip(struct reader *reader, struct text *text)
{
    char address[IP4_TEXT_BYTES];
    text_add(text, ip4_print((struct ip4){read_be32(reader)}, address));
}

static void print_route(struct reader *reader, struct text *text)
{
    struct subnet subnet = {.prefix = read_u8(reader)};
    for (unsigned i = 0; i < (subnet.prefix + 7u) / 8u; i++) {
        subnet.network.value |= (uint32_t)read_u8(reader) << (24 - 8 * i);
    }
    char printed[SUBNET_TEXT_BYTES];
    text_add_format(text, "%s ", subnet_print(subnet, printed));
    print_ip(reader, text);
}

static void print_names(const uint8_t *data, size_t bytes, struct text *text)
{
    char name[DHCP_DOMAIN_TEXT_BYTES];
    size_t at = 0;
    while (at < bytes) {
        const char *between = at == 0 ? "" : ", ";
        if (dhcp_domain_decode(data, bytes, &at, name) != STATUS_OK) {
            return;
        }
        text_add_format(text, "%s%s", between, name);
    }
}

static void print_item(enum dhcp_option_type type, struct reader *reader, struct text *text)
{
    if (type == DHCP_OPTION_UINT8_LIST || type == DHCP_OPTION_UINT8) {
        text_add_format(text, "%u", read_u8(reader));
    } else if (type == DHCP_OPTION_UINT16_LIST || type == DHCP_OPTION_UINT16) {
        text_add_format(text, "%u", read_be16(reader));
    } else if (type == DHCP_OPTION_UINT32) {
        text_add_format(text, "%u", read_be32(reader));
    } else if (type == DHCP_OPTION_INT32) {
        text_add_format(text, "%d", (int)read_be32(reader));
    } else if (type == DHCP_OPTION_BOOL) {
        text_add(text, read_u8(reader) == 0 ? "no" : "yes");
    } else if (type == DHCP_OPTION_ROUTES) {
        print_route(reader, text);
    } else {
        print_ip(reader, text);
        if (type == DHCP_OPTION_IP_PAIRS) {
            text_add(text, " ");
            print_ip(reader, text);
        }
    }
}

static void print_items(enum dhcp_option_type type, const uint8_t *data, size_t bytes, struct text *text)
{
    struct reader reader = reader_init(data, bytes);
    for (bool is_first = true; reader_left(&reader) != 0; is_first = false) {
        text_add(text, is_first ? "" : ", ");
        print_item(type, &reader, text);
    }
}

static void print_scoped(enum dhcp_option_type type, const uint8_t *data, size_t bytes, struct text *text)
{
    text_add(text, data[0] == 0 ? "no, " : "yes, ");
    if (type == DHCP_OPTION_SCOPED_IPS) {
        print_items(DHCP_OPTION_IP_LIST, data + 1, bytes - 1, text);
    } else {
        text_add_bytes(text, (const char *)data + 1, bytes - 1);
    }
}

void dhcp_option_value_print(enum dhcp_option_type type, const uint8_t *data, size_t bytes, struct text *text)
{
    switch (type) {
    case DHCP_OPTION_STRING:
        text_add_bytes(text, (const char *)data, bytes);
        break;
    case DHCP_OPTION_HEX:
        dhcp_option_value_print_hex(data, bytes, text);
        break;
    case DHCP_OPTION_EMPTY:
        text_add(text, "yes");
        break;
    case DHCP_OPTION_DOMAIN_LIST:
    case DHCP_OPTION_DOMAIN_EACH:
    case DHCP_OPTION_DOMAIN:
        print_names(data, bytes, text);
        break;
    case DHCP_OPTION_SIP:
        if (data[0] == 0) {
            print_names(data + 1, bytes - 1, text);
        } else {
            print_items(DHCP_OPTION_IP_LIST, data + 1, bytes - 1, text);
        }
        break;
    case DHCP_OPTION_SCOPED_IPS:
    case DHCP_OPTION_SCOPED_TEXT:
        print_scoped(type, data, bytes, text);
        break;
    case DHCP_OPTION_IP:
    case DHCP_OPTION_IP_LIST:
    case DHCP_OPTION_UINT8:
    case DHCP_OPTION_UINT16:
    case DHCP_OPTION_UINT32:
    case DHCP_OPTION_INT32:
    case DHCP_OPTION_BOOL:
    case DHCP_OPTION_UINT8_LIST:
    case DHCP_OPTION_UINT16_LIST:
    case DHCP_OPTION_ROUTES:
    case DHCP_OPTION_IP_PAIRS:
    case DHCP_OPTION_TYPE_COUNT:
    default:
        print_items(type, data, bytes, text);
        break;
    }
}

const char *dhcp_option_value_about(enum dhcp_option_type type)
{
    static const char *const ABOUT[DHCP_OPTION_TYPE_COUNT] = {
        [DHCP_OPTION_STRING] = "a text without control characters",
        [DHCP_OPTION_IP] = "an IPv4 address, such as 192.0.2.1",
        [DHCP_OPTION_IP_LIST] = "IPv4 addresses, such as [192.0.2.1, 192.0.2.2]",
        [DHCP_OPTION_UINT8] = "a number from 0 to 255",
        [DHCP_OPTION_UINT16] = "a number from 0 to 65535",
        [DHCP_OPTION_UINT32] = "a number from 0 to 4294967295",
        [DHCP_OPTION_BOOL] = "yes or no",
        [DHCP_OPTION_HEX] = "bytes in hex, such as 01:02:0a",
        [DHCP_OPTION_DOMAIN_LIST] = "domain names, such as [example.org, example.net]",
        [DHCP_OPTION_ROUTES] = "networks with their routers, such as [10.0.0.0/8 192.0.2.1]",
        [DHCP_OPTION_INT32] = "a number from -2147483648 to 2147483647",
        [DHCP_OPTION_IP_PAIRS] = "pairs of IPv4 addresses, such as [10.0.0.0 255.0.0.0]",
        [DHCP_OPTION_UINT8_LIST] = "numbers from 0 to 255, such as [1, 2]",
        [DHCP_OPTION_UINT16_LIST] = "numbers from 0 to 65535, such as [68, 1500]",
        [DHCP_OPTION_DOMAIN] = "a domain name, such as example.org",
        [DHCP_OPTION_DOMAIN_EACH] = "domain names, such as [example.org, example.net]",
        [DHCP_OPTION_SIP] = "domain names, or IPv4 addresses, but not both",
        [DHCP_OPTION_SCOPED_IPS] = "yes or no (whether it is mandatory), then IPv4 addresses",
        [DHCP_OPTION_SCOPED_TEXT] = "yes or no (whether it is mandatory), then a text",
        [DHCP_OPTION_EMPTY] = "yes, or nothing at all",
    };
    return ABOUT[type];
}
