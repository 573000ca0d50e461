// SPDX-License-Identifier: GPL-3.0-or-later
// Writing messages: the options of a reply are kept sorted by code, so the order in which they were put does
// not show on the wire.
#include "wire/dhcp4.h"

#include "base/writer.h"

#include <string.h>

#define MAGIC_COOKIE   0x63825363u // RFC 2131 section 3
#define COOKIE_BYTES   4
#define OPTION_MOST    255
#define FLAG_BROADCAST 0x8000

void dhcp4_reply_init(struct dhcp4_reply *reply, const struct dhcp4_message *request, enum dhcp4_kind kind)
{
    *reply = (struct dhcp4_reply){
        .op = DHCP4_OP_REPLY,
        .chaddr = request->chaddr,
        .xid = request->xid,
        .broadcast = request->broadcast,
        .giaddr = request->giaddr,
        .kind = kind,
    };
}

// The index of `code` in the sorted items, or where it belongs.
static size_t item_place(const struct dhcp4_reply *reply, uint8_t code)
{
    size_t at = 0;
    while (at < reply->count && reply->items[at].code < code) {
        at++;
    }
    return at;
}

void dhcp4_put_nothing(struct dhcp4_reply *reply, uint8_t code)
{
    size_t at = item_place(reply, code);
    if (at == reply->count || reply->items[at].code != code) {
        return;
    }
    struct dhcp4_reply_option gone = reply->items[at];
    size_t after = (size_t)gone.at + gone.length;
    memmove(reply->bytes + gone.at, reply->bytes + after, reply->used - after);
    reply->used = (uint16_t)(reply->used - gone.length);
    reply->count--;
    memmove(&reply->items[at], &reply->items[at + 1], (reply->count - at) * sizeof reply->items[0]);
    for (size_t i = 0; i < reply->count; i++) {
        if (reply->items[i].at >= after) {
            reply->items[i].at = (uint16_t)(reply->items[i].at - gone.length);
        }
    }
}

void dhcp4_put_bytes(struct dhcp4_reply *reply, uint8_t code, const void *data, size_t bytes)
{
    if (bytes > OPTION_MOST) {
        dhcp4_put_nothing(reply, code);
        reply->failed = true;
        return;
    }
    dhcp4_put_long(reply, code, data, bytes);
}

void dhcp4_put_long(struct dhcp4_reply *reply, uint8_t code, const void *data, size_t bytes)
{
    assert(code != DHCP4_OPTION_PAD && code != DHCP4_OPTION_END && code != DHCP4_OPTION_OVERLOAD &&
           code != DHCP4_OPTION_KIND);
    dhcp4_put_nothing(reply, code);
    if (bytes > sizeof reply->bytes - reply->used || reply->count == DHCP4_REPLY_OPTIONS) {
        reply->failed = true;
        return;
    }
    size_t at = item_place(reply, code);
    memmove(&reply->items[at + 1], &reply->items[at], (reply->count - at) * sizeof reply->items[0]);
    reply->items[at] =
        (struct dhcp4_reply_option){.code = code, .length = (uint16_t)bytes, .at = reply->used};
    reply->count++;
    if (bytes != 0) {
        memcpy(reply->bytes + reply->used, data, bytes);
    }
    reply->used = (uint16_t)(reply->used + bytes);
}

void dhcp4_put_u8(struct dhcp4_reply *reply, uint8_t code, uint8_t value)
{
    dhcp4_put_bytes(reply, code, &value, sizeof value);
}

void dhcp4_put_u16(struct dhcp4_reply *reply, uint8_t code, uint16_t value)
{
    uint8_t bytes[2];
    struct writer writer = writer_init(bytes, sizeof bytes);
    write_be16(&writer, value);
    dhcp4_put_bytes(reply, code, bytes, sizeof bytes);
}

void dhcp4_put_u32(struct dhcp4_reply *reply, uint8_t code, uint32_t value)
{
    uint8_t bytes[4];
    struct writer writer = writer_init(bytes, sizeof bytes);
    write_be32(&writer, value);
    dhcp4_put_bytes(reply, code, bytes, sizeof bytes);
}

void dhcp4_put_ip4(struct dhcp4_reply *reply, uint8_t code, struct ip4 value)
{
    dhcp4_put_u32(reply, code, value.value);
}

void dhcp4_put_ip4_list(struct dhcp4_reply *reply, uint8_t code, const struct ip4 *values, size_t count)
{
    uint8_t bytes[OPTION_MOST];
    struct writer writer = writer_init(bytes, sizeof bytes);
    for (size_t i = 0; i < count && !writer.failed; i++) {
        write_be32(&writer, values[i].value);
    }
    if (writer.failed) {
        reply->failed = true;
        return;
    }
    if (count != 0) {
        dhcp4_put_bytes(reply, code, bytes, writer_length(&writer));
    }
}

void dhcp4_put_string(struct dhcp4_reply *reply, uint8_t code, const char *string)
{
    if (string[0] != '\0') {
        dhcp4_put_bytes(reply, code, string, strlen(string));
    }
}

void dhcp4_put_string_nul(struct dhcp4_reply *reply, uint8_t code, const char *string)
{
    if (string[0] != '\0') {
        dhcp4_put_bytes(reply, code, string, strlen(string) + 1);
    }
}

void dhcp4_put_echo(struct dhcp4_reply *reply, const struct dhcp4_message *request, uint8_t code)
{
    const struct dhcp4_option *option = dhcp4_find(request, code);
    if (option != NULL) {
        dhcp4_put_bytes(reply, code, option->data, option->length);
    }
}

bool dhcp4_put_file(struct dhcp4_reply *reply, const char *file)
{
    memset(reply->file, 0, sizeof reply->file);
    bool fits = strlen(file) < DHCP4_FILE_BYTES;
    if (fits) {
        memcpy(reply->file, file, strlen(file));
    }
    return fits;
}

bool dhcp4_put_sname(struct dhcp4_reply *reply, const char *sname)
{
    memset(reply->sname, 0, sizeof reply->sname);
    bool fits = strlen(sname) < DHCP4_SNAME_BYTES;
    if (fits) {
        memcpy(reply->sname, sname, strlen(sname));
    }
    return fits;
}

// On the wire, with a header for each piece; an empty one is a piece too.
static size_t item_bytes(const struct dhcp4_reply_option *item)
{
    size_t pieces = item->length == 0 ? 1 : (item->length + OPTION_MOST - 1u) / OPTION_MOST;
    return item->length + 2 * pieces;
}

// Marks in `stays` which items fit into `room` bytes, dear ones first. False when one of those that must stay
// does not.
static bool items_choose(const struct dhcp4_reply *reply, size_t room, bool stays[DHCP4_REPLY_OPTIONS])
{
    for (enum dhcp4_rank rank = DHCP4_RANK_ESSENTIAL; rank <= DHCP4_RANK_OTHER; rank++) {
        for (size_t i = 0; i < reply->count; i++) {
            if (dhcp4_option_rank(reply->items[i].code) != rank) {
                continue;
            }
            size_t bytes = item_bytes(&reply->items[i]);
            stays[i] = bytes <= room;
            if (!stays[i] && rank <= DHCP4_RANK_BOOT) {
                return false;
            }
            room -= stays[i] ? bytes : 0;
        }
    }
    return true;
}

// A text field of the header; nothing behind its NUL leaves.
static void text_field_encode(const char *text, size_t field_bytes, struct writer *writer)
{
    size_t length = strnlen(text, field_bytes - 1);
    write_bytes(writer, text, length);
    write_zeros(writer, field_bytes - length);
}

static void header_encode(const struct dhcp4_reply *reply, struct writer *writer)
{
    write_u8(writer, reply->op);
    write_u8(writer, reply->chaddr.type);
    write_u8(writer, reply->chaddr.length);
    write_u8(writer, reply->hops);
    write_be32(writer, reply->xid);
    write_be16(writer, reply->secs);
    write_be16(writer, reply->broadcast ? FLAG_BROADCAST : 0);
    write_be32(writer, reply->ciaddr.value);
    write_be32(writer, reply->yiaddr.value);
    write_be32(writer, reply->siaddr.value);
    write_be32(writer, reply->giaddr.value);
    write_bytes(writer, reply->chaddr.octets, HW_BYTES);
    text_field_encode(reply->sname, DHCP4_SNAME_BYTES, writer);
    text_field_encode(reply->file, DHCP4_FILE_BYTES, writer);
    write_be32(writer, MAGIC_COOKIE);
}

static void item_encode(const struct dhcp4_reply *reply, size_t at, struct writer *writer)
{
    const struct dhcp4_reply_option *item = &reply->items[at];
    size_t done = 0;
    do {
        size_t piece = size_min(item->length - done, OPTION_MOST);
        write_u8(writer, item->code);
        write_u8(writer, (uint8_t)piece);
        write_bytes(writer, reply->bytes + item->at + done, piece);
        done += piece;
    } while (done < item->length);
}

// 0 and 1: right behind the message type; 2: by code; 3: last, as RFC 3046 section 2.1 wants the relay's own.
static int item_turn(uint8_t code)
{
    switch (code) {
    case DHCP4_OPTION_SERVER_ID:
        return 0;
    case DHCP4_OPTION_LEASE_TIME:
        return 1;
    case DHCP4_OPTION_RELAY:
        return 3;
    default:
        return 2;
    }
}

static void items_encode(const struct dhcp4_reply *reply, const bool stays[DHCP4_REPLY_OPTIONS],
                         struct writer *writer)
{
    for (int turn = 0; turn <= 3; turn++) {
        for (size_t i = 0; i < reply->count; i++) {
            if (stays[i] && item_turn(reply->items[i].code) == turn) {
                item_encode(reply, i, writer);
            }
        }
    }
}

enum status dhcp4_encode(const struct dhcp4_reply *reply, size_t limit_bytes, void *out, size_t out_bytes,
                         size_t *written)
{
    size_t kind_bytes = reply->kind == DHCP4_BOOTP ? 0 : 3;
    size_t fixed_bytes = DHCP4_HEADER_BYTES + COOKIE_BYTES + kind_bytes + 1;
    bool stays[DHCP4_REPLY_OPTIONS] = {false};
    if (reply->failed ||
        !items_choose(reply, size_max(limit_bytes, DHCP4_LEAST_BYTES) - fixed_bytes, stays)) {
        return STATUS_TOO_LONG;
    }
    struct writer writer = writer_init(out, out_bytes);
    header_encode(reply, &writer);
    if (kind_bytes != 0) {
        write_u8(&writer, DHCP4_OPTION_KIND);
        write_u8(&writer, 1);
        write_u8(&writer, (uint8_t)reply->kind);
    }
    items_encode(reply, stays, &writer);
    write_u8(&writer, DHCP4_OPTION_END);
    if (writer_length(&writer) < DHCP4_LEAST_BYTES) {
        write_zeros(&writer, DHCP4_LEAST_BYTES - writer_length(&writer));
    }
    if (writer.failed) {
        return STATUS_TOO_LONG;
    }
    *written = writer_length(&writer);
    return STATUS_OK;
}
