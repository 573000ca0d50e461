// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/dhcp4.h"

#include "base/reader.h"

#include <string.h>

#define MAGIC_COOKIE     0x63825363u // RFC 2131 section 3
#define IP_AND_UDP_BYTES 28
#define FLAG_BROADCAST   0x8000
#define OVERLOAD_FILE    1
#define OVERLOAD_SNAME   2

// Where options may stand, in the order that RFC 3396 section 5 joins them.
struct fields {
    size_t count;
    struct reader options[3];
    const uint8_t *sname;
    const uint8_t *file;
};

// What the first pass learns, so that the second allocates once.
struct census {
    uint16_t count; // of different codes
    uint8_t codes[256];
    uint16_t bytes[256]; // by code, all pieces together
    size_t total_bytes;
};

// The next option of a field; false at END, at the end of the field, and (field failed) when it runs past it.
static bool field_next(struct reader *field, struct dhcp4_option *option)
{
    uint8_t code = DHCP4_OPTION_PAD;
    while (code == DHCP4_OPTION_PAD) {
        if (reader_left(field) == 0) {
            return false;
        }
        code = read_u8(field);
    }
    if (code == DHCP4_OPTION_END) {
        return false;
    }
    uint8_t length = read_u8(field);
    const uint8_t *data = read_bytes(field, length);
    *option = (struct dhcp4_option){.code = code, .length = length, .data = data};
    return data != NULL;
}

// First pass over one field. `overload` is NULL where option 52 means nothing.
static enum status field_count(struct reader field, struct census *census, uint8_t slot[256],
                               struct dhcp4_option *overload)
{
    struct dhcp4_option option = {0};
    while (field_next(&field, &option)) {
        if (slot[option.code] == 0) {
            census->codes[census->count] = option.code;
            census->count++;
            slot[option.code] = (uint8_t)census->count;
        }
        census->bytes[option.code] = (uint16_t)(census->bytes[option.code] + option.length);
        census->total_bytes += option.length;
        if (overload != NULL && option.code == DHCP4_OPTION_OVERLOAD) {
            *overload = option;
        }
    }
    return field.failed ? STATUS_MALFORMED : STATUS_OK;
}

// Adds the header fields that option 52 lends to options (RFC 2132 section 9.3), counted too.
static enum status fields_overload(struct fields *fields, const struct dhcp4_option *overload,
                                   struct census *census, uint8_t slot[256], struct problem *problem)
{
    if (overload->data == NULL) {
        return STATUS_OK;
    }
    uint8_t which = overload->length == 1 ? overload->data[0] : 0;
    if (which < OVERLOAD_FILE || which > (OVERLOAD_FILE | OVERLOAD_SNAME)) {
        problem_set(problem, "a DHCP message has an overload option (52) that is not 1, 2 or 3");
        return STATUS_MALFORMED;
    }
    enum status status = STATUS_OK;
    if ((which & OVERLOAD_FILE) != 0) {
        fields->options[fields->count++] = reader_init(fields->file, DHCP4_FILE_BYTES);
        fields->file = NULL;
        status = field_count(fields->options[fields->count - 1], census, slot, NULL);
    }
    if ((which & OVERLOAD_SNAME) != 0 && status == STATUS_OK) {
        fields->options[fields->count++] = reader_init(fields->sname, DHCP4_SNAME_BYTES);
        fields->sname = NULL;
        status = field_count(fields->options[fields->count - 1], census, slot, NULL);
    }
    return status;
}

// Second pass: all data into one block of the arena, the pieces of one code side by side (RFC 3396 section
// 5).
static enum status options_join(const struct fields *fields, const struct census *census, struct arena *arena,
                                struct dhcp4_options *options)
{
    struct dhcp4_option *items = arena_get(arena, census->count * sizeof *items);
    uint8_t *block = arena_get(arena, size_max(census->total_bytes, 1));
    if (items == NULL || block == NULL) {
        return STATUS_TOO_LONG;
    }
    uint8_t *place[256];
    for (size_t i = 0; i < census->count; i++) {
        uint8_t code = census->codes[i];
        place[i] = block;
        items[i] = (struct dhcp4_option){.code = code, .length = census->bytes[code], .data = block};
        block += census->bytes[code];
    }
    for (size_t i = 0; i < fields->count; i++) {
        struct reader field = fields->options[i];
        struct dhcp4_option piece = {0};
        while (field_next(&field, &piece)) {
            size_t at = (size_t)options->slot[piece.code] - 1;
            memcpy(place[at], piece.data, piece.length);
            place[at] += piece.length;
        }
    }
    options->count = census->count;
    options->items = items;
    return STATUS_OK;
}

static enum status options_decode(struct fields *fields, struct arena *arena, struct dhcp4_options *options,
                                  struct problem *problem)
{
    struct census census = {0};
    struct dhcp4_option overload = {0};
    enum status status = field_count(fields->options[0], &census, options->slot, &overload);
    if (status == STATUS_OK) {
        status = fields_overload(fields, &overload, &census, options->slot, problem);
    }
    if (status != STATUS_OK) {
        problem_set(problem, "a DHCP message has an option that runs past the end of its field");
        return status;
    }
    status = options_join(fields, &census, arena, options);
    if (status != STATUS_OK) {
        problem_set(problem, "a DHCP message has more options than there is room to read");
    }
    return status;
}

static enum status kind_decode(struct dhcp4_message *message, struct problem *problem)
{
    const struct dhcp4_option *option = dhcp4_find(message, DHCP4_OPTION_KIND);
    if (option == NULL) {
        message->kind = DHCP4_BOOTP;
        return STATUS_OK;
    }
    if (option->length != 1 || option->data[0] == 0) {
        problem_set(problem, "a DHCP message has a message type (option 53) that is not one byte from 1 up");
        return STATUS_MALFORMED;
    }
    bool is_query = option->data[0] >= DHCP4_LEASEQUERY && option->data[0] <= DHCP4_LEASEACTIVE;
    if (option->data[0] > DHCP4_INFORM && !is_query) {
        problem_set(problem, "a DHCP message is of type %u, which imprint does not take part in",
                    option->data[0]);
        return STATUS_UNSUPPORTED;
    }
    message->kind = (enum dhcp4_kind)option->data[0];
    return STATUS_OK;
}

static struct ip4 read_ip4(struct reader *reader)
{
    return (struct ip4){read_be32(reader)};
}

// The 236 bytes of RFC 951; `fields` learns where sname and file are.
static enum status header_decode(struct reader *reader, struct dhcp4_message *message, struct fields *fields,
                                 struct problem *problem)
{
    message->op = read_u8(reader);
    message->chaddr.type = read_u8(reader);
    message->chaddr.length = read_u8(reader);
    message->hops = read_u8(reader);
    message->xid = read_be32(reader);
    message->secs = read_be16(reader);
    message->broadcast = (read_be16(reader) & FLAG_BROADCAST) != 0;
    message->ciaddr = read_ip4(reader);
    message->yiaddr = read_ip4(reader);
    message->siaddr = read_ip4(reader);
    message->giaddr = read_ip4(reader);
    const uint8_t *octets = read_bytes(reader, HW_BYTES);
    fields->sname = read_bytes(reader, DHCP4_SNAME_BYTES);
    fields->file = read_bytes(reader, DHCP4_FILE_BYTES);
    if (reader->failed) {
        problem_set(problem, "a DHCP message is shorter than its header of %d bytes", DHCP4_HEADER_BYTES);
        return STATUS_MALFORMED;
    }
    if (message->op != DHCP4_OP_REQUEST && message->op != DHCP4_OP_REPLY) {
        problem_set(problem, "a DHCP message is neither request (1) nor reply (2) but %u", message->op);
        return STATUS_MALFORMED;
    }
    if (message->chaddr.length > HW_BYTES) {
        problem_set(problem, "a DHCP message has a hardware address of %u bytes, more than its field holds",
                    message->chaddr.length);
        return STATUS_MALFORMED;
    }
    memcpy(message->chaddr.octets, octets, message->chaddr.length);
    return STATUS_OK;
}

static void text_field_decode(char *out, const uint8_t *field, size_t bytes)
{
    if (field != NULL) {
        const uint8_t *nul = memchr(field, 0, bytes);
        memcpy(out, field, nul == NULL ? bytes : (size_t)(nul - field));
    }
}

enum status dhcp4_decode(const void *bytes, size_t count, struct arena *arena, struct dhcp4_message *out,
                         struct problem *problem)
{
    if (count > DHCP4_DATAGRAM_BYTES) {
        problem_set(problem, "a DHCP message of %zu bytes is longer than the %d that imprint takes", count,
                    DHCP4_DATAGRAM_BYTES);
        return STATUS_TOO_LONG;
    }
    struct dhcp4_message message = {.bytes = (uint16_t)count};
    struct fields fields = {0};
    struct reader reader = reader_init(bytes, count);
    enum status status = header_decode(&reader, &message, &fields, problem);
    if (status == STATUS_OK && read_be32(&reader) == MAGIC_COOKIE) {
        fields.options[0] = reader;
        fields.count = 1;
        status = options_decode(&fields, arena, &message.options, problem);
    }
    if (status == STATUS_OK) {
        status = kind_decode(&message, problem);
    }
    if (status != STATUS_OK) {
        return status;
    }
    text_field_decode(message.sname, fields.sname, DHCP4_SNAME_BYTES);
    text_field_decode(message.file, fields.file, DHCP4_FILE_BYTES);
    *out = message;
    return STATUS_OK;
}

const struct dhcp4_option *dhcp4_find(const struct dhcp4_message *message, uint8_t code)
{
    uint8_t slot = message->options.slot[code];
    return slot == 0 ? NULL : &message->options.items[slot - 1];
}

// A number of exactly `bytes` bytes.
static bool find_number(const struct dhcp4_message *message, uint8_t code, size_t bytes, uint32_t *value)
{
    const struct dhcp4_option *option = dhcp4_find(message, code);
    if (option == NULL || option->length != bytes) {
        return false;
    }
    uint32_t number = 0;
    for (size_t i = 0; i < bytes; i++) {
        number = number << 8 | option->data[i];
    }
    *value = number;
    return true;
}

bool dhcp4_find_u8(const struct dhcp4_message *message, uint8_t code, uint8_t *value)
{
    uint32_t number = 0;
    if (!find_number(message, code, 1, &number)) {
        return false;
    }
    *value = (uint8_t)number;
    return true;
}

bool dhcp4_find_u16(const struct dhcp4_message *message, uint8_t code, uint16_t *value)
{
    uint32_t number = 0;
    if (!find_number(message, code, 2, &number)) {
        return false;
    }
    *value = (uint16_t)number;
    return true;
}

bool dhcp4_find_u32(const struct dhcp4_message *message, uint8_t code, uint32_t *value)
{
    return find_number(message, code, 4, value);
}

bool dhcp4_find_ip4(const struct dhcp4_message *message, uint8_t code, struct ip4 *value)
{
    return find_number(message, code, 4, &value->value);
}

bool dhcp4_find_string(const struct dhcp4_message *message, uint8_t code, char *out, size_t out_bytes)
{
    const struct dhcp4_option *option = dhcp4_find(message, code);
    size_t length = option == NULL ? 0 : option->length;
    while (length > 0 && option->data[length - 1] == '\0') {
        length--;
    }
    if (length == 0 || length >= out_bytes || memchr(option->data, 0, length) != NULL) {
        return false;
    }
    memcpy(out, option->data, length);
    out[length] = '\0';
    return true;
}

bool dhcp4_starts(const struct dhcp4_message *message, uint8_t code, const char *prefix)
{
    const struct dhcp4_option *option = dhcp4_find(message, code);
    size_t length = strlen(prefix);
    return option != NULL && option->length >= length && memcmp(option->data, prefix, length) == 0;
}

bool dhcp4_wants(const struct dhcp4_message *message, uint8_t code)
{
    const struct dhcp4_option *wanted = dhcp4_find(message, DHCP4_OPTION_PARAMETERS);
    return wanted != NULL && memchr(wanted->data, code, wanted->length) != NULL;
}

bool dhcp4_option_next_sub(struct reader *reader, bool has_end, struct dhcp4_option *sub)
{
    if (has_end) {
        return field_next(reader, sub);
    }
    if (reader_left(reader) == 0) {
        return false;
    }
    uint8_t code = read_u8(reader);
    uint8_t length = read_u8(reader);
    const uint8_t *data = read_bytes(reader, length);
    *sub = (struct dhcp4_option){.code = code, .length = length, .data = data};
    return data != NULL;
}

bool dhcp4_option_find_sub(const struct dhcp4_option *option, uint8_t code, bool has_end,
                           struct dhcp4_option *sub)
{
    struct reader reader = reader_init(option->data, option->length);
    struct dhcp4_option candidate = {0};
    while (dhcp4_option_next_sub(&reader, has_end, &candidate)) {
        if (candidate.code == code) {
            *sub = candidate;
            return true;
        }
    }
    return false;
}

bool dhcp4_find_relay_ip4(const struct dhcp4_message *message, uint8_t code, struct ip4 *value)
{
    const struct dhcp4_option *relay = dhcp4_find(message, DHCP4_OPTION_RELAY);
    struct dhcp4_option sub = {0};
    if (relay == NULL || !dhcp4_option_find_sub(relay, code, false, &sub) || sub.length != 4) {
        return false;
    }
    struct reader reader = reader_init(sub.data, sub.length);
    *value = read_ip4(&reader);
    return true;
}

size_t dhcp4_reply_limit(const struct dhcp4_message *request)
{
    if (request->kind == DHCP4_BOOTP) {
        return size_min(size_max(request->bytes, DHCP4_LEAST_BYTES), DHCP4_MOST_BYTES);
    }
    uint16_t datagram = 0;
    if (!dhcp4_find_u16(request, DHCP4_OPTION_MAXIMUM_SIZE, &datagram) ||
        datagram < DHCP4_DEFAULT_LIMIT + IP_AND_UDP_BYTES) {
        return DHCP4_DEFAULT_LIMIT;
    }
    return size_min((size_t)datagram - IP_AND_UDP_BYTES, DHCP4_MOST_BYTES);
}

const char *dhcp4_kind_name(enum dhcp4_kind kind)
{
    static const char *const NAMES[] = {
        "BOOTP",   "DISCOVER", "OFFER", "REQUEST",    "DECLINE",         "ACK",          "NAK",
        "RELEASE", "INFORM",   NULL,    "LEASEQUERY", "LEASEUNASSIGNED", "LEASEUNKNOWN", "LEASEACTIVE"};
    return (size_t)kind < COUNT_OF(NAMES) && NAMES[kind] != NULL ? NAMES[kind] : "UNKNOWN";
}
