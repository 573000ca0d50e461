// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/dhcp6.h"

#define DUID_LLT        1 // RFC 8415 section 11, RFC 6355
#define DUID_LL         3
#define DUID_UUID       4
#define DUID_UUID_BYTES 18

bool dhcp6_option_next(struct reader *reader, struct dhcp6_option *option)
{
    if (reader_left(reader) == 0) {
        return false;
    }
    uint16_t code = read_be16(reader);
    uint16_t length = read_be16(reader);
    const uint8_t *data = read_bytes(reader, length);
    if (data == NULL) {
        return false;
    }
    *option = (struct dhcp6_option){.code = code, .length = length, .data = data};
    return true;
}

// What is left of `reader`, when it is whole options.
static enum status options_decode(struct reader reader, struct dhcp6_options *options)
{
    struct reader start = reader;
    struct dhcp6_option option;
    while (dhcp6_option_next(&reader, &option)) {
    }
    if (reader.failed) {
        return STATUS_MALFORMED;
    }
    *options = (struct dhcp6_options){start.at, reader_left(&start)};
    return STATUS_OK;
}

bool dhcp6_find(const struct dhcp6_options *options, uint16_t code, struct dhcp6_option *option)
{
    struct reader reader = reader_init(options->data, options->bytes);
    struct dhcp6_option candidate;
    while (dhcp6_option_next(&reader, &candidate)) {
        if (candidate.code == code) {
            *option = candidate;
            return true;
        }
    }
    return false;
}

static struct ip6 read_ip6(struct reader *reader)
{
    struct ip6 address;
    read_copy(reader, address.octets, sizeof address.octets);
    return address;
}

// One relay's header; `reader` goes on inside the message that it relays.
static enum status relay_decode(struct reader *reader, struct dhcp6_relay *relay, struct problem *problem)
{
    read_skip(reader, 1);
    relay->hops = read_u8(reader);
    relay->link = read_ip6(reader);
    relay->peer = read_ip6(reader);
    struct dhcp6_option inner;
    if (reader->failed || options_decode(*reader, &relay->options) != STATUS_OK) {
        problem_set(problem, "a relayed DHCPv6 message is cut off, or an option in it runs past its end");
        return STATUS_MALFORMED;
    }
    if (!dhcp6_find(&relay->options, DHCP6_OPTION_RELAY_MESSAGE, &inner)) {
        problem_set(problem, "a DHCPv6 relay sent no message of a client (option 9 is missing)");
        return STATUS_MALFORMED;
    }
    *reader = reader_init(inner.data, inner.length);
    return STATUS_OK;
}

static enum status relays_decode(struct reader *reader, struct dhcp6_message *message,
                                 struct problem *problem)
{
    while (reader_left(reader) > 0 &&
           (*reader->at == DHCP6_RELAY_FORWARD || *reader->at == DHCP6_RELAY_REPLY)) {
        if (message->relay_count == DHCP6_RELAYS_MOST) {
            problem_set(problem, "a DHCPv6 message came through more than %d relays", DHCP6_RELAYS_MOST);
            return STATUS_TOO_LONG;
        }
        message->is_answer = message->is_answer || *reader->at == DHCP6_RELAY_REPLY;
        enum status status = relay_decode(reader, &message->relays[message->relay_count], problem);
        if (status != STATUS_OK) {
            return status;
        }
        message->relay_count++;
    }
    return STATUS_OK;
}

enum status dhcp6_decode(const void *bytes, size_t count, struct dhcp6_message *out, struct problem *problem)
{
    if (count > DHCP6_DATAGRAM_BYTES) {
        problem_set(problem, "a DHCPv6 message of %zu bytes is longer than the %d that imprint takes", count,
                    DHCP6_DATAGRAM_BYTES);
        return STATUS_TOO_LONG;
    }
    struct dhcp6_message message = {.relay_count = 0};
    struct reader reader = reader_init(bytes, count);
    enum status status = relays_decode(&reader, &message, problem);
    if (status != STATUS_OK) {
        return status;
    }
    uint32_t first = read_be32(&reader);
    if (reader.failed || options_decode(reader, &message.options) != STATUS_OK) {
        problem_set(problem, "a DHCPv6 message is cut off, or an option in it runs past its end");
        return STATUS_MALFORMED;
    }
    if (first >> 24 < DHCP6_SOLICIT || first >> 24 > DHCP6_INFORMATION_REQUEST) {
        problem_set(problem, "a DHCPv6 message is of type %u, which imprint does not take part in",
                    first >> 24);
        return STATUS_UNSUPPORTED;
    }
    message.kind = (enum dhcp6_kind)(first >> 24);
    message.xid = first & 0xffffff;
    *out = message;
    return STATUS_OK;
}

bool dhcp6_wants(const struct dhcp6_message *message, uint16_t code)
{
    struct dhcp6_option wanted;
    if (!dhcp6_find(&message->options, DHCP6_OPTION_WANTED, &wanted)) {
        return false;
    }
    struct reader reader = reader_init(wanted.data, wanted.length);
    while (reader_left(&reader) >= 2) {
        if (read_be16(&reader) == code) {
            return true;
        }
    }
    return false;
}

enum status dhcp6_decode_ia(const struct dhcp6_option *option, struct dhcp6_ia *ia)
{
    struct reader reader = reader_init(option->data, option->length);
    struct dhcp6_ia read = {.id = read_be32(&reader)};
    read.renew_s = read_be32(&reader);
    read.rebind_s = read_be32(&reader);
    if (reader.failed || options_decode(reader, &read.options) != STATUS_OK) {
        return STATUS_MALFORMED;
    }
    *ia = read;
    return STATUS_OK;
}

enum status dhcp6_decode_ia_address(const struct dhcp6_option *option, struct dhcp6_ia_address *address)
{
    struct reader reader = reader_init(option->data, option->length);
    struct dhcp6_ia_address read = {.address = read_ip6(&reader)};
    read.preferred_s = read_be32(&reader);
    read.valid_s = read_be32(&reader);
    if (reader.failed || read.preferred_s > read.valid_s ||
        options_decode(reader, &read.options) != STATUS_OK) {
        return STATUS_MALFORMED;
    }
    *address = read;
    return STATUS_OK;
}

// The rest of `reader` as an address of hardware `type`.
static bool hw_decode(struct reader *reader, uint16_t type, struct hw *hw)
{
    size_t length = reader_left(reader);
    if (length == 0 || length > HW_BYTES || type > UINT8_MAX) {
        return false;
    }
    *hw = (struct hw){.type = (uint8_t)type, .length = (uint8_t)length};
    read_copy(reader, hw->octets, length);
    return true;
}

bool dhcp6_duid_find_hw(const struct dhcp6_option *duid, struct hw *hw)
{
    struct reader reader = reader_init(duid->data, duid->length);
    uint16_t kind = read_be16(&reader);
    uint16_t type = read_be16(&reader);
    if (kind == DUID_LLT) {
        read_skip(&reader, 4);
    }
    return (kind == DUID_LLT || kind == DUID_LL) && hw_decode(&reader, type, hw);
}

bool dhcp6_duid_find_uuid(const struct dhcp6_option *duid, struct uuid *uuid)
{
    struct reader reader = reader_init(duid->data, duid->length);
    if (duid->length != DUID_UUID_BYTES || read_be16(&reader) != DUID_UUID) {
        return false;
    }
    read_copy(&reader, uuid->bytes, sizeof uuid->bytes);
    return true;
}

bool dhcp6_address_find_hw(struct ip6 address, struct hw *hw)
{
    const uint8_t *id = address.octets + 8;
    if (id[3] != 0xff || id[4] != 0xfe || (id[0] & 0x01) != 0) {
        return false; // no station's: the bit is that of groups. Virtual machines' addresses are local ones
    }
    *hw = hw_ethernet((const uint8_t[6]){(uint8_t)(id[0] ^ 0x02), id[1], id[2], id[5], id[6], id[7]});
    return true;
}

bool dhcp6_find_hw(const struct dhcp6_message *message, struct ip6 source, struct hw *hw)
{
    struct dhcp6_option option;
    if (message->relay_count > 0) {
        const struct dhcp6_relay *nearest = &message->relays[message->relay_count - 1];
        source = nearest->peer;
        if (dhcp6_find(&nearest->options, DHCP6_OPTION_LINK_LAYER, &option)) {
            struct reader reader = reader_init(option.data, option.length);
            uint16_t type = read_be16(&reader);
            if (hw_decode(&reader, type, hw)) {
                return true;
            }
        }
    }
    if (ip6_is_link_local(source) && dhcp6_address_find_hw(source, hw)) {
        return true; // before the DUID, which may name another card, or be a copied disk's
    }
    return dhcp6_find(&message->options, DHCP6_OPTION_CLIENT_ID, &option) && dhcp6_duid_find_hw(&option, hw);
}

bool dhcp6_find_vendor_class(const struct dhcp6_message *message, const char *prefix, uint32_t *enterprise)
{
    struct reader options = reader_init(message->options.data, message->options.bytes);
    struct dhcp6_option option;
    size_t length = strlen(prefix);
    while (dhcp6_option_next(&options, &option)) {
        if (option.code != DHCP6_OPTION_VENDOR_CLASS) {
            continue; // there may be one for each enterprise, RFC 8415 section 21.16
        }
        struct reader reader = reader_init(option.data, option.length);
        uint32_t number = read_be32(&reader);
        while (reader_left(&reader) > 0) {
            uint16_t bytes = read_be16(&reader);
            const uint8_t *item = read_bytes(&reader, bytes);
            if (item != NULL && bytes >= length && memcmp(item, prefix, length) == 0) {
                *enterprise = number;
                return true;
            }
        }
    }
    return false;
}

const char *dhcp6_kind_name(enum dhcp6_kind kind)
{
    static const char *const NAMES[] = {NULL,
                                        "SOLICIT",
                                        "ADVERTISE",
                                        "REQUEST",
                                        "CONFIRM",
                                        "RENEW",
                                        "REBIND",
                                        "REPLY",
                                        "RELEASE",
                                        "DECLINE",
                                        "RECONFIGURE",
                                        "INFORMATION-REQUEST",
                                        "RELAY-FORWARD",
                                        "RELAY-REPLY"};
    return (size_t)kind < COUNT_OF(NAMES) && NAMES[kind] != NULL ? NAMES[kind] : "UNKNOWN";
}
