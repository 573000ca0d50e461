// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/redact.h"

#include "base/text.h"
#include "wire/dhcp4.h"
#include "wire/dhcp6.h"
#include "wire/tftp.h"

#include <string.h>

#define LINK_BYTES       14 // of Ethernet
#define ICMP_BYTES       70 // with the head of the IPv4 packet that it is about
#define ICMP6_BYTES      110
#define FTP_PORT         21
#define TOKEN_LEAST      32 // hexadecimal digits
#define HASH_LEAST       8  // characters behind the kind
#define TFTP_HEAD        4
#define NAME_SERVER_PORT 53

static void blot(uint8_t *bytes, size_t count)
{
    memset(bytes, 'x', count);
}

static bool is_end(uint8_t octet)
{
    return octet <= ' ' || octet == '"' || octet == '\'' || octet == '&' || octet >= 0x7f;
}

static size_t run_of(const uint8_t *bytes, size_t count)
{
    size_t length = 0;
    while (length < count && !is_end(bytes[length])) {
        length++;
    }
    return length;
}

static void blot_tokens(uint8_t *bytes, size_t count)
{
    for (size_t at = 0; at < count;) {
        size_t length = 0;
        while (at + length < count && text_parse_hex_digit((char)bytes[at + length]) >= 0) {
            length++;
        }
        if (length >= TOKEN_LEAST) {
            blot(bytes + at, length);
        }
        at += length + 1;
    }
}

static bool is_kind(uint8_t octet) // of hash
{
    return (octet >= '0' && octet <= '9') || octet == 'a' || octet == 'b' || octet == 'x' || octet == 'y';
}

// Hashes of crypt(5): "$6$salt$...".
static void blot_hashes(uint8_t *bytes, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        size_t kind = 1;
        if (bytes[at] != '$') {
            continue;
        }
        while (kind <= 2 && at + kind < count && is_kind(bytes[at + kind])) {
            kind++;
        }
        if (kind == 1 || at + kind >= count || bytes[at + kind] != '$') {
            continue;
        }
        size_t length = run_of(bytes + at, count - at);
        if (length >= kind + HASH_LEAST) {
            blot(bytes + at, length);
        }
        at += length == 0 ? 0 : length - 1;
    }
}

// What stands behind `word`, to the end of the line or, with `is_word`, of the word.
static void blot_behind(uint8_t *bytes, size_t count, const char *word, bool is_word)
{
    size_t word_length = strlen(word);
    for (size_t at = 0; at + word_length <= count; at++) {
        size_t same = 0;
        while (same < word_length && text_lower((char)bytes[at + same]) == word[same]) {
            same++;
        }
        if (same != word_length) {
            continue;
        }
        size_t begin = at + word_length;
        size_t length = 0;
        while (begin + length < count && bytes[begin + length] != '\r' && bytes[begin + length] != '\n' &&
               !(is_word && is_end(bytes[begin + length]))) {
            length++;
        }
        blot(bytes + begin, length);
        at = begin + length;
    }
}

static void blot_all(uint8_t *bytes, size_t count)
{
    static const char *const LINES[] = {"authorization:", "cookie:", "pass "};
    static const char *const VALUES[] = {"password=", "token=", "secret="};
    blot_tokens(bytes, count);
    blot_hashes(bytes, count);
    for (size_t i = 0; i < COUNT_OF(LINES); i++) {
        blot_behind(bytes, count, LINES[i], false);
    }
    for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
        blot_behind(bytes, count, VALUES[i], true);
    }
}

static bool is_port(const struct dissect *packet, uint16_t port)
{
    return packet->from_port == port || packet->to_port == port;
}

static size_t keep_udp(const struct dissect *packet)
{
    static const uint16_t PORTS[] = {DHCP4_SERVER_PORT, DHCP4_CLIENT_PORT, DHCP4_PXE_PORT,
                                     DHCP6_CLIENT_PORT, DHCP6_SERVER_PORT, NAME_SERVER_PORT};
    for (size_t i = 0; i < COUNT_OF(PORTS); i++) {
        if (is_port(packet, PORTS[i])) {
            return packet->payload_bytes;
        }
    }
    unsigned operation =
        packet->payload_bytes < TFTP_HEAD ? 0u : (unsigned)packet->payload[0] << 8 | packet->payload[1];
    if (operation == TFTP_DATA) {
        return TFTP_HEAD;
    }
    return operation >= TFTP_READ_REQUEST && operation <= TFTP_OACK ? packet->payload_bytes : 0;
}

// The head of a message of HTTP, or a line of FTP; nothing of what else flows.
static size_t keep_tcp(const struct dissect *packet)
{
    static const char *const BEGINS[] = {"GET ", "HEAD ", "POST ", "PUT ", "HTTP/1."};
    const uint8_t *payload = packet->payload;
    size_t count = packet->payload_bytes;
    if (is_port(packet, FTP_PORT)) {
        return count;
    }
    for (size_t i = 0; i < COUNT_OF(BEGINS); i++) {
        size_t length = strlen(BEGINS[i]);
        if (count >= length && memcmp(payload, BEGINS[i], length) == 0) {
            const uint8_t *end = memmem(payload, count, "\r\n\r\n", 4);
            return end == NULL ? count : (size_t)(end - payload) + 4;
        }
    }
    return 0;
}

size_t redact_packet(enum dissect_link link, uint8_t *bytes, size_t count)
{
    struct dissect packet;
    if (dissect_packet(link, bytes, count, &packet) != STATUS_OK || packet.kind == DISSECT_PIECE) {
        return size_min(count, LINK_BYTES);
    }
    if (packet.kind == DISSECT_ARP) {
        return count;
    }
    if (packet.kind == DISSECT_ICMP) {
        return size_min(count, ip_is_ip4(packet.from) ? ICMP_BYTES : ICMP6_BYTES);
    }
    size_t head = packet.payload == NULL ? count : (size_t)(packet.payload - bytes);
    size_t kept = packet.payload == NULL       ? 0
                  : packet.kind == DISSECT_UDP ? keep_udp(&packet)
                                               : keep_tcp(&packet);
    blot_all(bytes + head, kept);
    return head + kept;
}
