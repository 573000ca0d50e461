// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/dhcp6.h"

#define LABEL_MOST  63 // RFC 1035 section 2.3.4
#define DOMAIN_MOST 253

static void write_ip6(struct writer *writer, struct ip6 address)
{
    write_bytes(writer, address.octets, sizeof address.octets);
}

void dhcp6_put_header(struct writer *writer, enum dhcp6_kind kind, uint32_t xid)
{
    write_be32(writer, (uint32_t)kind << 24 | (xid & 0xffffff));
}

void dhcp6_put(struct writer *writer, uint16_t code, const void *data, size_t bytes)
{
    size_t mark = dhcp6_open_option(writer, code);
    write_bytes(writer, data, bytes);
    dhcp6_close_option(writer, mark);
}

size_t dhcp6_open_option(struct writer *writer, uint16_t code)
{
    write_be16(writer, code);
    size_t mark = writer_length(writer);
    write_be16(writer, 0);
    return mark;
}

void dhcp6_close_option(struct writer *writer, size_t mark)
{
    if (writer->failed) {
        return;
    }
    size_t length = writer_length(writer) - mark - 2;
    if (length > UINT16_MAX) {
        writer->failed = true;
        return;
    }
    writer->start[mark] = (uint8_t)(length >> 8);
    writer->start[mark + 1] = (uint8_t)length;
}

void dhcp6_put_status(struct writer *writer, enum dhcp6_status status, const char *text)
{
    size_t mark = dhcp6_open_option(writer, DHCP6_OPTION_STATUS);
    write_be16(writer, (uint16_t)status);
    write_bytes(writer, text, strlen(text));
    dhcp6_close_option(writer, mark);
}

size_t dhcp6_open_ia(struct writer *writer, uint32_t id, uint32_t renew_s, uint32_t rebind_s)
{
    size_t mark = dhcp6_open_option(writer, DHCP6_OPTION_IA_NA);
    write_be32(writer, id);
    write_be32(writer, renew_s);
    write_be32(writer, rebind_s);
    return mark;
}

void dhcp6_put_ia_address(struct writer *writer, struct ip6 address, uint32_t preferred_s, uint32_t valid_s)
{
    size_t mark = dhcp6_open_option(writer, DHCP6_OPTION_IA_ADDRESS);
    write_ip6(writer, address);
    write_be32(writer, preferred_s);
    write_be32(writer, valid_s);
    dhcp6_close_option(writer, mark);
}

// The length of the domain without its last dot, or 0 when it is no domain name.
static size_t domain_check(const char *domain)
{
    size_t length = strlen(domain);
    if (length > 0 && domain[length - 1] == '.') {
        length--;
    }
    size_t label = 0;
    for (size_t i = 0; i < length; i++) {
        label = domain[i] == '.' ? 0 : label + 1;
        if (label > LABEL_MOST || (label == 0 && (i == 0 || domain[i - 1] == '.'))) {
            return 0;
        }
    }
    return label == 0 || length > DOMAIN_MOST ? 0 : length;
}

enum status dhcp6_put_domain(struct writer *writer, const char *domain)
{
    size_t length = domain_check(domain);
    if (length == 0) {
        return STATUS_MALFORMED;
    }
    size_t mark = dhcp6_open_option(writer, DHCP6_OPTION_DOMAINS);
    for (size_t at = 0; at < length;) {
        const char *dot = memchr(domain + at, '.', length - at);
        size_t label = dot == NULL ? length - at : (size_t)(dot - domain) - at;
        write_u8(writer, (uint8_t)label);
        write_bytes(writer, domain + at, label);
        at += label + 1;
    }
    write_u8(writer, 0);
    dhcp6_close_option(writer, mark);
    return STATUS_OK;
}

void dhcp6_put_vendor_class(struct writer *writer, uint32_t enterprise, const char *item)
{
    size_t length = size_min(strlen(item), UINT16_MAX);
    size_t mark = dhcp6_open_option(writer, DHCP6_OPTION_VENDOR_CLASS);
    write_be32(writer, enterprise);
    write_be16(writer, (uint16_t)length);
    write_bytes(writer, item, length);
    dhcp6_close_option(writer, mark);
}

enum status dhcp6_encode_relayed(const struct dhcp6_message *request, const void *reply, size_t reply_bytes,
                                 void *out, size_t out_bytes, size_t *written)
{
    struct writer writer = writer_init(out, out_bytes);
    size_t marks[DHCP6_RELAYS_MOST];
    static const uint16_t ECHOED[] = {DHCP6_OPTION_INTERFACE_ID, DHCP6_OPTION_RELAY_PORT};
    struct dhcp6_option echo;
    for (size_t i = 0; i < request->relay_count; i++) {
        const struct dhcp6_relay *relay = &request->relays[i];
        write_u8(&writer, DHCP6_RELAY_REPLY);
        write_u8(&writer, relay->hops);
        write_ip6(&writer, relay->link);
        write_ip6(&writer, relay->peer);
        for (size_t j = 0; j < COUNT_OF(ECHOED); j++) {
            if (dhcp6_find(&relay->options, ECHOED[j], &echo)) {
                dhcp6_put(&writer, echo.code, echo.data, echo.length);
            }
        }
        marks[i] = dhcp6_open_option(&writer, DHCP6_OPTION_RELAY_MESSAGE);
    }
    write_bytes(&writer, reply, reply_bytes);
    for (size_t i = request->relay_count; i > 0; i--) {
        dhcp6_close_option(&writer, marks[i - 1]);
    }
    if (writer.failed || writer_length(&writer) > DHCP6_DATAGRAM_BYTES) {
        return STATUS_TOO_LONG;
    }
    *written = writer_length(&writer);
    return STATUS_OK;
}
