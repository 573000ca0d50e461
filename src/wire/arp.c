// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/arp.h"

#include "base/reader.h"
#include "base/writer.h"
#include "wire/frame.h"

#include <string.h>

#define HW_TYPE_ETHERNET       1
#define ETHERNET_ADDRESS_BYTES 6
#define IP4_ADDRESS_BYTES      4

struct arp arp_probe(const struct hw *our_hw, struct ip4 target)
{
    static const uint8_t NOBODY[ETHERNET_ADDRESS_BYTES] = {0};
    return (struct arp){
        .to_hw = frame_broadcast(),
        .from_hw = *our_hw,
        .operation = ARP_REQUEST,
        .sender_hw = *our_hw,
        .target_hw = hw_ethernet(NOBODY),
        .target = target,
    };
}

bool arp_is_conflict(const struct arp *heard, struct ip4 probed, const struct hw *our_hw)
{
    if (hw_equal(&heard->sender_hw, our_hw)) {
        return false;
    }
    bool is_used = ip4_equal(heard->sender, probed);
    bool is_probed =
        heard->operation == ARP_REQUEST && heard->sender.value == 0 && ip4_equal(heard->target, probed);
    return is_used || is_probed;
}

static bool is_ethernet(const struct hw *address)
{
    return address->type == HW_TYPE_ETHERNET && address->length == ETHERNET_ADDRESS_BYTES;
}

enum status arp_encode(const struct arp *arp, void *out, size_t out_bytes, size_t *written)
{
    if (!is_ethernet(&arp->to_hw) || !is_ethernet(&arp->from_hw) || !is_ethernet(&arp->sender_hw) ||
        !is_ethernet(&arp->target_hw)) {
        return STATUS_UNSUPPORTED;
    }
    struct writer writer = writer_init(out, out_bytes);
    write_bytes(&writer, arp->to_hw.octets, ETHERNET_ADDRESS_BYTES);
    write_bytes(&writer, arp->from_hw.octets, ETHERNET_ADDRESS_BYTES);
    write_be16(&writer, FRAME_TYPE_ARP);
    write_be16(&writer, HW_TYPE_ETHERNET);
    write_be16(&writer, FRAME_TYPE_IPV4);
    write_u8(&writer, ETHERNET_ADDRESS_BYTES);
    write_u8(&writer, IP4_ADDRESS_BYTES);
    write_be16(&writer, (uint16_t)arp->operation);
    write_bytes(&writer, arp->sender_hw.octets, ETHERNET_ADDRESS_BYTES);
    write_be32(&writer, arp->sender.value);
    write_bytes(&writer, arp->target_hw.octets, ETHERNET_ADDRESS_BYTES);
    write_be32(&writer, arp->target.value);
    if (writer.failed) {
        return STATUS_TOO_LONG;
    }
    *written = writer_length(&writer);
    return STATUS_OK;
}

static struct hw read_ethernet(struct reader *reader)
{
    uint8_t octets[ETHERNET_ADDRESS_BYTES];
    read_copy(reader, octets, sizeof octets);
    return hw_ethernet(octets);
}

enum status arp_decode(const void *bytes, size_t count, struct arp *out)
{
    struct reader reader = reader_init(bytes, count);
    struct arp arp = {0};
    arp.to_hw = read_ethernet(&reader);
    arp.from_hw = read_ethernet(&reader);
    if (read_be16(&reader) != FRAME_TYPE_ARP) {
        return reader.failed ? STATUS_MALFORMED : STATUS_NOT_FOUND;
    }
    bool is_known = read_be16(&reader) == HW_TYPE_ETHERNET;
    is_known &= read_be16(&reader) == FRAME_TYPE_IPV4;
    is_known &= read_u8(&reader) == ETHERNET_ADDRESS_BYTES;
    is_known &= read_u8(&reader) == IP4_ADDRESS_BYTES;
    uint16_t operation = read_be16(&reader);
    arp.sender_hw = read_ethernet(&reader);
    arp.sender.value = read_be32(&reader);
    arp.target_hw = read_ethernet(&reader);
    arp.target.value = read_be32(&reader);
    if (reader.failed) {
        return STATUS_MALFORMED;
    }
    if (!is_known || (operation != ARP_REQUEST && operation != ARP_REPLY)) {
        return STATUS_UNSUPPORTED;
    }
    arp.operation = (enum arp_operation)operation;
    *out = arp;
    return STATUS_OK;
}
