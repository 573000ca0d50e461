// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/dhcp6_part.h"

#include "base/text.h"

#define REFUSED_MOST 4
#define REPEAT_S     5 // the same REQUEST within this time is a retransmission: same lease

struct part { // one IA_NA
    struct dhcp6_ia ia;
    struct lease6_client client;
    struct ip6 wanted; // the first address in it that is of the client's wire, or none
    size_t index;
    bool is_too_many;
};

struct parts { // the walk over them
    struct reader reader;
    size_t count;
    uint32_t ids[DHCP6_PARTS_MOST];
};

static struct parts parts_init(const struct dhcp6_work *work)
{
    const struct dhcp6_options *options = &work->facts->message->options;
    return (struct parts){.reader = reader_init(options->data, options->bytes)};
}

static const struct network6 *wire_find(const struct dhcp6_facts *facts, struct ip6 address)
{
    return network6_find_on_wire(facts->networks, facts->network_count, facts->network, address);
}

// The networks of the wire one after the other, the client's own first; NULL after the last.
static const struct network6 *wire_next(const struct dhcp6_facts *facts, size_t *at)
{
    if ((*at)++ == 0) {
        return facts->network;
    }
    while (facts->networks != NULL && *at - 2 < facts->network_count) {
        const struct network6 *network = &facts->networks[*at - 2];
        if (network != facts->network && network6_is_same_wire(network, facts->network)) {
            return network;
        }
        (*at)++;
    }
    return NULL;
}

// The next address in an IA_NA; those that are cut were refused before.
static bool address_next(struct reader *reader, struct dhcp6_ia_address *address)
{
    struct dhcp6_option option;
    while (dhcp6_option_next(reader, &option)) {
        if (option.code == DHCP6_OPTION_IA_ADDRESS &&
            dhcp6_decode_ia_address(&option, address) == STATUS_OK) {
            return true;
        }
    }
    return false;
}

static struct reader addresses_of(const struct part *part)
{
    return reader_init(part->ia.options.data, part->ia.options.bytes);
}

static bool parts_has(const struct parts *parts, uint32_t id)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (parts->ids[i] == id) {
            return true;
        }
    }
    return false;
}

// The next IA_NA whose IAID was not there before.
static bool part_next(const struct dhcp6_work *work, struct parts *parts, struct part *part)
{
    struct dhcp6_option option;
    while (parts->count < DHCP6_PARTS_MOST && dhcp6_option_next(&parts->reader, &option)) {
        struct dhcp6_ia ia;
        if (option.code != DHCP6_OPTION_IA_NA || dhcp6_decode_ia(&option, &ia) != STATUS_OK ||
            parts_has(parts, ia.id)) {
            continue;
        }
        *part = (struct part){.ia = ia, .client = work->base, .index = parts->count};
        part->client.iaid = ia.id;
        part->client.ordinal = (uint8_t)parts->count;
        part->is_too_many = parts->count >= DHCP6_IAS_MOST;
        parts->ids[parts->count++] = ia.id;
        struct reader reader = addresses_of(part);
        struct dhcp6_ia_address address;
        while (ip6_is_none(part->wanted) && address_next(&reader, &address)) {
            part->wanted = wire_find(work->facts, address.address) == NULL ? part->wanted : address.address;
        }
        return true;
    }
    return false;
}

static bool part_is_whole(const struct dhcp6_option *option)
{
    struct dhcp6_ia ia;
    struct dhcp6_option inner;
    struct dhcp6_ia_address address;
    if (dhcp6_decode_ia(option, &ia) != STATUS_OK) {
        return false;
    }
    struct reader reader = reader_init(ia.options.data, ia.options.bytes);
    while (dhcp6_option_next(&reader, &inner)) {
        if (inner.code == DHCP6_OPTION_IA_ADDRESS && dhcp6_decode_ia_address(&inner, &address) != STATUS_OK) {
            return false;
        }
    }
    return true;
}

bool dhcp6_parts_are_whole(const struct dhcp6_message *message)
{
    struct reader reader = reader_init(message->options.data, message->options.bytes);
    struct dhcp6_option option;
    while (dhcp6_option_next(&reader, &option)) {
        if (option.code == DHCP6_OPTION_IA_NA && !part_is_whole(&option)) {
            return false;
        }
    }
    return true;
}

bool dhcp6_has_parts(const struct dhcp6_message *message)
{
    struct dhcp6_option option;
    return dhcp6_find(&message->options, DHCP6_OPTION_IA_NA, &option) ||
           dhcp6_find(&message->options, DHCP6_OPTION_IA_TA, &option) ||
           dhcp6_find(&message->options, DHCP6_OPTION_IA_PD, &option);
}

bool dhcp6_wire_has_addresses(const struct dhcp6_facts *facts)
{
    size_t at = 0;
    for (const struct network6 *network = wire_next(facts, &at); network != NULL;
         network = wire_next(facts, &at)) {
        bool is_reserved = !ip6_is_none(facts->reserved) && network6_has(network, facts->reserved);
        if (is_reserved || !ip6_is_none(network->range.first)) {
            return true;
        }
    }
    return false;
}

static void lease_push(struct dhcp6_work *work, const struct lease6 *lease)
{
    struct dhcp6_actions *actions = work->actions;
    assert(actions->lease_count < DHCP6_CHANGES_MOST);
    actions->leases[actions->lease_count++] = *lease;
}

// Whether `address` was decided on for an earlier part.
static bool is_taken(const struct dhcp6_work *work, struct ip6 address)
{
    for (size_t i = 0; i < work->actions->lease_count; i++) {
        if (ip6_equal(work->actions->leases[i].address, address)) {
            return true;
        }
    }
    return false;
}

static bool is_reserved_here(const struct dhcp6_facts *facts, const struct part *part)
{
    return part->client.ordinal == 0 && !ip6_is_none(facts->reserved) &&
           wire_find(facts, facts->reserved) != NULL;
}

// What `part` gets in `network`: 0 = only what is its own there already, or reserved for it; 1 = anything.
static bool pick_in(const struct dhcp6_work *work, const struct part *part, const struct network6 *network,
                    unsigned pass, struct ip6 *address)
{
    const struct dhcp6_facts *facts = work->facts;
    bool is_own = (is_reserved_here(facts, part) && network6_has(network, facts->reserved)) ||
                  pool6_find_client(facts->pool, &part->client, network, facts->now_s) != NULL ||
                  pool6_find_heritage(facts->pool, &part->client, network) != NULL;
    struct pool6_wish wish = {.client = &part->client,
                              .network = network,
                              .wanted = part->wanted,
                              .reserved = facts->reserved,
                              .taken = work->actions->leases,
                              .taken_count = work->actions->lease_count,
                              .now_s = facts->now_s};
    return (pass == 1 || is_own) && pool6_pick(facts->pool, &wish, address);
}

static bool pick(const struct dhcp6_work *work, const struct part *part, struct ip6 *address)
{
    for (unsigned pass = 0; pass < 2 && !part->is_too_many; pass++) {
        size_t at = 0;
        for (const struct network6 *network = wire_next(work->facts, &at); network != NULL;
             network = wire_next(work->facts, &at)) {
            if (pick_in(work, part, network, pass, address)) {
                return true;
            }
        }
    }
    return false;
}

// `address` for `part` from now on; the stored lease itself when it was given a moment ago.
static struct lease6 lease_make(const struct dhcp6_work *work, const struct part *part, struct ip6 address)
{
    const struct dhcp6_facts *facts = work->facts;
    const struct network6 *network = wire_find(facts, address);
    const struct pool6_slot *slot = pool6_find_address(facts->pool, address);
    if (slot != NULL && slot->has_lease && slot->lease.state == LEASE_BOUND &&
        lease6_client_equal(&slot->lease.client, &part->client) &&
        lease6_is_live(&slot->lease, facts->now_s) && slot->lease.starts_s <= facts->now_s &&
        slot->lease.starts_s + REPEAT_S >= facts->now_s) {
        return slot->lease;
    }
    bool is_boot = facts->client->stage != BOOT_STAGE_SYSTEM && network->lease_boot_s != 0;
    uint32_t valid_s = is_boot ? network->lease_boot_s : network->valid_s;
    uint32_t preferred_s = network->preferred_s;
    if (preferred_s == 0 || preferred_s > valid_s) {
        preferred_s = (uint32_t)((uint64_t)valid_s * 5 / 8);
    }
    struct lease6 lease = {.address = address,
                           .client = part->client,
                           .state = LEASE_BOUND,
                           .starts_s = facts->now_s,
                           .preferred_s = facts->now_s + preferred_s,
                           .ends_s = facts->now_s + valid_s};
    (void)text_copy(lease.hostname, sizeof lease.hostname, facts->hostname);
    return lease;
}

static uint32_t seconds_until(int64_t end_s, int64_t now_s)
{
    return end_s <= now_s ? 0 : (uint32_t)(end_s - now_s < UINT32_MAX ? end_s - now_s : UINT32_MAX);
}

// The IA_NA with `lease` (NULL = none) and with everything else the client named in it taken away.
static void part_put(struct dhcp6_work *work, const struct part *part, const struct lease6 *lease,
                     const struct lease6 *old)
{
    struct ip6 address = lease == NULL ? (struct ip6){{0}} : lease->address;
    uint32_t preferred_s = lease == NULL ? 0 : seconds_until(lease->preferred_s, work->facts->now_s);
    bool is_old_named = old == NULL;
    size_t mark =
        dhcp6_open_ia(&work->writer, part->ia.id, preferred_s / 2, (uint32_t)((uint64_t)preferred_s * 4 / 5));
    if (lease != NULL) {
        dhcp6_put_ia_address(&work->writer, address, preferred_s,
                             seconds_until(lease->ends_s, work->facts->now_s));
    }
    struct reader reader = addresses_of(part);
    struct dhcp6_ia_address named;
    while (address_next(&reader, &named)) {
        if (!ip6_equal(named.address, address)) {
            dhcp6_put_ia_address(&work->writer, named.address, 0, 0);
            is_old_named = is_old_named || ip6_equal(named.address, old->address);
        }
    }
    if (!is_old_named && !ip6_equal(old->address, address)) {
        dhcp6_put_ia_address(&work->writer, old->address, 0, 0);
    }
    dhcp6_close_option(&work->writer, mark);
}

static void part_put_status(struct dhcp6_work *work, const struct part *part, enum dhcp6_status status,
                            const char *text)
{
    size_t mark = dhcp6_open_ia(&work->writer, part->ia.id, 0, 0);
    dhcp6_put_status(&work->writer, status, text);
    dhcp6_close_option(&work->writer, mark);
}

// The lease of `part` on the wire, whatever its state.
static const struct lease6 *binding_find(const struct dhcp6_work *work, const struct part *part)
{
    const struct lease6 *ended = NULL;
    size_t at = 0;
    for (const struct network6 *network = wire_next(work->facts, &at); network != NULL;
         network = wire_next(work->facts, &at)) {
        const struct pool6_slot *slot =
            pool6_find_client(work->facts->pool, &part->client, network, work->facts->now_s);
        if (slot != NULL && lease6_is_live(&slot->lease, work->facts->now_s)) {
            return &slot->lease;
        }
        ended = slot != NULL && ended == NULL ? &slot->lease : ended;
    }
    return ended;
}

static void lease_free(struct dhcp6_work *work, const struct lease6 *lease)
{
    if (lease6_is_live(lease, work->facts->now_s) && lease->state != LEASE_DECLINED &&
        !is_taken(work, lease->address)) {
        struct lease6 freed = *lease;
        freed.state = LEASE_FREE;
        freed.ends_s = work->facts->now_s;
        lease_push(work, &freed);
    }
}

// Binds `address` to `part`, which gives up what it had elsewhere on the wire.
static struct lease6 lease_bind(struct dhcp6_work *work, const struct part *part, struct ip6 address)
{
    const struct lease6 *old = binding_find(work, part);
    if (old != NULL && !ip6_equal(old->address, address)) {
        lease_free(work, old);
    }
    struct lease6 lease = lease_make(work, part, address);
    lease_push(work, &lease);
    return lease;
}

// Sets `address` aside for a moment, unless it is the client's or its machine's as it is.
static struct lease6 lease_offer(struct dhcp6_work *work, const struct part *part, struct ip6 address)
{
    const struct pool6_slot *slot = pool6_find_address(work->facts->pool, address);
    struct lease6 lease = lease_make(work, part, address);
    if (slot == NULL || !slot->has_lease || slot->lease.state != LEASE_BOUND ||
        !lease6_is_live(&slot->lease, work->facts->now_s)) {
        struct lease6 offered = lease;
        offered.state = LEASE_OFFERED;
        offered.preferred_s = offered.ends_s = work->facts->now_s + POOL6_OFFER_HOLD_S;
        lease_push(work, &offered);
    }
    return lease;
}

static void part_note(struct dhcp6_work *work, const struct part *part, struct ip6 address)
{
    if (ip6_is_none(work->actions->address)) {
        work->actions->address = address;
    }
    if (is_reserved_here(work->facts, part)) {
        reasons_add(&work->actions->reasons, ip6_equal(address, work->facts->reserved)
                                                 ? REASON_ADDRESS_RESERVED
                                                 : REASON_RESERVATION_BUSY);
    }
}

static bool part_is_on_wire(const struct dhcp6_work *work, const struct part *part, bool *has_any)
{
    struct reader reader = addresses_of(part);
    struct dhcp6_ia_address address;
    while (address_next(&reader, &address)) {
        *has_any = true;
        if (wire_find(work->facts, address.address) == NULL) {
            return false;
        }
    }
    return true;
}

void dhcp6_put_assigned(struct dhcp6_work *work, bool is_request, bool is_final)
{
    struct parts parts = parts_init(work);
    struct part part;
    bool has_any = false;
    while (part_next(work, &parts, &part)) {
        struct ip6 address;
        if (is_request && !part_is_on_wire(work, &part, &has_any)) {
            reasons_add(&work->actions->reasons, REASON_ADDRESS_WRONG);
            part_put_status(work, &part, DHCP6_STATUS_NOT_ON_LINK, "that address is of another network");
        } else if (!pick(work, &part, &address)) {
            if (!part.is_too_many) {
                reasons_add(&work->actions->reasons, REASON_POOL_FULL);
            }
            part_put_status(work, &part, DHCP6_STATUS_NO_ADDRESSES, "no free address is left");
        } else {
            struct lease6 lease =
                is_final ? lease_bind(work, &part, address) : lease_offer(work, &part, address);
            part_note(work, &part, address);
            part_put(work, &(struct part){.ia.id = part.ia.id}, &lease, NULL);
        }
    }
}

// Whether `part` may go on with `lease`: still given away there, and nobody's else.
static bool may_keep(const struct dhcp6_work *work, const struct part *part, const struct lease6 *lease)
{
    const struct dhcp6_facts *facts = work->facts;
    const struct network6 *network = wire_find(facts, lease->address);
    bool is_reserved = is_reserved_here(facts, part);
    if (network == NULL || lease->state == LEASE_DECLINED || is_taken(work, lease->address) ||
        !pool6_is_free_for(facts->pool, lease->address, &part->client, facts->now_s)) {
        return false;
    }
    if (is_reserved && ip6_equal(facts->reserved, lease->address)) {
        return true;
    }
    return network6_is_dynamic(network, lease->address) &&
           !(is_reserved && pool6_is_free_for(facts->pool, facts->reserved, &part->client, facts->now_s));
}

static void part_extend(struct dhcp6_work *work, const struct part *part, const struct lease6 *old)
{
    struct ip6 address = old->address;
    if (!may_keep(work, part, old) && !pick(work, part, &address)) {
        lease_free(work, old);
        reasons_add(&work->actions->reasons, REASON_ADDRESS_WRONG);
        part_put(work, part, NULL, old);
        return;
    }
    struct lease6 before = *old;
    struct lease6 lease = lease_bind(work, part, address);
    part_note(work, part, address);
    part_put(work, part, &lease, &before);
}

bool dhcp6_put_extended(struct dhcp6_work *work, bool is_rebind)
{
    struct parts parts = parts_init(work);
    struct part part;
    bool has_said = !is_rebind;
    while (part_next(work, &parts, &part)) {
        const struct lease6 *old = part.is_too_many ? NULL : binding_find(work, &part);
        bool has_any = false;
        if (old != NULL && old->state != LEASE_DECLINED) {
            part.client.ordinal = old->client.ordinal; // a RENEW need not name all parts again
            part_extend(work, &part, old);
            has_said = true;
        } else if (!is_rebind) {
            reasons_add(&work->actions->reasons, REASON_LEASE_UNKNOWN);
            part_put_status(work, &part, DHCP6_STATUS_NO_BINDING, "this lease is not known here");
        } else if (!part_is_on_wire(work, &part, &has_any)) {
            reasons_add(&work->actions->reasons, REASON_ADDRESS_WRONG);
            part_put(work, &part, NULL, NULL);
            has_said = true;
        } else {
            reasons_add(&work->actions->reasons, REASON_LEASE_UNKNOWN);
        }
    }
    return has_said;
}

static bool part_names(const struct part *part, struct ip6 address)
{
    struct reader reader = addresses_of(part);
    struct dhcp6_ia_address named;
    while (address_next(&reader, &named)) {
        if (ip6_equal(named.address, address)) {
            return true;
        }
    }
    return false;
}

void dhcp6_put_returned(struct dhcp6_work *work, bool is_declined)
{
    struct parts parts = parts_init(work);
    struct part part;
    while (part_next(work, &parts, &part)) {
        const struct lease6 *lease = part.is_too_many ? NULL : binding_find(work, &part);
        if (lease == NULL || lease->state != LEASE_BOUND || !lease6_is_live(lease, work->facts->now_s)) {
            part_put_status(work, &part, DHCP6_STATUS_NO_BINDING, "this lease is not known here");
            continue;
        }
        if (!part_names(&part, lease->address)) {
            continue; // RFC 8415 section 18.3.7: addresses that are not the lease's are ignored
        }
        struct lease6 returned = *lease;
        returned.state = is_declined ? LEASE_DECLINED : LEASE_FREE;
        returned.ends_s = work->facts->now_s + (is_declined ? POOL6_DECLINED_S : 0);
        returned.preferred_s = work->facts->now_s;
        lease_push(work, &returned);
        work->actions->address = lease->address;
        if (is_declined) {
            reasons_add(&work->actions->reasons, REASON_ADDRESS_DECLINED);
        }
    }
}

bool dhcp6_are_on_wire(const struct dhcp6_work *work, bool *has_any)
{
    struct parts parts = parts_init(work);
    struct part part;
    bool are = true;
    *has_any = false;
    while (part_next(work, &parts, &part)) {
        are = part_is_on_wire(work, &part, has_any) && are;
    }
    return are && *has_any;
}

void dhcp6_put_refused(struct dhcp6_work *work)
{
    const struct dhcp6_message *message = work->facts->message;
    bool is_new = message->kind == DHCP6_SOLICIT || message->kind == DHCP6_REQUEST;
    struct reader reader = reader_init(message->options.data, message->options.bytes);
    struct dhcp6_option option;
    unsigned refused = 0;
    while (refused < REFUSED_MOST && dhcp6_option_next(&reader, &option)) {
        bool is_prefix = option.code == DHCP6_OPTION_IA_PD && option.length >= 12;
        bool is_temporary = option.code == DHCP6_OPTION_IA_TA && option.length >= 4;
        if (!is_prefix && !is_temporary) {
            continue;
        }
        size_t mark = dhcp6_open_option(&work->writer, option.code);
        write_bytes(&work->writer, option.data, 4);
        write_zeros(&work->writer, is_prefix ? 8 : 0);
        if (!is_new) {
            dhcp6_put_status(&work->writer, DHCP6_STATUS_NO_BINDING, "this lease is not known here");
        } else if (is_prefix) {
            dhcp6_put_status(&work->writer, DHCP6_STATUS_NO_PREFIXES, "no prefixes are delegated here");
        } else {
            dhcp6_put_status(&work->writer, DHCP6_STATUS_NO_ADDRESSES, "no temporary addresses here");
        }
        dhcp6_close_option(&work->writer, mark);
        refused++;
    }
}
