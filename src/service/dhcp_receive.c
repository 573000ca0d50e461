// SPDX-License-Identifier: GPL-3.0-or-later
// Questions: answered at once, or, when a new address is to be offered, after the network was asked whether
// somebody uses it.
#include "service/boots.h"
#include "service/dhcp_shape.h"
#include "service/dhcp_state.h"
#include "session/client.h"

#include <string.h>

#define CONFLICT_GAP_MS 25 // how often questions that wait are looked after

// Whether the offer at hand may leave: the address is the client's own, or is not on this wire, or nobody has
// it. Else its question waits for the network's silence, and is answered anew then. Never about an address
// that the client had before: its firmware or loader may still answer for it.
static bool dhcp_may_offer(struct dhcp_port *port, const struct datagram *datagram)
{
    struct dhcp_service *service = port->service;
    const struct dhcp_answer *answer = &service->answer;
    const struct lease *lease = &answer->actions.lease;
    const struct hw *client = &answer->message.chaddr;
    bool is_new = answer->actions.reply_kind == DHCP4_OFFER && answer->actions.has_lease &&
                  service->settings.config->dhcp.has_ping_check && lease->state == LEASE_OFFERED &&
                  answer->message.giaddr.value == 0 && client->type == 1 &&
                  interface_find_address(&port->interface, lease->address) != NULL;
    const struct lease *stored = store_lease_find(service->settings.desk->store, lease->address);
    if (!is_new || (stored != NULL && lease_key_equal(&stored->key, &lease->key)) ||
        dhcp_conflict_is_settled(&service->conflict, datagram, client, lease->address, loop_now_ms())) {
        return true;
    }
    loop_timer_start(service->conflict_timer, CONFLICT_GAP_MS, CONFLICT_GAP_MS);
    (void)packet_send_probe(port->packet, lease->address); // not sent, nobody speaks up: offered all the same
    return false;
}

// ---- completing another server's offers ----

// Firmware whose next loaders look at nothing but the DHCP server's own words.
static void dhcp_expect_completion(struct dhcp_port *port)
{
    const struct dhcp_answer *answer = &port->service->answer;
    const struct boot_client *client = &answer->client;
    const struct dhcp4_reply *reply = &answer->actions.reply;
    bool is_uefi = client->stage == BOOT_STAGE_FIRMWARE && client->platform == BOOT_PLATFORM_UEFI;
    if (port->state == DHCP_PORT_PROXY && reply->kind == DHCP4_OFFER && is_uefi && !client->wants_http &&
        !answer->is_alone && reply->file[0] != '\0' && reply->giaddr.value == 0) {
        dhcp_complete_expect(&port->service->complete, port->interface.index, reply, loop_now_ms());
    }
}

// The client takes an offer that we completed: it hears its acknowledgement from us before it hears the other
// server's, which grants the same.
static bool dhcp_acknowledge_completed(struct dhcp_port *port, const struct datagram *datagram)
{
    struct dhcp_service *service = port->service;
    struct arena arena = arena_init(service->memory, sizeof service->memory);
    struct arena theirs = arena_init(service->memory_of_theirs, sizeof service->memory_of_theirs);
    struct dhcp4_message message;
    struct dhcp4_actions actions;
    if (port->state != DHCP_PORT_PROXY ||
        dhcp4_decode(datagram->bytes, datagram->count, &arena, &message, NULL) != STATUS_OK) {
        return false;
    }
    if (message.kind == DHCP4_DISCOVER) {
        dhcp_complete_forget(&service->complete, &message.chaddr);
    }
    if (!dhcp_complete_request(&service->complete, &message, loop_now_ms(), &theirs, &actions)) {
        return false;
    }
    dhcp_send_now(port, actions.reply.siaddr, &actions);
    adapt_request(&service->adapt, &message.chaddr, false,
                  service->settings.desk->now_ms(service->settings.desk->context));
    struct boot_client client;
    client_from_dhcp4(&message, &client);
    const struct machine *machine = store_machine_find_mac(service->settings.desk->store, &client.mac);
    struct event event = {.kind = EVENT_DHCP,
                          .machine_id = machine == NULL ? 0 : machine->id,
                          .mac = client.mac,
                          .address = ip_from_ip4(actions.reply.yiaddr)};
    char address[IP4_TEXT_BYTES];
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "takes address %s from the other DHCP server, loads %s",
                    ip4_print(actions.reply.yiaddr, address), actions.reply.file);
    desk_tell(service->settings.desk, &event);
    desk_note_address(service->settings.desk, &client, ip_from_ip4(actions.reply.yiaddr));
    return true;
}

void dhcp_receive_question(struct dhcp_port *port, const struct datagram *datagram, uint16_t own_port)
{
    struct dhcp_service *service = port->service;
    struct ip4 own = dhcp_port_pick_address(port, datagram);
    if (service->quirks_forgotten != service->settings.desk->forgotten) {
        service->quirks_forgotten = service->settings.desk->forgotten;
        dhcp_shape_read(service->settings.desk->store, &service->quirks);
    }
    struct dhcp_answer_world world = {.desk = service->settings.desk,
                                      .dhcp = &service->settings.config->dhcp,
                                      .pools = &service->pools,
                                      .loaders = service->settings.find_loaders(service->settings.context),
                                      .http_port = service->settings.config->http_port,
                                      .https_port = config_https_boot_port(service->settings.config),
                                      .adapt = &service->adapt,
                                      .quirks = &service->quirks,
                                      .is_proxy = port->state == DHCP_PORT_PROXY,
                                      .address = own};
    struct dhcp_question question = {.bytes = datagram->bytes,
                                     .count = datagram->count,
                                     .port = own_port,
                                     .from = datagram->from,
                                     .from_port = datagram->from_port,
                                     .is_unicast = dhcp_port_has(port, datagram->to)};
    struct arena arena = arena_init(service->memory, sizeof service->memory);
    memset(&service->answer, 0, sizeof service->answer);
    if (dhcp_answer(&world, &question, &arena, &service->answer) != STATUS_OK) {
        service->counters.malformed++;
        char from[IP4_TEXT_BYTES];
        log_write(service->settings.log, LOG_LEVEL_DEBUG, "dropped a packet that is no DHCP request, from %s",
                  ip4_print(datagram->from, from));
        return;
    }
    dhcp_hear_choice(port, &service->answer.message);
    if (!service->answer.actions.has_reply) {
        boots_see_refusal(service->settings.desk->boots, &service->answer.message.chaddr,
                          reasons_worst(&service->answer.actions.reasons));
        service->counters.silent++;
        return;
    }
    dhcp_expect_completion(port);
    if (dhcp_may_offer(port, datagram)) {
        dhcp_queue(port, own, own_port, &service->answer.actions, service->answer.limit_bytes);
    }
}

static void dhcp_receive(struct dhcp_port *port, const struct datagram *datagram, uint16_t own_port)
{
    port->service->counters.received++;
    if (!dhcp_answer_probe(port, datagram) && port->state != DHCP_PORT_LISTENING) {
        dhcp_receive_question(port, datagram, own_port);
    }
}

void dhcp_receive_server(void *context, const struct datagram *datagram)
{
    struct dhcp_port *port = context;
    boots_see_dhcp(port->service->settings.desk->boots, datagram->bytes, datagram->count, datagram->from);
    if (dhcp_acknowledge_completed(port, datagram)) {
        port->service->counters.received++;
        return;
    }
    if (port->state == DHCP_PORT_LISTENING || dhcp_may_answer_now(port, datagram)) {
        dhcp_receive(port, datagram, DHCP4_SERVER_PORT);
    } else {
        port->service->counters.received++;
    }
}

void dhcp_receive_boot(void *context, const struct datagram *datagram)
{
    const struct dhcp_port *port = context;
    boots_see_dhcp(port->service->settings.desk->boots, datagram->bytes, datagram->count, datagram->from);
    dhcp_receive(context, datagram, DHCP4_PXE_PORT);
}

// ---- addresses that strangers use ----

void dhcp_hear_arp(void *context, const struct arp *arp)
{
    struct dhcp_port *port = context;
    struct hw own = packet_hw(port->packet);
    dhcp_conflict_hear(&port->service->conflict, port->interface.index, arp, &own);
}

// Its own other card may answer for an address that the machine had.
static bool dhcp_is_stranger(const struct dhcp_service *service, const struct conflict_slot *taken)
{
    const struct machine *machine = store_machine_find_mac(service->settings.desk->store, &taken->client);
    return machine == NULL || !machine_has_mac(machine, &taken->stranger);
}

static void dhcp_tell_answers_for_all(struct dhcp_service *service, const struct hw *stranger)
{
    struct event event = {.kind = EVENT_SERVER, .mac = *stranger};
    reasons_add(&event.reasons, REASON_ADDRESS_IN_USE);
    char hw[HW_TEXT_BYTES];
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(
        &text,
        "%s answers for more than %u addresses of the range, as a router with proxy ARP does; it is "
        "not believed any more",
        hw_print(stranger, hw), CONFLICT_MOST);
    desk_tell(service->settings.desk, &event);
}

static void dhcp_set_aside(struct dhcp_service *service, const struct conflict_slot *taken)
{
    struct desk *desk = service->settings.desk;
    int64_t now_s = desk_now_s(desk);
    struct lease lease = {.address = taken->address,
                          .key = lease_key_from(&taken->client, NULL, 0),
                          .state = LEASE_DECLINED,
                          .starts_s = now_s,
                          .ends_s = now_s + DHCP4_DECLINE_HOLD_S};
    dhcp_pools_put(&service->pools, &lease);
    store_lease_put(desk->store, &lease);
    struct event event = {.kind = EVENT_DHCP, .mac = taken->stranger, .address = ip_from_ip4(taken->address)};
    reasons_add(&event.reasons, REASON_ADDRESS_IN_USE);
    char address[IP4_TEXT_BYTES];
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "uses %s, which it did not get here; that address is set aside for %u minutes",
                    ip4_print(taken->address, address), DHCP4_DECLINE_HOLD_S / 60);
    desk_tell(desk, &event);
}

static void dhcp_judge(struct dhcp_service *service, const struct conflict_slot *taken)
{
    bool is_news;
    if (dhcp_conflict_is_believed(&service->conflict, &taken->stranger, taken->address, &is_news)) {
        dhcp_set_aside(service, taken);
    } else if (is_news) {
        dhcp_tell_answers_for_all(service, &taken->stranger);
    }
}

void dhcp_conflict_tick(void *context)
{
    struct dhcp_service *service = context;
    struct conflict_slot over;
    while (dhcp_conflict_take(&service->conflict, loop_now_ms(), &over)) {
        struct dhcp_port *port = dhcp_port_find(service, over.interface_index);
        if (over.state == CONFLICT_TAKEN && dhcp_is_stranger(service, &over)) {
            dhcp_judge(service, &over);
        }
        if (port != NULL && port->state == DHCP_PORT_SERVER) {
            dhcp_receive_question(port, &over.datagram, DHCP4_SERVER_PORT);
        }
    }
    if (service->conflict.asking == 0) {
        loop_timer_stop(service->conflict_timer);
    }
}
