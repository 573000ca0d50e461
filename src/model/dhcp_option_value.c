// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/dhcp_option_value.h"

#include "base/addr.h"
#include "base/reader.h"
#include "base/time.h"
#include "model/dhcp_option_domain.h"

#include <string.h>

#define ITEM_BYTES 300 // of one value among several

struct encoding {
    enum dhcp_option_type type;
    struct writer *writer;
    struct dhcp_domains domains; // those written so far
    size_t items;
    bool has_names; // of DHCP_OPTION_SIP: names, not addresses
};

static bool is_space(char character)
{
    return character == ' ' || character == '\t';
}

enum status dhcp_option_value_parse_hex(const char *text, struct writer *writer)
{
    text += text_starts(text, "0x") ? 2 : 0;
    bool is_any = false;
    while (*text != '\0') {
        int high = text_parse_hex_digit(text[0]);
        int low = high < 0 ? -1 : text_parse_hex_digit(text[1]);
        if (low < 0) {
            return STATUS_MALFORMED;
        }
        write_u8(writer, (uint8_t)(high << 4 | low));
        is_any = true;
        text += 2;
        bool has_more = *text != '\0' && (strchr(":- ", *text) != NULL);
        text += has_more ? 1 : 0;
        if (has_more && *text == '\0') {
            return STATUS_MALFORMED;
        }
    }
    return is_any ? STATUS_OK : STATUS_MALFORMED;
}

void dhcp_option_value_print_hex(const uint8_t *data, size_t bytes, struct text *text)
{
    for (size_t i = 0; i < bytes; i++) {
        text_add_format(text, "%02x", data[i]);
    }
}

// Decimal, or hexadecimal with 0x.
static enum status parse_number(const char *text, uint64_t most, uint64_t *value)
{
    if (!text_starts(text, "0x")) {
        return text_parse_u64(text, most, value);
    }
    uint64_t number = 0;
    size_t digits = 0;
    for (text += 2; *text != '\0'; text++, digits++) {
        int digit = text_parse_hex_digit(*text);
        if (digit < 0 || number > most >> 4) {
            return STATUS_MALFORMED;
        }
        number = number << 4 | (unsigned)digit;
    }
    if (digits == 0 || number > most) {
        return STATUS_MALFORMED;
    }
    *value = number;
    return STATUS_OK;
}

static enum status encode_bool(const char *text, struct writer *writer)
{
    static const char *const WORDS[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    size_t word = text_find(text, WORDS, COUNT_OF(WORDS));
    if (word == COUNT_OF(WORDS)) {
        return STATUS_MALFORMED;
    }
    write_u8(writer, word % 2);
    return STATUS_OK;
}

static enum status encode_ip(const char *text, struct writer *writer)
{
    struct ip4 address;
    enum status status = ip4_parse(text, &address);
    if (status == STATUS_OK) {
        write_be32(writer, address.value);
    }
    return status;
}

// Cuts "A B" or "A via B" into two; false when it is not two words.
static bool cut_pair(char *text, char **second)
{
    char *at = text + strcspn(text, " \t/");
    if (*at == '/') { // a prefix belongs to the first
        at += strcspn(at, " \t");
    }
    if (*at == '\0') {
        return false;
    }
    *at++ = '\0';
    at += strspn(at, " \t");
    if (text_starts(at, "via ")) {
        at += 4;
        at += strspn(at, " \t");
    }
    *second = at;
    return *at != '\0';
}

static enum status encode_pair(char *text, struct writer *writer)
{
    char *second;
    if (!cut_pair(text, &second)) {
        return STATUS_MALFORMED;
    }
    enum status status = encode_ip(text, writer);
    return status == STATUS_OK ? encode_ip(second, writer) : status;
}

// RFC 3442: the prefix length, the octets of the network that it covers, the router.
static enum status encode_route(char *text, struct writer *writer)
{
    char *router;
    struct subnet subnet;
    if (!cut_pair(text, &router)) {
        return STATUS_MALFORMED;
    }
    if (strcmp(text, "default") == 0) {
        subnet = (struct subnet){0};
    } else if (subnet_parse(text, &subnet) != STATUS_OK) {
        return STATUS_MALFORMED;
    }
    write_u8(writer, subnet.prefix);
    for (unsigned i = 0; i < (subnet.prefix + 7u) / 8u; i++) {
        write_u8(writer, (uint8_t)(subnet.network.value >> (24 - 8 * i)));
    }
    return encode_ip(router, writer);
}

static enum status encode_int32(const char *text, struct writer *writer)
{
    bool is_negative = text[0] == '-';
    uint64_t number;
    if (text_parse_u64(text + is_negative, is_negative ? 0x80000000u : INT32_MAX, &number) != STATUS_OK) {
        return STATUS_MALFORMED;
    }
    write_be32(writer, is_negative ? 0u - (uint32_t)number : (uint32_t)number);
    return STATUS_OK;
}

static enum status encode_number(const char *text, uint64_t most, struct writer *writer)
{
    uint64_t number;
    uint32_t seconds;
    if (parse_number(text, most, &number) != STATUS_OK) {
        if (most != UINT32_MAX || duration_parse(text, &seconds) != STATUS_OK) {
            return STATUS_MALFORMED;
        }
        number = seconds; // "30m" for options that are a time
    }
    if (most > UINT16_MAX) {
        write_be32(writer, (uint32_t)number);
    } else if (most > UINT8_MAX) {
        write_be16(writer, (uint16_t)number);
    } else {
        write_u8(writer, (uint8_t)number);
    }
    return STATUS_OK;
}

// RFC 3361 section 3: 0 and names, or 1 and addresses; never both.
static enum status encode_sip(struct encoding *encoding, const char *text)
{
    struct ip4 address;
    bool is_name = ip4_parse(text, &address) != STATUS_OK;
    if (encoding->items == 0) {
        encoding->has_names = is_name;
        write_u8(encoding->writer, is_name ? 0 : 1);
    }
    if (is_name != encoding->has_names) {
        return STATUS_MALFORMED;
    }
    return is_name ? dhcp_domain_encode(text, NULL, encoding->writer) : encode_ip(text, encoding->writer);
}

static enum status encode_text(const char *text, struct writer *writer)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (text_is_control(*at)) {
            return STATUS_MALFORMED;
        }
    }
    write_bytes(writer, text, strlen(text)); // the NUL stays out (RFC 2132 section 2)
    return text[0] == '\0' ? STATUS_MALFORMED : STATUS_OK;
}

// One of the values of a list, or the only one.
static enum status encode_item(struct encoding *encoding, char *text)
{
    struct writer *writer = encoding->writer;
    switch (encoding->type) {
    case DHCP_OPTION_STRING:
        return encode_text(text, writer);
    case DHCP_OPTION_IP:
    case DHCP_OPTION_IP_LIST:
        return encode_ip(text, writer);
    case DHCP_OPTION_UINT8:
    case DHCP_OPTION_UINT8_LIST:
        return encode_number(text, UINT8_MAX, writer);
    case DHCP_OPTION_UINT16:
    case DHCP_OPTION_UINT16_LIST:
        return encode_number(text, UINT16_MAX, writer);
    case DHCP_OPTION_UINT32:
        return encode_number(text, UINT32_MAX, writer);
    case DHCP_OPTION_INT32:
        return encode_int32(text, writer);
    case DHCP_OPTION_BOOL:
    case DHCP_OPTION_EMPTY:
        return encode_bool(text, writer);
    case DHCP_OPTION_HEX:
        return dhcp_option_value_parse_hex(text, writer);
    case DHCP_OPTION_DOMAIN_LIST:
        return dhcp_domain_encode(text, &encoding->domains, writer);
    case DHCP_OPTION_DOMAIN:
    case DHCP_OPTION_DOMAIN_EACH:
        return dhcp_domain_encode(text, NULL, writer);
    case DHCP_OPTION_ROUTES:
        return encode_route(text, writer);
    case DHCP_OPTION_IP_PAIRS:
        return encode_pair(text, writer);
    case DHCP_OPTION_SIP:
        return encode_sip(encoding, text);
    case DHCP_OPTION_SCOPED_IPS:
        return encoding->items == 0 ? encode_bool(text, writer) : encode_ip(text, writer);
    case DHCP_OPTION_SCOPED_TEXT:
        return encoding->items == 0 ? encode_bool(text, writer) : encode_text(text, writer);
    case DHCP_OPTION_TYPE_COUNT:
    default:
        return STATUS_UNSUPPORTED;
    }
}

static bool type_is_list(enum dhcp_option_type type)
{
    switch (type) {
    case DHCP_OPTION_IP_LIST:
    case DHCP_OPTION_DOMAIN_LIST:
    case DHCP_OPTION_ROUTES:
    case DHCP_OPTION_IP_PAIRS:
    case DHCP_OPTION_UINT8_LIST:
    case DHCP_OPTION_UINT16_LIST:
    case DHCP_OPTION_DOMAIN_EACH:
    case DHCP_OPTION_SIP:
    case DHCP_OPTION_SCOPED_IPS:
    case DHCP_OPTION_SCOPED_TEXT:
        return true;
    case DHCP_OPTION_STRING:
    case DHCP_OPTION_IP:
    case DHCP_OPTION_UINT8:
    case DHCP_OPTION_UINT16:
    case DHCP_OPTION_UINT32:
    case DHCP_OPTION_INT32:
    case DHCP_OPTION_BOOL:
    case DHCP_OPTION_HEX:
    case DHCP_OPTION_DOMAIN:
    case DHCP_OPTION_EMPTY:
    case DHCP_OPTION_TYPE_COUNT:
    default:
        return false;
    }
}

// One of a list's values with the blanks around it taken off; refuses an empty one.
static enum status encode_part(struct encoding *encoding, const char *part, size_t length)
{
    char item[ITEM_BYTES];
    while (length > 0 && is_space(part[0])) {
        part++;
        length--;
    }
    while (length > 0 && is_space(part[length - 1])) {
        length--;
    }
    if (length == 0 || length >= sizeof item) {
        return STATUS_MALFORMED;
    }
    memcpy(item, part, length);
    item[length] = '\0';
    enum status status = encode_item(encoding, item);
    encoding->items++;
    return status;
}

static enum status encode_parts(struct encoding *encoding, const char *value)
{
    for (;;) {
        size_t length = strcspn(value, ",");
        enum status status = encode_part(encoding, value, length);
        if (status != STATUS_OK || value[length] == '\0') {
            return status;
        }
        value += length + 1;
    }
}

// A value that is not one of several, which may be long and have ',' in it.
static enum status encode_whole(struct encoding *encoding, const char *value)
{
    if (encoding->type == DHCP_OPTION_STRING) {
        return encode_text(value, encoding->writer);
    }
    if (encoding->type == DHCP_OPTION_HEX) {
        return dhcp_option_value_parse_hex(value, encoding->writer);
    }
    if (encoding->type == DHCP_OPTION_EMPTY) { // "yes" puts the option, with nothing in it
        uint8_t byte = 0;
        struct writer aside = writer_init(&byte, sizeof byte);
        return encode_bool(value, &aside) == STATUS_OK && byte == 1 ? STATUS_OK : STATUS_MALFORMED;
    }
    return encode_part(encoding, value, strlen(value));
}

enum status dhcp_option_value_encode(enum dhcp_option_type type, const char *const *values, size_t count,
                                     struct writer *writer, const char **wrong)
{
    struct encoding encoding = {.type = type, .writer = writer};
    bool is_list = type_is_list(type);
    *wrong = count == 0 ? "" : values[count - 1];
    if (count == 0 || (count > 1 && !is_list)) {
        return STATUS_MALFORMED;
    }
    for (size_t i = 0; i < count; i++) {
        enum status status =
            is_list ? encode_parts(&encoding, values[i]) : encode_whole(&encoding, values[i]);
        if (status != STATUS_OK) {
            *wrong = values[i];
            return STATUS_MALFORMED;
        }
    }
    bool is_scoped = type == DHCP_OPTION_SCOPED_IPS || type == DHCP_OPTION_SCOPED_TEXT;
    return is_scoped && encoding.items < 2 ? STATUS_MALFORMED : STATUS_OK;
}
