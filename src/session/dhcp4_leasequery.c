// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/dhcp4_leasequery.h"

#include "base/time.h"

#include <string.h>

#define ETHERNET_ID_BYTES 7 // type 1 and a hardware address

bool dhcp4_leasequery_is_by_address(const struct dhcp4_message *message)
{
    return message->ciaddr.value != 0;
}

static bool is_zero(const struct hw *hw)
{
    static const uint8_t NOTHING[HW_BYTES];
    return hw->length == 0 || memcmp(hw->octets, NOTHING, hw->length) == 0;
}

struct lease_key dhcp4_leasequery_key(const struct dhcp4_message *message)
{
    const struct dhcp4_option *id = dhcp4_find(message, DHCP4_OPTION_CLIENT_ID);
    if (!is_zero(&message->chaddr)) {
        return lease_key_from(&message->chaddr, NULL, 0);
    }
    if (id != NULL && id->length == ETHERNET_ID_BYTES && id->data[0] == 1) {
        struct hw mac = hw_ethernet(id->data + 1);
        return lease_key_from(&mac, NULL, 0);
    }
    return lease_key_from(NULL, id == NULL ? NULL : id->data, id == NULL ? 0 : id->length);
}

static bool is_active(const struct lease *lease, int64_t now_s)
{
    return lease->state == LEASE_BOUND && lease->ends_s > now_s && !lease_key_is_none(&lease->key);
}

// The lease that is told of: the client's newest one that runs.
static const struct lease *find_active(const struct dhcp4_leasequery_facts *facts)
{
    const struct lease *found = NULL;
    for (unsigned i = 0; i < facts->lease_count; i++) {
        const struct lease *lease = facts->leases[i];
        if (is_active(lease, facts->now_s) && (found == NULL || lease->starts_s > found->starts_s)) {
            found = lease;
        }
    }
    return found;
}

// Section 6.2: without a list the server may send what it likes.
static void put_asked(const struct dhcp4_message *message, uint8_t code, uint32_t value,
                      struct dhcp4_reply *reply)
{
    if (dhcp4_find(message, DHCP4_OPTION_PARAMETERS) == NULL || dhcp4_wants(message, code)) {
        dhcp4_put_u32(reply, code, value);
    }
}

// Section 6.4.2: times are what is left of them.
static void put_times(const struct dhcp4_leasequery_facts *facts, const struct lease *lease,
                      struct dhcp4_reply *reply)
{
    const struct dhcp4_message *message = facts->message;
    int64_t age_s = facts->now_s > lease->starts_s ? facts->now_s - lease->starts_s : 0;
    put_asked(message, DHCP4_OPTION_CLIENT_LAST_TRANSACTION,
              (uint32_t)(age_s < INT32_MAX ? age_s : INT32_MAX), reply);
    if (lease->ends_s == INT64_MAX) {
        put_asked(message, DHCP4_OPTION_LEASE_TIME, DURATION_FOREVER_S, reply);
        return;
    }
    put_asked(message, DHCP4_OPTION_LEASE_TIME, (uint32_t)(lease->ends_s - facts->now_s), reply);
    int64_t whole_s = lease->ends_s - lease->starts_s;
    if (whole_s / 2 > age_s) {
        put_asked(message, DHCP4_OPTION_RENEWAL_TIME, (uint32_t)(whole_s / 2 - age_s), reply);
    }
    if (whole_s * 7 / 8 > age_s) {
        put_asked(message, DHCP4_OPTION_REBINDING_TIME, (uint32_t)(whole_s * 7 / 8 - age_s), reply);
    }
}

// Section 6.4.2: all addresses of the client, when it was the client that was asked about.
static void put_associated(const struct dhcp4_leasequery_facts *facts, struct dhcp4_reply *reply)
{
    struct ip4 addresses[DHCP4_LEASEQUERY_LEASES_MOST];
    size_t count = 0;
    for (unsigned i = 0; i < facts->lease_count; i++) {
        if (is_active(facts->leases[i], facts->now_s)) {
            addresses[count++] = facts->leases[i]->address;
        }
    }
    if (count > 1) {
        dhcp4_put_ip4_list(reply, DHCP4_OPTION_ASSOCIATED_IP, addresses, count);
    }
}

static void put_lease(const struct dhcp4_leasequery_facts *facts, const struct lease *lease,
                      struct dhcp4_reply *reply)
{
    reply->ciaddr = lease->address;
    reply->chaddr = lease_key_hw(&lease->key);
    if (reply->chaddr.length == 0 && lease->key.bytes[1] <= LEASE_KEY_BYTES - 2) {
        dhcp4_put_bytes(reply, DHCP4_OPTION_CLIENT_ID, lease->key.bytes + 2, lease->key.bytes[1]);
    }
    put_times(facts, lease, reply);
    if (!dhcp4_leasequery_is_by_address(facts->message)) {
        put_associated(facts, reply);
    }
}

void dhcp4_leasequery_step(const struct dhcp4_leasequery_facts *facts, struct dhcp4_actions *actions)
{
    const struct dhcp4_message *message = facts->message;
    struct lease_key key = dhcp4_leasequery_key(message);
    bool is_by_address = dhcp4_leasequery_is_by_address(message);
    *actions = (struct dhcp4_actions){0};
    if (message->giaddr.value == 0 || (!is_by_address && lease_key_is_none(&key))) {
        reasons_add(&actions->reasons, REASON_PACKET_MALFORMED);
        return;
    }
    const struct lease *lease = find_active(facts);
    enum dhcp4_kind kind = DHCP4_LEASEUNKNOWN;
    if (lease != NULL) {
        kind = DHCP4_LEASEACTIVE;
    } else if (is_by_address && facts->is_ours) {
        kind = DHCP4_LEASEUNASSIGNED;
    }
    dhcp4_reply_init(&actions->reply, message, kind);
    actions->reply.ciaddr = message->ciaddr;
    dhcp4_put_ip4(&actions->reply, DHCP4_OPTION_SERVER_ID, facts->server);
    if (lease != NULL) {
        put_lease(facts, lease, &actions->reply);
    }
    actions->has_reply = true;
    actions->reply_kind = kind;
    actions->to = message->giaddr;
    actions->to_port = DHCP4_SERVER_PORT;
}
