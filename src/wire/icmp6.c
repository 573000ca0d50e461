// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/icmp6.h"

#include "base/reader.h"
#include "wire/dhcp6.h"

#define TYPE_SOLICITATION  133
#define TYPE_ADVERTISEMENT 134
#define OPTION_SOURCE      1
#define OPTION_PREFIX      3
#define OPTION_DNS         25 // RFC 8106
#define OPTION_DOMAINS     31
#define OPTION_UNIT        8 // lengths are counted in these
#define HOP_LIMIT          64
#define FLAG_MANAGED       0x80
#define FLAG_OTHER         0x40
#define FLAG_ON_LINK       0x80
#define FLAG_AUTONOMOUS    0x40
#define DOMAIN_SKIP        4 // what dhcp6_put_domain writes before the name
#define DOMAIN_BYTES       256

void icmp6_put_advertisement(struct writer *writer, bool is_managed, bool has_other, uint16_t router_s)
{
    write_u8(writer, TYPE_ADVERTISEMENT);
    write_u8(writer, 0);
    write_be16(writer, 0); // checksum: the kernel's
    write_u8(writer, HOP_LIMIT);
    write_u8(writer, (uint8_t)((is_managed ? FLAG_MANAGED : 0) | (has_other ? FLAG_OTHER : 0)));
    write_be16(writer, router_s);
    write_be32(writer, 0); // reachable time and retransmission timer: unspecified
    write_be32(writer, 0);
}

void icmp6_put_source(struct writer *writer, const struct hw *hw)
{
    if (hw->length != 6) {
        return;
    }
    write_u8(writer, OPTION_SOURCE);
    write_u8(writer, 1);
    write_bytes(writer, hw->octets, 6);
}

void icmp6_put_prefix(struct writer *writer, const struct icmp6_prefix *prefix)
{
    write_u8(writer, OPTION_PREFIX);
    write_u8(writer, 4);
    write_u8(writer, prefix->bits);
    write_u8(writer, (uint8_t)((prefix->is_on_link ? FLAG_ON_LINK : 0) |
                               (prefix->is_autonomous ? FLAG_AUTONOMOUS : 0)));
    write_be32(writer, prefix->valid_s);
    write_be32(writer, prefix->preferred_s);
    write_be32(writer, 0);
    write_bytes(writer, prefix->prefix.octets, sizeof prefix->prefix.octets);
}

void icmp6_put_dns(struct writer *writer, const struct ip6 *servers, size_t count, uint32_t valid_s)
{
    write_u8(writer, OPTION_DNS);
    write_u8(writer, (uint8_t)(1 + 2 * count));
    write_be16(writer, 0);
    write_be32(writer, valid_s);
    for (size_t i = 0; i < count; i++) {
        write_bytes(writer, servers[i].octets, sizeof servers[i].octets);
    }
}

enum status icmp6_put_domain(struct writer *writer, const char *domain, uint32_t valid_s)
{
    uint8_t labels[DOMAIN_BYTES + DOMAIN_SKIP];
    struct writer name = writer_init(labels, sizeof labels);
    enum status status = dhcp6_put_domain(&name, domain);
    if (status != STATUS_OK) {
        return status;
    }
    size_t bytes = writer_length(&name) - DOMAIN_SKIP;
    size_t units = (bytes + OPTION_UNIT - 1) / OPTION_UNIT;
    write_u8(writer, OPTION_DOMAINS);
    write_u8(writer, (uint8_t)(1 + units));
    write_be16(writer, 0);
    write_be32(writer, valid_s);
    write_bytes(writer, labels + DOMAIN_SKIP, bytes);
    write_zeros(writer, units * OPTION_UNIT - bytes);
    return STATUS_OK;
}

bool icmp6_is_solicitation(const void *bytes, size_t count)
{
    struct reader reader = reader_init(bytes, count);
    bool is_one = read_u8(&reader) == TYPE_SOLICITATION && read_u8(&reader) == 0;
    read_skip(&reader, 6);
    while (is_one && !reader.failed && reader_left(&reader) > 0) {
        read_skip(&reader, 1);
        size_t units = read_u8(&reader);
        is_one = units != 0; // RFC 4861 section 6.1.1
        read_skip(&reader, units * OPTION_UNIT - (is_one ? 2 : 0));
    }
    return is_one && !reader.failed;
}
