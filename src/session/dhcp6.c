// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/dhcp6.h"

#include "session/dhcp6_part.h"

#include "base/text.h"

#define DUID_BYTES_LEAST 3     // a type, and something
#define RETRY_MOST_S     3600  // RFC 8415 section 7.6: what clients do without being told, too
#define REFRESH_S        86400 // RFC 8415 section 7.6: IRT_DEFAULT

enum need { NEED_NONE, NEED_ABSENT, NEED_PRESENT, NEED_OURS, NEED_OURS_OR_ABSENT };

static const struct rule { // RFC 8415 sections 16.2 to 16.12, and 18.4 of what comes by unicast
    enum dhcp6_kind kind;
    enum need client_id;
    enum need server_id;
    bool is_group_only;     // by unicast it is dropped
    bool is_told_the_group; // by unicast it is answered with UseMulticast
} RULES[] = {
    {DHCP6_SOLICIT, NEED_PRESENT, NEED_ABSENT, true, false},
    {DHCP6_REQUEST, NEED_PRESENT, NEED_OURS, false, true},
    {DHCP6_CONFIRM, NEED_PRESENT, NEED_ABSENT, true, false},
    {DHCP6_RENEW, NEED_PRESENT, NEED_OURS, false, true},
    {DHCP6_REBIND, NEED_PRESENT, NEED_ABSENT, true, false},
    {DHCP6_RELEASE, NEED_PRESENT, NEED_OURS, false, true},
    {DHCP6_DECLINE, NEED_PRESENT, NEED_OURS, false, true},
    {DHCP6_INFORMATION_REQUEST, NEED_NONE, NEED_OURS_OR_ABSENT, true, false},
};

static const struct rule *rule_find(enum dhcp6_kind kind)
{
    for (size_t i = 0; i < COUNT_OF(RULES); i++) {
        if (RULES[i].kind == kind) {
            return &RULES[i];
        }
    }
    return NULL; // what servers send
}

static bool is_our_id(const struct dhcp6_facts *facts, const struct dhcp6_option *id)
{
    return id->length == facts->server_duid_bytes && memcmp(id->data, facts->server_duid, id->length) == 0;
}

// Whether the message may be answered; REASON_NONE when so.
static enum reason_id message_check(const struct dhcp6_facts *facts, const struct rule *rule)
{
    const struct dhcp6_message *message = facts->message;
    struct dhcp6_option client;
    struct dhcp6_option server;
    bool has_client = dhcp6_find(&message->options, DHCP6_OPTION_CLIENT_ID, &client);
    bool has_server = dhcp6_find(&message->options, DHCP6_OPTION_SERVER_ID, &server);
    if (has_client && (client.length < DUID_BYTES_LEAST || client.length > LEASE6_DUID_BYTES)) {
        return REASON_PACKET_MALFORMED;
    }
    if (rule->client_id == NEED_PRESENT && !has_client) {
        return REASON_PACKET_MALFORMED;
    }
    if ((rule->server_id == NEED_ABSENT && has_server) || (rule->server_id == NEED_OURS && !has_server)) {
        return REASON_PACKET_MALFORMED;
    }
    if (has_server && !is_our_id(facts, &server)) {
        return REASON_ANOTHER_SERVER_CHOSEN;
    }
    if (!dhcp6_parts_are_whole(message) ||
        (message->kind == DHCP6_INFORMATION_REQUEST && dhcp6_has_parts(message))) {
        return REASON_PACKET_MALFORMED;
    }
    return REASON_NONE;
}

const struct network6 *dhcp6_pick_network(const struct network6 *networks, size_t count,
                                          const struct dhcp6_message *message, const struct ip6 *own,
                                          size_t own_count)
{
    for (size_t i = message->relay_count; i > 0; i--) {
        struct ip6 link = message->relays[i - 1].link;
        if (!ip6_is_none(link) && !ip6_is_link_local(link)) {
            return network6_find(networks, count, link);
        }
    }
    for (size_t i = 0; message->relay_count == 0 && i < own_count; i++) {
        const struct network6 *network = network6_find(networks, count, own[i]);
        if (network != NULL) {
            return network;
        }
    }
    return NULL;
}

// Whether the client wants option `code`; one that names none gets all.
static bool is_wanted(const struct dhcp6_message *message, uint16_t code)
{
    struct dhcp6_option wanted;
    return !dhcp6_find(&message->options, DHCP6_OPTION_WANTED, &wanted) || dhcp6_wants(message, code);
}

static void put_seconds(struct writer *writer, uint16_t code, uint32_t seconds)
{
    size_t mark = dhcp6_open_option(writer, code);
    write_be32(writer, seconds);
    dhcp6_close_option(writer, mark);
}

static void put_network(struct dhcp6_work *work)
{
    const struct dhcp6_message *message = work->facts->message;
    const struct network6 *network = work->facts->network;
    if (network->dns_count != 0 && is_wanted(message, DHCP6_OPTION_DNS)) {
        size_t mark = dhcp6_open_option(&work->writer, DHCP6_OPTION_DNS);
        for (size_t i = 0; i < network->dns_count; i++) {
            write_bytes(&work->writer, network->dns[i].octets, sizeof network->dns[i].octets);
        }
        dhcp6_close_option(&work->writer, mark);
    }
    if (network->domain[0] != '\0' && is_wanted(message, DHCP6_OPTION_DOMAINS)) {
        enum status status = dhcp6_put_domain(&work->writer, network->domain);
        (void)status; // what is no domain is left out; network6_check refuses it
    }
    if (dhcp6_wants(message, DHCP6_OPTION_SOLICIT_MOST)) {
        put_seconds(&work->writer, DHCP6_OPTION_SOLICIT_MOST, RETRY_MOST_S);
    }
    if (dhcp6_wants(message, DHCP6_OPTION_INFORMATION_MOST)) {
        put_seconds(&work->writer, DHCP6_OPTION_INFORMATION_MOST, RETRY_MOST_S);
    }
    if (message->kind == DHCP6_INFORMATION_REQUEST && dhcp6_wants(message, DHCP6_OPTION_REFRESH_TIME)) {
        put_seconds(&work->writer, DHCP6_OPTION_REFRESH_TIME, REFRESH_S);
    }
}

// A URL that this firmware can follow: PXE firmware knows TFTP alone (E99 otherwise), HTTP boot HTTP alone.
static bool boot_is_for(const struct dhcp6_boot *boot, const struct boot_client *client)
{
    if (!boot->has_file || client->stage == BOOT_STAGE_SYSTEM) {
        return false;
    }
    return client->stage != BOOT_STAGE_FIRMWARE ||
           text_starts(boot->url, client->wants_http ? "http" : "tftp:");
}

// The URL last: older EDK2 reads on behind it until a zero, and that follows only the message's end. Class
// HTTPClient goes back to HTTP boot, which takes no other offer; PXEClient must not, or EDK2 asks a boot
// server that is not there.
static void put_boot(struct dhcp6_work *work)
{
    const struct dhcp6_message *message = work->facts->message;
    const struct dhcp6_boot *boot = &work->facts->boot;
    uint32_t enterprise = 0;
    if (!boot_is_for(boot, work->facts->client) || !is_wanted(message, DHCP6_OPTION_BOOT_URL)) {
        return;
    }
    if (work->facts->client->wants_http && dhcp6_find_vendor_class(message, "HTTPClient", &enterprise)) {
        dhcp6_put_vendor_class(&work->writer, enterprise, "HTTPClient");
    }
    if (boot->params[0] != '\0' && is_wanted(message, DHCP6_OPTION_BOOT_PARAMS)) {
        size_t length = strlen(boot->params);
        size_t mark = dhcp6_open_option(&work->writer, DHCP6_OPTION_BOOT_PARAMS);
        write_be16(&work->writer, (uint16_t)length);
        write_bytes(&work->writer, boot->params, length);
        dhcp6_close_option(&work->writer, mark);
    }
    dhcp6_put(&work->writer, DHCP6_OPTION_BOOT_URL, boot->url, strlen(boot->url));
}

static void put_start(struct dhcp6_work *work, enum dhcp6_kind kind)
{
    const struct dhcp6_facts *facts = work->facts;
    struct dhcp6_option client;
    dhcp6_put_header(&work->writer, kind, facts->message->xid);
    if (dhcp6_find(&facts->message->options, DHCP6_OPTION_CLIENT_ID, &client)) {
        dhcp6_put(&work->writer, client.code, client.data, client.length);
    }
    dhcp6_put(&work->writer, DHCP6_OPTION_SERVER_ID, facts->server_duid, facts->server_duid_bytes);
    work->actions->reply_kind = kind;
    work->actions->has_reply = true;
}

static void put_success(struct dhcp6_work *work)
{
    dhcp6_put_status(&work->writer, DHCP6_STATUS_SUCCESS, "");
}

static void solicit_step(struct dhcp6_work *work)
{
    struct dhcp6_option rapid;
    bool is_final = work->facts->network->has_rapid_commit &&
                    dhcp6_find(&work->facts->message->options, DHCP6_OPTION_RAPID_COMMIT, &rapid);
    put_start(work, is_final ? DHCP6_REPLY : DHCP6_ADVERTISE);
    if (is_final) {
        dhcp6_put(&work->writer, DHCP6_OPTION_RAPID_COMMIT, "", 0);
    } else if (work->facts->preference != 0) {
        dhcp6_put(&work->writer, DHCP6_OPTION_PREFERENCE, &work->facts->preference, 1);
    }
    dhcp6_put_assigned(work, false, is_final);
    dhcp6_put_refused(work);
    put_network(work);
    put_boot(work);
}

static void request_step(struct dhcp6_work *work)
{
    put_start(work, DHCP6_REPLY);
    dhcp6_put_assigned(work, true, true);
    dhcp6_put_refused(work);
    put_network(work);
    put_boot(work);
}

static void extend_step(struct dhcp6_work *work)
{
    bool is_rebind = work->facts->message->kind == DHCP6_REBIND;
    put_start(work, DHCP6_REPLY);
    if (!dhcp6_put_extended(work, is_rebind)) {
        work->actions->has_reply = false; // RFC 8415 section 18.3.5: the lease may be another server's
        return;
    }
    if (!is_rebind) {
        dhcp6_put_refused(work);
    }
    put_network(work);
    put_boot(work);
}

static void return_step(struct dhcp6_work *work)
{
    put_start(work, DHCP6_REPLY);
    dhcp6_put_returned(work, work->facts->message->kind == DHCP6_DECLINE);
    dhcp6_put_refused(work);
    put_success(work);
}

static void confirm_step(struct dhcp6_work *work)
{
    bool has_any = false;
    bool are_on_wire = dhcp6_are_on_wire(work, &has_any);
    if (!has_any) {
        return; // RFC 8415 section 18.3.3: nothing to confirm
    }
    put_start(work, DHCP6_REPLY);
    if (are_on_wire) {
        put_success(work);
    } else {
        reasons_add(&work->actions->reasons, REASON_ADDRESS_WRONG);
        dhcp6_put_status(&work->writer, DHCP6_STATUS_NOT_ON_LINK, "an address is of another network");
    }
}

static void message_step(struct dhcp6_work *work)
{
    switch (work->facts->message->kind) {
    case DHCP6_SOLICIT:
        solicit_step(work);
        break;
    case DHCP6_REQUEST:
        request_step(work);
        break;
    case DHCP6_RENEW:
    case DHCP6_REBIND:
        extend_step(work);
        break;
    case DHCP6_RELEASE:
    case DHCP6_DECLINE:
        return_step(work);
        break;
    case DHCP6_CONFIRM:
        confirm_step(work);
        break;
    case DHCP6_INFORMATION_REQUEST:
        put_start(work, DHCP6_REPLY);
        put_network(work);
        put_boot(work);
        break;
    case DHCP6_ADVERTISE:
    case DHCP6_REPLY:
    case DHCP6_RECONFIGURE:
    case DHCP6_RELAY_FORWARD:
    case DHCP6_RELAY_REPLY:
        break; // rule_find knows none of them
    }
}

// Who asks, but for the IAID.
static struct lease6_client base_of(const struct dhcp6_facts *facts)
{
    struct lease6_client base = {.hw = facts->hw,
                                 .has_seen_hw = facts->has_seen_hw && facts->hw.length != 0,
                                 .is_boot = facts->client->stage != BOOT_STAGE_SYSTEM,
                                 .machine_id = facts->machine_id};
    struct dhcp6_option id;
    if (dhcp6_find(&facts->message->options, DHCP6_OPTION_CLIENT_ID, &id)) {
        base.duid_length = (uint8_t)id.length;
        memcpy(base.duid, id.data, id.length);
    }
    return base;
}

// Wraps what was written, and says where it goes.
static void finish(struct dhcp6_work *work, const uint8_t *body)
{
    const struct dhcp6_facts *facts = work->facts;
    struct dhcp6_actions *actions = work->actions;
    struct dhcp6_option port;
    if (!actions->has_reply) {
        return;
    }
    enum status status = STATUS_TOO_LONG;
    if (!work->writer.failed) {
        status = dhcp6_encode_relayed(facts->message, body, writer_length(&work->writer), actions->reply,
                                      sizeof actions->reply, &actions->reply_bytes);
    }
    if (status != STATUS_OK) { // only with relays or DUIDs that are absurdly long: nothing was promised
        actions->has_reply = false;
        actions->lease_count = 0;
        reasons_add(&actions->reasons, REASON_PACKET_MALFORMED);
        return;
    }
    actions->to = facts->source;
    actions->to_port = facts->message->relay_count == 0 ? DHCP6_CLIENT_PORT : DHCP6_SERVER_PORT;
    if (facts->message->relay_count != 0 && facts->source_port != 0 &&
        dhcp6_find(&facts->message->relays[0].options, DHCP6_OPTION_RELAY_PORT, &port)) {
        actions->to_port = facts->source_port;
    }
}

void dhcp6_step(const struct dhcp6_facts *facts, struct dhcp6_actions *actions)
{
    const struct dhcp6_message *message = facts->message;
    const struct rule *rule = rule_find(message->kind);
    uint8_t body[DHCP6_REPLY_BYTES];
    *actions = (struct dhcp6_actions){.has_reply = false};
    if (rule == NULL || message->is_answer) {
        return;
    }
    bool is_unicast = facts->is_unicast && message->relay_count == 0;
    enum reason_id reason = message_check(facts, rule);
    if (reason == REASON_NONE && is_unicast && rule->is_group_only) {
        reason = REASON_PACKET_MALFORMED; // RFC 8415 section 18.4
    }
    bool is_stateless = facts->is_stateless && message->kind != DHCP6_INFORMATION_REQUEST;
    if (reason == REASON_NONE && !is_stateless && facts->network == NULL) {
        reason = REASON_NO_NETWORK;
    }
    if (reason != REASON_NONE) {
        reasons_add(&actions->reasons, reason);
        return;
    }
    if (is_stateless || (message->kind != DHCP6_INFORMATION_REQUEST && !dhcp6_wire_has_addresses(facts))) {
        return; // whoever gives addresses on that wire answers
    }
    struct dhcp6_work work = {
        .facts = facts, .actions = actions, .writer = writer_init(body, sizeof body), .base = base_of(facts)};
    if (is_unicast && rule->is_told_the_group) {
        put_start(&work, DHCP6_REPLY);
        dhcp6_put_status(&work.writer, DHCP6_STATUS_USE_MULTICAST, "ask ff02::1:2 instead");
    } else {
        message_step(&work);
    }
    finish(&work, body);
}
