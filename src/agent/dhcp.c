// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/dhcp.h"

#include "wire/dhcp4.h"

#include <string.h>

#define DHCP_LEASE_LEAST_S 60
#define DHCP_LEASE_USUAL_S 3600

static const uint8_t DHCP_WANTED[] = {
    DHCP4_OPTION_SUBNET_MASK, DHCP4_OPTION_ROUTERS,      DHCP4_OPTION_DNS_SERVERS,   DHCP4_OPTION_DOMAIN_NAME,
    DHCP4_OPTION_LEASE_TIME,  DHCP4_OPTION_RENEWAL_TIME, DHCP4_OPTION_REBINDING_TIME};

enum status dhcp_encode(const struct dhcp_ask *ask, void *out, size_t out_bytes, size_t *written)
{
    struct dhcp4_reply message = {
        .op = DHCP4_OP_REQUEST,
        .chaddr = ask->mac,
        .xid = ask->xid,
        .secs = ask->secs,
        // Before it has an address the card takes broadcasts only: the kernel drops what is for another.
        .broadcast = ask->stage != DHCP_RENEW,
        .kind = ask->stage == DHCP_DISCOVER ? DHCP4_DISCOVER : DHCP4_REQUEST,
    };
    if (ask->stage == DHCP_RENEW) {
        message.ciaddr = ask->lease.address;
    }
    if (ask->stage == DHCP_REQUEST) {
        dhcp4_put_ip4(&message, DHCP4_OPTION_REQUESTED_ADDRESS, ask->lease.address);
        dhcp4_put_ip4(&message, DHCP4_OPTION_SERVER_ID, ask->lease.server);
    }
    dhcp4_put_u16(&message, DHCP4_OPTION_MAXIMUM_SIZE, DHCP4_MOST_BYTES);
    dhcp4_put_string(&message, DHCP4_OPTION_VENDOR_CLASS, "imprint-agent");
    dhcp4_put_bytes(&message, DHCP4_OPTION_PARAMETERS, DHCP_WANTED, sizeof DHCP_WANTED);
    return dhcp4_encode(&message, DHCP4_DEFAULT_LIMIT, out, out_bytes, written);
}

// A mask that is no mask counts as the one of a small network.
static uint8_t dhcp_prefix(const struct dhcp4_message *message)
{
    struct ip4 mask = {0};
    if (!dhcp4_find_ip4(message, DHCP4_OPTION_SUBNET_MASK, &mask)) {
        return 24;
    }
    for (uint8_t prefix = 1; prefix <= 32; prefix++) {
        if (ip4_equal(ip4_mask(prefix), mask)) {
            return prefix;
        }
    }
    return 24;
}

// The addresses of a list, as many as there is room for.
static void dhcp_take_list(const struct dhcp4_message *message, uint8_t code, struct ip4 *out, size_t most)
{
    const struct dhcp4_option *option = dhcp4_find(message, code);
    if (option == NULL) {
        return;
    }
    struct reader reader = reader_init(option->data, option->length);
    for (size_t i = 0; i < most && reader_left(&reader) >= 4; i++) {
        out[i] = (struct ip4){read_be32(&reader)};
    }
}

// It is written into a file that other programs read, so only plain names pass.
static void dhcp_take_domain(const struct dhcp4_message *message, char out[DHCP_DOMAIN_BYTES])
{
    if (!dhcp4_find_string(message, DHCP4_OPTION_DOMAIN_NAME, out, DHCP_DOMAIN_BYTES)) {
        out[0] = '\0';
    }
    for (const char *at = out; *at != '\0'; at++) {
        char letter = text_lower(*at);
        if ((letter < 'a' || letter > 'z') && (letter < '0' || letter > '9') && letter != '.' &&
            letter != '-') {
            out[0] = '\0';
            return;
        }
    }
}

static void dhcp_take_times(const struct dhcp4_message *message, struct dhcp_lease *lease)
{
    lease->lease_s = DHCP_LEASE_USUAL_S;
    (void)dhcp4_find_u32(message, DHCP4_OPTION_LEASE_TIME, &lease->lease_s);
    if (lease->lease_s < DHCP_LEASE_LEAST_S) {
        lease->lease_s = DHCP_LEASE_LEAST_S;
    }
    lease->renew_s = lease->lease_s / 2;
    lease->rebind_s = lease->lease_s / 8 * 7;
    uint32_t renew_s = 0, rebind_s = 0;
    if (dhcp4_find_u32(message, DHCP4_OPTION_RENEWAL_TIME, &renew_s) &&
        dhcp4_find_u32(message, DHCP4_OPTION_REBINDING_TIME, &rebind_s) && renew_s >= 10 &&
        renew_s < rebind_s && rebind_s < lease->lease_s) {
        lease->renew_s = renew_s;
        lease->rebind_s = rebind_s;
    }
}

static enum status dhcp_take(const struct dhcp4_message *message, const struct dhcp_ask *ask,
                             enum dhcp_answer *answer, struct dhcp_lease *lease)
{
    if (message->op != DHCP4_OP_REPLY || message->xid != ask->xid ||
        message->chaddr.length != ask->mac.length ||
        memcmp(message->chaddr.octets, ask->mac.octets, ask->mac.length) != 0) {
        return STATUS_NOT_FOUND;
    }
    struct dhcp_lease found = {.address = message->yiaddr, .prefix = dhcp_prefix(message)};
    (void)dhcp4_find_ip4(message, DHCP4_OPTION_SERVER_ID, &found.server);
    bool is_discover = ask->stage == DHCP_DISCOVER;
    if (message->kind == DHCP4_NAK && !is_discover) {
        // Another server's NAK to a question that names its server is none of our business.
        bool is_ours = ask->stage == DHCP_RENEW || ip4_equal(found.server, ask->lease.server);
        *answer = DHCP_ANSWER_NAK;
        return is_ours ? STATUS_OK : STATUS_NOT_FOUND;
    }
    if (message->kind != (is_discover ? DHCP4_OFFER : DHCP4_ACK) || found.address.value == 0 ||
        found.server.value == 0) {
        return STATUS_NOT_FOUND; // an offer without an address is a boot server's
    }
    if (ask->stage != DHCP_DISCOVER && !ip4_equal(found.address, ask->lease.address)) {
        return STATUS_CONFLICT;
    }
    dhcp_take_list(message, DHCP4_OPTION_ROUTERS, &found.router, 1);
    dhcp_take_list(message, DHCP4_OPTION_DNS_SERVERS, found.dns, DHCP_DNS_MOST);
    dhcp_take_domain(message, found.domain);
    dhcp_take_times(message, &found);
    *answer = is_discover ? DHCP_ANSWER_OFFER : DHCP_ANSWER_ACK;
    *lease = found;
    return STATUS_OK;
}

enum status dhcp_decode(const void *data, size_t bytes, const struct dhcp_ask *ask, enum dhcp_answer *answer,
                        struct dhcp_lease *lease)
{
    _Alignas(max_align_t) uint8_t memory[DHCP4_ARENA_BYTES];
    struct arena arena = arena_init(memory, sizeof memory);
    struct dhcp4_message message;
    enum status status = dhcp4_decode(data, bytes, &arena, &message, NULL);
    return status == STATUS_OK ? dhcp_take(&message, ask, answer, lease) : status;
}

uint32_t dhcp_pause_ms(unsigned attempt, uint32_t random)
{
    uint32_t base_ms = 2000u << (attempt < 3 ? attempt : 3);
    return base_ms - 1000 + random % 2000;
}
