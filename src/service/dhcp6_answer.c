// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp6_answer.h"

#include "loader/loader.h"
#include "service/dhcp_terms.h"
#include "session/client6.h"

#include <string.h>

#define LINK_LAYER_SKIP 2 // option 79: the hardware type comes before the address

// What sent the message, as the wire or the relay says it; what a client says of itself in its DUID may be
// another card.
static bool dhcp6_find_seen_hw(const struct dhcp6_message *message, const struct dhcp6_question *question,
                               struct hw *hw)
{
    struct ip6 client = question->from;
    struct dhcp6_option option;
    if (message->relay_count != 0) {
        const struct dhcp6_relay *nearest = &message->relays[message->relay_count - 1];
        client = nearest->peer;
        if (dhcp6_find(&nearest->options, DHCP6_OPTION_LINK_LAYER, &option) &&
            option.length == LINK_LAYER_SKIP + 6 && option.data[1] == 1) {
            *hw = hw_ethernet(option.data + LINK_LAYER_SKIP);
            return true;
        }
    }
    if (message->relay_count == 0 && question->neighbour.length != 0) {
        *hw = question->neighbour;
        return true;
    }
    return ip6_is_link_local(client) && dhcp6_address_find_hw(client, hw);
}

struct ip6 dhcp6_pick_own(const struct interface *interface, const struct network6 *network)
{
    for (unsigned i = 0; i < interface->address6_count && network != NULL; i++) {
        if (network6_has(network, interface->addresses6[i].address)) {
            return interface->addresses6[i].address;
        }
    }
    struct ip6 picked = interface_pick_address6(interface);
    return ip6_is_link_local(picked) ? (struct ip6){{0}} : picked;
}

// What the client is told to boot; nothing when its own disk, or nothing at all, is what it gets.
static void dhcp6_answer_boot(const struct dhcp6_world *world, const struct dhcp6_question *question,
                              const struct network6 *network, struct desk_meeting *meeting,
                              struct dhcp6_answer *answer, struct text *detail)
{
    const struct boot_client *client = &answer->client;
    struct boot_plan *plan = &meeting->plan;
    if (plan->kind == PLAN_NOTHING || (plan->kind == PLAN_LOCAL && client->stage != BOOT_STAGE_IPXE)) {
        return;
    }
    struct loader_place place = {.server = ip_from_ip6(dhcp6_pick_own(question->interface, network)),
                                 .http_port = world->config->http_port,
                                 .https_port = config_https_boot_port(world->config)};
    if (ip_is_none(place.server)) {
        text_add_format(detail, "%s has no IPv6 address that files could be fetched from",
                        question->interface->name);
        return;
    }
    const struct loader *missing = NULL;
    enum machine_loader wish =
        meeting->machine == NULL || plan->kind == PLAN_LOCAL ? MACHINE_LOADER_AUTO : meeting->machine->loader;
    const struct loader *loader = loader_pick(client, wish, world->loaders, &plan->reasons, &missing);
    if (missing != NULL) {
        text_add_format(detail, "%s is not there", missing->file);
    }
    struct text url;
    text_init(&url, answer->boot.url, sizeof answer->boot.url);
    answer->boot.has_file =
        loader != NULL && loader_print_file(loader, client, &place, &url) == STATUS_OK && !url.cut;
}

// Classes say the same of a client however it asks; networks of IPv6 say nothing of machines.
static void dhcp6_answer_place(const struct dhcp6_world *world, struct boot_client *client)
{
    struct dhcp_terms terms;
    dhcp_terms_find(&world->config->dhcp, NULL, client, &terms);
    if (terms.classes != 0) {
        client->is_placed = true;
        client->unknown = terms.unknown;
        (void)text_copy(client->proposal, sizeof client->proposal, terms.profile);
        dhcp_class_print_names(&world->config->dhcp.classes, terms.classes, client->classes);
    }
}

// Whether all of them have room; what has none must not be promised.
static bool dhcp6_answer_keep_leases(const struct dhcp6_world *world, const struct dhcp6_actions *actions)
{
    struct store *store = world->desk->store;
    int64_t now_s = desk_now_s(world->desk);
    for (size_t i = 0; i < actions->lease_count; i++) {
        const struct lease6 *lease = &actions->leases[i];
        const struct lease6 *stored = store_lease6_find(store, lease->address);
        if (pool6_put(world->pool, lease, now_s) != STATUS_OK) {
            return false;
        }
        bool is_same = stored != NULL && lease6_equal(stored, lease);
        if (lease->state != LEASE_OFFERED && !is_same) {
            store_lease6_put(store, lease, now_s);
        }
    }
    return true;
}

static void dhcp6_answer_note_full(const struct dhcp6_world *world, struct dhcp6_answer *answer)
{
    int64_t now_s = desk_now_s(world->desk);
    int64_t age_s = now_s - world->full->told_s;
    world->full->refused++;
    if (world->full->told_s == 0 || age_s < 0 || age_s >= DHCP_FULL_TOLD_EVERY_S) {
        answer->refused = world->full->refused;
        *world->full = (struct dhcp_full){.told_s = now_s};
    }
}

static void dhcp6_answer_print(const struct dhcp6_answer *answer, struct text *text)
{
    const struct dhcp6_actions *actions = &answer->actions;
    char address[IP6_TEXT_BYTES];
    if (actions->has_reply && actions->reply_kind == DHCP6_REPLY && !ip6_is_none(actions->address)) {
        text_add_format(text, "has address %s", ip6_print(actions->address, address));
    } else if (actions->has_reply && answer->message.kind == DHCP6_INFORMATION_REQUEST) {
        text_add(text, "was told what it needs besides its address");
    } else if (actions->has_reply) {
        text_add_format(text, "sent %s by DHCPv6", dhcp6_kind_name(answer->message.kind));
    } else {
        text_add_format(text, "sent %s by DHCPv6 and was not answered",
                        dhcp6_kind_name(answer->message.kind));
    }
    if (answer->client.stage != BOOT_STAGE_SYSTEM && actions->has_reply) {
        text_add_format(text, "%s%s", answer->boot.has_file ? ", loads " : ", is told nothing to boot",
                        answer->boot.url);
    }
}

static void dhcp6_answer_tell(const struct dhcp6_world *world, const struct dhcp6_answer *answer,
                              const struct desk_meeting *meeting)
{
    const struct dhcp6_actions *actions = &answer->actions;
    enum dhcp6_kind kind = answer->message.kind;
    enum reason_id worst = reasons_worst(&actions->reasons);
    bool is_grave = worst != REASON_NONE && reason_get(worst)->severity >= REASON_WARNING;
    bool is_boot = answer->client.stage != BOOT_STAGE_SYSTEM;
    bool is_news =
        kind == DHCP6_SOLICIT || kind == DHCP6_REQUEST || (is_boot && kind == DHCP6_INFORMATION_REQUEST);
    bool is_said = actions->has_reply && actions->reply_kind == DHCP6_REPLY && is_news;
    if ((worst == REASON_POOL_FULL && answer->refused == 0) || (!is_grave && !is_said)) {
        return;
    }
    struct event event = {.kind = EVENT_DHCP,
                          .machine_id = meeting->machine == NULL ? 0 : meeting->machine->id,
                          .mac = answer->client.mac,
                          .address = ip_from_ip6(actions->address),
                          .reasons = actions->reasons};
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    dhcp6_answer_print(answer, &text);
    if (is_grave) {
        text_add_format(&text, ": %s", reason_get(worst)->sentence);
    }
    if (answer->refused > 1) {
        text_add_format(&text, " (%u requests since that was told last)", answer->refused);
    }
    desk_tell(world->desk, &event);
}

static void dhcp6_answer_serve(const struct dhcp6_world *world, const struct dhcp6_question *question,
                               const struct network6 *network, const struct desk_meeting *meeting,
                               bool has_seen_hw, struct dhcp6_answer *answer)
{
    const struct config_dhcp6 *dhcp6 = &world->config->dhcp6;
    const struct machine *machine = meeting->identity.kind == IDENTITY_KNOWN ? meeting->machine : NULL;
    bool is_approved = machine != NULL && machine->state == MACHINE_APPROVED;
    bool has_reservation =
        machine != NULL && network != NULL && !ip6_is_none(machine->address6) &&
        network6_find_on_wire(dhcp6->subnets, dhcp6->subnet_count, network, machine->address6) != NULL;
    struct dhcp6_facts facts = {
        .message = &answer->message,
        .client = &answer->client,
        .source = question->from,
        .source_port = question->from_port,
        .is_unicast = !ip6_is_group(question->to),
        .is_stateless = dhcp6->mode == CONFIG_DHCP6_STATELESS,
        .hw = answer->client.mac,
        .has_seen_hw = has_seen_hw,
        .network = network,
        .networks = dhcp6->subnets,
        .network_count = dhcp6->subnet_count,
        .pool = world->pool,
        .machine_id = machine == NULL ? 0 : machine->id,
        .reserved = has_reservation ? machine->address6 : (struct ip6){{0}},
        .hostname = is_approved ? machine_hostname(machine) : "",
        .server_duid = world->duid,
        .server_duid_bytes = world->duid_bytes,
        .preference = (uint8_t)dhcp6->preference,
        .boot = answer->boot,
        .now_s = desk_now_s(world->desk),
    };
    dhcp6_step(&facts, &answer->actions);
    if (!dhcp6_answer_keep_leases(world, &answer->actions)) {
        answer->actions.has_reply = false;
        reasons_add(&answer->actions.reasons, REASON_POOL_FULL);
    }
    if (reasons_has(&answer->actions.reasons, REASON_POOL_FULL)) {
        dhcp6_answer_note_full(world, answer);
    }
}

enum status dhcp6_answer(const struct dhcp6_world *world, const struct dhcp6_question *question,
                         struct dhcp6_answer *answer)
{
    enum status status = dhcp6_decode(question->bytes, question->count, &answer->message, NULL);
    if (status != STATUS_OK || answer->message.is_answer) {
        return status != STATUS_OK ? status : STATUS_UNSUPPORTED;
    }
    answer->boot = (struct dhcp6_boot){0};
    answer->refused = 0;
    struct boot_client *client = &answer->client;
    client_from_dhcp6(&answer->message, question->from, client);
    bool has_seen_hw = dhcp6_find_seen_hw(&answer->message, question, &client->mac);
    dhcp6_answer_place(world, client);
    struct ip6 own[INTERFACE_ADDRESSES_MOST];
    for (unsigned i = 0; i < question->interface->address6_count; i++) {
        own[i] = question->interface->addresses6[i].address;
    }
    const struct config_dhcp6 *dhcp6 = &world->config->dhcp6;
    const struct network6 *network = dhcp6_pick_network(dhcp6->subnets, dhcp6->subnet_count, &answer->message,
                                                        own, question->interface->address6_count);
    bool is_boot = client->stage != BOOT_STAGE_SYSTEM;
    bool is_first =
        answer->message.kind == DHCP6_SOLICIT || answer->message.kind == DHCP6_INFORMATION_REQUEST;
    struct desk_meeting meeting;
    if (is_boot && is_first) {
        desk_meet_firmware(world->desk, client, &meeting);
    } else {
        desk_meet(world->desk, client, &meeting);
    }
    char detail_text[EVENT_TEXT_BYTES / 2];
    struct text detail;
    text_init(&detail, detail_text, sizeof detail_text);
    if (is_boot) {
        dhcp6_answer_boot(world, question, network, &meeting, answer, &detail);
    }
    dhcp6_answer_serve(world, question, network, &meeting, has_seen_hw, answer);
    dhcp6_answer_tell(world, answer, &meeting);
    if (is_boot && is_first) {
        desk_tell_plan(world->desk, &meeting, client, (struct ip){{{0}}}, detail_text);
    }
    if (answer->actions.has_reply && answer->actions.reply_kind == DHCP6_REPLY) {
        desk_note_address(world->desk, client, ip_from_ip6(answer->actions.address));
    }
    return STATUS_OK;
}
