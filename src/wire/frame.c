// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/frame.h"

#include "base/reader.h"
#include "base/writer.h"

#include <string.h>

#define ETHERNET_ADDRESS_BYTES 6
#define IP_HEADER_BYTES        20
#define IP_VERSION_AND_LENGTH  0x45
#define IP_PROTOCOL_UDP        17
#define IP_MORE_FRAGMENTS      0x2000
#define IP_FRAGMENT_OFFSET     0x1fff
#define UDP_HEADER_BYTES       8
#define DEFAULT_TIME_TO_LIVE   64
#define HW_TYPE_ETHERNET       1

// Adds 16-bit words to a sum in one's complement (RFC 1071); an odd byte counts as if a zero followed. A
// plain loop and no reader: nothing is interpreted here, and it runs over every byte of every frame.
static uint32_t sum_add(uint32_t sum, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i + 1 < count; i += 2) {
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    }
    return count % 2 == 0 ? sum : sum + ((uint32_t)bytes[count - 1] << 8);
}

static uint16_t sum_finish(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

// The sum over the pseudo header of RFC 768 and `udp`, its header included.
static uint16_t udp_sum(struct ip4 from, struct ip4 to, const uint8_t *udp, size_t bytes)
{
    uint32_t sum = (from.value >> 16) + (from.value & 0xffff) + (to.value >> 16) + (to.value & 0xffff) +
                   IP_PROTOCOL_UDP + (uint32_t)bytes;
    return sum_finish(sum_add(sum, udp, bytes));
}

struct hw frame_broadcast(void)
{
    static const uint8_t ALL[ETHERNET_ADDRESS_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    return hw_ethernet(ALL);
}

static bool is_ethernet(const struct hw *address)
{
    return address->type == HW_TYPE_ETHERNET && address->length == ETHERNET_ADDRESS_BYTES;
}

static void ip_encode(const struct frame_udp4 *frame, uint16_t sum, struct writer *writer)
{
    write_u8(writer, IP_VERSION_AND_LENGTH);
    write_u8(writer, 0);
    write_be16(writer, (uint16_t)(IP_HEADER_BYTES + UDP_HEADER_BYTES + frame->payload_bytes));
    write_be16(writer, frame->identification);
    write_be16(writer, 0); // no flags: DF stays clear
    write_u8(writer, frame->time_to_live == 0 ? DEFAULT_TIME_TO_LIVE : frame->time_to_live);
    write_u8(writer, IP_PROTOCOL_UDP);
    write_be16(writer, sum);
    write_be32(writer, frame->from.value);
    write_be32(writer, frame->to.value);
}

static void udp_encode(const struct frame_udp4 *frame, uint16_t sum, struct writer *writer)
{
    write_be16(writer, frame->from_port);
    write_be16(writer, frame->to_port);
    write_be16(writer, (uint16_t)(UDP_HEADER_BYTES + frame->payload_bytes));
    write_be16(writer, sum);
    write_bytes(writer, frame->payload, frame->payload_bytes);
}

enum status frame_encode_udp4(const struct frame_udp4 *frame, void *out, size_t out_bytes, size_t *written)
{
    if (!is_ethernet(&frame->to_hw) || !is_ethernet(&frame->from_hw)) {
        return STATUS_UNSUPPORTED;
    }
    if (frame->payload_bytes > FRAME_MOST_BYTES - FRAME_HEADER_BYTES ||
        FRAME_HEADER_BYTES + frame->payload_bytes > out_bytes) {
        return STATUS_TOO_LONG;
    }
    struct writer writer = writer_init(out, out_bytes);
    write_bytes(&writer, frame->to_hw.octets, ETHERNET_ADDRESS_BYTES);
    write_bytes(&writer, frame->from_hw.octets, ETHERNET_ADDRESS_BYTES);
    write_be16(&writer, FRAME_TYPE_IPV4);
    struct writer ip = writer; // written twice: first without its sum, to take the sum
    ip_encode(frame, 0, &writer);
    ip_encode(frame, sum_finish(sum_add(0, ip.at, IP_HEADER_BYTES)), &ip);
    struct writer udp = writer;
    udp_encode(frame, 0, &writer);
    uint16_t sum = udp_sum(frame->from, frame->to, udp.at, UDP_HEADER_BYTES + frame->payload_bytes);
    udp_encode(frame, sum == 0 ? 0xffff : sum, &udp); // 0 would say "no checksum"
    *written = writer_length(&writer);
    return STATUS_OK;
}

static enum status ethernet_decode(struct reader *reader, struct frame_udp4 *frame)
{
    const uint8_t *to = read_bytes(reader, ETHERNET_ADDRESS_BYTES);
    const uint8_t *from = read_bytes(reader, ETHERNET_ADDRESS_BYTES);
    uint16_t type = read_be16(reader);
    if (reader->failed) {
        return STATUS_MALFORMED;
    }
    frame->to_hw = hw_ethernet(to);
    frame->from_hw = hw_ethernet(from);
    return type == FRAME_TYPE_IPV4 ? STATUS_OK : STATUS_NOT_FOUND;
}

// Reads the IPv4 header; `*udp` becomes a reader over what it carries, padding cut off.
static enum status ip_decode(struct reader *reader, struct frame_udp4 *frame, struct reader *udp)
{
    const uint8_t *start = reader->at;
    uint8_t first = read_u8(reader);
    size_t header_bytes = (size_t)(first & 0x0f) * 4;
    read_skip(reader, 1);
    size_t total_bytes = read_be16(reader);
    frame->identification = read_be16(reader);
    uint16_t fragment = read_be16(reader);
    frame->time_to_live = read_u8(reader);
    uint8_t protocol = read_u8(reader);
    read_skip(reader, 2);
    frame->from.value = read_be32(reader);
    frame->to.value = read_be32(reader);
    if (reader->failed || first >> 4 != 4 || header_bytes < IP_HEADER_BYTES || total_bytes < header_bytes) {
        return STATUS_MALFORMED;
    }
    read_skip(reader, header_bytes - IP_HEADER_BYTES);
    *udp = read_inside(reader, total_bytes - header_bytes);
    if (reader->failed || sum_finish(sum_add(0, start, header_bytes)) != 0) {
        return STATUS_MALFORMED;
    }
    if (protocol != IP_PROTOCOL_UDP) {
        return STATUS_NOT_FOUND;
    }
    return (fragment & (IP_MORE_FRAGMENTS | IP_FRAGMENT_OFFSET)) != 0 ? STATUS_UNSUPPORTED : STATUS_OK;
}

static enum status udp_decode(struct reader *reader, struct frame_udp4 *frame)
{
    const uint8_t *start = reader->at;
    frame->from_port = read_be16(reader);
    frame->to_port = read_be16(reader);
    size_t bytes = read_be16(reader);
    uint16_t sum = read_be16(reader);
    if (reader->failed || bytes < UDP_HEADER_BYTES) {
        return STATUS_MALFORMED;
    }
    frame->payload_bytes = bytes - UDP_HEADER_BYTES;
    frame->payload = read_bytes(reader, frame->payload_bytes);
    if (reader->failed) {
        return STATUS_MALFORMED;
    }
    frame->is_sum_good = sum == 0 || udp_sum(frame->from, frame->to, start, bytes) == 0;
    return STATUS_OK;
}

enum status frame_decode_udp4(const void *bytes, size_t count, struct frame_udp4 *out)
{
    struct reader reader = reader_init(bytes, count);
    struct reader udp = reader_init(NULL, 0);
    struct frame_udp4 frame = {0};
    enum status status = ethernet_decode(&reader, &frame);
    if (status == STATUS_OK) {
        status = ip_decode(&reader, &frame, &udp);
    }
    if (status == STATUS_OK) {
        status = udp_decode(&udp, &frame);
    }
    if (status == STATUS_OK) {
        *out = frame;
    }
    return status;
}
