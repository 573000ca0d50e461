// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/dhcp4_request.h"

#include "base/time.h"
#include "session/dhcp4_address.h"
#include "session/dhcp4_answer.h"

// What is left of `lease` in seconds, at most what option 51 can say.
static uint32_t seconds_left(const struct lease *lease, int64_t now_s)
{
    return lease->ends_s == INT64_MAX ? DURATION_FOREVER_S : (uint32_t)(lease->ends_s - now_s);
}

// A REQUEST that came twice is answered with the lease of the first one, so it is not written again.
static bool is_repeated(const struct dhcp4_facts *facts, const struct lease *known, const struct lease *lease)
{
    int64_t age_s = known == NULL ? -1 : facts->now_s - known->starts_s;
    return age_s >= 0 && age_s <= DHCP4_REPEAT_S && known->state == LEASE_BOUND &&
           lease_key_equal(&known->key, &lease->key) && lease->ends_s != INT64_MAX &&
           known->ends_s == lease->ends_s - age_s;
}

// The system's lease of a machine that boots again: its firmware gets a short one, but nobody else gets the
// address before the time that the system was promised.
static bool is_kept_longer(const struct dhcp4_facts *facts, const struct lease *known,
                           const struct lease *lease)
{
    return known != NULL && facts->client->stage != BOOT_STAGE_SYSTEM && facts->network->lease_boot_s != 0 &&
           known->state == LEASE_BOUND && lease_key_equal(&known->key, &lease->key) &&
           known->ends_s >= lease->ends_s;
}

static void acknowledge(const struct dhcp4_facts *facts, struct ip4 address, struct dhcp4_actions *actions)
{
    struct lease lease = dhcp4_answer_lease(facts, address, LEASE_BOUND, dhcp4_answer_lease_s(facts));
    const struct lease *known = dhcp4_address_lease(facts, address);
    uint32_t told_s = seconds_left(&lease, facts->now_s);
    if (is_repeated(facts, known, &lease)) {
        lease = *known;
        told_s = seconds_left(&lease, facts->now_s);
    } else if (is_kept_longer(facts, known, &lease)) {
        lease = *known;
    }
    actions->has_lease = true;
    actions->lease = lease;
    if (facts->reserved.value != 0 && ip4_equal(address, facts->reserved)) {
        reasons_add(&actions->reasons, REASON_ADDRESS_RESERVED);
    }
    dhcp4_answer_put(facts, DHCP4_ACK, address, told_s, actions);
}

// Another server's offer was better: what we set aside for this client is free again.
static void forget_offer(const struct dhcp4_facts *facts, const struct lease_key *key,
                         struct dhcp4_actions *actions)
{
    const struct lease *record = dhcp4_address_record(facts, key);
    reasons_add(&actions->reasons, REASON_ANOTHER_SERVER_CHOSEN);
    if (record != NULL && record->state == LEASE_OFFERED) {
        actions->has_lease = true;
        actions->lease = *record;
        actions->lease.state = LEASE_FREE;
        actions->lease.ends_s = facts->now_s;
    }
}

static void step_selecting(const struct dhcp4_facts *facts, const struct lease_key *key, struct ip4 server,
                           struct dhcp4_actions *actions)
{
    const struct dhcp4_message *message = facts->message;
    struct ip4 id = dhcp4_answer_server_id(facts);
    if (!ip4_equal(server, id) && !ip4_equal(server, facts->server)) {
        forget_offer(facts, key, actions);
        return;
    }
    struct ip4 address = message->ciaddr; // some clients say it here alone
    dhcp4_find_ip4(message, DHCP4_OPTION_REQUESTED_ADDRESS, &address);
    if (dhcp4_address_may_have(facts, key, address)) {
        acknowledge(facts, address, actions);
    } else {
        dhcp4_answer_put_nak(facts, "this address is not available", actions);
    }
}

// Without authority only those are refused that ask this server alone: what others remember may be right.
static void refuse(const struct dhcp4_facts *facts, const char *text, bool is_ours,
                   struct dhcp4_actions *actions)
{
    if (is_ours || !facts->has_no_authority) {
        dhcp4_answer_put_nak(facts, text, actions);
    } else {
        reasons_add(&actions->reasons, REASON_LEASE_UNKNOWN);
    }
}

// Whether our books say that `address` belongs to somebody else than this client, of whom they say nothing.
static bool is_another_ones(const struct dhcp4_facts *facts, struct ip4 address)
{
    const struct pool_slot *slot = facts->pool == NULL ? NULL : pool_find_address(facts->pool, address);
    return slot != NULL &&
           (slot->reserved || (slot->lease.state == LEASE_BOUND && slot->lease.ends_s > facts->now_s));
}

// The client remembers `address` and wants to go on with it. Speaking for leases that are not in our books
// would break another server's, so only a wrong network or a contradiction to our books earns a NAK.
// `is_ours`: the client asks this server alone (a unicast renewal), so silence helps nobody.
static void step_remembered(const struct dhcp4_facts *facts, const struct lease_key *key, struct ip4 address,
                            bool is_ours, struct dhcp4_actions *actions)
{
    if (!dhcp4_address_is_here(facts, address)) {
        refuse(facts, "this address belongs to another network", is_ours, actions);
        return;
    }
    const struct lease *record = dhcp4_address_record(facts, key);
    bool is_reserved = dhcp4_address_is_reserved(facts, key);
    if (record == NULL && !is_reserved) {
        if (is_ours) {
            dhcp4_answer_put_nak(facts, "no such lease", actions);
        } else if (is_another_ones(facts, address)) {
            refuse(facts, "this address is another client's", false, actions);
        } else {
            reasons_add(&actions->reasons, REASON_LEASE_UNKNOWN);
        }
        return;
    }
    struct ip4 known = is_reserved ? facts->reserved : record->address;
    if (ip4_equal(address, known) && dhcp4_address_may_have(facts, key, address)) {
        acknowledge(facts, address, actions);
    } else {
        refuse(facts, "this address is not yours any more", is_ours, actions);
    }
}

void dhcp4_request_step(const struct dhcp4_facts *facts, const struct lease_key *key,
                        struct dhcp4_actions *actions)
{
    const struct dhcp4_message *message = facts->message;
    struct ip4 server = {0};
    struct ip4 requested = {0};
    if (dhcp4_find_ip4(message, DHCP4_OPTION_SERVER_ID, &server)) {
        step_selecting(facts, key, server, actions);
    } else if (message->ciaddr.value != 0) { // RENEWING by unicast, REBINDING by broadcast
        bool is_renewing = facts->is_unicast && message->giaddr.value == 0;
        step_remembered(facts, key, message->ciaddr, is_renewing, actions);
    } else if (dhcp4_find_ip4(message, DHCP4_OPTION_REQUESTED_ADDRESS, &requested)) { // INIT-REBOOT
        step_remembered(facts, key, requested, false, actions);
    } else {
        reasons_add(&actions->reasons, REASON_PACKET_MALFORMED);
    }
}
