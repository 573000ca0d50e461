// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp_answer.h"

#include "loader/loader.h"
#include "service/dhcp_leasequery.h"
#include "service/dhcp_shape.h"
#include "service/own_loader.h"
#include "session/client.h"

#include <string.h>

#define OWN_LOADER_TRIES 2 // then imprint's own loader comes, which the machine may get along with

// The medium's own shim, for firmware that is to boot it by TFTP. HTTP boot and IPv6 ask for a GRUB that has
// more built in than most, and a machine's own setting comes first.
static bool dhcp_answer_own(const struct dhcp_answer_world *world, const struct dhcp_answer *answer,
                            struct desk_meeting *meeting, enum machine_loader wish, struct text *file)
{
    const struct boot_client *client = &answer->client;
    struct boot_plan *plan = &meeting->plan;
    bool may = client->stage == BOOT_STAGE_FIRMWARE && !client->wants_http && !client->is_ip6 &&
               (wish == MACHINE_LOADER_AUTO || wish == MACHINE_LOADER_GRUB);
    if (!may || plan->kind != PLAN_IMAGE || !own_loader_print(plan->boots, client->architecture, file)) {
        return false;
    }
    bool is_back = answer->message.kind == DHCP4_DISCOVER && plan->order->boots == 0;
    unsigned vain =
        world->adapt == NULL ? 0 : adapt_count_vain(world->adapt, &client->mac, plan->order->id, is_back);
    bool is_tried = vain >= OWN_LOADER_TRIES;
    reasons_add(&plan->reasons, is_tried ? REASON_LOADER_OF_MEDIUM_VAIN : REASON_LOADER_OF_MEDIUM);
    return !is_tried;
}

// What the client is told to boot. Own disk means: no boot file at all for firmware, which then goes on to
// its disk; iPXE gets a script that says so on the screen.
static void dhcp_answer_boot(const struct dhcp_answer_world *world, const struct dhcp_answer *answer,
                             struct desk_meeting *meeting, struct dhcp4_boot *boot, struct text *detail)
{
    const struct boot_client *client = &answer->client;
    bool is_ipxe = client->stage == BOOT_STAGE_IPXE;
    struct boot_plan *plan = &meeting->plan;
    boot->is_local = plan->kind == PLAN_LOCAL;
    if (plan->kind == PLAN_NOTHING || (plan->kind == PLAN_LOCAL && !is_ipxe)) {
        return;
    }
    const struct loader *missing = NULL;
    enum machine_loader wish =
        meeting->machine == NULL || plan->kind == PLAN_LOCAL ? MACHINE_LOADER_AUTO : meeting->machine->loader;
    struct text file;
    text_init(&file, boot->file, sizeof boot->file);
    if (dhcp_answer_own(world, answer, meeting, wish, &file)) {
        boot->has_file = true;
        return;
    }
    text_init(&file, boot->file, sizeof boot->file);
    const struct loader *loader = loader_pick(client, wish, world->loaders, &plan->reasons, &missing);
    if (missing != NULL) {
        text_add_format(detail, "%s is not there", missing->file);
    }
    struct loader_place place = {.server = ip_from_ip4(world->address),
                                 .http_port = world->http_port,
                                 .https_port = world->https_port};
    if (loader == NULL || loader_print_file(loader, client, &place, &file) != STATUS_OK) {
        return;
    }
    boot->has_file = true;
    boot->is_url = strstr(boot->file, "://") != NULL;
}

static void dhcp_answer_keep_lease(const struct dhcp_answer_world *world, const struct network *network,
                                   const struct lease *lease)
{
    (void)pool_put(dhcp_pools_of(world->pools, network), lease); // a reservation may lie outside the range
    if (lease->state != LEASE_OFFERED) {
        store_lease_put(world->desk->store, lease);
    }
}

static void dhcp_answer_print_boot(const struct dhcp4_boot *boot, struct text *text)
{
    if (boot->has_file) {
        text_add_format(text, ", loads %s", boot->file);
    } else {
        text_add(text, boot->is_local ? ", boots its own disk" : ", is told nothing to boot");
    }
}

static void dhcp_answer_print(const struct dhcp_answer *answer, struct text *text)
{
    const struct dhcp4_actions *actions = &answer->actions;
    char address[IP4_TEXT_BYTES];
    bool is_bootp = actions->has_reply && actions->reply_kind == DHCP4_BOOTP;
    if ((is_bootp || actions->reply_kind == DHCP4_ACK) && actions->reply.yiaddr.value != 0) {
        text_add_format(text, "has address %s", ip4_print(actions->reply.yiaddr, address));
    } else if (actions->reply_kind == DHCP4_NAK) {
        text_add(text, "was told to ask for another address");
    } else if (actions->has_reply) {
        text_add(text, "was answered beside the other DHCP server");
    } else {
        text_add_format(text, "sent %s and was not answered", dhcp4_kind_name(answer->message.kind));
    }
}

static void dhcp_answer_tell(const struct dhcp_answer_world *world, const struct dhcp_answer *answer,
                             const struct desk_meeting *meeting, const struct dhcp4_boot *boot)
{
    const struct dhcp4_actions *actions = &answer->actions;
    bool is_boot = answer->client.stage != BOOT_STAGE_SYSTEM;
    bool is_renewal = answer->message.ciaddr.value != 0 && actions->reply_kind == DHCP4_ACK;
    bool is_last_word = actions->reply_kind == DHCP4_ACK || actions->reply_kind == DHCP4_NAK ||
                        actions->reply_kind == DHCP4_BOOTP || (world->is_proxy && is_boot);
    bool is_grave = reasons_worst(&actions->reasons) != REASON_NONE &&
                    reason_get(reasons_worst(&actions->reasons))->severity >= REASON_WARNING;
    bool is_inform = answer->message.kind == DHCP4_INFORM;
    bool is_full = reasons_has(&actions->reasons, REASON_POOL_FULL);
    if (is_full && !answer->is_full_told) {
        return;
    }
    bool is_routine = !is_boot && (is_renewal || is_inform);
    if (!is_grave && (!actions->has_reply || !is_last_word || is_routine)) {
        return;
    }
    struct event event = {.kind = EVENT_DHCP,
                          .machine_id = meeting->machine == NULL ? 0 : meeting->machine->id,
                          .mac = answer->message.chaddr,
                          .address = ip_from_ip4(actions->reply.yiaddr),
                          .reasons = actions->reasons};
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    dhcp_answer_print(answer, &text);
    if (is_boot && actions->has_reply && actions->reply_kind != DHCP4_NAK) {
        dhcp_answer_print_boot(boot, &text);
    }
    if (is_grave) {
        text_add_format(&text, ": %s", reason_get(reasons_worst(&actions->reasons))->sentence);
    }
    if (is_full && answer->refused > 1) {
        text_add_format(&text, " (%u requests since that was told last)", answer->refused);
    }
    desk_tell(world->desk, &event);
}

static void dhcp_answer_meet(const struct dhcp_answer_world *world, const struct dhcp_answer *answer,
                             struct desk_meeting *meeting)
{
    bool is_machine = answer->client.stage != BOOT_STAGE_SYSTEM && !answer->client.is_test;
    if (answer->message.kind == DHCP4_DISCOVER && is_machine) {
        desk_meet_firmware(world->desk, &answer->client, meeting);
        return;
    }
    desk_meet(world->desk, &answer->client, meeting);
}

// Told once a minute for each wire, however many ask.
static void dhcp_answer_note_full(const struct dhcp_answer_world *world, const struct network *network,
                                  struct dhcp_answer *answer)
{
    answer->is_full_told =
        dhcp_pools_note_full(world->pools, network, desk_now_s(world->desk), &answer->refused);
}

// What network and classes say of the client goes with it to the desk.
static const struct network *dhcp_answer_place(const struct dhcp_answer_world *world,
                                               const struct dhcp_question *question,
                                               struct dhcp_answer *answer, struct dhcp_terms *terms)
{
    const struct dhcp_pools *pools = world->pools;
    const struct network *network = dhcp4_pick_network(pools->networks, pools->count, &answer->message,
                                                       question->is_unicast, world->address);
    dhcp_terms_find(world->dhcp, network, &answer->client, terms);
    answer->client.is_placed = true;
    // A test is to hear what a machine with an order would.
    answer->client.unknown = answer->client.is_test ? POLICY_CHOICE_HOLD : terms->unknown;
    (void)text_copy(answer->client.proposal, sizeof answer->client.proposal, terms->profile);
    if (world->dhcp != NULL) {
        dhcp_class_print_names(&world->dhcp->classes, terms->classes, answer->client.classes);
    }
    return network;
}

static void dhcp_answer_serve(const struct dhcp_answer_world *world, const struct dhcp_question *question,
                              struct dhcp_answer *answer, const struct desk_meeting *meeting,
                              const struct dhcp4_boot *boot, const struct network *network,
                              struct dhcp_terms *terms)
{
    const struct machine *machine = meeting->machine;
    bool is_known = machine != NULL && meeting->identity.kind == IDENTITY_KNOWN;
    struct dhcp_pools *pools = world->pools;
    bool has_reservation =
        machine != NULL && network != NULL && machine->address.value != 0 &&
        network_find_on_wire(pools->networks, pools->count, network, machine->address) != NULL;
    struct dhcp4_facts facts = {
        .message = &answer->message,
        .client = &answer->client,
        .server = world->address,
        .is_unicast = question->is_unicast,
        .network = network,
        .networks = pools->networks,
        .network_count = pools->count,
        .pool = network == NULL ? NULL : dhcp_pools_of(pools, network),
        .has_no_authority = world->dhcp != NULL && !world->dhcp->is_authoritative,
        .machine = machine,
        .reserved = has_reservation ? machine->address : (struct ip4){0},
        .reserved_lease = has_reservation ? store_lease_find(world->desk->store, machine->address) : NULL,
        .hostname = is_known && machine->state == MACHINE_APPROVED ? machine_hostname(machine) : "",
        .classes = terms->classes,
        .class_lease_s = terms->lease_s,
        .boot = *boot,
        .now_s = desk_now_s(world->desk),
    };
    facts.network = dhcp4_pick_shared(&facts);
    dhcp_terms_merge(world->dhcp, facts.network, is_known ? machine : NULL, &answer->client, terms);
    facts.options = terms->has_options ? &terms->options : NULL;
    dhcp4_step(&facts, &answer->actions);
    if (answer->actions.has_freed && network != NULL) {
        dhcp_answer_keep_lease(world, network, &answer->actions.freed);
    }
    if (answer->actions.has_lease && network != NULL) {
        dhcp_answer_keep_lease(world, network, &answer->actions.lease);
    }
    if (reasons_has(&answer->actions.reasons, REASON_POOL_FULL) && network != NULL &&
        !answer->client.is_test) {
        dhcp_answer_note_full(world, network, answer);
    }
}

// What others are to know of it.
static void dhcp_answer_note(const struct dhcp_answer_world *world, const struct dhcp_answer *answer,
                             const struct desk_meeting *meeting, const struct dhcp4_boot *boot,
                             const char *detail)
{
    struct ip4 address = answer->actions.reply_kind == DHCP4_ACK && answer->actions.reply.yiaddr.value != 0
                             ? answer->actions.reply.yiaddr
                             : answer->message.ciaddr;
    if (world->adapt != NULL && answer->actions.has_reply && answer->actions.reply_kind == DHCP4_OFFER) {
        adapt_offer(world->adapt, &answer->client.mac);
    }
    dhcp_answer_tell(world, answer, meeting, boot);
    if (answer->client.stage != BOOT_STAGE_SYSTEM && answer->message.kind == DHCP4_DISCOVER) {
        desk_tell_plan(world->desk, meeting, &answer->client, (struct ip){{{0}}}, detail);
    }
    if (answer->actions.has_reply && answer->actions.reply_kind != DHCP4_NAK) {
        desk_note_address(world->desk, &answer->client, ip_from_ip4(address));
    }
}

enum status dhcp_answer(const struct dhcp_answer_world *world, const struct dhcp_question *question,
                        struct arena *arena, struct dhcp_answer *answer)
{
    enum status status = dhcp4_decode(question->bytes, question->count, arena, &answer->message, NULL);
    if (status != STATUS_OK || answer->message.op != DHCP4_OP_REQUEST) {
        return status != STATUS_OK ? status : STATUS_UNSUPPORTED;
    }
    answer->limit_bytes = dhcp4_reply_limit(&answer->message);
    if (answer->message.kind == DHCP4_LEASEQUERY) {
        if (!world->is_proxy && question->port == DHCP4_SERVER_PORT) {
            dhcp_leasequery(world, question, answer);
        }
        return STATUS_OK;
    }
    client_from_dhcp4(&answer->message, &answer->client);
    // Only who is no machine may be a test: nothing that concerns a machine is left untold.
    answer->client.is_test =
        answer->client.is_test && store_machine_find_mac(world->desk->store, &answer->client.mac) == NULL;
    bool is_binding = question->port == DHCP4_SERVER_PORT && answer->message.kind != DHCP4_DISCOVER;
    if (answer->client.is_test && is_binding) { // it is told what others get, and gets nothing
        return STATUS_OK;
    }
    struct dhcp_terms terms;
    const struct network *network = dhcp_answer_place(world, question, answer, &terms);
    struct desk_meeting meeting;
    dhcp_answer_meet(world, answer, &meeting);
    struct dhcp4_boot boot = {0};
    char detail_text[EVENT_TEXT_BYTES / 2];
    struct text detail;
    text_init(&detail, detail_text, sizeof detail_text);
    if (answer->client.stage != BOOT_STAGE_SYSTEM) {
        dhcp_answer_boot(world, answer, &meeting, &boot, &detail);
    }
    dhcp_shape_put(world, answer, question->port, meeting.machine, &boot);
    answer->is_alone = boot.shape.is_alone || boot.shape.vendor != QUIRK_VENDOR_DEFAULT;
    if (world->is_proxy || question->port == DHCP4_PXE_PORT) {
        struct proxydhcp_facts facts = {.message = &answer->message,
                                        .client = &answer->client,
                                        .server = world->address,
                                        .port = question->port,
                                        .from = question->from,
                                        .from_port = question->from_port,
                                        .boot = boot};
        proxydhcp_step(&facts, &answer->actions);
    } else {
        dhcp_answer_serve(world, question, answer, &meeting, &boot, network, &terms);
    }
    if (!answer->client.is_test) {
        dhcp_answer_note(world, answer, &meeting, &boot, detail_text);
    }
    return STATUS_OK;
}
