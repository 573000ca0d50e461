// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/sight.h"

#include "base/arena.h"
#include "base/text.h"
#include "model/boot_client.h"
#include "session/client.h"

#define HTTP_LINE_MOST  2048
#define TLS_ALERT       21
#define TLS_ALERT_BYTES 7
#define TLS_ALERT_FATAL 2
#define BOOT_SERVERS    8 // of option 43
#define BOOT_MENU       9
#define KIND_FIRST_UDP  1024
#define TOKEN_DIGITS    32 // of an order

#define NAME_MARK_0 0xfd // a private IPv6 prefix, so that nobody's real address is taken for a name
#define NAME_MARK_1 0x6e

struct ip sight_name_ip(const char *name)
{
    struct ip6 address = {{NAME_MARK_0, NAME_MARK_1}};
    memcpy(address.octets + 2, name, strnlen(name, sizeof address.octets - 2));
    return ip_from_ip6(address);
}

const char *sight_print_ip(struct ip address, char out[SIGHT_IP_BYTES])
{
    const uint8_t *octets = address.value.octets;
    if (octets[0] != NAME_MARK_0 || octets[1] != NAME_MARK_1) {
        return ip_print(address, out);
    }
    struct text text;
    text_init(&text, out, SIGHT_IP_BYTES);
    const char *name = (const char *)octets + 2;
    text_add_escaped(&text, name, strnlen(name, sizeof address.value.octets - 2));
    return out;
}

static void copy_escaped(char *out, size_t out_bytes, const char *text, size_t length)
{
    struct text copy;
    text_init(&copy, out, out_bytes);
    text_add_escaped(&copy, text, length);
}

void sight_copy_name(char out[SIGHT_NAME_BYTES], const char *path, size_t length)
{
    struct text text;
    text_init(&text, out, SIGHT_NAME_BYTES);
    for (size_t at = 0; at < length;) {
        const char *slash = memchr(path + at, '/', length - at);
        size_t part = slash == NULL ? length - at : (size_t)(slash - path) - at;
        size_t digits = 0;
        while (digits < part && text_parse_hex_digit(path[at + digits]) >= 0) {
            digits++;
        }
        if (digits == part && part == TOKEN_DIGITS) {
            text_add(&text, "TOKEN");
        } else {
            text_add_escaped(&text, path + at, part);
        }
        text_add(&text, slash == NULL ? "" : "/");
        at += part + 1;
    }
}

static void take_class(const struct dhcp4_message *message, struct sight_dhcp *dhcp)
{
    struct boot_client client;
    const struct dhcp4_option *class = dhcp4_find(message, DHCP4_OPTION_VENDOR_CLASS);
    client_from_dhcp4(message, &client);
    dhcp->architecture = client.architecture;
    dhcp->uuid = client.uuid;
    dhcp->is_ipxe = client.stage == BOOT_STAGE_IPXE;
    dhcp->class = dhcp4_starts(message, DHCP4_OPTION_VENDOR_CLASS, "PXEClient")    ? SIGHT_CLASS_PXE
                  : dhcp4_starts(message, DHCP4_OPTION_VENDOR_CLASS, "HTTPClient") ? SIGHT_CLASS_HTTP
                                                                                   : SIGHT_CLASS_NONE;
    if (class != NULL) {
        copy_escaped(dhcp->vendor, sizeof dhcp->vendor, (const char *)class->data, class->length);
    }
}

static void take_boot(const struct dhcp4_message *message, struct sight_dhcp *dhcp)
{
    const struct dhcp4_option *vendor = dhcp4_find(message, DHCP4_OPTION_VENDOR);
    const struct dhcp4_option *file = dhcp4_find(message, DHCP4_OPTION_BOOT_FILE);
    struct dhcp4_option sub;
    dhcp->knows_boot = true;
    dhcp->next_server = message->siaddr;
    if (file != NULL && file->length != 0) {
        copy_escaped(dhcp->file, sizeof dhcp->file, (const char *)file->data,
                     strnlen((const char *)file->data, file->length));
    } else {
        copy_escaped(dhcp->file, sizeof dhcp->file, message->file, strlen(message->file));
    }
    dhcp->has_vendor = vendor != NULL && (dhcp4_option_find_sub(vendor, BOOT_SERVERS, true, &sub) ||
                                          dhcp4_option_find_sub(vendor, BOOT_MENU, true, &sub));
}

bool sight_take_dhcp(const void *payload, size_t bytes, struct sight *out)
{
    struct dhcp4_message message;
    struct arena arena;
    _Alignas(max_align_t) uint8_t memory[DHCP4_ARENA_BYTES];
    struct sight_dhcp *dhcp = &out->dhcp;
    struct ip4 server = {0};
    arena = arena_init(memory, sizeof memory);
    if (dhcp4_decode(payload, bytes, &arena, &message, NULL) != STATUS_OK) {
        return false;
    }
    out->kind = SIGHT_DHCP;
    dhcp->is_reply = message.op == DHCP4_OP_REPLY;
    dhcp->is_kind_known = true;
    dhcp->kind = message.kind;
    dhcp->client = message.chaddr;
    dhcp->xid = message.xid;
    dhcp->secs = message.secs;
    dhcp->address = message.yiaddr;
    dhcp->relay = message.giaddr;
    dhcp->architecture = BOOT_ARCHITECTURE_NONE;
    if (dhcp4_find_ip4(&message, DHCP4_OPTION_SERVER_ID, &server)) {
        dhcp->server = server;
    }
    if (!dhcp->is_reply && !dhcp4_find_ip4(&message, DHCP4_OPTION_REQUESTED_ADDRESS, &dhcp->address)) {
        dhcp->address = message.ciaddr;
    }
    take_class(&message, dhcp);
    if (dhcp->is_reply) {
        take_boot(&message, dhcp);
    } else {
        dhcp->knows_boot = true;
    }
    return true;
}

// Whether this is text in which a kernel argument leads an installer to its answer file.
static bool names_answer(const char *bytes, size_t count)
{
    static const char *const WORDS[] = {
        "ks=",     "preseed/url=", "auto=true url=", "ds=nocloud", "autoyast=", "ignition.config.url=",
        "apkovl=", "inst.auto=",   "answer/"};
    for (size_t i = 0; i < count && i < 16; i++) {
        if (((uint8_t)bytes[i] < ' ' || (uint8_t)bytes[i] >= 0x7f) && bytes[i] != '\n' && bytes[i] != '\t' &&
            bytes[i] != '\r') {
            return false;
        }
    }
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (memmem(bytes, count, WORDS[i], strlen(WORDS[i])) != NULL) {
            return true;
        }
    }
    return false;
}

bool sight_take_tftp(const void *payload, size_t bytes, size_t whole, struct sight *out)
{
    struct tftp_packet packet;
    struct sight_tftp *tftp = &out->tftp;
    if (tftp_decode(payload, bytes, &packet, NULL) != STATUS_OK) {
        return false;
    }
    out->kind = SIGHT_TFTP;
    *tftp = (struct sight_tftp){.operation = packet.operation, .block = packet.block, .error = packet.error};
    if (packet.operation == TFTP_READ_REQUEST || packet.operation == TFTP_WRITE_REQUEST) {
        sight_copy_name(tftp->name, packet.name, packet.name_length);
        for (size_t i = 0; i < packet.name_length; i++) {
            tftp->is_name_odd |= (uint8_t)packet.name[i] < ' ' || (uint8_t)packet.name[i] >= 0x7f;
        }
    }
    if (packet.operation == TFTP_DATA) {
        tftp->data_bytes = (uint32_t)(whole < TFTP_HEADER_BYTES ? 0 : whole - TFTP_HEADER_BYTES);
    }
    if (packet.operation == TFTP_DATA) {
        tftp->names_answer = names_answer((const char *)packet.data, packet.data_bytes);
    }
    if (packet.operation == TFTP_ERROR) {
        copy_escaped(tftp->error_text, sizeof tftp->error_text, packet.error_text, packet.error_text_length);
    }
    const struct tftp_options *options = &packet.options;
    tftp->blksize = options->has[TFTP_OPTION_BLKSIZE] ? (uint32_t)options->value[TFTP_OPTION_BLKSIZE] : 0;
    tftp->windowsize =
        options->has[TFTP_OPTION_WINDOWSIZE] ? (uint32_t)options->value[TFTP_OPTION_WINDOWSIZE] : 0;
    tftp->has_tsize = options->has[TFTP_OPTION_TSIZE];
    tftp->tsize = tftp->has_tsize ? options->value[TFTP_OPTION_TSIZE] : 0;
    return true;
}

static void take_udp(const struct dissect *packet, struct sight *out)
{
    bool is_dhcp = (packet->to_port == DHCP4_SERVER_PORT || packet->to_port == DHCP4_CLIENT_PORT ||
                    packet->to_port == DHCP4_PXE_PORT || packet->from_port == DHCP4_PXE_PORT) &&
                   (packet->from_port == DHCP4_CLIENT_PORT || packet->from_port == DHCP4_SERVER_PORT ||
                    packet->from_port == DHCP4_PXE_PORT || packet->to_port == DHCP4_PXE_PORT);
    if (is_dhcp) {
        (void)sight_take_dhcp(packet->payload, packet->payload_bytes, out);
        return;
    }
    if (packet->to_port == DHCP6_SERVER_PORT || packet->to_port == DHCP6_CLIENT_PORT) {
        (void)sight_take_dhcp6(packet->payload, packet->payload_bytes, out);
        return;
    }
    bool is_tftp = packet->to_port == TFTP_PORT || packet->from_port == TFTP_PORT ||
                   (packet->to_port >= KIND_FIRST_UDP && packet->from_port >= KIND_FIRST_UDP);
    out->udp_bytes = packet->payload_whole;
    if (is_tftp && !sight_take_tftp(packet->payload, packet->payload_bytes, packet->payload_whole, out)) {
        out->kind = SIGHT_UDP;
    }
}

// The number behind `name` in an HTTP header, case-blind; UINT64_MAX when it is not there.
static uint64_t find_number(const char *header, size_t bytes, const char *name)
{
    size_t length = strlen(name);
    uint64_t value = UINT64_MAX;
    for (size_t i = 0; i + length < bytes; i++) {
        if (header[i] != '\n' || !text_starts_nocase(header + i + 1, name)) {
            continue;
        }
        size_t at = i + 1 + length;
        while (at < bytes && header[at] == ' ') {
            at++;
        }
        for (value = 0; at < bytes && header[at] >= '0' && header[at] <= '9' && value < UINT64_MAX / 100;
             at++) {
            value = value * 10 + (uint64_t)(header[at] - '0');
        }
        return value;
    }
    return value;
}

static void take_http(const char *text, size_t bytes, struct sight_tcp *tcp)
{
    static const char GET[] = "GET ";
    static const char ANSWER[] = "HTTP/1.";
    const size_t status_at = sizeof ANSWER + 1; // "HTTP/1.1 "
    if (bytes > sizeof GET && memcmp(text, GET, sizeof GET - 1) == 0) {
        const char *path = text + sizeof GET - 1;
        size_t length = 0;
        while (length < bytes - (sizeof GET - 1) && (uint8_t)path[length] > ' ' && path[length] != '?') {
            length++;
        }
        tcp->is_get = true;
        sight_copy_name(tcp->name, path, length);
    } else if (bytes >= status_at + 3 && memcmp(text, ANSWER, sizeof ANSWER - 1) == 0) {
        const char *code = text + status_at;
        const char *end = memmem(text, bytes, "\r\n\r\n", 4);
        for (unsigned i = 0; i < 3 && code[i] >= '0' && code[i] <= '9'; i++) {
            tcp->http_status = (uint16_t)(tcp->http_status * 10 + (code[i] - '0'));
        }
        tcp->http_header_bytes = end == NULL ? 0 : (uint32_t)(end + 4 - text);
        tcp->http_length = find_number(text, end == NULL ? bytes : (size_t)(end - text), "content-length:");
    }
}

static void take_tcp(const struct dissect *packet, struct sight *out)
{
    struct sight_tcp *tcp = &out->tcp;
    const uint8_t *bytes = packet->payload;
    out->kind = SIGHT_TCP;
    *tcp = (struct sight_tcp){.flags = packet->tcp.flags,
                              .sequence = packet->tcp.sequence,
                              .acknowledged = packet->tcp.acknowledged,
                              .bytes = packet->payload_whole,
                              .http_length = UINT64_MAX};
    size_t count = packet->payload_bytes < HTTP_LINE_MOST ? packet->payload_bytes : HTTP_LINE_MOST;
    take_http((const char *)bytes, count, tcp);
    tcp->names_answer = tcp->http_status != 0 && names_answer((const char *)bytes, count);
    if (count >= TLS_ALERT_BYTES && bytes[0] == TLS_ALERT && bytes[1] == 3 && bytes[3] == 0 &&
        bytes[4] == 2 && bytes[5] == TLS_ALERT_FATAL) {
        tcp->tls_alert = bytes[6];
    }
}

void sight_from_packet(const struct dissect *packet, int64_t at_us, struct sight *out)
{
    *out = (struct sight){.at_us = at_us,
                          .from_hw = packet->from_hw,
                          .to_hw = packet->to_hw,
                          .from = packet->from,
                          .to = packet->to,
                          .from_port = packet->from_port,
                          .to_port = packet->to_port};
    switch (packet->kind) {
    case DISSECT_UDP:
        take_udp(packet, out);
        break;
    case DISSECT_TCP:
        take_tcp(packet, out);
        break;
    case DISSECT_ICMP:
        out->kind = SIGHT_ICMP;
        out->icmp = packet->icmp;
        break;
    case DISSECT_ARP:
        out->kind = SIGHT_ARP;
        out->arp = packet->arp;
        break;
    case DISSECT_PIECE:
        break;
    }
}
