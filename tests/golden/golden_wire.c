// SPDX-License-Identifier: GPL-3.0-or-later
// Packets to text and back.
#include "golden/golden.h"

#include "base/arena.h"
#include "base/problem.h"
#include "wire/arp.h"
#include "wire/dhcp4.h"
#include "wire/dhcp6.h"
#include "wire/frame.h"
#include "wire/tftp.h"

#include <stdlib.h>
#include <string.h>

#define OUT_BYTES 2048

static void refused_print(enum status status, const struct problem *problem, struct text *text)
{
    text_add_format(text, "refused: %s", status_text(status));
    if (problem != NULL && problem_is_set(problem)) {
        text_add_format(text, ": %s", problem->text);
    }
    text_add_char(text, '\n');
}

// What was encoded must be what came in.
static void bytes_compare(const uint8_t *bytes, size_t count, const uint8_t *back, size_t back_count,
                          struct text *text)
{
    if (count != back_count || memcmp(bytes, back, count) != 0) {
        text_add_format(text, "BACK: %zu bytes became %zu others\n", count, back_count);
    }
}

// A reply that says everything that `message` says.
static void dhcp4_rebuild(const struct dhcp4_message *message, struct dhcp4_reply *reply)
{
    dhcp4_reply_init(reply, message, message->kind);
    reply->op = message->op;
    reply->hops = message->hops;
    reply->secs = message->secs;
    reply->ciaddr = message->ciaddr;
    reply->yiaddr = message->yiaddr;
    reply->siaddr = message->siaddr;
    memcpy(reply->sname, message->sname, sizeof reply->sname);
    memcpy(reply->file, message->file, sizeof reply->file);
    for (size_t i = 0; i < message->options.count; i++) {
        uint8_t code = message->options.items[i].code;
        if (code != DHCP4_OPTION_KIND && code != DHCP4_OPTION_OVERLOAD) {
            dhcp4_put_echo(reply, message, code);
        }
    }
}

static bool dhcp4_is_same(const struct dhcp4_message *a, const struct dhcp4_message *b)
{
    bool is_same = a->op == b->op && a->xid == b->xid && a->secs == b->secs && a->hops == b->hops &&
                   hw_equal(&a->chaddr, &b->chaddr) && a->broadcast == b->broadcast && a->kind == b->kind &&
                   ip4_equal(a->ciaddr, b->ciaddr) && ip4_equal(a->yiaddr, b->yiaddr) &&
                   ip4_equal(a->siaddr, b->siaddr) && ip4_equal(a->giaddr, b->giaddr) &&
                   strcmp(a->sname, b->sname) == 0 && strcmp(a->file, b->file) == 0;
    for (unsigned code = 1; code < 255; code++) {
        const struct dhcp4_option *one = dhcp4_find(a, (uint8_t)code);
        const struct dhcp4_option *other = dhcp4_find(b, (uint8_t)code);
        if (code == DHCP4_OPTION_OVERLOAD || (one == NULL && other == NULL)) {
            continue;
        }
        is_same = is_same && one != NULL && other != NULL && one->length == other->length &&
                  memcmp(one->data, other->data, one->length) == 0;
    }
    return is_same;
}

void golden_dhcp4(const uint8_t *bytes, size_t count, bool exact, struct text *text)
{
    static max_align_t memory[2][DHCP4_ARENA_BYTES / sizeof(max_align_t)];
    static struct dhcp4_reply reply;
    struct arena arena = arena_init(memory[0], sizeof memory[0]);
    struct arena again_arena = arena_init(memory[1], sizeof memory[1]);
    struct problem problem = {0};
    struct dhcp4_message message;
    struct dhcp4_message again;
    enum status status = dhcp4_decode(bytes, count, &arena, &message, &problem);
    if (status != STATUS_OK) {
        refused_print(status, &problem, text);
        return;
    }
    dhcp4_print(&message, text);
    dhcp4_rebuild(&message, &reply);
    uint8_t back[OUT_BYTES];
    size_t back_count = 0;
    if (dhcp4_encode(&reply, DHCP4_MOST_BYTES, back, sizeof back, &back_count) != STATUS_OK) {
        text_add(text, "BACK: cannot be encoded\n");
    } else if (exact) {
        bytes_compare(bytes, count, back, back_count, text);
    } else if (dhcp4_decode(back, back_count, &again_arena, &again, NULL) != STATUS_OK ||
               !dhcp4_is_same(&message, &again)) {
        text_add(text, "BACK: says something else\n");
    }
}

// The client's own message must come back as it was; relays' headers are not written by a server.
void golden_dhcp6(const uint8_t *bytes, size_t count, bool exact, struct text *text)
{
    (void)exact;
    struct problem problem = {0};
    struct dhcp6_message message;
    struct dhcp6_option option;
    enum status status = dhcp6_decode(bytes, count, &message, &problem);
    if (status != STATUS_OK) {
        refused_print(status, &problem, text);
        return;
    }
    dhcp6_print(&message, text);
    uint8_t back[OUT_BYTES];
    struct writer writer = writer_init(back, sizeof back);
    struct reader reader = reader_init(message.options.data, message.options.bytes);
    dhcp6_put_header(&writer, message.kind, message.xid);
    while (dhcp6_option_next(&reader, &option)) {
        dhcp6_put(&writer, option.code, option.data, option.length);
    }
    bytes_compare(message.options.data - 4, message.options.bytes + 4, back, writer_length(&writer), text);
}

static enum status tftp_encode_again(const struct tftp_packet *packet, uint8_t *out, size_t *written)
{
    char error_text[TFTP_ERROR_TEXT_BYTES] = "";
    switch (packet->operation) {
    case TFTP_READ_REQUEST:
    case TFTP_WRITE_REQUEST:
        return tftp_encode_request(packet, out, OUT_BYTES, written);
    case TFTP_DATA:
        tftp_encode_data_header(packet->block, out);
        memcpy(out + TFTP_HEADER_BYTES, packet->data, packet->data_bytes);
        *written = TFTP_HEADER_BYTES + packet->data_bytes;
        return STATUS_OK;
    case TFTP_ACK:
        tftp_encode_ack_window(packet->block, packet->ack_window, out);
        *written = packet->ack_window != 0 ? TFTP_ACK_WINDOW_BYTES : TFTP_HEADER_BYTES;
        return STATUS_OK;
    case TFTP_ERROR:
        memcpy(error_text, packet->error_text,
               size_min(packet->error_text_length, TFTP_ERROR_TEXT_BYTES - 1));
        return tftp_encode_error((enum tftp_error)packet->error, error_text, out, OUT_BYTES, written);
    case TFTP_OACK:
        return tftp_encode_oack(&packet->options, out, OUT_BYTES, written);
    }
    return STATUS_UNSUPPORTED;
}

void golden_tftp(const uint8_t *bytes, size_t count, bool exact, struct text *text)
{
    struct problem problem = {0};
    struct tftp_packet packet;
    enum status status = tftp_decode(bytes, count, &packet, &problem);
    if (status != STATUS_OK) {
        refused_print(status, &problem, text);
        return;
    }
    tftp_print(&packet, text);
    text_add_char(text, '\n');
    uint8_t back[OUT_BYTES];
    size_t back_count = 0;
    struct tftp_packet again;
    if (tftp_encode_again(&packet, back, &back_count) != STATUS_OK) {
        text_add(text, "BACK: cannot be encoded\n");
    } else if (exact) {
        bytes_compare(bytes, count, back, back_count, text);
    } else if (tftp_decode(back, back_count, &again, NULL) != STATUS_OK ||
               again.operation != packet.operation || again.options.count != packet.options.count) {
        text_add(text, "BACK: says something else\n");
    }
}

void golden_frame(const uint8_t *bytes, size_t count, bool exact, struct text *text)
{
    struct frame_udp4 frame;
    enum status status = frame_decode_udp4(bytes, count, &frame);
    if (status != STATUS_OK) {
        refused_print(status, NULL, text);
        return;
    }
    char hw[2][HW_TEXT_BYTES];
    char ip[2][IP4_TEXT_BYTES];
    text_add_format(text, "%s %s:%u > %s %s:%u, id %u, ttl %u, sum %s, %zu bytes: \"",
                    hw_print(&frame.from_hw, hw[0]), ip4_print(frame.from, ip[0]), frame.from_port,
                    hw_print(&frame.to_hw, hw[1]), ip4_print(frame.to, ip[1]), frame.to_port,
                    frame.identification, frame.time_to_live, frame.is_sum_good ? "good" : "wrong",
                    frame.payload_bytes);
    text_add_escaped(text, (const char *)frame.payload, frame.payload_bytes);
    text_add(text, "\"\n");
    uint8_t back[OUT_BYTES];
    size_t back_count = 0;
    if (frame_encode_udp4(&frame, back, sizeof back, &back_count) != STATUS_OK) {
        text_add(text, "BACK: cannot be encoded\n");
    } else if (exact) {
        bytes_compare(bytes, count, back, back_count, text);
    }
}

void golden_arp(const uint8_t *bytes, size_t count, bool exact, struct text *text)
{
    struct arp arp;
    enum status status = arp_decode(bytes, count, &arp);
    if (status != STATUS_OK) {
        refused_print(status, NULL, text);
        return;
    }
    char hw[2][HW_TEXT_BYTES];
    char ip[2][IP4_TEXT_BYTES];
    text_add_format(text, "ARP %s from %s %s for %s %s\n", arp.operation == ARP_REQUEST ? "request" : "reply",
                    hw_print(&arp.sender_hw, hw[0]), ip4_print(arp.sender, ip[0]),
                    hw_print(&arp.target_hw, hw[1]), ip4_print(arp.target, ip[1]));
    uint8_t back[OUT_BYTES];
    size_t back_count = 0;
    if (arp_encode(&arp, back, sizeof back, &back_count) != STATUS_OK) {
        text_add(text, "BACK: cannot be encoded\n");
    } else if (exact) {
        bytes_compare(bytes, count, back, back_count, text);
    }
}
