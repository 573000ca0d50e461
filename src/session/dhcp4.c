// SPDX-License-Identifier: GPL-3.0-or-later
// Which kind of message calls for what; REQUEST has a file of its own.
#include "session/dhcp4.h"

#include "base/time.h"
#include "session/dhcp4_address.h"
#include "session/dhcp4_answer.h"
#include "session/dhcp4_request.h"

// The client's own lease on `address` that is worth keeping as it is; NULL when there is none.
static const struct lease *find_own(const struct dhcp4_facts *facts, const struct lease_key *key,
                                    struct ip4 address)
{
    const struct lease *lease = dhcp4_address_lease(facts, address);
    bool is_own = lease != NULL && lease_key_equal(&lease->key, key) &&
                  (lease->state == LEASE_BOUND || lease->state == LEASE_OFFERED);
    return is_own ? lease : NULL;
}

// Who asks for a new address uses none (RFC 2131 section 4.4.1), so the one it had, which it cannot have any
// more, is free at once for the machine that it is reserved for.
static void free_other(const struct dhcp4_facts *facts, const struct lease_key *key, struct ip4 address,
                       struct dhcp4_actions *actions)
{
    const struct lease *record = dhcp4_address_record(facts, key);
    if (record != NULL && record->state == LEASE_BOUND && record->ends_s > facts->now_s &&
        !ip4_equal(record->address, address)) {
        actions->has_freed = true;
        actions->freed = *record;
        actions->freed.state = LEASE_FREE;
        actions->freed.ends_s = facts->now_s;
    }
}

static void step_discover(const struct dhcp4_facts *facts, const struct lease_key *key,
                          struct dhcp4_actions *actions)
{
    struct ip4 address = dhcp4_address_pick(facts, key, &actions->reasons);
    if (address.value == 0) {
        return;
    }
    free_other(facts, key, address, actions);
    // A machine that boots again asks again, perhaps several times a minute: what it holds for long enough
    // anyway needs no change. A bound lease turns into an offer only when it is about to end before that
    // would.
    const struct lease *own = find_own(facts, key, address);
    if (own == NULL || own->ends_s < facts->now_s + DHCP4_OFFER_HOLD_S / 2) {
        actions->has_lease = true;
        actions->lease = dhcp4_answer_lease(facts, address, LEASE_OFFERED, DHCP4_OFFER_HOLD_S);
    }
    dhcp4_answer_put(facts, DHCP4_OFFER, address, dhcp4_answer_lease_s(facts), actions);
}

// Whether the message is for us, or does not say.
static bool is_for_us(const struct dhcp4_facts *facts)
{
    struct ip4 server = facts->server;
    dhcp4_find_ip4(facts->message, DHCP4_OPTION_SERVER_ID, &server);
    return ip4_equal(server, facts->server) || ip4_equal(server, dhcp4_answer_server_id(facts));
}

// Only a client's own address may be set aside by it: nobody else's, so that one broken or malicious client
// cannot empty the range with one packet per address.
static void step_decline(const struct dhcp4_facts *facts, const struct lease_key *key,
                         struct dhcp4_actions *actions)
{
    struct ip4 address;
    if (!is_for_us(facts) || !dhcp4_find_ip4(facts->message, DHCP4_OPTION_REQUESTED_ADDRESS, &address) ||
        find_own(facts, key, address) == NULL) {
        reasons_add(&actions->reasons, REASON_LEASE_UNKNOWN);
        return;
    }
    actions->has_lease = true;
    actions->lease = dhcp4_answer_lease(facts, address, LEASE_DECLINED, DHCP4_DECLINE_HOLD_S);
    reasons_add(&actions->reasons, REASON_ADDRESS_DECLINED);
}

// The address stays remembered as the client's, so that it gets the same one next time if it can.
static void step_release(const struct dhcp4_facts *facts, const struct lease_key *key,
                         struct dhcp4_actions *actions)
{
    const struct lease *own = find_own(facts, key, facts->message->ciaddr);
    if (!is_for_us(facts) || own == NULL) {
        reasons_add(&actions->reasons, REASON_LEASE_UNKNOWN);
        return;
    }
    actions->has_lease = true;
    actions->lease = *own;
    actions->lease.state = LEASE_FREE;
    actions->lease.ends_s = facts->now_s;
}

// BOOTP knows no leases: an address is given for ever, so only a reserved one, or one of a range for that.
static void step_bootp(const struct dhcp4_facts *facts, const struct lease_key *key,
                       struct dhcp4_actions *actions)
{
    struct ip4 address = dhcp4_address_pick(facts, key, &actions->reasons);
    if (address.value == 0) {
        return;
    }
    free_other(facts, key, address, actions);
    const struct lease *own = find_own(facts, key, address);
    actions->has_lease = true;
    actions->lease = dhcp4_answer_lease(facts, address, LEASE_BOUND, DURATION_FOREVER_S);
    if (own != NULL && own->state == LEASE_BOUND && own->ends_s == INT64_MAX) {
        actions->lease = *own;
    }
    dhcp4_answer_put_bootp(facts, address, actions);
}

void dhcp4_step(const struct dhcp4_facts *facts, struct dhcp4_actions *actions)
{
    *actions = (struct dhcp4_actions){0};
    const struct dhcp4_message *message = facts->message;
    if (message->op != DHCP4_OP_REQUEST || message->hops > DHCP4_HOPS_MOST) {
        return;
    }
    struct lease_key key = dhcp4_address_key(message);
    if (lease_key_is_none(&key)) {
        reasons_add(&actions->reasons, REASON_PACKET_MALFORMED);
        return;
    }
    if (facts->network == NULL) {
        reasons_add(&actions->reasons, REASON_NO_NETWORK);
        return;
    }
    switch (message->kind) {
    case DHCP4_DISCOVER:
        step_discover(facts, &key, actions);
        break;
    case DHCP4_REQUEST:
        dhcp4_request_step(facts, &key, actions);
        break;
    case DHCP4_DECLINE:
        step_decline(facts, &key, actions);
        break;
    case DHCP4_RELEASE:
        step_release(facts, &key, actions);
        break;
    case DHCP4_INFORM:
        dhcp4_answer_put_inform(facts, actions);
        break;
    case DHCP4_BOOTP:
        step_bootp(facts, &key, actions);
        break;
    case DHCP4_LEASEQUERY: // dhcp4_leasequery.c
    case DHCP4_LEASEUNASSIGNED:
    case DHCP4_LEASEUNKNOWN:
    case DHCP4_LEASEACTIVE:
    case DHCP4_OFFER:
    case DHCP4_ACK:
    case DHCP4_NAK:
        break; // other servers' words
    }
}
