// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/dissect.h"

#include "base/reader.h"

#define TYPE_IP4    0x0800
#define TYPE_ARP    0x0806
#define TYPE_IP6    0x86dd
#define TYPE_VLAN   0x8100
#define TYPE_VLANS  0x88a8
#define TYPE_VLAN_9 0x9100
#define TAGS_MOST   4

#define PROTOCOL_ICMP  1
#define PROTOCOL_TCP   6
#define PROTOCOL_UDP   17
#define PROTOCOL_ICMP6 58

#define NEXT_HOP_BY_HOP   0
#define NEXT_ROUTING      43
#define NEXT_FRAGMENT     44
#define NEXT_DESTINATION  60
#define EXTENSIONS_MOST   8
#define EXTENSION_UNIT    8
#define UDP_HEADER_BYTES  8
#define TCP_HEADER_LEAST  20
#define IP4_HEADER_LEAST  20
#define ICMP_UNREACHABLE  3
#define ICMP_NEEDS_PIECES 4
#define ICMP6_UNREACHABLE 1
#define ICMP6_TOO_BIG     2
#define ADDRESS_OCTETS    6

struct layers { // while a packet is taken apart
    struct reader reader;
    struct dissect out;
    size_t whole; // bytes behind the IP header on the wire
    uint8_t protocol;
    bool is_piece;
};

static struct hw read_ethernet(struct reader *reader)
{
    const uint8_t *octets = read_bytes(reader, ADDRESS_OCTETS);
    return octets == NULL ? (struct hw){0} : hw_ethernet(octets);
}

static struct ip read_ip4(struct reader *reader)
{
    return ip_from_ip4((struct ip4){read_be32(reader)});
}

static struct ip read_ip6(struct reader *reader)
{
    struct ip6 address;
    read_copy(reader, address.octets, sizeof address.octets);
    return ip_from_ip6(address);
}

/// The type behind the link's header; 0 when it is no IP and no ARP.
static uint16_t read_link(struct layers *layers, enum dissect_link link)
{
    struct reader *reader = &layers->reader;
    uint16_t type = 0;
    uint32_t family;
    switch (link) {
    case DISSECT_ETHERNET:
        layers->out.to_hw = read_ethernet(reader);
        layers->out.from_hw = read_ethernet(reader);
        type = read_be16(reader);
        break;
    case DISSECT_LINUX_COOKED: {
        read_skip(reader, 4);
        uint16_t length = read_be16(reader);
        const uint8_t *octets = read_bytes(reader, 8);
        if (octets != NULL && length == ADDRESS_OCTETS) {
            layers->out.from_hw = hw_ethernet(octets);
        }
        type = read_be16(reader);
        break;
    }
    case DISSECT_LINUX_COOKED2: {
        type = read_be16(reader);
        read_skip(reader, 9);
        uint8_t length = read_u8(reader);
        const uint8_t *octets = read_bytes(reader, 8);
        if (octets != NULL && length == ADDRESS_OCTETS) {
            layers->out.from_hw = hw_ethernet(octets);
        }
        break;
    }
    case DISSECT_LOOPBACK:
        family = read_le32(reader); // 2 is IPv4 everywhere; IPv6 is 24, 28 or 30, in the writer's byte order
        type = family == 2 || family == 0x02000000 ? TYPE_IP4 : TYPE_IP6;
        break;
    case DISSECT_IP:
        type = reader_left(reader) != 0 && *reader->at >> 4 == 6 ? TYPE_IP6 : TYPE_IP4;
        break;
    }
    for (unsigned i = 0; i < TAGS_MOST && (type == TYPE_VLAN || type == TYPE_VLANS || type == TYPE_VLAN_9);
         i++) {
        read_skip(reader, 2);
        type = read_be16(reader);
    }
    return type;
}

static enum status read_arp(struct layers *layers)
{
    struct reader *reader = &layers->reader;
    struct dissect_arp *arp = &layers->out.arp;
    uint16_t hardware = read_be16(reader);
    uint16_t protocol = read_be16(reader);
    uint8_t hw_bytes = read_u8(reader);
    uint8_t ip_bytes = read_u8(reader);
    arp->operation = read_be16(reader);
    if (hardware != 1 || protocol != TYPE_IP4 || hw_bytes != ADDRESS_OCTETS || ip_bytes != 4) {
        return STATUS_NOT_FOUND;
    }
    arp->sender_hw = read_ethernet(reader);
    arp->sender.value = read_be32(reader);
    read_skip(reader, ADDRESS_OCTETS);
    arp->target.value = read_be32(reader);
    layers->out.kind = DISSECT_ARP;
    layers->out.from = ip_from_ip4(arp->sender);
    layers->out.to = ip_from_ip4(arp->target);
    return reader->failed ? STATUS_MALFORMED : STATUS_OK;
}

static void read_ip4_header(struct layers *layers)
{
    struct reader *reader = &layers->reader;
    uint8_t first = read_u8(reader);
    size_t header = (size_t)(first & 0xf) * 4;
    read_skip(reader, 1);
    uint16_t total = read_be16(reader);
    read_skip(reader, 2);
    uint16_t fragment = read_be16(reader);
    read_skip(reader, 1);
    layers->protocol = read_u8(reader);
    read_skip(reader, 2);
    layers->out.from = read_ip4(reader);
    layers->out.to = read_ip4(reader);
    // Cards that cut packets themselves leave the length of large ones at 0.
    size_t length = total == 0 ? reader_left(reader) + IP4_HEADER_LEAST : total;
    if (first >> 4 != 4 || header < IP4_HEADER_LEAST || length < header) {
        reader->failed = true;
        return;
    }
    read_skip(reader, header - IP4_HEADER_LEAST);
    layers->whole = length - header;
    layers->is_piece = (fragment & 0x1fff) != 0;
}

static void read_ip6_header(struct layers *layers)
{
    struct reader *reader = &layers->reader;
    uint8_t version = read_u8(reader) >> 4;
    read_skip(reader, 3);
    layers->whole = read_be16(reader);
    layers->protocol = read_u8(reader);
    read_skip(reader, 1);
    layers->out.from = read_ip6(reader);
    layers->out.to = read_ip6(reader);
    if (version != 6) {
        reader->failed = true;
    }
    for (unsigned i = 0; i < EXTENSIONS_MOST; i++) {
        uint8_t header = layers->protocol;
        if (header != NEXT_HOP_BY_HOP && header != NEXT_ROUTING && header != NEXT_FRAGMENT &&
            header != NEXT_DESTINATION) {
            return;
        }
        layers->protocol = read_u8(reader);
        size_t bytes = ((size_t)read_u8(reader) + 1) * EXTENSION_UNIT;
        if (header == NEXT_FRAGMENT) {
            layers->is_piece = layers->is_piece || (read_be16(reader) & 0xfff8) != 0;
            read_skip(reader, 4);
            bytes = EXTENSION_UNIT;
        } else {
            read_skip(reader, bytes - 2);
        }
        layers->whole -= layers->whole < bytes ? layers->whole : bytes;
    }
}

// What is behind `header` bytes of `whole`; padding of the link is no part of it.
static void set_payload(struct layers *layers, size_t header, size_t whole)
{
    struct dissect *out = &layers->out;
    out->payload_whole = whole < header ? 0 : whole - header;
    out->payload = layers->reader.at;
    out->payload_bytes = reader_left(&layers->reader);
    out->payload_bytes = out->payload_bytes < out->payload_whole ? out->payload_bytes : out->payload_whole;
}

static void read_udp(struct layers *layers)
{
    struct reader *reader = &layers->reader;
    layers->out.kind = DISSECT_UDP;
    layers->out.from_port = read_be16(reader);
    layers->out.to_port = read_be16(reader);
    uint16_t length = read_be16(reader);
    read_skip(reader, 2);
    set_payload(layers, UDP_HEADER_BYTES, length == 0 ? layers->whole : length);
}

static void read_tcp(struct layers *layers)
{
    struct reader *reader = &layers->reader;
    struct dissect_tcp *tcp = &layers->out.tcp;
    layers->out.kind = DISSECT_TCP;
    layers->out.from_port = read_be16(reader);
    layers->out.to_port = read_be16(reader);
    tcp->sequence = read_be32(reader);
    tcp->acknowledged = read_be32(reader);
    size_t header = (size_t)(read_u8(reader) >> 4) * 4;
    tcp->flags = read_u8(reader);
    read_skip(reader, 6);
    if (header < TCP_HEADER_LEAST || header > layers->whole) {
        reader->failed = true;
        return;
    }
    if (reader_left(reader) < header - TCP_HEADER_LEAST) { // cut off within the options
        layers->out.payload_whole = layers->whole - header;
        layers->out.payload = reader->at;
        return;
    }
    read_skip(reader, header - TCP_HEADER_LEAST);
    set_payload(layers, header, layers->whole);
}

static void read_inner(struct layers *layers, bool is_ip6)
{
    struct layers inner = {.reader = layers->reader};
    struct dissect_icmp *icmp = &layers->out.icmp;
    if (is_ip6) {
        read_ip6_header(&inner);
    } else {
        read_ip4_header(&inner);
    }
    if (inner.protocol != PROTOCOL_UDP && inner.protocol != PROTOCOL_TCP) {
        return;
    }
    icmp->is_inner_udp = inner.protocol == PROTOCOL_UDP;
    icmp->from_port = read_be16(&inner.reader);
    icmp->to_port = read_be16(&inner.reader);
    icmp->from = inner.out.from;
    icmp->to = inner.out.to;
    icmp->has_inner = !inner.reader.failed && !inner.is_piece;
}

static void read_icmp(struct layers *layers, bool is_ip6)
{
    struct reader *reader = &layers->reader;
    struct dissect_icmp *icmp = &layers->out.icmp;
    layers->out.kind = DISSECT_ICMP;
    icmp->type = read_u8(reader);
    icmp->code = read_u8(reader);
    read_skip(reader, 2);
    uint16_t high = read_be16(reader);
    uint16_t low = read_be16(reader);
    bool is_too_big = is_ip6 ? icmp->type == ICMP6_TOO_BIG
                             : icmp->type == ICMP_UNREACHABLE && icmp->code == ICMP_NEEDS_PIECES;
    icmp->mtu = is_too_big && (!is_ip6 || high == 0) ? low : 0;
    bool is_error = is_ip6 ? icmp->type == ICMP6_UNREACHABLE || icmp->type == ICMP6_TOO_BIG
                           : icmp->type == ICMP_UNREACHABLE;
    if (is_error && !reader->failed) {
        read_inner(layers, is_ip6);
    }
}

enum status dissect_packet(enum dissect_link link, const void *bytes, size_t count, struct dissect *out)
{
    struct layers layers = {.reader = reader_init(bytes, count)};
    uint16_t type = read_link(&layers, link);
    bool is_ip6 = type == TYPE_IP6;
    enum status status = STATUS_OK;
    if (layers.reader.failed) {
        return STATUS_MALFORMED;
    }
    if (type == TYPE_ARP) {
        status = read_arp(&layers);
    } else if (type == TYPE_IP4 || is_ip6) {
        if (is_ip6) {
            read_ip6_header(&layers);
        } else {
            read_ip4_header(&layers);
        }
        if (layers.is_piece) {
            layers.out.kind = DISSECT_PIECE;
        } else if (layers.protocol == PROTOCOL_UDP) {
            read_udp(&layers);
        } else if (layers.protocol == PROTOCOL_TCP) {
            read_tcp(&layers);
        } else if (layers.protocol == (is_ip6 ? PROTOCOL_ICMP6 : PROTOCOL_ICMP)) {
            read_icmp(&layers, is_ip6);
        } else {
            status = STATUS_NOT_FOUND;
        }
        status = layers.reader.failed ? STATUS_MALFORMED : status;
    } else {
        status = STATUS_NOT_FOUND;
    }
    if (status == STATUS_OK) {
        *out = layers.out;
    }
    return status;
}
